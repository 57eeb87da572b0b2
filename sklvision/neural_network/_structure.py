"""The layers of dense nets, in the order in which they are called."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from torch import nn

from sklvision._torch.dropout import Dropout
from sklvision.utils._protocols import has_lr_scales

# Layers without weights that treat every value alone, so that a leading axis changes nothing.
_ELEMENTWISE = (
    *(nn.ReLU, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Tanh),
    *(nn.Identity, nn.SELU, nn.Sigmoid, nn.Softplus, nn.Hardswish, nn.Mish, nn.ReLU6),
)
DROPOUTS = (nn.Dropout, Dropout)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def describe_structure(net: nn.Module, input_shape: tuple[int, ...]) -> Hashable | None:
    """Describe what nets must have in common to be stacked; None for a net that cannot be.

    Such a net is a sequence of dense layers, batch normalization, dropout and activations, all of
    them trained. Rates of dropout may differ, but not whether there is any.
    """
    layers = find_layers(net)
    parameters = list(net.parameters())
    if layers is None or not parameters or len({id(p) for p in parameters}) < len(parameters):
        return None
    if not all(p.requires_grad and p.dtype == parameters[0].dtype for p in parameters):
        return None
    if len(input_shape) > 1 and not (layers and type(layers[0]) is nn.Flatten):
        return None
    descriptions = tuple(map(_describe, layers))
    return None if None in descriptions else (parameters[0].dtype, descriptions)


def find_layers(net: nn.Module) -> list[nn.Module] | None:
    """Find the layers in the order in which they are called; None where that is unknown."""
    if any(getattr(net, hooks) for hooks in HOOKS) or has_lr_scales(net):
        return None
    if type(net) is not nn.Sequential:
        return None if list(net.children()) else [net]
    leaves: list[nn.Module] = []
    for child in net:
        inner_leaves = find_layers(child)
        if inner_leaves is None:
            return None
        leaves += inner_leaves
    return leaves if len({id(layer) for layer in leaves}) == len(leaves) else None


def _describe(layer: Any) -> str | None:
    kind = type(layer)
    if kind in DROPOUTS:
        return None if layer.inplace or layer.p >= 1 else "Dropout"
    is_standard = (
        kind in (nn.Linear, *_ELEMENTWISE)
        or (kind is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1))
        or (
            kind is nn.BatchNorm1d
            and layer.affine
            and layer.bias is not None
            and layer.track_running_stats
            and layer.momentum is not None
        )
    )
    return repr(layer) if is_standard else None
