import pytest
import torch

from sklvision.nets import build, list_architectures
from sklvision.nets._registry import get_architecture

SHAPES = {
    "spectrum": [(1,), (2,), (10,), (502,)],
    "image": [(1, 1, 1), (1, 5, 1), (5, 1, 2), (8, 8, 1), (28, 28, 1), (32, 32, 3), (33, 17, 4)],
}
OWN_NAMES = list_architectures(library="sklvision")


def enlarge_shape(shape, name):
    """The shape, with sides that are not too short for this architecture."""
    *space, last = shape
    return (*(max(side, get_architecture(name).min_side) for side in space), last)


# Built by the code of another one, with other numbers.
VARIANTS = ("resnet18", "resnet20", "efficientnet_lite1", "efficientnet_lite2")
CASES = sorted(
    {
        (name, enlarge_shape(shape, name))
        for kind, shapes in SHAPES.items()
        for name in list_architectures(kind, library="sklvision")
        for shape in (shapes if name not in VARIANTS else shapes[-1:])
        # It resizes what is small: two shapes stand for all.
        if name != "efficientnet_lite0" or shape in [(1, 5, 1), (33, 17, 4)]
    }
)


def as_batch(shape, n=4):
    *space, last = shape
    return torch.rand(n, last, *space)


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_build_returns_a_trainable_net_for_any_shape(name, shape):
    torch.manual_seed(0)
    net = build(name, shape, 7)
    logits = net(as_batch(shape))
    assert logits.shape == (4, 7)
    assert torch.isfinite(logits).all()
    logits.square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.eval()
    batch = as_batch(shape)
    with torch.no_grad():
        assert torch.equal(net(batch), net(batch))


@pytest.mark.parametrize("name", OWN_NAMES)
def test_build_returns_logits_for_any_number_of_classes(name):
    shape = enlarge_shape((16,) if get_architecture(name).kind == "spectrum" else (8, 8, 1), name)
    torch.manual_seed(0)
    batch = as_batch(shape)
    with torch.no_grad():
        assert build(name, shape, 1)(batch).shape == (4, 1)
        logits = build(name, shape, 5).eval()(100 * batch)
    assert not torch.allclose(logits.sum(1), torch.ones(4), atol=1e-3)  # not probabilities


@pytest.mark.parametrize("name", [n for n in OWN_NAMES if get_architecture(n).min_side > 1])
def test_build_refuses_images_that_are_too_small(name):
    side = get_architecture(name).min_side
    assert build(name, (side, side, 1), 2)(as_batch((side, side, 1))).shape == (4, 2)
    for shape in ((side - 1, side, 1), (side, side - 1, 1)):
        with pytest.raises(ValueError, match=f"at least {side} pixels per side"):
            build(name, shape, 2)


@pytest.mark.parametrize(
    ("name", "shape", "n_classes", "n_parameters"),
    [
        ("spectrum_mlp", (502,), 3, 333_059),
        ("flowers_cnn", (180, 180, 3), 17, 5_558_481),
        ("resnet20", (32, 32, 3), 10, 272_474),
        ("wide_resnet16_2", (32, 32, 3), 10, 691_674),
        ("efficientnet_lite0", (224, 224, 3), 1000, 4_652_008),
        ("efficientnet_lite1", (240, 240, 3), 1000, 5_416_680),
        ("efficientnet_lite2", (260, 260, 3), 1000, 6_092_072),
    ],
)
def test_build_gives_the_published_number_of_parameters(name, shape, n_classes, n_parameters):
    assert n_weights(build(name, shape, n_classes)) == n_parameters


@pytest.mark.parametrize("name", ["cifar_cnn", "resnet8", "wide_resnet16_2", "speed_cnn"])
def test_nets_for_small_photographs_stay_below_a_million_parameters(name):
    assert n_weights(build(name, (32, 32, 3), 10)) < 1_000_000


def n_weights(net):
    return sum(p.numel() for p in net.parameters())


def layers_of(net):
    """Kind and settings of every layer, in order."""
    return [(type(m).__name__, m.extra_repr()) for m in net.modules() if not [*m.children()]]


