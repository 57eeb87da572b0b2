"""Searches among the compared estimators: their choices and their inner folds."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit
from sklearn.pipeline import Pipeline

from sklvision.utils._nested import is_search

_GROUP_SPLITTING = (KFold, StratifiedKFold, ShuffleSplit, StratifiedShuffleSplit)


def get_choice(estimator: Any) -> dict[str, Any] | None:
    """Return the parameters that a fitted search, or one at the end of a pipeline, chose."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    choice = getattr(estimator, "best_params_", None)
    return None if choice is None else dict(choice)


def warn_of_split_groups(estimators: Mapping[str, Any], groups: np.ndarray | None) -> None:
    """Warn of searches whose inner folds split groups."""
    for name, estimator in estimators.items():
        if groups is None or not is_search(estimator):
            continue
        cv = estimator.cv
        if cv is None or isinstance(cv, (Integral, *_GROUP_SPLITTING)):
            warnings.warn(
                f"estimators[{name!r}] chooses by inner folds (cv={cv}) that split groups, which "
                "favors memorizing them; give it cv=StratifiedGroupKFold(5), which receives the "
                "groups.",
                UserWarning,
                stacklevel=3,
            )
