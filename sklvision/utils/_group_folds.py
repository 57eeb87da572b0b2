"""Inner folds that keep groups together, in place of those that an estimator was given."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.multiclass import type_of_target

from sklvision.utils._random import draw_seed

Split = tuple[np.ndarray, np.ndarray]
# Splitters that draw samples one by one, each with its counterpart for groups. A subclass may do
# anything else, and is checked instead.
_SAMPLE_SPLITTERS = (
    KFold,
    StratifiedKFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedShuffleSplit,
    LeaveOneOut,
)


def can_take_groups(cv: Any) -> bool:
    """Return whether a splitter of scikit-learn's kind takes groups by itself."""
    if not hasattr(cv, "split"):
        return False
    return bool(get_routing_for_object(cv).consumes("split", ["groups"]))


def has_group_counterpart(cv: Any) -> bool:
    """Return whether folds are drawn sample by sample, and can be drawn by groups instead."""
    return cv is None or isinstance(cv, Real) or type(cv) in _SAMPLE_SPLITTERS


class GroupFolds(BaseEstimator):
    """Splitter that keeps groups together, in place of one that an estimator was given.

    A splitter that takes groups gets them. A number of folds, or a splitter that draws sample by
    sample, is replaced by as many folds of whole groups, stratified where the target has classes.
    The folds of any other are taken as they are, with a warning where they split groups. Without
    groups all folds are the original ones, also with a warning.

    Parameters
    ----------
    cv : int, float, splitter, iterable or None
        The folds as an estimator was given them; a float holds out that fraction once.
    owner : str
        Class of the estimator, for messages.
    random_state : int
        Seed of the folds, where `cv` has none of its own.
    """

    # By this name scikit-learn knows that it passes groups to `split`.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(self, cv: Any, owner: str, random_state: int) -> None:
        self.cv = cv
        self.owner = owner
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds, of the original ones where no groups are given."""
        if groups is not None and y is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # `split` warns of the same
                return sum(1 for _ in self.split(X, y, groups))
        return 1 if _is_fraction(self.cv) else int(check_cv(self.cv).get_n_splits(X, y, groups))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Yield the indices of the training and the held-out samples of each fold."""
        if groups is None:
            warnings.warn(
                f"{self.owner} passes no groups to its inner folds, which split them.",
                UserWarning,
                stacklevel=2,
            )
            yield from self.make_original(y).split(X, y)
            return
        yield from self._make_folds(X, y, np.asarray(groups))

    def _make_folds(self, X: Any, y: Any, groups: np.ndarray) -> list[Split]:
        if can_take_groups(self.cv):
            return list(self.cv.split(X, y, groups))
        if not has_group_counterpart(self.cv):
            folds = list(self.make_original(y).split(X, y))
            self._warn_of_split_groups(folds, groups)
            return folds
        n_groups = len(np.unique(groups))
        if n_groups == 1:
            raise ValueError(
                f"groups: all {len(groups)} samples that {self.owner} is fitted on are of one "
                "group, so that its inner folds cannot hold any out. Pass no groups, or more."
            )
        folds = [fold for fold in self._draw_folds(y, groups, n_groups) if len(fold[1])]
        for train, _ in folds:
            self._check_classes(y, train)
        return folds

    def _warn_of_split_groups(self, folds: list[Split], groups: np.ndarray) -> None:
        n_split = sum(bool(np.isin(groups[test], groups[train]).any()) for train, test in folds)
        if n_split:
            warnings.warn(
                f"{n_split} of the {len(folds)} inner folds of {self.owner} split groups, so that "
                "it chooses by samples whose groups it trains on. Pass a number of folds or a "
                "splitter that takes groups as cv, such as StratifiedGroupKFold(5).",
                UserWarning,
                stacklevel=4,
            )

    def _check_classes(self, y: Any, train: np.ndarray) -> None:
        if not _has_classes(y):
            return
        labels = np.unique(np.asarray(y)[train])
        if len(labels) < 2 <= len(np.unique(np.asarray(y))):
            raise ValueError(
                f"groups: an inner fold of {self.owner} leaves only class "
                f"{labels.tolist()[0]!r} to train on, since all samples of the others are in one "
                "group. Every class needs samples of at least two groups."
            )

    def make_original(self, y: Any = None) -> Any:
        """Return the splitter that scikit-learn makes of the parameter of a classifier."""
        if _is_fraction(self.cv):
            return StratifiedShuffleSplit(1, test_size=self.cv, random_state=self.random_state)
        return check_cv(self.cv, y, classifier=True)

    def _draw_folds(self, y: Any, groups: np.ndarray, n_groups: int) -> Iterator[Split]:
        """Yield folds of whole groups, in number and size as near as can be to the originals."""
        if type(self.cv) is LeaveOneOut:
            yield from LeaveOneGroupOut().split(groups, y, groups)
            return
        n_parts, seeds, is_shuffled = self._read_splitter()
        # Of a fraction that is held out, and of each drawing of a ShuffleSplit, the first part.
        n_held_out = 1 if _is_fraction(self.cv) or hasattr(self.cv, "test_size") else n_parts
        n_parts = min(n_parts, n_groups)
        # A continuous target, and classes that are all rarer than folds, cannot be stratified.
        is_stratified = _has_classes(y) and np.unique(y, return_counts=True)[1].max() >= n_parts
        for seed in seeds:
            shuffling = {"shuffle": True, "random_state": seed} if is_shuffled else {}
            folds = (StratifiedGroupKFold if is_stratified else GroupKFold)(n_parts, **shuffling)
            yield from islice(folds.split(groups, y, groups), n_held_out)

    def _read_splitter(self) -> tuple[int, list[int], bool]:
        """Return the number of parts, a seed per repetition, and whether groups are shuffled."""
        cv = self.cv
        if cv is None or isinstance(cv, Integral):
            return 5 if cv is None else int(cv), [self.random_state], False
        if _is_fraction(cv):
            return max(2, round(1 / cv)), [self.random_state], True
        seed = self.random_state if cv.random_state is None else cv.random_state
        seed = int(seed) if isinstance(seed, Integral) else draw_seed(deepcopy(seed))
        if type(cv) in (KFold, StratifiedKFold):
            return cv.n_splits, [seed], cv.shuffle
        if type(cv) in (RepeatedKFold, RepeatedStratifiedKFold):
            n_parts, n_repeats = cv.cvargs["n_splits"], cv.n_repeats
        else:
            fraction = cv.test_size if isinstance(cv.test_size, float) else 0.1
            n_parts, n_repeats = max(2, round(1 / fraction)), cv.n_splits
        generator = np.random.RandomState(seed)
        return n_parts, [draw_seed(generator) for _ in range(n_repeats)], True


def _is_fraction(cv: Any) -> bool:
    return isinstance(cv, Real) and not isinstance(cv, Integral) and 0 < float(cv) < 1


def _has_classes(y: Any) -> bool:
    return type_of_target(y) in ("binary", "multiclass")
