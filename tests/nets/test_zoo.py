"""Classifiers of torchvision and timm, adapted to small images."""

import numpy as np
import pytest
import torch

from sklvision.feature_extraction import PretrainedFeatures
from sklvision.nets import _zoo, build, list_architectures
from sklvision.nets._adapt import IMAGENET_MEAN, IMAGENET_STD
from sklvision.nets._registry import get_architecture

# The architectures of a system for digits, and one of each family that needs care.
DIGITS = [
    "resnet18",
    "resnet34",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "squeezenet1_0",
    "squeezenet1_1",
    "efficientnet_b0",
    "efficientnet_b3",
    "mnasnet0_5",
    "mnasnet1_0",
]
SMALL = ["alexnet", "densenet121", "shufflenet_v2_x0_5", "regnet_y_400mf"]
LARGE = ["googlenet", "inception_v3", "maxvit_t", "vit_b_16", "vgg11", "swin_t", "convnext_tiny"]


def check_trains_on(net, shape, n_classes):
    *space, n_channels = shape
    logits = net.train()(torch.randn(2, n_channels, *space))
    assert logits.shape == (2, n_classes)
    logits.square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize("name", DIGITS + SMALL)
def test_torchvision_models_train_on_small_gray_images(torchvision, name):
    check_trains_on(build(f"torchvision:{name}", (28, 28, 1), 10), (28, 28, 1), 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_torchvision_models_for_large_images_train_on_small_ones(torchvision, name):
    net = build(f"torchvision:{name}", (28, 28, 1), 3)
    check_trains_on(net, (28, 28, 1), 3)
    assert net.eval()(torch.randn(1, 1, 28, 28)).shape == (1, 3)


@pytest.mark.slow
def test_torchvision_models_all_take_small_gray_images(torchvision, monkeypatch):
    """On a device without memory: the largest have hundreds of millions of weights.

    One of every family is trained above: here, all only compute logits.
    """
    names = list_architectures("image", library="torchvision")
    assert len(names) >= 80
    layout = torchvision.models.regnet.BlockParams
    from_init_params = layout.from_init_params

    def on_cpu(*args, **kwargs):
        # regnet computes its layout with tensors, whose values are needed.
        with torch.device("cpu"):
            return from_init_params(*args, **kwargs)

    monkeypatch.setattr(layout, "from_init_params", on_cpu)
    shapes = {}
    for name in names:
        with torch.device("meta"), torch.no_grad():
            net = build(name, (28, 28, 1), 10).train()
            logits = net(torch.zeros(2, 1, 28, 28))
        shapes[name] = tuple(logits.shape)
    assert set(shapes.values()) == {(2, 10)}


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small"])
def test_torchvision_models_compute_what_the_library_does(torchvision, name):
    """At a size that needs no adapting, with the same weights, it gives the same logits."""
    net = build(f"torchvision:{name}", (64, 48, 3), 5).eval()
    model = torchvision.models.get_model(name, num_classes=5).eval()
    model.load_state_dict(net.model.state_dict())
    images = torch.randn(2, 3, 64, 48)
    assert torch.equal(net(images), model(images))


def test_adapted_net_sees_gray_images_as_three_equal_channels(torchvision):
    torch.manual_seed(0)
    color = build("torchvision:resnet18", (32, 32, 3), 5).eval()
    torch.manual_seed(0)
    gray = build("torchvision:resnet18", (32, 32, 1), 5).eval()
    images = torch.randn(2, 1, 32, 32)
    assert torch.allclose(gray(images), color(images.expand(-1, 3, -1, -1)), atol=1e-4)


@pytest.mark.parametrize("channels", [2, 4, 7])
def test_adapted_net_trains_on_other_channels(torchvision, channels):
    net = build("torchvision:mobilenet_v3_small", (32, 32, channels), 5)
    check_trains_on(net, (32, 32, channels), 5)


@pytest.mark.parametrize(
    ("shape", "params", "size"),
    [
        ((28, 28, 1), {}, (32, 32)),
        ((28, 50, 1), {}, (32, 50)),
        ((28, 28, 1), {"image_size": 28}, (28, 28)),
        ((64, 64, 3), {"image_size": 40}, (40, 40)),
    ],
)
def test_adapted_net_resizes_to_image_size(torchvision, shape, params, size):
    net = build("torchvision:resnet18", shape, 2, **params)
    sizes = []
    net.model.register_forward_pre_hook(lambda _, args: sizes.append(tuple(args[0].shape[2:])))
    height, width, channels = shape
    assert net(torch.randn(2, channels, height, width)).shape == (2, 2)
    assert sizes == [size]


@pytest.mark.slow
def test_vit_is_laid_out_for_the_image_size(torchvision):
    net = build("torchvision:vit_b_16", (28, 28, 1), 2, image_size=32)
    assert net.model.seq_length == 5  # four patches and the class token
    with pytest.raises(ValueError, match="image_size must be 224"):
        build("torchvision:vit_b_16", (28, 28, 1), 2, image_size=32, pretrained=True)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_vit", "test_resnet"])
def test_timm_models_train_on_small_gray_images(timm, name):
    check_trains_on(build(f"timm:{name}", (28, 28, 1), 3), (28, 28, 1), 3)


def test_adapted_net_with_a_frozen_backbone_trains_its_head_alone(torchvision):
    net = build("torchvision:mobilenet_v3_small", (32, 32, 3), 2, backbone_lr_scale=0).train()
    learning = [name for name, p in net.named_parameters() if p.requires_grad]
    assert learning == ["model.classifier.3.weight", "model.classifier.3.bias"]
    state = {name: value.clone() for name, value in net.state_dict().items()}
    net(torch.randn(4, 3, 32, 32)).sum().backward()
    # Neither do its batch statistics drift.
    assert all(torch.equal(net.state_dict()[name], value) for name, value in state.items())
    assert not net.model.features.training
    assert net.model.classifier[3].training


def test_adapted_net_scales_the_learning_rate_of_its_backbone(torchvision):
    from fnmatch import fnmatch

    net = build("torchvision:resnet18", (32, 32, 3), 2, backbone_lr_scale=0.1)
    scales = {
        name: next(scale for pattern, scale in net.lr_scales if fnmatch(name, pattern))
        for name, _ in net.named_parameters()
    }
    assert {name for name, scale in scales.items() if scale == 1} == {
        "model.fc.weight",
        "model.fc.bias",
    }
    assert set(scales.values()) == {0.1, 1.0}
    assert build("torchvision:resnet18", (32, 32, 3), 2).lr_scales == []


def fake_weights(torchvision, monkeypatch, name):
    """Let the library load random weights in place of a download."""
    model = torchvision.models.get_model(name, num_classes=1000)
    weights = type(torchvision.models.get_model_weights(name).DEFAULT)
    monkeypatch.setattr(weights, "get_state_dict", lambda *_, **__: model.state_dict())
    return model.eval()


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1"])
def test_pretrained_weights_are_the_librarys_under_a_new_head(torchvision, monkeypatch, name):
    model = fake_weights(torchvision, monkeypatch, name)
    net = build(f"torchvision:{name}", (64, 64, 3), 3, pretrained=True).eval()
    (head,) = net.heads
    for key, value in net.model.state_dict().items():
        assert key.startswith(head) or torch.equal(value, model.state_dict()[key])
    assert net(torch.randn(2, 3, 64, 64)).shape == (2, 3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
@pytest.mark.parametrize(("name", "side"), [("googlenet", 64), ("inception_v3", 96)])
def test_inceptions_receive_what_their_weights_expect(torchvision, monkeypatch, name, side):
    """The library's own models normalize a second time; ours know what that amounts to."""
    model = fake_weights(torchvision, monkeypatch, name)
    model.transform_input = True
    net = build(f"torchvision:{name}", (side, side, 3), 3, pretrained=True)
    images = torch.randn(2, 3, side, side)
    model.fc = net.model.fc
    with torch.no_grad():
        expected, logits = model(images), net.eval()(images)
    scale = expected.abs().max()
    assert torch.allclose(logits / scale, expected / scale, atol=1e-5)
    assert net.train()(images).shape == (2, 3)


def test_remove_heads_leaves_pooled_features(torchvision):
    for name, n_features in (("resnet18", 512), ("squeezenet1_1", 512), ("mnasnet0_5", 1280)):
        net = build(f"torchvision:{name}", (32, 32, 3), 2).eval().remove_heads()
        assert net(torch.randn(2, 3, 32, 32)).shape == (2, n_features)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torchvision:vit_b_16", "torchvision:resnet18"])
def test_remove_heads_takes_images_of_any_size(torchvision, name):
    net = build(name, (32, 32, 3), 2).eval().remove_heads()
    with torch.no_grad():
        assert net(torch.randn(1, 3, 40, 50)).shape == (1, 768 if "vit" in name else 512)


def test_feature_extractor_takes_models_of_other_libraries(torchvision, monkeypatch):
    from sklvision.feature_extraction._backbone import FeatureExtractor, get_backbone_side

    model = fake_weights(torchvision, monkeypatch, "resnet18")
    assert get_backbone_side("torchvision:resnet18") == 224
    extractor = FeatureExtractor("torchvision:resnet18", 32, 3, "cpu", "float32")
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 40, 3), dtype=np.uint8)
    pixels = torch.tensor(images / 255, dtype=torch.float32).permute(0, 3, 1, 2)
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    model.fc = torch.nn.Identity()
    with torch.no_grad():
        expected = model((pixels - mean) / std).numpy()
    np.testing.assert_allclose(extractor(images, (0, 255)), expected, rtol=1e-3, atol=1e-4)


