"""Training of a net that may be interrupted, or fail."""

from __future__ import annotations

import torch
from skorch.helper import predefined_split
from torch import Tensor, nn

from sklvision.neural_network._data import TrainingSet
from sklvision.neural_network._divergence import check_trained
from sklvision.neural_network._net import Net


class Checkpoint:
    """A copy of the weights and buffers of a module.

    Parameters
    ----------
    module : nn.Module
        The module; `save` copies its weights, and nothing before.

    Attributes
    ----------
    n_saved : int
        Number of epochs after which weights were saved, each time in place of those before.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.copies: list[Tensor] = []
        self.n_saved = 0

    def save(self) -> None:
        """Copy the weights as they are."""
        tensors = self._list_tensors()
        if len(self.copies) != len(tensors):
            self.copies = [torch.empty_like(tensor) for tensor in tensors]
        torch._foreach_copy_(self.copies, tensors)
        self.n_saved += 1

    def restore(self) -> None:
        """Put the weights back that were saved last, if there are any."""
        if self.n_saved:
            torch._foreach_copy_(self._list_tensors(), self.copies)

    def _list_tensors(self) -> list[Tensor]:
        tensors = (*self.module.parameters(), *self.module.buffers())
        return [tensor.detach() for tensor in tensors]


def train_net(net: Net, training: TrainingSet, validation: TrainingSet | None, epochs: int) -> None:
    """Train a net for some epochs and check the result.

    An interrupt, or a file that can no longer be read, reaches the caller, and leaves the net and
    its history as they were after the last whole epoch. Any other error leaves the weights of a net
    that was trained before as they were.
    """
    n_before, train_split = len(net.history), net.train_split
    net.train_split = None if validation is None else predefined_split(validation)
    start, latest = Checkpoint(net.module_), Checkpoint(net.module_)
    if n_before:
        start.save()
    net.checkpoint_ = latest
    try:
        net.notify("on_train_begin", X=training.X, y=training.y)
        net.fit_loop(training, epochs=epochs)
        net.notify("on_train_end", X=training.X, y=training.y)
        _check_result(net)
    except (KeyboardInterrupt, OSError):
        (latest if latest.n_saved else start).restore()
        del net.history[n_before + latest.n_saved :]
        # As skorch does: callbacks put the best weights back, and let go of what they hold.
        net.notify("on_train_end", X=training.X, y=training.y)
        net._set_training(False)
        raise
    except BaseException:
        start.restore()
        net._set_training(False)
        raise
    finally:
        net.train_split, net.n_resumed_ = train_split, 0
        net.checkpoint_ = net.last_batch_ = None


def _check_result(net: Net) -> None:
    net._set_training(False)
    if net.last_batch_ is not None:
        check_trained(net, net.last_batch_)
