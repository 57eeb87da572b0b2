"""Optimizers and learning-rate schedules by name."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, optim
from torch.optim import lr_scheduler

OPTIMIZERS: dict[str, type[optim.Optimizer]] = {
    "adamw": optim.AdamW,
    "adam": optim.Adam,
    "adamax": optim.Adamax,
    "sgd": optim.SGD,
    "rmsprop": optim.RMSprop,
}
_FUSED_OPTIMIZERS = {"adamw", "adam", "sgd"}

SCHEDULES = ("constant", "cosine", "onecycle", "cyclic", "step", "plateau")


def resolve_schedule(name: str, has_lr_scheduler: bool) -> str:
    """Return the schedule to use: none where a callback sets the learning rate itself."""
    if has_lr_scheduler and name != "constant":
        warnings.warn(
            f"lr_schedule={name!r} is not used: callbacks has an LRScheduler, which sets the "
            "learning rate. Pass lr_schedule='constant' to silence this warning.",
            stacklevel=2,
        )
        return "constant"
    return name


def get_optimizer_settings(name: str, device: torch.device) -> dict[str, Any]:
    """Return keyword arguments of skorch's net that select and configure the optimizer.

    ``"sgd"`` has Nesterov momentum of 0.9. Where torch has a fused kernel it is used: with
    small nets most of an unfused step is the overhead of its many small operations. None of
    them decays weights, since the net does that in the same way for all.
    """
    settings: dict[str, Any] = {"optimizer": OPTIMIZERS[name]}
    if name == "adamw":
        settings["optimizer__weight_decay"] = 0.0
    if name == "sgd":
        settings |= {"optimizer__momentum": 0.9, "optimizer__nesterov": True}
    if name in _FUSED_OPTIMIZERS and device.type in ("cpu", "cuda"):
        settings["optimizer__fused"] = True
    return settings


def shrink_weights(optimizer: optim.Optimizer, weight_decay: float) -> None:
    """Shrink the weights once their gradients are known, as AdamW does under every optimizer."""
    with torch.no_grad():
        for group in optimizer.param_groups:
            # Frozen weights have no gradient.
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                torch._foreach_mul_(weights, 1 - group["lr"] * weight_decay)


def copy_state(optimizer: optim.Optimizer) -> dict[str, Any]:
    """Copy the state and the groups of an optimizer; tensors in less time than deepcopy takes."""
    state = optimizer.state_dict()
    moments = {
        index: {
            name: value.clone() if isinstance(value, Tensor) else deepcopy(value)
            for name, value in values.items()
        }
        for index, values in state["state"].items()
    }
    return {"state": moments, "param_groups": deepcopy(state["param_groups"])}


class EpochUpdates:
    """Updates of the weights in one epoch.

    The first is the optimizer's own, which makes its state and shows schedulers that it stepped.
    Later ones of Adam and AdamW call the kernel that the optimizer would call.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer.
    weight_decay : float
        Decay of the weights, as of :func:`shrink_weights`.
    parameters, gradients : list of Tensor
        All weights without their history, and the buffers of their gradients.
    """

    def __init__(
        self,
        optimizer: optim.Optimizer,
        weight_decay: float,
        parameters: list[Tensor],
        gradients: list[Tensor],
    ) -> None:
        self.optimizer, self.weight_decay = optimizer, weight_decay
        self.parameters, self.gradients = parameters, gradients
        self.states: list[dict[str, Tensor]] | None = None
        self.count = torch.zeros(())

    def apply(self) -> None:
        """Update the weights by the gradients of a batch."""
        if self.weight_decay:
            shrink_weights(self.optimizer, self.weight_decay)
        if not self.states:
            self.optimizer.step()
            if self.states is None:
                self._read_states()
            return
        group = self.optimizer.param_groups[0]
        beta1, beta2 = group["betas"]
        self.count.add_(1)
        torch._fused_adamw_(
            *(self.parameters, self.gradients, self.means, self.squares, [], self.counts),
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=0.0,
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def _read_states(self) -> None:
        """Read the moments where the optimizer is an Adam without options of its own."""
        optimizer, self.states = self.optimizer, []
        group, *other_groups = optimizer.param_groups
        options = ("amsgrad", "maximize", "weight_decay", "capturable", "differentiable")
        if (
            type(optimizer) not in (optim.Adam, optim.AdamW)
            or other_groups
            or not group["fused"]
            or any(group[option] for option in options)
            or isinstance(group["lr"], Tensor)
            or optimizer._optimizer_step_pre_hooks
            or optimizer._optimizer_step_post_hooks
        ):
            return
        states = [optimizer.state[parameter] for parameter in group["params"]]
        addresses = [parameter.data_ptr() for parameter in group["params"]]
        if addresses != [parameter.data_ptr() for parameter in self.parameters]:
            return
        if len({float(state["step"]) for state in states}) > 1:
            return
        self.states, self.count = states, states[0]["step"].clone()
        self.counts = [self.count] * len(states)
        self.means = [state["exp_avg"] for state in states]
        self.squares = [state["exp_avg_sq"] for state in states]

    def finish(self) -> None:
        """Write the number of steps into the optimizer's state."""
        for state in self.states or ():
            state["step"].copy_(self.count)