def test_get_backbone_side_knows_models_of_timm(timm):
    from sklvision.feature_extraction._backbone import get_backbone_side

    assert get_backbone_side("timm:tf_efficientnet_lite2") == 260


def test_build_suggests_names_of_other_libraries(torchvision):
    with pytest.raises(ValueError, match="Did you mean 'torchvision:resnet18'"):
        build("torchvision:resnet-18", (28, 28, 1), 10)
    with pytest.raises(TypeError, match="Did you mean 'pretrained'"):
        build("torchvision:resnet18", (28, 28, 1), 10, pretraned=True)
    assert get_architecture("torchvision:resnet18").kind == "image"


def test_list_architectures_holds_every_library(torchvision, timm):
    names = list_architectures()
    assert {"resnet8", "torchvision:resnet18", "timm:resnet18", "spectrum_mlp"} <= set(names)
    assert not [name for name in list_architectures("spectrum") if ":" in name]
    assert list_architectures("spectrum", library="timm") == []
    assert len(set(names)) == len(names)


@pytest.fixture
def without_zoo(monkeypatch):
    """As if the libraries were not installed."""

    def no_zoo(name, *args, **kwargs):
        if name.partition(".")[0] in _zoo.LIBRARIES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *args, **kwargs)

    real_import = _zoo.import_optional.__globals__["import_module"]
    monkeypatch.setitem(_zoo.import_optional.__globals__, "import_module", no_zoo)
    monkeypatch.setattr(_zoo, "_list_models", _zoo._list_models.__wrapped__)


