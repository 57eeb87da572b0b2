"""Checks of labels, weights, callbacks and augmenters, before any training."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import compute_sample_weight
from skorch.callbacks import Callback

from sklvision.augmentation import Compose, MixUp
from sklvision.augmentation._base import Augmenter
from sklvision.utils._sklearn import check_sample_weight


def encode_labels(y: np.ndarray, classes: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, sorted, and the labels as indices into them.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels of any type that can be sorted.
    classes : array-like of shape (n_classes,) or None
        All classes, where they are known already.
    """
    found, encoded = np.unique(y, return_inverse=True)
    if classes is None:
        return found, encoded.astype(np.int64)
    known = np.unique(np.asarray(classes))
    unknown = np.setdiff1d(found, known)
    if len(unknown):
        raise ValueError(
            f"y has labels {unknown.tolist()} that are not among the classes {known.tolist()} "
            "this classifier was started with."
        )
    return known, np.searchsorted(known, y).astype(np.int64)


def check_classes(classes: ArrayLike | None, known: np.ndarray) -> np.ndarray:
    """Return the known classes, unless a later call names others."""
    if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), known):
        raise ValueError(
            f"classes={np.asarray(classes).tolist()} are not those this classifier was started "
            f"with, {known.tolist()}."
        )
    return known


def check_unchanged(recipe: dict[str, Any], params: dict[str, Any]) -> None:
    """Raise if a net that is to be trained further would now be built in another way."""
    for name in ("architecture", "architecture_params", "precision"):
        fitted, asked = recipe[name], params[name]
        asked = dict(asked or {}) if name == "architecture_params" else asked
        if asked is not fitted and asked != fitted:
            raise ValueError(
                f"Training goes on with a net that was fitted with {name}={fitted!r}, but {name} "
                f"is now {asked!r}. Fit a new classifier, or set it back."
            )


def combine_weights(
    X: np.ndarray,
    y: np.ndarray,
    sample_weight: ArrayLike | None,
    class_weight: dict | str | None,
) -> np.ndarray | None:
    """Multiply sample weights by class weights; None where neither is given."""
    if sample_weight is None and class_weight is None:
        return None
    weights = check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(f"Negative values in sample_weight: the smallest is {weights.min():g}.")
    if class_weight is not None:
        class_weights = compute_sample_weight(class_weight, y)
        if (class_weights < 0).any():
            raise ValueError(f"class_weight must not be negative, got {class_weight!r}.")
        weights = weights * class_weights
    if not weights.any():
        raise ValueError("Sample weights are all zero; at least one must be positive.")
    return weights


def check_callbacks(callbacks: list | None) -> list:
    """Copy the callbacks: skorch keeps its state on them, and parameters must not change."""
    checked: list[Any] = []
    for item in callbacks or []:
        name, callback = item if isinstance(item, tuple) else (None, item)
        is_class = isinstance(callback, type) and issubclass(callback, Callback)
        if not is_class and not isinstance(callback, Callback):
            raise ValueError(
                "callbacks must be a list of skorch callbacks, or of (name, callback) pairs, "
                f"got {item!r}."
            )
        callback = callback if is_class else copy(callback)
        checked.append(callback if name is None else (name, callback))
    return checked


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
        if not callable(transform) and not hasattr(transform, "mix"):
            raise ValueError(
                "augment must be an augmenter, a callable that maps a batch to a batch, or a list "
                f"of these, got {transform!r}."
            )
        if isinstance(transform, BaseEstimator):
            transform._validate_params()
    if len(transforms) > 1 and all(isinstance(t, Augmenter | MixUp) for t in transforms):
        # Moves of the pixels that stand beside each other become one interpolation.
        return [Compose(transforms)]
    return transforms