class Schedule:
    """A learning-rate schedule over a known number of steps.

    Parameters
    ----------
    name : str
        One of ``SCHEDULES``. ``"cosine"`` decays to zero; ``"onecycle"`` rises to `lr` over the
        first 30 % of the steps and decays to almost zero; ``"cyclic"`` swings between `lr` / 10
        and `lr`, ten times; ``"step"`` divides by 10 after each third; ``"plateau"`` halves
        after 5 epochs without a better loss.
    optimizer : torch.optim.Optimizer
        Its learning rates are set, each group's from its own.
    epochs, steps_per_epoch : int
        The length of the training.
    """

    def __init__(
        self, name: str, optimizer: optim.Optimizer, epochs: int, steps_per_epoch: int
    ) -> None:
        steps = epochs * steps_per_epoch
        lrs = [group["lr"] for group in optimizer.param_groups]
        scheduler: Any = None
        if name == "cosine":
            scheduler = lr_scheduler.CosineAnnealingLR(optimizer, steps)
        elif name == "onecycle":
            scheduler = lr_scheduler.OneCycleLR(optimizer, lrs, total_steps=max(2, steps))
        elif name == "cyclic":
            scheduler = lr_scheduler.CyclicLR(
                optimizer,
                base_lr=[lr / 10 for lr in lrs],
                max_lr=lrs,
                step_size_up=max(1, steps // 20),
                cycle_momentum=False,
            )
        elif name == "step":
            scheduler = lr_scheduler.StepLR(optimizer, max(1, -(-steps // 3)))
        elif name == "plateau":
            scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5)
        self._batch_scheduler = scheduler if name != "plateau" else None
        self._epoch_scheduler = scheduler if name == "plateau" else None

    def get_state(self) -> dict[str, Any] | None:
        """Return the counters, as torch has them; None of the constant schedule."""
        scheduler = self._batch_scheduler or self._epoch_scheduler
        return None if scheduler is None else scheduler.state_dict()

    def load_state(self, state: dict[str, Any] | None) -> None:
        """Load the counters of a schedule of the same training."""
        scheduler = self._batch_scheduler or self._epoch_scheduler
        if scheduler is not None:
            scheduler.load_state_dict(state)

    def step_batch(self) -> None:
        """Move on by one optimizer step."""
        if self._batch_scheduler is not None:
            self._batch_scheduler.step()

    def step_epoch(self, loss: float) -> None:
        """Move on by one epoch that ended with this loss."""
        if self._epoch_scheduler is not None:
            self._epoch_scheduler.step(loss)
