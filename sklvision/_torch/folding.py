"""Nets rewritten for prediction: fewer layers, the same function.

Training needs batch normalization and dropout; a fitted net computes the same without them. The
rules here hold for consecutive layers of an ``nn.Sequential``. A module with its own ``forward``
may use its layers in another way, so callers have to compare the results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from math import gcd
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from sklvision._torch.dropout import Dropout

_DROPOUTS = (Dropout, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout, nn.Identity)
# Elementwise, and computed by a series.
_CURVED_ACTIVATIONS = (nn.GELU, nn.SiLU, nn.Tanh, nn.ELU, nn.Sigmoid)
_NORMS = {nn.Linear: nn.BatchNorm1d, nn.Conv1d: nn.BatchNorm1d, nn.Conv2d: nn.BatchNorm2d}


def fold(net: nn.Module) -> nn.Module:
    """Copy a net for prediction, with batch normalization folded into the previous layer.

    Parameters
    ----------
    net : nn.Module
        Any net; it is not changed.

    Returns
    -------
    folded_net : nn.Module
        The copy, in evaluation mode and without dropout in sequences.
    """
    return _fold(deepcopy(net).eval().requires_grad_(False))


def _fold(net: nn.Module) -> nn.Module:
    if type(net) is not nn.Sequential:
        for name, child in net.named_children():
            setattr(net, name, _fold(child))
        return net
    # In evaluation, batch normalization is a scale s = weight / sqrt(running_var + eps) and an
    # offset per channel. So is the layer before it with W s for W and, for its bias b,
    # (b - running_mean) s + bias: one product instead of two passes over the values.
    layers: list[nn.Module] = []
    for layer in _flatten_sequence(net):
        previous = layers[-1] if layers else None
        if type(layer) in _DROPOUTS and not _has_hooks(layer):
            continue
        if _can_fold(layer, previous):
            merge: Any = fuse_linear_bn_eval if type(previous) is nn.Linear else fuse_conv_bn_eval
            layers[-1] = merge(previous, layer)
        else:
            layers.append(_fold(layer))
    return nn.Sequential(*layers)


def _flatten_sequence(net: nn.Sequential) -> Iterator[nn.Module]:
    for layer in net:
        if type(layer) is nn.Sequential and not _has_hooks(layer):
            yield from _flatten_sequence(layer)
        else:
            yield layer


def _can_fold(layer: nn.Module, previous: nn.Module | None) -> bool:
    return (
        type(layer) is _NORMS.get(type(previous), ())
        and layer.running_mean is not None  # otherwise it uses the statistics of the batch
        and not _has_hooks(layer)
        and not _has_hooks(previous)
    )


def _has_hooks(module: nn.Module | None) -> bool:
    return module is not None and bool(module._forward_hooks or module._forward_pre_hooks)


class FusedLayer(nn.Module):
    """A Linear or Conv2d and the activation after it, computed in one pass by oneDNN.

    On some processors, its float32 products take half the time of torch's default ones. The
    weights are reordered in advance, those of a Conv2d for the first input. The bits of a row's
    result do not depend on the number of rows. Input of another dtype is converted.
    """

    def __init__(self, layer: Any, activation: str, dtype: torch.dtype) -> None:
        super().__init__()
        self._dtype = dtype
        self._bias = None if layer.bias is None else layer.bias.detach().to(dtype)
        weight = layer.weight.detach().to(dtype)
        arguments: tuple[Any, ...] = (activation, [], "none" if activation == "gelu" else "")
        operations = torch.ops.mkldnn
        self._is_convolution = isinstance(layer, nn.Conv2d)
        self._weight: Tensor | None = None
        if self._is_convolution:
            self._plain_weight = weight.contiguous(memory_format=torch.channels_last)
            self._compute = operations._convolution_pointwise.default
            arguments = (layer.padding, layer.stride, layer.dilation, layer.groups, *arguments)
        else:
            self._weight = operations._reorder_linear_weight(weight.contiguous())
            self._compute = operations._linear_pointwise.default
        self._arguments = arguments

    def forward(self, x: Tensor) -> Tensor:
        """Multiply, add and activate."""
        if x.dtype != self._dtype:
            x = x.to(self._dtype)
        weight = self._weight
        if weight is None:
            # Threads that come here at the same time do so each, from the plain weights.
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self._plain_weight, *self._arguments[:4], x.shape
            )
            self._weight = weight
        y = self._compute(x, weight, self._bias, *self._arguments)
        # With one input channel the memory format is ambiguous; later layers would inherit it.
        return y.contiguous(memory_format=torch.channels_last) if self._is_convolution else y


class SmallLinear(nn.Module):
    """A Linear of few weights and the activation after it, computed row by row in float32.

    For a single row it takes a quarter of the time of a fused layer, most of which passes before
    the product begins. Every row is a product of its own, so that its bits do not depend on others.
    """

    def __init__(self, layer: nn.Linear, activation: str) -> None:
        super().__init__()
        weight = layer.weight.detach().float()
        self._weight = weight.T.contiguous()
        self._bias = weight.new_zeros(1) if layer.bias is None else layer.bias.detach().float()
        self._activate = _ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        """Multiply, add and activate."""
        if x.ndim != 2:
            return self(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)
        weights = self._weight.expand(len(x), -1, -1)
        y = torch.baddbmm(self._bias, x.float().unsqueeze(1), weights).squeeze(1)
        return y if self._activate is None else self._activate(y)


class EvenActivation(nn.Module):
    """An elementwise activation, computed on a multiple of 64 values.

    torch computes the values of a remainder by other instructions, with another rounding: the bits
    of a row's result would depend on the number of rows.
    """

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self._activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Compute the activation of every value."""
        n_rows, n_values = x.shape[0], x[0].numel()
        n_extra = -n_rows % (64 // gcd(64, n_values))
        if n_extra:
            x = torch.cat([x, x[-1:].expand(n_extra, *x.shape[1:])])
        return self._activation(x)[:n_rows]


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor] | None] = {
    "none": None,
    "relu": torch.relu_,
    "gelu": EvenActivation(nn.GELU()),
}
# Layers of more weights take more time row by row than oneDNN takes for a batch.
_MOST_SMALL_WEIGHTS = 2**13


