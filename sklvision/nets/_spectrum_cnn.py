"""A convolutional net for spectra."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from sklvision.nets._layers import (
    Unsqueeze,
    check_size,
    check_sizes,
    make_activation,
    make_dense_layers,
)
from sklvision.nets._registry import register


@register("spectrum_cnn", kind="spectrum")
def spectrum_cnn(
    input_shape: tuple[int],
    n_classes: int,
    *,
    channels: Iterable[int] = (16, 32, 64),
    kernel_size: int = 7,
    n_positions: int = 16,
    hidden_layer_sizes: Iterable[int] = (128,),
    dropout: float = 0.4,
    activation: str = "relu",
) -> nn.Module:
    """Build strided 1-D convolutions for the shapes of peaks, then dense layers for positions.

    The output of the convolutions is averaged to `n_positions` positions along the spectrum, not
    to one, because substances differ in the positions of their absorption.
    """
    kernel_size = check_size("kernel_size", kernel_size)
    n_positions = check_size("n_positions", n_positions)
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, got {kernel_size}.")
    layers: list[nn.Module] = [Unsqueeze()]
    n_in, length = 1, input_shape[0]
    for n_out in check_sizes("channels", channels):
        # Weights further out would meet padding alone, and some kernels of torch give these a
        # gradient of NaN in bfloat16; so does a stride over a single band.
        width = min(kernel_size, 2 * length - 1)
        stride = 2 if length > 1 else 1
        layers += [
            nn.Conv1d(n_in, n_out, width, stride=stride, padding=width // 2, bias=False),
            nn.BatchNorm1d(n_out),
            make_activation(activation),
        ]
        n_in, length = n_out, (length + 1) // 2
    n_positions = min(n_positions, length)
    layers += [nn.AdaptiveAvgPool1d(n_positions), nn.Flatten()]
    layers += make_dense_layers(
        n_in * n_positions,
        n_classes,
        hidden_layer_sizes,
        dropout=dropout,
        batch_norm=True,
        activation=activation,
    )
    return nn.Sequential(*layers)
