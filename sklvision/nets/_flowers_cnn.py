"""A plain convolutional net for photographs, designed for 180×180 color images."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from sklvision.nets._layers import check_dropout, check_size, check_sizes, make_activation
from sklvision.nets._registry import register


@register("flowers_cnn", kind="image", min_side=46)
def flowers_cnn(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    channels: Iterable[int] = (32, 64, 128, 128),
    hidden: int = 512,
    dropout: float = 0.5,
    activation: str = "relu",
) -> nn.Module:
    """Build valid 3×3 convolutions, each followed by pooling, then a dense layer.

    `dropout` is applied once, to the flattened features.
    """
    dropout = check_dropout(dropout)
    hidden = check_size("hidden", hidden)
    height, width, n_in = input_shape
    layers: list[nn.Module] = []
    for n_out in check_sizes("channels", channels):
        layers += [nn.Conv2d(n_in, n_out, 3), make_activation(activation), nn.MaxPool2d(2)]
        n_in = n_out
        height, width = (height - 2) // 2, (width - 2) // 2
    if height < 1 or width < 1:
        raise ValueError(
            f"channels={channels!r} reduce images of shape {input_shape} to less than one pixel. "
            "Use fewer channels, or larger images."
        )
    layers += [
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(n_in * height * width, hidden),
        make_activation(activation),
        nn.Linear(hidden, n_classes),
    ]
    return nn.Sequential(*layers)