def test_cifar_cnn_has_these_layers():
    def block(n_in, n_out, p):
        for n in (n_in, n_out):
            yield "Conv2d", f"{n}, {n_out}, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)"
            yield "GELU", ""
            yield "BatchNorm2d", ""
        yield "MaxPool2d", ""
        yield "Dropout", str(p)

    expected = [*block(3, 32, 0.25), *block(32, 64, 0.3), *block(64, 64, 0.4)]
    expected += [("Flatten", ""), ("Linear", "1024, 256"), ("GELU", ""), ("Dropout", "0.5")]
    expected += [("Linear", "256, 10")]
    assert_layers(build("cifar_cnn", (32, 32, 3), 10), expected)


def test_nail_cnn_has_these_layers():
    expected, n_in = [], 1
    for kernel_size, n_out in ((5, 16), (5, 16), (5, 32), (3, 64)):
        expected.append(("Conv2d", f"{n_in}, {n_out}, kernel_size=({kernel_size}, {kernel_size}),"))
        expected += [("InstanceNorm2d", ""), ("ReLU", ""), ("MaxPool2d", ""), ("Dropout", "0.5")]
        n_in = n_out
    expected += [("Flatten", ""), ("Linear", "1024, 512"), ("ReLU", ""), ("Linear", "512, 512")]
    expected += [("ReLU", ""), ("Linear", "512, 2")]
    assert_layers(build("nail_cnn", (112, 112, 1), 2), expected)


def test_flowers_cnn_has_these_layers():
    expected, n_in = [], 3
    for n_out in (32, 64, 128, 128):
        expected += [("Conv2d", f"{n_in}, {n_out}, kernel_size=(3, 3), stride=(1, 1)")]
        expected += [("ReLU", ""), ("MaxPool2d", "")]
        n_in = n_out
    expected += [("Flatten", ""), ("Dropout", "0.5"), ("Linear", "10368, 512"), ("ReLU", "")]
    expected += [("Linear", "512, 17")]
    assert_layers(build("flowers_cnn", (180, 180, 3), 17), expected)


def assert_layers(net, expected):
    layers = layers_of(net)
    assert [kind for kind, _ in layers] == [kind for kind, _ in expected]
    for (_, settings), (_, start) in zip(layers, expected, strict=True):
        numbers = settings.replace("in_features=", "").replace("out_features=", "")
        assert start in numbers


def test_speed_cnn_starts_by_whitening_photographs(data_home):
    """Neighboring pixels and channels of photographs are alike; after it they are not."""
    import numpy as np
    from PIL import Image

    strip = np.asarray(Image.open(data_home / "cifar10" / "train_00.webp").convert("RGB"))
    images = strip.reshape(500, 32, 32, 3).astype(np.float32)
    images = (images - images.mean((0, 1, 2))) / images.std((0, 1, 2))
    stem = build("speed_cnn", (32, 32, 3), 10)[0]
    with torch.no_grad():
        out = stem(torch.tensor(images).permute(0, 3, 1, 2))[:, :12]
    covariance = np.cov(out.transpose(0, 1).flatten(1).numpy())
    patches = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(1, 2))
    patch_covariance = np.cov(patches.reshape(-1, 12).T)
    assert np.linalg.cond(covariance) < 10 < 10_000 < np.linalg.cond(patch_covariance)


def test_list_architectures_separates_kinds():
    assert {"spectrum_mlp", "spectrum_cnn"} <= set(list_architectures("spectrum"))
    assert {"mlp", "cifar_cnn", "resnet8", "resnet20"} <= set(list_architectures("image"))
    names = list_architectures("spectrum") + list_architectures("image")
    assert sorted(names) == sorted(list_architectures())


