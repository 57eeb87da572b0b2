"""Folds that every estimator shares."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, Protocol, runtime_checkable

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils import get_tags

from sklvision.utils._random import draw_seed, make_generator
from sklvision.utils._samples import Samples

Split = tuple[np.ndarray, np.ndarray]


@runtime_checkable
class Splitter(Protocol):
    """A cross-validation splitter of scikit-learn."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any: ...


def check_cv_type(cv: Any) -> None:
    """Raise unless ``cv`` is a number of folds, a splitter or an iterable of splits."""
    is_splits = (isinstance(cv, Splitter) or np.iterable(cv)) and not isinstance(cv, str)
    if not (cv is None or isinstance(cv, Integral) or is_splits):
        raise TypeError(
            "cv must be a number of folds, a cross-validation splitter or an iterable of "
            f"(train, test) indices, got {cv!r}."
        )


def make_splits(
    cv: Any,
    samples: Samples,
    y: np.ndarray,
    groups: np.ndarray | None,
    random_state: Any,
    n_repeats: int = 1,
) -> tuple[list[Split], str]:
    """Draw the folds once, and describe how they were drawn."""
    cv = 5 if cv is None else cv
    is_number = isinstance(cv, Integral)
    if not isinstance(n_repeats, Integral) or isinstance(n_repeats, bool) or n_repeats < 1:
        raise ValueError(f"n_repeats must be an integer of at least 1, got {n_repeats!r}.")
    if n_repeats > 1 and not is_number:
        raise ValueError(
            f"n_repeats={n_repeats} repeats the folds of an integer cv, got cv={cv!r}: let the "
            "splitter repeat, as RepeatedStratifiedKFold does."
        )
    if is_number:
        splitters = _make_splitters(int(cv), y, groups, random_state, int(n_repeats))
    else:
        splitters = [check_cv(cv, y, classifier=True)]
    X = np.zeros(len(y)) if is_number else samples.data
    splits = [
        (_as_indices(train, len(y)), _as_indices(test, len(y)))
        for splitter in splitters
        for train, test in splitter.split(X, y, groups)
    ]
    _check_splits(splits, y)
    if is_number or isinstance(cv, Splitter):
        description = " ".join(str(splitters[0]).split())
    else:
        description = f"{len(splits)} given splits"
    return splits, f"{description}, repeated {n_repeats} times" if n_repeats > 1 else description


def take_rows(estimator: Any, samples: Samples, rows: np.ndarray, train: np.ndarray) -> Any:
    """Return samples in the user's own type, for an estimator that is trained on ``train``.

    For a kernel matrix, these are the values against the training samples.
    """
    if get_tags(estimator).input_tags.pairwise:
        return samples.data[np.ix_(rows, train)]
    return samples.take(rows).data


def _make_splitters(
    n_splits: int, y: np.ndarray, groups: np.ndarray | None, random_state: Any, n_repeats: int
) -> list[Any]:
    if isinstance(n_splits, bool) or n_splits < 2:
        raise ValueError(f"cv must be at least 2 folds, got {n_splits}.")
    classes, counts = np.unique(y, return_counts=True)
    small_classes = [
        f"{label!r} ({count})"
        for label, count in zip(classes.tolist(), counts.tolist(), strict=True)
        if count < n_splits
    ]
    if small_classes:
        raise ValueError(
            f"Every class needs at least as many samples as there are folds (cv={n_splits}); "
            f"with fewer, and their counts: {', '.join(small_classes)}."
        )
    folds: type[StratifiedKFold] | type[StratifiedGroupKFold] = StratifiedKFold
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < n_splits:
            raise ValueError(f"cv={n_splits} folds need at least as many groups, got {n_groups}.")
        folds = StratifiedGroupKFold
    generator = make_generator(random_state)
    # The first repeat has the folds of a comparison without repeats.
    seeds = [random_state, *(draw_seed(generator) for _ in range(n_repeats - 1))]
    return [folds(n_splits, shuffle=True, random_state=seed) for seed in seeds]


def _as_indices(indices: Any, n_samples: int) -> np.ndarray:
    indices = np.asarray(indices)
    if indices.dtype == bool and indices.shape == (n_samples,):
        return np.flatnonzero(indices)
    if indices.ndim != 1 or (indices.size and not np.issubdtype(indices.dtype, np.integer)):
        raise ValueError(
            f"cv must yield 1-D arrays of indices, got {indices.dtype} of {indices.shape}."
        )
    if indices.size and (indices.min() < 0 or indices.max() >= n_samples):
        raise ValueError(
            f"cv yields indices {indices.min()} to {indices.max()}, but there are {n_samples} "
            "samples."
        )
    return indices.astype(np.intp)


def _check_splits(splits: list[Split], y: np.ndarray) -> None:
    """Refuse folds that cannot be fitted, warn of those that cannot be fair."""
    if not splits:
        raise ValueError("cv yields no splits.")
    untrained: dict[Any, list[int]] = {}
    overlapping = []
    for i, (train, test) in enumerate(splits):
        if not len(test):
            raise ValueError(f"cv: split {i} has no test samples.")
        train_classes = np.unique(y[train])
        if len(train_classes) < 2:
            raise ValueError(
                f"cv: split {i} trains on {len(train)} samples of {len(train_classes)} "
                f"class{'es' * (len(train_classes) != 1)}; at least two classes are needed."
            )
        for label in np.setdiff1d(y[test], train_classes).tolist():
            untrained.setdefault(label, []).append(i)
        if len(np.intersect1d(train, test)):
            overlapping.append(i)
    for label, folds in untrained.items():
        warnings.warn(
            f"Class {label!r} is tested but never trained on in splits {folds}: "
            "no estimator can recognize it there.",
            UserWarning,
            stacklevel=4,
        )
    if overlapping:
        warnings.warn(
            f"Splits {overlapping} test on samples that they also train on: their scores are too "
            "optimistic.",
            UserWarning,
            stacklevel=4,
        )