def _make_layer(layer: Any, activation: str, dtype: torch.dtype) -> nn.Module:
    is_small = isinstance(layer, nn.Linear) and layer.weight.numel() <= _MOST_SMALL_WEIGHTS
    if is_small and torch.backends.mkl.is_available():
        return SmallLinear(layer, activation)
    return FusedLayer(layer, activation, dtype)


# Private to torch, and missing in some builds and versions.
_OPERATIONS = (
    "_linear_pointwise",
    "_reorder_linear_weight",
    "_convolution_pointwise",
    "_reorder_convolution_weight",
)


def can_fuse() -> bool:
    """Whether this build of torch has the operations of :class:`FusedLayer`."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in _OPERATIONS
    )


def fuse(net: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Replace each Linear and Conv2d, with a ReLU or GELU after it, by a fused layer.

    Parameters
    ----------
    net : nn.Module
        The result of :func:`fold`; it is changed.
    dtype : torch.dtype
        Precision of the layers. The last one stays in float32, so that logits are not rounded.

    Returns
    -------
    fused_net : nn.Module
        The net for prediction on a CPU.
    """
    fused_net = _fuse(net, dtype)
    last_layer = net[-1] if isinstance(net, nn.Sequential) else None
    if (
        isinstance(fused_net, nn.Sequential)
        and isinstance(last_layer, nn.Linear)
        and _is_fusible(last_layer)
    ):
        fused_net[-1] = _make_layer(last_layer, "none", torch.float32)
    return fused_net


def _fuse(net: nn.Module, dtype: torch.dtype) -> nn.Module:
    if _is_fusible(net):
        return _make_layer(net, "none", dtype)
    if type(net) in _CURVED_ACTIVATIONS and not _has_hooks(net):
        return EvenActivation(net)
    if type(net) is not nn.Sequential:
        for name, child in net.named_children():
            setattr(net, name, _fuse(child, dtype))
        return net
    # The activation is applied while the product is in the cache: one pass through memory.
    layers: list[nn.Module] = []
    previous: nn.Module | None = None
    for layer in net:
        activation = _get_fusible_activation(layer)
        if activation and previous is not None and _is_fusible(previous):
            layers[-1] = _make_layer(previous, activation, dtype)
        else:
            layers.append(_fuse(layer, dtype))
        previous = layer
    return nn.Sequential(*layers)


def _is_fusible(layer: nn.Module) -> bool:
    if _has_hooks(layer):
        return False
    if type(layer) is nn.Conv2d:
        return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return type(layer) is nn.Linear


def _get_fusible_activation(layer: nn.Module) -> str | None:
    if type(layer) is nn.ReLU:
        return "relu"
    return "gelu" if type(layer) is nn.GELU and layer.approximate == "none" else None
