"""Callbacks of skorch: those that the classifiers use, and checks of those that users bring."""

from __future__ import annotations

import warnings
from copy import deepcopy
from fnmatch import fnmatch
from time import perf_counter
from typing import Any

import numpy as np
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    LRScheduler,
    ParamMapper,
    PassthroughScoring,
)
from skorch.callbacks.scoring import ScoringBase
from skorch.exceptions import SkorchException
from torch.optim.lr_scheduler import ReduceLROnPlateau

from sklvision.utils._progress import open_progress

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")

NamedCallbacks = list[tuple[str, Callback]]

FROZEN_MESSAGE = (
    "Nothing is left to train: every parameter of the net is frozen, by a Freezer among the "
    "callbacks or by the architecture. Freeze the parameters of some layers only."
)


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
        n_done = net.n_resumed_ + self.n_epochs_
        is_over = perf_counter() - self.start_ >= self.seconds
        if is_over and n_done < net.n_epochs_ and not net.stop_training_:
            net.stop_training_ = True
            warnings.warn(
                f"Training stopped at time_limit={self.seconds:g} seconds, after epoch "
                f"{n_done} of {net.n_epochs_}.",
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
            self.bar_ = open_progress(net.n_epochs_, "epoch", initial=net.n_resumed_)

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


def call_hooks(net: Any, method_name: str, **kwargs: Any) -> None:
    """Call a hook of all callbacks.

    A KeyboardInterrupt is passed on, except from an EarlyStopping of skorch whose patience has run
    out: that is how it ends a training.
    """
    for _, callback in net.callbacks_:
        try:
            getattr(callback, method_name)(net, **kwargs)
        except KeyboardInterrupt:
            if method_name != "on_epoch_end" or not _has_run_out(callback):
                raise
            net.stop_training_ = True
        except (LookupError, SkorchException):
            _check_monitor(callback, net.history)
            raise


def _has_run_out(callback: Callback) -> bool:
    """Return whether the patience of an EarlyStopping of skorch has run out."""
    return isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience


def check_monitors(callbacks: NamedCallbacks, *, has_validation: bool) -> None:
    """Raise if a callback follows validation scores, and no sample is held out.

    Scores that would never be computed cause a warning.
    """
    if has_validation:
        return
    recorded = {getattr(callback, "name", None) for _, callback in callbacks}
    for _, callback in callbacks:
        monitor = getattr(callback, "monitor", None)
        if isinstance(callback, LRScheduler) and callback.policy_ is not ReduceLROnPlateau:
            monitor = None
        value = monitor.removesuffix("_best") if isinstance(monitor, str) else None
        if value in ("valid_loss", "valid_acc") and value not in recorded:
            raise ValueError(
                f"callbacks has {_get_name(callback)}(monitor={monitor!r}), which needs validation "
                "data. Set early_stopping=True to hold samples out, or "
                f"monitor={str(monitor).replace(value, 'train_loss')!r}."
            )
        if isinstance(callback, ScoringBase) and not callback.on_train:
            warnings.warn(
                f"{_get_name(callback)}({callback.name_!r}) computes no score: it needs validation "
                "data. Set early_stopping=True to hold samples out, or on_train=True.",
                UserWarning,
                stacklevel=2,
            )
        elif isinstance(callback, PassthroughScoring) and not callback.on_train:
            raise ValueError(
                f"callbacks has PassthroughScoring({callback.name!r}), which needs validation "
                "data. Set early_stopping=True to hold samples out, or on_train=True."
            )


def _check_monitor(callback: Callback, history: Any) -> None:
    """Raise if a callback follows a value that the history does not hold."""
    monitor = getattr(callback, "monitor", None)
    latest = history[-1] if len(history) else {}
    if isinstance(monitor, str) and monitor not in latest:
        names = ", ".join(name for name in latest if name not in ("epoch", "batches", "dur"))
        raise ValueError(
            f"callbacks has {_get_name(callback)}(monitor={monitor!r}), and there is no such value "
            f"in the history. It holds: {names}. The callback that computes "
            "a score must come first."
        ) from None


def _get_name(callback: Callback) -> str:
    return type(callback).__name__


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
