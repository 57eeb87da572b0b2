"""Layers that several architectures share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real

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


def make_activation(name: str) -> nn.Module:
    """Make the activation layer with this name."""
    if name not in _ACTIVATIONS:
        hint = did_you_mean(str(name), _ACTIVATIONS)
        raise ValueError(
            f"activation must be one of {', '.join(map(repr, _ACTIVATIONS))}, got {name!r}. {hint}"
        )
    return _ACTIVATIONS[name]()


def check_sizes(name: str, sizes: Iterable[int], *, length: int | None = None) -> tuple[int, ...]:
    """Check that layer sizes are positive integers, and their number if `length` is given."""
    if isinstance(sizes, Integral):
        sizes = (int(sizes),)
    values = tuple(sizes)
    is_positive = all(isinstance(n, Integral) and n >= 1 for n in values)
    if not is_positive or (length is not None and len(values) != length):
        expected = f"{length} positive integers" if length else "positive integers"
        raise ValueError(f"{name} must be {expected}, got {sizes!r}.")
    return tuple(int(n) for n in values)


def check_dropout(dropout: float | Sequence[float], name: str = "dropout") -> None:
    """Check one dropout probability, or several."""
    for p in dropout if isinstance(dropout, Sequence) else (dropout,):
        if not isinstance(p, Real) or not 0 <= p < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {dropout!r}.")


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
    check_dropout(dropout)
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
