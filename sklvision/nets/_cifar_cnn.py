"""A plain convolutional net for small color images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import nn

from sklvision._torch.dropout import Dropout
from sklvision.nets._layers import (
    check_dropouts,
    check_size,
    check_sizes,
    make_activation,
    make_halving_pool,
)
from sklvision.nets._registry import register


@register("cifar_cnn", kind="image")
def cifar_cnn(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    channels: Iterable[int] = (32, 64, 64),
    hidden: int = 256,
    dropout: Sequence[float] = (0.25, 0.3, 0.4, 0.5),
    activation: str = "gelu",
) -> nn.Module:
    """Build three blocks of two 3×3 convolutions and a pooling, then a dense layer.

    `dropout` has one probability per block and one for the dense layer. A side of one pixel is
    not pooled any further.
    """
    widths = check_sizes("channels", channels)
    dropout = check_dropouts(dropout, len(widths) + 1)
    hidden = check_size("hidden", hidden)
    height, width, n_in = input_shape
    layers: list[nn.Module] = []
    for n_out, p in zip(widths, dropout, strict=False):
        for _ in range(2):
            layers += [
                nn.Conv2d(n_in, n_out, 3, padding=1),
                make_activation(activation),
                nn.BatchNorm2d(n_out),
            ]
            n_in = n_out
        pool, height, width = make_halving_pool(height, width)
        layers += [pool, Dropout(p)]
    layers += [
        nn.Flatten(),
        nn.Linear(n_in * height * width, hidden),
        make_activation(activation),
        Dropout(dropout[-1]),
        nn.Linear(hidden, n_classes),
    ]
    return nn.Sequential(*layers)
