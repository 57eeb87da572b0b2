"""A convolutional net that learns small color images in a few epochs.

References
----------
.. [1] K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", arXiv:2404.00498, 2024.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklvision.nets._layers import (
    check_dropout,
    check_sizes,
    is_number,
    make_activation,
    make_halving_pool,
)
from sklvision.nets._registry import register

# Standard deviations in photographs that are standardized per channel: of the sum and of the
# difference of neighboring pixels along one axis, and of the sum and the differences of channels,
# relative to their sum. Measured on photographs of 32×32 pixels; only the magnitude matters.
_SPATIAL_STD = (1.8, 0.34)
_CHANNEL_STD = (1.0, 0.22, 0.12)


@register("speed_cnn", kind="image")
def speed_cnn(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    channels: Sequence[int] = (64, 176, 176),
    dropout: float = 0.0,
    activation: str = "gelu",
    logit_scale: float = 1 / 9,
) -> nn.Module:
    """Build a whitening of 2×2 patches, then blocks of two 3×3 convolutions with pooling.

    The first layer is initialized with filters that whiten patches of photographs, and the 3×3
    convolutions close to the identity, so that training starts with decorrelated features.
    `logit_scale` multiplies the logits: a small value keeps them from growing too early.
    """
    dropout = check_dropout(dropout)
    if not is_number(logit_scale) or not 0 < logit_scale <= 1e6:
        raise ValueError(
            f"logit_scale must be a number greater than 0, at most 1e6, got {logit_scale!r}."
        )
    height, width, n_in = input_shape
    whitening = make_whitening_conv(n_in, (min(2, height), min(2, width)))
    layers: list[nn.Module] = [whitening, make_activation(activation)]
    n_in = whitening.out_channels
    height, width = height - whitening.kernel_size[0] + 1, width - whitening.kernel_size[1] + 1
    for n_out in check_sizes("channels", channels):
        pool, height, width = make_halving_pool(height, width)
        layers += [_make_identity_conv(n_in, n_out), pool, nn.BatchNorm2d(n_out)]
        layers += [make_activation(activation), _make_identity_conv(n_out, n_out)]
        layers += [nn.BatchNorm2d(n_out), make_activation(activation)]
        n_in = n_out
    layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    layers += [nn.Linear(n_in, n_classes, bias=False), Scale(logit_scale)]
    return nn.Sequential(*layers)


class Scale(nn.Module):
    """Multiply by a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Multiply."""
        return x * self.factor


def make_whitening_conv(n_channels: int, kernel_size: tuple[int, int]) -> nn.Conv2d:
    """Make a convolution that whitens patches of photographs, with each output in both signs.

    The principal components of such patches are close to those of the cosine transform along
    height, width and channels for all photographs, so no data are needed.
    """
    # Also where the net is built without memory: these few values decide the number of filters.
    with torch.device("cpu"):
        filters = _compute_whitening_filters(n_channels, kernel_size)
    conv = nn.Conv2d(n_channels, 2 * len(filters), kernel_size)
    with torch.no_grad():
        conv.weight.copy_(torch.cat([filters, -filters]))
        conv.bias.zero_()  # type: ignore[union-attr]
    return conv


def _compute_whitening_filters(n_channels: int, kernel_size: tuple[int, int]) -> Tensor:
    rows, columns, colors = (_compute_cosine_transform(n) for n in (*kernel_size, n_channels))
    # Products of one-dimensional transforms, divided by the standard deviation of their response.
    filters = torch.einsum("ih,jw,kc->ijkchw", rows, columns, colors)
    spatial = torch.tensor(_SPATIAL_STD)
    channel = torch.tensor([_CHANNEL_STD[min(k, 2)] for k in range(n_channels)])
    std = torch.einsum("i,j,k->ijk", spatial[: len(rows)], spatial[: len(columns)], channel)
    return (filters / std[..., None, None, None]).reshape(-1, n_channels, *kernel_size)


def _compute_cosine_transform(n: int) -> Tensor:
    """Compute the orthonormal cosine transform of n values, one component per row."""
    angles = torch.arange(n)[:, None] * (torch.arange(n) + 0.5) * (torch.pi / n)
    components = torch.cos(angles)
    return components / components.norm(dim=1, keepdim=True)


def _make_identity_conv(n_in: int, n_out: int) -> nn.Conv2d:
    """Make a 3×3 convolution whose first outputs initially equal its inputs."""
    conv = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[:n_in])
    return conv
