"""Checks of weights, callbacks and augmenters, before any training."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from skorch.callbacks import Callback

from sklvision.augmentation import Compose, MixUp
from sklvision.augmentation._base import Augmenter
from sklvision.neural_network._data import Data
from sklvision.utils._net_input import check_lazy_rows
from sklvision.utils._protocols import is_label_mixer
from sklvision.utils._samples import Samples, to_host
from sklvision.utils._sklearn import check_sample_weight


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
    for item in callbacks or []:
        name, callback = item if isinstance(item, tuple) else (None, item)
        is_class = isinstance(callback, type) and issubclass(callback, Callback)
        if not is_class and not isinstance(callback, Callback):
            raise ValueError(
                "callbacks must be a list of skorch callbacks, or of (name, callback) pairs, "
                f"got {item!r}."
            )
        callback = callback if is_class else copy(callback)
        copies.append(callback if name is None else (name, callback))
    return copies


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
    if len(transforms) > 1 and all(isinstance(t, Augmenter | MixUp) for t in transforms):
        # Moves of the pixels that follow one another become one interpolation.
        return [Compose(transforms)]
    return transforms
