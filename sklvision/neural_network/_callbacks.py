"""Callbacks of skorch: those that the classifiers use, and checks of those that users bring."""

from __future__ import annotations

import warnings
from copy import deepcopy
from fnmatch import fnmatch
from time import perf_counter
from typing import Any

import numpy as np
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, ParamMapper

from sklvision.utils._progress import open_progress

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")

NamedCallbacks = list[tuple[str, Callback]]


class BestWeights(Callback):
    """Stop after `n_iter_no_change` epochs without a better validation score; keep the best.

    The score is the accuracy; between equal accuracies the lower loss is better, since on a few
    validation samples accuracy alone moves in coarse steps. Without validation data, as in
    ``net_.fit``, nothing is compared and training runs to its end.
    """

    def __init__(self, n_iter_no_change: int) -> None:
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Reset the state of earlier trainings."""
        self.best_: tuple[float, float] | None = None
        self.best_weights_: dict[str, Any] | None = None
        self.misses_ = 0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Compare this epoch with the best one."""
        latest = net.history[-1]
        if "valid_loss" not in latest:
            return
        score = (latest[net.target.score_name], -latest["valid_loss"])
        if np.isfinite(score[1]) and (self.best_ is None or score > self.best_):
            self.best_, self.misses_ = score, 0
            self.best_weights_ = deepcopy(net.module_.state_dict())
            return
        self.misses_ += 1
        if self.misses_ >= self.n_iter_no_change:
            net.stop_training_ = True

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Put the best weights back."""
        if self.best_weights_ is not None:
            net.module_.load_state_dict(self.best_weights_)
        self.best_weights_ = None


class TimeLimit(Callback):
    """End the training after the epoch in which a number of seconds has passed, and warn."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self.start_ = perf_counter()
        self.n_epochs_ = 0

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Stop a training that would go on."""
        self.n_epochs_ += 1
        is_over = perf_counter() - self.start_ >= self.seconds
        if is_over and self.n_epochs_ < net.n_epochs_ and not net.stop_training_:
            net.stop_training_ = True
            warnings.warn(
                f"Training stopped at time_limit={self.seconds:g} seconds, after epoch "
                f"{self.n_epochs_} of {net.n_epochs_}.",
                UserWarning,
                stacklevel=2,
            )


class ProgressBar(Callback):
    """Shows the epochs with the latest loss and score on standard error."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Reset the state of earlier trainings."""
        self.bar_: Any = None

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Open the bar."""
        if net.verbose and self.bar_ is None:
            self.bar_ = open_progress(net.n_epochs_, "epoch")

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Update the bar."""
        if self.bar_ is None:
            return
        latest = net.history[-1]
        values = {"loss": latest["train_loss"]}
        if net.target.score_name in latest:
            values["score"] = latest[net.target.score_name]
        text = ", ".join(f"{name}={value:.4f}" for name, value in values.items())
        self.bar_.set_postfix_str(text, refresh=False)
        self.bar_.update()

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Close the bar."""
        if self.bar_ is not None:
            self.bar_.close()


def has_batch_hook(callback: Callback) -> bool:
    """Return whether a callback defines a hook that is called at every batch.

    A hook of its class counts, and so does one that was set on the object.
    """
    hooks = ((getattr(callback, name), getattr(Callback, name)) for name in _BATCH_HOOKS)
    return any(getattr(hook, "__func__", None) is not base for hook, base in hooks)


def has_lr_scheduler(callbacks: NamedCallbacks) -> bool:
    """Return whether a callback of the user sets the learning rate."""
    return any(isinstance(callback, LRScheduler) for _, callback in callbacks)


def is_stopped_by(callback: Callback) -> bool:
    """Return whether a KeyboardInterrupt from this callback ends the training as it should.

    skorch's EarlyStopping raises one at the moment when its patience has run out.
    """
    return isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience


def check_monitors(callbacks: NamedCallbacks, *, has_validation: bool) -> None:
    """Raise if an EarlyStopping follows validation scores, and no sample is held out."""
    if has_validation:
        return
    recorded = {getattr(callback, "name", None) for _, callback in callbacks}
    for _, callback in callbacks:
        monitor = getattr(callback, "monitor", None)
        missing = monitor in ("valid_loss", "valid_acc") and monitor not in recorded
        if missing and isinstance(callback, EarlyStopping):
            raise ValueError(
                f"callbacks has EarlyStopping(monitor={monitor!r}), which needs validation data. "
                "Set early_stopping=True to hold samples out, or monitor='train_loss'."
            )


def check_patterns(net: Any) -> None:
    """Warn if a callback for some parameters of the net, such as Freezer, matches none."""
    for _, callback in net.callbacks_:
        if not isinstance(callback, ParamMapper):
            continue
        names = [name for name, _ in net.get_all_learnable_params()]
        patterns = callback.patterns
        patterns = patterns if isinstance(patterns, list | tuple) else [patterns]
        for pattern in patterns:
            if isinstance(pattern, str) and not any(fnmatch(name, pattern) for name in names):
                warnings.warn(
                    f"{type(callback).__name__}({pattern!r}) matches no parameter. They are named "
                    f"as in the architecture: {', '.join(names[:4])} ...",
                    stacklevel=2,
                )
