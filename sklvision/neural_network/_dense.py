"""Epochs of dense nets with gradients written out, in place of autograd.

In a small net most of a step is overhead: autograd's records, a new tensor for every result, the
optimizer's walk over parameters. Here a step is a list of torch's operations that is recorded
once for each number of rows, with buffers that are kept. Losses, gradients and random draws are
those of the ordinary step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sklvision.neural_network._batches import Batches
from sklvision.neural_network._dense_layers import RECORDERS, Backward, Operation
from sklvision.neural_network._module import StandardizedNet
from sklvision.neural_network._optim import EpochUpdates
from sklvision.neural_network._structure import HOOKS, describe_structure, find_layers
from sklvision.neural_network._target import ClassificationTarget

# Up to this number of values, samples are standardized once and kept in addition to the user's.
_MOST_STANDARDIZED_VALUES = 2**24

# Fewer steps than these, as in `partial_fit`, take no longer by autograd than recording them does.
_FEWEST_STEPS = 3


def find_dense_epochs(net: Any, iterator: Any) -> DenseEpochs | None:
    """Find the epochs that replace those of autograd; None where a step is not the plain one.

    Those that ran before continue, unless data or layers were replaced since.
    """
    if net.has_batch_callbacks_ or not _has_plain_data(net, iterator) or not _has_plain_loss(net):
        return None
    module, latest = net.module_, net.dense_epochs_
    if type(module) is not StandardizedNet:
        return None
    version = _read_version(net, iterator)
    if latest is not None and latest.version == version:
        return latest
    if _is_observed(module):
        return None
    layers = find_layers(module.net)
    if layers is None or not all(type(layer) in RECORDERS for layer in layers):
        return None
    if describe_structure(module.net, tuple(iterator.dataset.X.shape[1:])) is None:
        return None
    return DenseEpochs(net, iterator, layers, version)


def _has_plain_data(net: Any, iterator: Any) -> bool:
    if net.augment or net.precision == "bfloat16" or type(iterator) is not Batches:
        return False
    if net.n_epochs_ * len(iterator) < _FEWEST_STEPS:
        return False
    return isinstance(iterator.dataset.X, Tensor) and iterator.dataset.y is not None


def _has_plain_loss(net: Any) -> bool:
    criterion = net.criterion_
    if net.target is not ClassificationTarget or type(criterion) is not nn.CrossEntropyLoss:
        return False
    return (criterion.weight, criterion.reduction, criterion.ignore_index) == (None, "none", -100)


def _is_observed(module: nn.Module) -> bool:
    """Whether autograd or the module calls hooks, or the weights are not on the CPU."""
    tensors = [*module.parameters(), *module.buffers()]
    return (
        any(getattr(module, hooks) for hooks in HOOKS)
        or any(map(_has_tensor_hooks, tensors))
        or any(tensor.device.type != "cpu" for tensor in tensors)
    )


def _has_tensor_hooks(tensor: Tensor) -> bool:
    return bool(tensor._backward_hooks or getattr(tensor, "_post_accumulate_grad_hooks", None))


def _read_version(net: Any, iterator: Batches) -> list[Any]:
    """Read the identity of all that the recorded operations depend on."""
    module, dataset = net.module_, iterator.dataset
    modules = list(module.modules())
    tensors = [
        tensor
        for part in modules
        for tensor in (*part._parameters.values(), *part._buffers.values())
        if tensor is not None
    ]
    data: Any = (dataset.X, module.mean, module.scale)
    return [
        *(id(iterator), id(dataset.y), id(dataset.weights), net.criterion_.label_smoothing),
        *((tensor.data_ptr(), tensor._version) for tensor in data),
        *((id(part), any(getattr(part, hooks) for hooks in HOOKS)) for part in modules),
        *((t.data_ptr(), t.requires_grad, _has_tensor_hooks(t)) for t in tensors),
    ]


class DenseEpochs:
    """Training epochs of a dense net without callbacks that observe single batches.

    Parameters
    ----------
    net : Net
        The net.
    iterator : Batches
        Batches of the training set.
    layers : list of nn.Module
        The layers in order.
    version : list of int
        Identity of data and weights.
    """

    def __init__(
        self, net: Any, iterator: Batches, layers: list[nn.Module], version: list[Any]
    ) -> None:
        self.net, self.iterator, self.layers, self.version = net, iterator, layers, version
        self.parameters = [parameter.detach() for parameter in net.module_.net.parameters()]
        self.gradients = [torch.empty_like(parameter) for parameter in self.parameters]
        self.steps: dict[int, _Step] = {}
        self.samples: Tensor | None = None
        X: Any = iterator.dataset.X
        if X.numel() <= _MOST_STANDARDIZED_VALUES:
            self.samples = net.module_.standardize(X).flatten(1).contiguous()

    @torch.no_grad()
    def run(self) -> tuple[Tensor, int, int]:
        """Run an epoch; return the sum of the losses, and the numbers of samples and batches."""
        net, total = self.net, torch.zeros(())
        for parameter, gradient in zip(net.module_.net.parameters(), self.gradients, strict=True):
            parameter.grad = gradient
        parts = self.iterator.draw_rows()
        updates = EpochUpdates(net.optimizer_, net.weight_decay, self.parameters, self.gradients)
        try:
            for rows in parts:
                n_rows = len(rows)
                step = self.steps.get(n_rows)
                if step is None:
                    step = self.steps[n_rows] = _Step(self, n_rows)
                total = total + step.compute(rows) * n_rows
                updates.apply()
                net.schedule_.step_batch()
        finally:
            updates.finish()
        net.last_batch_ = self.iterator.dataset.X[parts[-1]]
        return total, len(self.iterator.dataset), len(parts)


class _Step:
    """Loss and gradients of batches with one number of rows."""

    def __init__(self, epochs: DenseEpochs, n_rows: int) -> None:
        dataset: Any = epochs.iterator.dataset
        self.X, self.y, self.weights = dataset.X, dataset.y, dataset.weights
        self.samples, self.standardize = epochs.samples, epochs.net.module_.standardize
        # Row k is the gradient of the loss of a sample of class k with respect to log-softmax.
        n_classes, self.smoothing = len(epochs.net.classes), epochs.net.criterion_.label_smoothing
        targets = torch.eye(n_classes, dtype=epochs.parameters[0].dtype)
        targets = targets * (1 - self.smoothing) + self.smoothing / n_classes
        self.log_gradients = -targets / n_rows
        self.log_gradient = targets.new_empty(n_rows, n_classes)
        self.x = targets.new_empty(n_rows, dataset.X[0].numel())
        self.forward_operations: list[Operation] = []
        self.backward_operations: list[Operation] = []
        backwards: list[Backward] = []
        output, gradients = self.x, iter(epochs.gradients)
        for layer in epochs.layers:
            layer_gradients = [next(gradients) for _ in layer.parameters()]
            output, operations, backward = RECORDERS[type(layer)](layer, output, layer_gradients)
            self.forward_operations += operations
            if backwards or layer_gradients:  # nothing is learned before the first weights
                backwards.append(backward)
        self.logits, self.logit_gradient = output, torch.empty_like(output)
        gradient = self.logit_gradient
        for i, backward in reversed(list(enumerate(backwards))):
            gradient, operations = backward(gradient, i > 0)
            self.backward_operations += operations

    def compute(self, rows: Tensor) -> Tensor:
        """Compute the gradients of the mean loss of these rows, weighted or not; return it."""
        if self.samples is not None:
            torch.index_select(self.samples, 0, rows, out=self.x)
        else:
            self.x.copy_(self.standardize(self.X.index_select(0, rows)).flatten(1))
        y = self.y.index_select(0, rows)
        torch.index_select(self.log_gradients, 0, y, out=self.log_gradient)
        for operation in self.forward_operations:
            operation()
        # The loss of a sample is the product of the logarithms of its softmax with minus its
        # smoothed target, which is thus the gradient there; torch's kernel takes it on to the
        # logits. These are autograd's operations in autograd's order, which give the same bits.
        logs = self.logits.log_softmax(1)
        losses = nn.functional.nll_loss(logs, y, reduction="none")
        if self.smoothing:
            losses = losses.lerp(-logs.mean(1), self.smoothing)
        if self.weights is not None:
            weights = self.weights.index_select(0, rows)
            losses.mul_(weights)
            self.log_gradient.mul_(weights[:, None])
        torch._log_softmax_backward_data(
            self.log_gradient, logs, 1, logs.dtype, out=self.logit_gradient
        )
        for operation in self.backward_operations:
            operation()
        return losses.mean()
