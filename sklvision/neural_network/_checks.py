"""Checks of weights, callbacks and augmenters, before any training."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from skorch.callbacks import Callback, InputShapeSetter, LRScheduler, lr_scheduler

from sklvision.neural_network._data import Data
from sklvision.utils._net_input import check_lazy_rows
from sklvision.utils._protocols import is_label_mixer
from sklvision.utils._samples import Samples, to_host
from sklvision.utils._sklearn import check_sample_weight

# Names of callbacks that the classifiers add.
_OWN_CALLBACKS = frozenset(
    {"best_weights", "epoch_timer", "progress_bar", "reporter", "time_limit"}
)


def combine_weights(
    X: Data, sample_weight: ArrayLike | None, label_weights: np.ndarray | None
) -> np.ndarray | None:
    """Multiply sample weights by the weights of their labels; None where neither is given."""
    if sample_weight is None and label_weights is None:
        return None
    weights = check_sample_weight(to_host(sample_weight), X, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(f"Negative values in sample_weight: the smallest is {weights.min():g}.")
    if label_weights is not None:
        weights = weights * label_weights
    if not weights.any():
        raise ValueError("Sample weights are all zero; at least one must be positive.")
    return weights


def open_lazy_rows(estimator: Any, samples: Samples, y: Any) -> np.ndarray:
    """Check rows that are read later, keep what an estimator learns of them, and return y."""
    check_lazy_rows(estimator, samples)
    y = estimator._validate_target(y, samples)
    vars(estimator).pop("feature_names_in_", None)  # of an earlier fit on a table with names
    estimator.n_features_in_ = samples.shape[1]
    estimator._keep_contract(samples)
    return y


def check_callbacks(callbacks: list | None) -> list:
    """Copy the callbacks: skorch keeps its state on them, and parameters must not change."""
    copies: list[Any] = []
    names: set[str] = set(_OWN_CALLBACKS)
    for item in callbacks or []:
        is_pair = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
        name, callback = item if is_pair else (None, item)
        is_class = isinstance(callback, type) and issubclass(callback, Callback)
        if not is_class and not isinstance(callback, Callback):
            raise ValueError(
                "callbacks must be a list of skorch callbacks, or of (name, callback) pairs, "
                f"got {item!r}."
            )
        if name in names:
            reason = "used by the classifier itself" if name in _OWN_CALLBACKS else "used twice"
            raise ValueError(f"callbacks: the name {name!r} is {reason}; choose another one.")
        _check_callback(callback)
        callback = callback if is_class else copy(callback)
        copies.append(callback if name is None else (name, callback))
        if name is not None:
            names.add(name)
    return copies


def _check_callback(callback: Any) -> None:
    """Raise if a callback of skorch cannot work with any net of this package, or at all."""
    if callback is InputShapeSetter or isinstance(callback, InputShapeSetter):
        raise ValueError(
            "callbacks has an InputShapeSetter, which is not needed: an architecture receives the "
            "shape of the samples as input_shape."
        )
    if not isinstance(callback, LRScheduler):
        return
    policy = callback.policy
    if isinstance(policy, str) and not hasattr(lr_scheduler, policy):
        raise ValueError(
            f"callbacks has LRScheduler({policy!r}), a name that skorch does not know. Pass the "
            f"class instead, such as torch.optim.lr_scheduler.{policy}."
        )


def check_augment(augment: Callable | list[Callable] | None) -> list[Callable]:
    """Return the augmenters as a list."""
    if augment is None:
        return []
    transforms: list[Any] = list(augment) if isinstance(augment, list | tuple) else [augment]
    for transform in transforms:
        if isinstance(transform, type):
            raise ValueError(
                f"augment must be an augmenter and not its class: {transform.__name__}() instead "
                f"of {transform.__name__}."
            )
        if not callable(transform) and not is_label_mixer(transform):
            raise ValueError(
                "augment must be an augmenter, a callable that maps a batch to a batch, or a list "
                f"of these, got {transform!r}."
            )
        if isinstance(transform, BaseEstimator):
            transform._validate_params()
    if len(transforms) < 2:
        return transforms
    # Not to be imported where a net is loaded and predicts.
    from sklvision.augmentation import Compose, MixUp
    from sklvision.augmentation._base import Augmenter

    if all(isinstance(t, Augmenter | MixUp) for t in transforms):
        # Moves of the pixels that follow one another become one interpolation.
        return [Compose(transforms)]
    return transforms
