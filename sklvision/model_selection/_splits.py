"""The folds that every compared estimator shares."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils import check_random_state

Split = tuple[np.ndarray, np.ndarray]


def make_splits(
    cv: Any,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray | None,
    random_state: Any,
    n_repeats: int = 1,
) -> tuple[list[Split], str]:
    """Draw the folds once, and say in words how they were drawn."""
    cv = 5 if cv is None else cv
    drawn = isinstance(cv, Integral)
    if not isinstance(n_repeats, Integral) or isinstance(n_repeats, bool) or n_repeats < 1:
        raise ValueError(f"n_repeats must be an integer of at least 1, got {n_repeats!r}.")
    if n_repeats > 1 and not drawn:
        raise ValueError(
            f"n_repeats={n_repeats} repeats the folds of an integer cv, got cv={cv!r}: let the "
            "splitter repeat, as RepeatedStratifiedKFold does."
        )
    if drawn:
        splitters = _make_splitters(int(cv), y, groups, random_state, int(n_repeats))
    else:
        splitters = [check_cv(cv, y, classifier=True)]
    splits = [
        (_as_indices(train, len(y)), _as_indices(test, len(y)))
        for splitter in splitters
        for train, test in splitter.split(np.zeros(len(y)) if drawn else X, y, groups)
    ]
    _check_splits(splits, y)
    given_as_iterable = not drawn and not hasattr(cv, "split")
    words = (
        f"{len(splits)} given splits" if given_as_iterable else " ".join(str(splitters[0]).split())
    )
    return splits, f"{words}, repeated {n_repeats} times" if n_repeats > 1 else words


def _make_splitters(
    n_splits: int, y: np.ndarray, groups: np.ndarray | None, random_state: Any, n_repeats: int
) -> list[Any]:
    if isinstance(n_splits, bool) or n_splits < 2:
        raise ValueError(f"cv must be at least 2 folds, got {n_splits}.")
    classes, counts = np.unique(y, return_counts=True)
    small = [
        f"{label!r} ({count})"
        for label, count in zip(classes.tolist(), counts.tolist(), strict=True)
        if count < n_splits
    ]
    if small:
        raise ValueError(
            f"Every class needs at least as many samples as there are folds (cv={n_splits}); "
            f"with fewer, and their counts: {', '.join(small)}."
        )
    folds: type[StratifiedKFold] | type[StratifiedGroupKFold] = StratifiedKFold
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < n_splits:
            raise ValueError(f"cv={n_splits} folds need at least as many groups, got {n_groups}.")
        folds = StratifiedGroupKFold
    generator = check_random_state(random_state)
    # The first repeat is what one without repeats would be.
    seeds = [random_state, *(int(generator.randint(2**31 - 1)) for _ in range(n_repeats - 1))]
    return [folds(n_splits, shuffle=True, random_state=seed) for seed in seeds]


def _as_indices(part: Any, n_samples: int) -> np.ndarray:
    part = np.asarray(part)
    if part.dtype == bool and part.shape == (n_samples,):
        return np.flatnonzero(part)
    if part.ndim != 1 or (part.size and not np.issubdtype(part.dtype, np.integer)):
        raise ValueError(f"cv must yield 1-D arrays of indices, got {part.dtype} of {part.shape}.")
    if part.size and (part.min() < 0 or part.max() >= n_samples):
        raise ValueError(
            f"cv yields indices {part.min()} to {part.max()}, but there are {n_samples} samples."
        )
    return part.astype(np.intp)


def _check_splits(splits: list[Split], y: np.ndarray) -> None:
    """Refuse folds that cannot be fitted, warn about those that cannot be fair."""
    if not splits:
        raise ValueError("cv yields no splits.")
    unseen: dict[Any, list[int]] = {}
    shared = []
    for i, (train, test) in enumerate(splits):
        if not len(test):
            raise ValueError(f"cv: split {i} has no test samples.")
        seen = np.unique(y[train])
        if len(seen) < 2:
            raise ValueError(
                f"cv: split {i} trains on {len(train)} samples of "
                f"{len(seen)} class{'es' * (len(seen) != 1)}; at least two classes are needed."
            )
        for label in np.setdiff1d(y[test], seen).tolist():
            unseen.setdefault(label, []).append(i)
        if len(np.intersect1d(train, test)):
            shared.append(i)
    for label, where in unseen.items():
        warnings.warn(
            f"Class {label!r} is tested but never trained on in splits {where}: "
            "no estimator can recognise it there.",
            UserWarning,
            stacklevel=4,
        )
    if shared:
        warnings.warn(
            f"Splits {shared} test on samples that they also train on: their scores flatter.",
            UserWarning,
            stacklevel=4,
        )
