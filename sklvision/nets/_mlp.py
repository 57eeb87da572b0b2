"""Multi-layer perceptrons for spectra and for images."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from torch import nn

from sklvision.nets._layers import make_dense_layers
from sklvision.nets._registry import register


@register("spectrum_mlp", kind="spectrum")
def spectrum_mlp(
    input_shape: tuple[int],
    n_classes: int,
    *,
    hidden_layer_sizes: Iterable[int] = (512, 128, 64),
    dropout: float = 0.4,
    batch_norm: bool = True,
    activation: str = "relu",
) -> nn.Module:
    """Build a multi-layer perceptron on the bands of a spectrum.

    Each hidden layer is followed by batch normalization, the activation and dropout.
    """
    return nn.Sequential(
        *make_dense_layers(
            input_shape[0],
            n_classes,
            hidden_layer_sizes,
            dropout=dropout,
            batch_norm=batch_norm,
            activation=activation,
        )
    )


@register("mlp", kind="image")
def mlp(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    hidden_layer_sizes: Iterable[int] = (512, 128, 64),
    dropout: float = 0.4,
    batch_norm: bool = True,
    activation: str = "relu",
) -> nn.Module:
    """Build a multi-layer perceptron on the flattened pixels of an image."""
    layers = make_dense_layers(
        prod(input_shape),
        n_classes,
        hidden_layer_sizes,
        dropout=dropout,
        batch_norm=batch_norm,
        activation=activation,
    )
    return nn.Sequential(nn.Flatten(), *layers)
