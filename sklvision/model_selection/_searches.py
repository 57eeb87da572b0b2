"""Searches among the compared estimators: what they choose, fold by fold."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

_BLIND_TO_GROUPS = (KFold, StratifiedKFold, ShuffleSplit, StratifiedShuffleSplit)


def is_search(estimator: Any) -> bool:
    """Whether an estimator chooses its parameters by cross-validation of its own."""
    return all(hasattr(estimator, name) for name in ("cv", "refit", "scoring"))


def chosen_parameters(fitted: Any) -> dict[str, Any] | None:
    """What a fitted search chose; in a pipeline, what its last step chose."""
    last = fitted.steps[-1][1] if hasattr(fitted, "steps") else fitted
    chosen = getattr(last, "best_params_", None)
    return dict(chosen) if chosen is not None else None


def warn_of_blind_folds(estimators: dict[str, Any], groups: np.ndarray | None) -> None:
    """Warn of searches whose inner folds split groups."""
    for name, estimator in estimators.items():
        if groups is None or not is_search(estimator):
            continue
        inner = estimator.cv
        if inner is None or isinstance(inner, (Integral, *_BLIND_TO_GROUPS)):
            warnings.warn(
                f"estimators[{name!r}] chooses by inner folds (cv={inner}) that split groups, "
                "which favours what remembers them; give it cv=StratifiedGroupKFold(5), which is "
                "passed the groups.",
                UserWarning,
                stacklevel=3,
            )
