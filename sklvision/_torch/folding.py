"""Nets rewritten for prediction: fewer layers, the same function.

Training needs batch normalisation and dropout; a fitted net computes the same without them. What
is done here holds for layers that stand one after another in an ``nn.Sequential``. A module
with a forward of its own may use its layers otherwise, so callers compare results.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from sklvision._torch.dropout import Dropout

_DROPOUTS = (Dropout, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout, nn.Identity)
_NORMS = {nn.Linear: nn.BatchNorm1d, nn.Conv1d: nn.BatchNorm1d, nn.Conv2d: nn.BatchNorm2d}


def fold(net: nn.Module) -> nn.Module:
    """Copy a net for prediction, with batch normalisation folded into the layer before it.

    Parameters
    ----------
    net : nn.Module
        Any net; it is left as it is.

    Returns
    -------
    folded : nn.Module
        In evaluation mode, without dropout inside of sequences.
    """
    return _fold(deepcopy(net).eval().requires_grad_(False))


def _fold(net: nn.Module) -> nn.Module:
    if type(net) is not nn.Sequential:
        for name, child in net.named_children():
            setattr(net, name, _fold(child))
        return net
    layers: list[nn.Module] = []
    for layer in _flattened(net):
        before = layers[-1] if layers else None
        if type(layer) in _DROPOUTS and not _has_hooks(layer):
            continue
        if _folds_into(layer, before):
            merge: Any = fuse_linear_bn_eval if type(before) is nn.Linear else fuse_conv_bn_eval
            layers[-1] = merge(before, layer)
        else:
            layers.append(_fold(layer))
    return nn.Sequential(*layers)


def _flattened(net: nn.Sequential) -> Iterator[nn.Module]:
    for layer in net:
        if type(layer) is nn.Sequential and not _has_hooks(layer):
            yield from _flattened(layer)
        else:
            yield layer


def _folds_into(layer: nn.Module, before: nn.Module | None) -> bool:
    return (
        type(layer) is _NORMS.get(type(before), ())
        and layer.running_mean is not None  # else the batch's own statistics are used
        and not _has_hooks(layer)
        and not _has_hooks(before)
    )


def _has_hooks(module: nn.Module | None) -> bool:
    return module is not None and bool(module._forward_hooks or module._forward_pre_hooks)


class FusedLayer(nn.Module):
    """A Linear or Conv2d and the activation after it, computed in one pass by oneDNN.

    On some processors its products in float32 take half the time of those that torch otherwise
    uses. The weights of a Linear are laid out for it beforehand, which also gives a row the same
    bits whatever the number of rows. Input of another number format is converted.
    """

    def __init__(self, layer: Any, activation: str, dtype: torch.dtype) -> None:
        super().__init__()
        self._dtype = dtype
        self._bias = None if layer.bias is None else layer.bias.detach().to(dtype)
        weight = layer.weight.detach().to(dtype)
        post: tuple[Any, ...] = (activation, [], "none" if activation == "gelu" else "")
        ops = torch.ops.mkldnn
        self._convolves = isinstance(layer, nn.Conv2d)
        if self._convolves:
            self._weight = weight.contiguous(memory_format=torch.channels_last)
            self._compute = ops._convolution_pointwise
            post = (layer.padding, layer.stride, layer.dilation, layer.groups, *post)
        else:
            self._weight = ops._reorder_linear_weight(weight.contiguous())
            self._compute = ops._linear_pointwise
        self._how = post

    def forward(self, x: Tensor) -> Tensor:
        """Multiply, add and activate."""
        if x.dtype != self._dtype:
            x = x.to(self._dtype)
        y = self._compute(x, self._weight, self._bias, *self._how)
        # A single input channel has no order of axes, and the layers behind would inherit that.
        return y.contiguous(memory_format=torch.channels_last) if self._convolves else y


# Private to torch, and absent from some builds and versions.
_OPERATIONS = ("_linear_pointwise", "_reorder_linear_weight", "_convolution_pointwise")


def can_fuse() -> bool:
    """Whether this build of torch has the operations of :class:`FusedLayer`."""
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in _OPERATIONS
    )


def fuse(folded: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Replace Linear and Conv2d, each with a ReLU or GELU behind it, by fused layers.

    Parameters
    ----------
    folded : nn.Module
        As :func:`fold` returns it; it is changed.
    dtype : torch.dtype
        What the layers compute in. The last one stays in float32, so that logits are not rounded.

    Returns
    -------
    fused : nn.Module
        For prediction on a CPU.
    """
    fused = _fuse(folded, dtype)
    last = folded[-1] if isinstance(folded, nn.Sequential) else None
    if isinstance(fused, nn.Sequential) and isinstance(last, nn.Linear) and _is_fusible(last):
        fused[-1] = FusedLayer(last, "none", torch.float32)
    return fused


def _fuse(net: nn.Module, dtype: torch.dtype) -> nn.Module:
    if _is_fusible(net):
        return FusedLayer(net, "none", dtype)
    if type(net) is not nn.Sequential:
        for name, child in net.named_children():
            setattr(net, name, _fuse(child, dtype))
        return net
    layers: list[nn.Module] = []
    before: nn.Module | None = None
    for layer in net:
        activation = _activation(layer)
        if activation and before is not None and _is_fusible(before):
            layers[-1] = FusedLayer(before, activation, dtype)
        else:
            layers.append(_fuse(layer, dtype))
        before = layer
    return nn.Sequential(*layers)


def _is_fusible(layer: nn.Module) -> bool:
    if _has_hooks(layer):
        return False
    if type(layer) is nn.Conv2d:
        return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return type(layer) is nn.Linear


def _activation(layer: nn.Module) -> str | None:
    if type(layer) is nn.ReLU:
        return "relu"
    return "gelu" if type(layer) is nn.GELU and layer.approximate == "none" else None
