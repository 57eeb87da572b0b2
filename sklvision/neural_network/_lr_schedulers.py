"""Learning-rate schedulers of skorch's callbacks, which a later training continues."""

from __future__ import annotations

from typing import Any, NamedTuple

from skorch.callbacks import Callback, LRScheduler


class SchedulerState(NamedTuple):
    """State of one scheduler after its last step.

    Attributes
    ----------
    policy : type
        Class of the scheduler.
    params : dict
        Its parameters.
    state : dict
        Its counters, as torch's ``state_dict`` has them.
    """

    policy: type
    params: dict[str, Any]
    state: dict[str, Any]


def has_lr_scheduler(callbacks: list[tuple[str, Callback]]) -> bool:
    """Return whether a callback of the user sets the learning rate."""
    return any(isinstance(callback, LRScheduler) for _, callback in callbacks)


def read_schedulers(callbacks: list[tuple[str, Callback]]) -> list[SchedulerState]:
    """Read the states of schedulers that have taken part in a training."""
    return [
        SchedulerState(callback.policy_, callback.kwargs, callback.lr_scheduler_.state_dict())
        for _, callback in callbacks
        if isinstance(callback, LRScheduler) and callback.lr_scheduler_ is not None
    ]


def resume_schedulers(net: Any, states: list[SchedulerState], rates: list[float]) -> None:
    """Resume schedulers that skorch has just replaced by new ones, for a training that goes on.

    skorch makes one with the number of epochs, and torch takes a first step at once: a policy that
    multiplies the rate would do so twice, and one that steps by batches would count epochs.

    Parameters
    ----------
    net : Net
        The net, whose ``callbacks_`` hold the new schedulers.
    states : list of SchedulerState
        States at the end of the training before.
    rates : list of float
        Learning rates of the optimizer's groups at its end.
    """
    callbacks = [callback for _, callback in net.callbacks_ if isinstance(callback, LRScheduler)]
    if [(c.policy_, c.kwargs) for c in callbacks] != [(s.policy, s.params) for s in states]:
        return
    for callback, state in zip(callbacks, states, strict=True):
        callback.lr_scheduler_.load_state_dict(state.state)
    for group, rate in zip(net.optimizer_.param_groups, rates, strict=True):
        group["lr"] = rate
