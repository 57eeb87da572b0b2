"""Layers that several architectures share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from torch import Tensor, nn

from sklvision._torch.dropout import Dropout
from sklvision.utils._suggest import did_you_mean

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
}

# Of layers, kernels and repetitions: a dense layer of this width alone takes gigabytes.
_LARGEST_SIZE = 10**6


def make_activation(name: str) -> nn.Module:
    """Make the activation layer with this name."""
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        hint = did_you_mean(str(name), _ACTIVATIONS)
        raise ValueError(
            f"activation must be one of {', '.join(map(repr, _ACTIVATIONS))}, got {name!r}. {hint}"
        )
    return _ACTIVATIONS[name]()


def check_size(name: str, size: int) -> int:
    """Return a positive integer, or raise a ValueError that names the parameter."""
    if not _is_size(size):
        raise ValueError(
            f"{name} must be a positive integer of at most {_LARGEST_SIZE}, got {size!r}."
        )
    return int(size)


def check_sizes(name: str, sizes: Iterable[int]) -> tuple[int, ...]:
    """Return positive integers, or raise a ValueError that names the parameter."""
    if _is_size(sizes):
        return (int(sizes),)  # type: ignore[call-overload]
    values = tuple(sizes) if np.iterable(sizes) else (None,)
    if not all(map(_is_size, values)):
        raise ValueError(
            f"{name} must be positive integers of at most {_LARGEST_SIZE}, got {sizes!r}."
        )
    return tuple(int(size) for size in values)


def check_dropout(dropout: float) -> float:
    """Return a probability below 1, or raise a ValueError."""
    if not _is_dropout(dropout):
        raise ValueError(f"dropout must be a number in [0, 1), got {dropout!r}.")
    return float(dropout)


def check_dropouts(dropout: Sequence[float], n_layers: int) -> tuple[float, ...]:
    """Return one probability below 1 for each layer, or raise a ValueError."""
    is_sequence = isinstance(dropout, Sequence) and not isinstance(dropout, str)
    if not is_sequence or len(dropout) != n_layers or not all(map(_is_dropout, dropout)):
        raise ValueError(
            f"dropout must be {n_layers} numbers in [0, 1), one for each block and one for the "
            f"dense layer, got {dropout!r}."
        )
    return tuple(float(p) for p in dropout)


def _is_size(value: Any) -> bool:
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    return is_integer and 1 <= int(value) <= _LARGEST_SIZE


def is_number(value: Any) -> bool:
    """Return whether a value is a real number, and no truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_dropout(value: Any) -> bool:
    return is_number(value) and 0 <= float(value) < 1


def make_dense_layers(
    n_inputs: int,
    n_classes: int,
    hidden_layer_sizes: Iterable[int],
    *,
    dropout: float,
    batch_norm: bool,
    activation: str,
) -> list[nn.Module]:
    """Make Linear, BatchNorm, activation and dropout for every hidden layer, then the head."""
    dropout = check_dropout(dropout)
    layers: list[nn.Module] = []
    for width in check_sizes("hidden_layer_sizes", hidden_layer_sizes):
        layers.append(nn.Linear(n_inputs, width))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(make_activation(activation))
        if dropout:
            layers.append(Dropout(dropout))
        n_inputs = width
    layers.append(nn.Linear(n_inputs, n_classes))
    return layers


def make_halving_pool(height: int, width: int) -> tuple[nn.Module, int, int]:
    """Make a max-pooling by 2 along each side longer than one pixel; return the new size."""
    kernel = (min(2, height), min(2, width))
    return nn.MaxPool2d(kernel), height // kernel[0], width // kernel[1]


class Unsqueeze(nn.Module):
    """Add a channel axis to spectra: ``(n, n_bands)`` becomes ``(n, 1, n_bands)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Insert the channel axis."""
        return x.unsqueeze(1)