def test_resnets_have_as_many_weighted_layers_as_their_names_say():
    for name, depth in (("resnet8", 8), ("resnet18", 18), ("resnet20", 20)):
        net = build(name, (32, 32, 3), 10)
        layers = [
            m
            for path, m in net.named_modules()
            if isinstance(m, torch.nn.Conv2d | torch.nn.Linear) and "shortcut" not in path
        ]
        assert len(layers) == depth


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (("restnet8", (8, 8, 1), 3), ValueError, "Did you mean 'resnet8'"),
        (("qqqq", (8, 8, 1), 3), ValueError, "Known names: .*spectrum_mlp"),
        (("mlp", (8, 8), 3), ValueError, r"\(height, width, channels\)"),
        (("spectrum_mlp", (8, 8, 1), 3), ValueError, r"\(n_bands,\)"),
        (("mlp", (8, 0, 1), 3), ValueError, "positive integers"),
        (("mlp", (8, 8, 1), 0), ValueError, "n_classes"),
    ],
)
def test_build_names_a_wrong_argument(call, error, message):
    with pytest.raises(error, match=message):
        build(*call)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("mlp", {"droput": 0.1}, "Did you mean 'dropout'"),
        ("mlp", {"dropout": 1.0}, r"dropout must be a number in \[0, 1\)"),
        ("mlp", {"dropout": (0,)}, r"dropout must be a number in \[0, 1\), got \(0,\)"),
        ("efficientnet_lite0", {"dropout": False}, "dropout must be a number"),
        ("mlp", {"activation": ["relu"]}, "activation must be one of"),
        ("mlp", {"hidden_layer_sizes": None}, "hidden_layer_sizes must be positive integers"),
        ("mlp", {"hidden_layer_sizes": (True,)}, "hidden_layer_sizes"),
        ("resnet8", {"width": True}, "width must be a positive integer .*, got True"),
        ("resnet8", {"width": (8,)}, "width must be a positive integer"),
        ("cifar_cnn", {"dropout": 0.1}, "4 numbers"),
        ("cifar_cnn", {"hidden": "many"}, "hidden must be a positive integer"),
        ("speed_cnn", {"logit_scale": "small"}, "logit_scale must be a number"),
        ("mlp", {"activation": "rely"}, "Did you mean 'relu'"),
        ("mlp", {"hidden_layer_sizes": (16, 0)}, "hidden_layer_sizes"),
        ("resnet8", {"width": 0}, "width"),
        ("cifar_cnn", {"dropout": (0.1, 0.2)}, "4 numbers"),
        ("speed_cnn", {"logit_scale": 0}, "logit_scale"),
        ("speed_cnn", {"logit_scale": True}, "logit_scale must be a number .*, got True"),
        ("speed_cnn", {"logit_scale": 1e300}, "logit_scale must be a number .*, got 1e.300"),
        ("wide_resnet16_2", {"width": 0}, "width"),
        ("efficientnet_lite0", {"image_size": 0}, "image_size"),
        ("efficientnet_lite0", {"backbone_lr_scale": -1}, "backbone_lr_scale"),
        ("efficientnet_lite0", {"backbone_lr_scale": True}, "from 0 to 1e6, got True"),
    ],
)
def test_build_names_a_wrong_parameter(name, params, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build(name, (8, 8, 1), 3, **params)


@pytest.mark.parametrize("n_bands", [1, 2, 4, 9])
def test_spectrum_cnn_trains_in_bfloat16_on_few_bands(n_bands):
    """Weights that meet padding alone got what lay in memory as their gradient."""
    torch.manual_seed(0)
    x = torch.randn(20, n_bands)
    for _ in range(10):
        net = build("spectrum_cnn", (n_bands,), 3)
        junk = [torch.full((20, 64, 16), torch.nan, dtype=torch.bfloat16) for _ in range(20)]
        del junk
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(x)
        logits.float().square().sum().backward()
        assert all(bool(weight.grad.isfinite().all()) for weight in net.parameters())


@pytest.mark.parametrize("n_samples", [2, 8])
def test_spectrum_cnn_of_one_band_gets_finite_gradients_in_bfloat16(n_samples):
    """A stride over a single band gave weights what lay in memory as their gradient."""
    torch.manual_seed(0)
    for _ in range(100):
        net = build("spectrum_cnn", (1,), 2, channels=(16,), hidden_layer_sizes=())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = net(torch.randn(n_samples, 1))
        for size in (16, 64, 256, 1024, 4096):
            junk = [torch.full((size,), torch.nan, dtype=torch.bfloat16) for _ in range(30)]
            junk += [torch.full((size,), torch.nan) for _ in range(10)]
            del junk
        logits.float().square().sum().backward()
        assert all(bool(weight.grad.isfinite().all()) for weight in net.parameters())


def test_list_architectures_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match="'spectrum', 'image' or None"):
        list_architectures("sound")
    with pytest.raises(ValueError, match="library must be 'sklvision', 'torchvision', 'timm'"):
        list_architectures(library="keras")


def test_spectrum_mlp_follows_its_parameters():
    net = build(
        "spectrum_mlp",
        (10,),
        2,
        hidden_layer_sizes=(7, 5),
        batch_norm=False,
        dropout=0.0,
        activation="tanh",
    )
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
