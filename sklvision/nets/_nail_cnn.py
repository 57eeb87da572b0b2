"""A convolutional net for the inspection of nails, designed for 112×112 gray images."""

from __future__ import annotations

from torch import nn

from sklvision._torch.dropout import Dropout
from sklvision.nets._layers import check_dropout, check_size
from sklvision.nets._registry import register

# Kernel size and number of filters of each valid convolution.
_BLOCKS = ((5, 16), (5, 16), (5, 32), (3, 64))


@register("nail_cnn", kind="image", min_side=60)
def nail_cnn(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    hidden: int = 512,
    dropout: float = 0.5,
) -> nn.Module:
    """Build four valid convolutions with instance norm and pooling, then two dense layers.

    Instance norm removes the brightness and contrast of each image, which helps if light changes.
    """
    dropout = check_dropout(dropout)
    hidden = check_size("hidden", hidden)
    height, width, n_in = input_shape
    layers: list[nn.Module] = []
    for kernel_size, n_out in _BLOCKS:
        layers += [
            nn.Conv2d(n_in, n_out, kernel_size),
            nn.InstanceNorm2d(n_out),
            nn.ReLU(),
            nn.MaxPool2d(2),
            Dropout(dropout),
        ]
        n_in = n_out
        height, width = ((side - kernel_size + 1) // 2 for side in (height, width))
    layers += [
        nn.Flatten(),
        nn.Linear(n_in * height * width, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, n_classes),
    ]
    return nn.Sequential(*layers)
