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
    """Make the activation layer of that name."""
    if name not in _ACTIVATIONS:
        hint = did_you_mean(str(name), _ACTIVATIONS)
        raise ValueError(f"activation must be a known name, got {name!r}. {hint}")
    return _ACTIVATIONS[name]()


def check_sizes(name: str, sizes: Iterable[int], *, length: int | None = None) -> tuple[int, ...]:
    """Check a sequence of layer sizes: positive integers, `length` of them when given."""
    if isinstance(sizes, Integral):
        sizes = (int(sizes),)
    checked = tuple(sizes)
    positive = all(isinstance(n, Integral) and n >= 1 for n in checked)
    if not positive or (length is not None and len(checked) != length):
        wanted = f"{length} positive integers" if length else "positive integers"
        raise ValueError(f"{name} must be {wanted}, got {sizes!r}.")
    return tuple(int(n) for n in checked)


def check_dropout(dropout: float | Sequence[float], name: str = "dropout") -> None:
    """Check one dropout probability, or several."""
    for p in dropout if isinstance(dropout, Sequence) else (dropout,):
        if not isinstance(p, Real) or not 0 <= p < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {dropout!r}.")


def dense_layers(
    n_inputs: int,
    n_classes: int,
    hidden_layer_sizes: Iterable[int],
    *,
    dropout: float,
    batch_norm: bool,
    activation: str,
) -> list[nn.Module]:
    """Stack Linear, BatchNorm, activation and dropout for every hidden layer, then the head."""
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


def halving_pool(height: int, width: int) -> tuple[nn.Module, int, int]:
    """Max-pool by 2 along each side that is longer than one pixel."""
    kernel = (min(2, height), min(2, width))
    return nn.MaxPool2d(kernel), height // kernel[0], width // kernel[1]


class Unsqueeze(nn.Module):
    """Give spectra ``(n, n_bands)`` their one channel, ``(n, 1, n_bands)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Insert the channel axis."""
        return x.unsqueeze(1)