def test_list_architectures_leaves_out_missing_libraries(without_zoo, recwarn):
    assert not [name for name in list_architectures() if ":" in name]
    assert len(recwarn) == 0
    with pytest.raises(ImportError, match=r"sklvision\[zoo\]"):
        build("torchvision:resnet18", (28, 28, 1), 10)
    with pytest.raises(ImportError, match=r"sklvision\[zoo\]"):
        list_architectures(library="timm")


def test_list_architectures_warns_of_a_library_that_cannot_be_imported(monkeypatch):
    def raise_error(*_, **__):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(_zoo, "import_optional", raise_error)
    monkeypatch.setattr(_zoo, "_list_models", _zoo._list_models.__wrapped__)
    with pytest.warns(UserWarning, match="nms does not exist"):
        names = list_architectures("image")
    assert "resnet8" in names
    with pytest.raises(ImportError, match="built for the installed torch"):
        build("timm:resnet18", (28, 28, 1), 10)


def test_all_layers_of_features_need_a_backbone_of_the_package(torchvision, tmp_path):
    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / "weights.pt")
    features = PretrainedFeatures(
        "torchvision:resnet18", weights=tmp_path / "weights.pt", image_size=32, layers="all"
    )
    with pytest.raises(ValueError, match='layers="all" needs a backbone of the package'):
        features.fit(np.zeros((2, 32, 32, 3), np.uint8))
