"""Operations of the layers of a dense net and of their gradients, recorded with their buffers.

A recorder takes a layer, the buffer of its input and those for the gradients of its parameters. It
returns the buffer of the output, the operations that fill it, and a function that records the
operations of the gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from sklvision._torch.dropout import Dropout

Operation = Callable[[], object]
# Takes the gradient of a layer's output, and whether that of its input is needed; returns the
# latter and the operations.
Backward = Callable[[Tensor, bool], tuple[Tensor, list[Operation]]]
Record = tuple[Tensor, list[Operation], Backward]

_aten = torch.ops.aten


def _record_linear(layer: nn.Linear, x: Tensor, gradients: list[Tensor]) -> Record:
    weight, output = layer.weight.detach(), x.new_empty(len(x), layer.out_features)
    if layer.bias is None:
        operation = partial(torch.mm, x, weight.t(), out=output)
    else:
        operation = partial(torch.addmm, layer.bias.detach(), x, weight.t(), out=output)

    def backward(gradient: Tensor, needs_input: bool) -> tuple[Tensor, list[Operation]]:
        operations: list[Operation] = [partial(torch.mm, gradient.t(), x, out=gradients[0])]
        if layer.bias is not None:
            operations.append(partial(torch.sum, gradient, 0, out=gradients[1]))
        input_gradient = torch.empty_like(x)
        if needs_input:
            operations.append(partial(torch.mm, gradient, weight, out=input_gradient))
        return input_gradient, operations

    return output, [operation], backward


def _record_batch_norm(layer: Any, x: Tensor, gradients: list[Tensor]) -> Record:
    is_learning = len(x) > 1  # a batch of one sample has no statistics of its own
    weight, bias = layer.weight.detach(), layer.bias.detach()
    running, output = (layer.running_mean, layer.running_var), torch.empty_like(x)
    moments = [x.new_empty(x.shape[1] if is_learning else 0) for _ in range(2)]
    arguments = (x, weight, bias, *running, is_learning, layer.momentum, layer.eps)
    outputs = {"out": output, "save_mean": moments[0], "save_invstd": moments[1]}
    operations: list[Operation] = [partial(_aten.native_batch_norm.out, *arguments, **outputs)]
    if is_learning:
        operations.append(partial(layer.num_batches_tracked.add_, 1))

    def backward(gradient: Tensor, _: bool) -> tuple[Tensor, list[Operation]]:
        input_gradient = torch.empty_like(x)
        outputs = {"out0": input_gradient, "out1": gradients[0], "out2": gradients[1]}
        arguments = (gradient, x, weight, *running, *moments, is_learning, layer.eps, [True] * 3)
        operation = partial(_aten.native_batch_norm_backward.out, *arguments, **outputs)
        return input_gradient, [operation]

    return output, operations, backward


def _record_dropout(layer: Dropout, x: Tensor, gradients: list[Tensor]) -> Record:
    if layer.p == 0:
        return _record_nothing(layer, x, gradients)
    mask, output = x, torch.empty_like(x)

    def forward() -> None:
        nonlocal mask
        mask = layer.draw_mask(x)
        torch.mul(x, mask, out=output)

    return output, [forward], lambda gradient, _: (gradient, [lambda: gradient.mul_(mask)])


def _record_nothing(layer: nn.Module, x: Tensor, gradients: list[Tensor]) -> Record:
    return x, [], lambda gradient, _: (gradient, [])


def _record_activation(layer: nn.Module, x: Tensor, gradients: list[Tensor]) -> Record:
    output = torch.empty_like(x)
    (function, *arguments), (derivative, *values) = _ACTIVATIONS[type(layer)](layer, x, output)
    options = {"approximate": layer.approximate} if isinstance(layer, nn.GELU) else {}
    operation = partial(function.out, *arguments, **options, out=output)

    def backward(gradient: Tensor, _: bool) -> tuple[Tensor, list[Operation]]:
        options_ = options | {"grad_input": gradient}
        return gradient, [partial(derivative.grad_input, gradient, *values, **options_)]

    return output, [operation], backward


# torch's kernel of each activation with its arguments, and that of its derivative with those that
# follow the gradient, which needs either the input x or the output y.
_ACTIVATIONS: dict[type[nn.Module], Callable[[Any, Tensor, Tensor], tuple[tuple, tuple]]] = {
    nn.ReLU: lambda _, x, y: ((_aten.clamp_min, x, 0.0), (_aten.threshold_backward, y, 0.0)),
    nn.LeakyReLU: lambda layer, x, y: (
        (_aten.leaky_relu, x, layer.negative_slope),
        (_aten.leaky_relu_backward, x, layer.negative_slope, False),
    ),
    nn.ELU: lambda layer, x, y: (
        (_aten.elu, x, layer.alpha),
        (_aten.elu_backward, layer.alpha, 1.0, 1.0, False, x),
    ),
    nn.GELU: lambda _, x, y: ((_aten.gelu, x), (_aten.gelu_backward, x)),
    nn.SiLU: lambda _, x, y: ((_aten.silu, x), (_aten.silu_backward, x)),
    nn.Tanh: lambda _, x, y: ((_aten.tanh, x), (_aten.tanh_backward, y)),
    nn.Sigmoid: lambda _, x, y: ((_aten.sigmoid, x), (_aten.sigmoid_backward, y)),
}

RECORDERS: dict[type[nn.Module], Callable[[Any, Tensor, list[Tensor]], Record]] = {
    nn.Linear: _record_linear,
    nn.BatchNorm1d: _record_batch_norm,
    Dropout: _record_dropout,
    nn.Flatten: _record_nothing,  # the samples are flat already
    nn.Identity: _record_nothing,
    **dict.fromkeys(_ACTIVATIONS, _record_activation),
}
