"""Splits in the fit of an estimator: whether there are any, and can be by groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import has_fit_parameter

from sklvision.utils._nested import is_search, open_estimator, walk_estimators

# Samples from which gradient boosting holds some out by itself.
_MANY_SAMPLES = 10_000


def can_use_groups(estimator: Any) -> bool:
    """Whether a split in the fit of an estimator can keep groups together."""
    if isinstance(estimator, FrozenEstimator) or getattr(estimator, "cv", None) == "prefit":
        return False
    is_splitting = is_group_consumer(estimator) or has_inner_folds(estimator)
    return is_splitting or has_group_members(estimator)


def is_group_consumer(estimator: Any) -> bool:
    """Whether a single estimator takes groups, and uses them with its parameters."""
    return (
        has_fit_parameter(estimator, "groups")
        and bool(getattr(estimator, "early_stopping", True))
        and not has_inner_folds(estimator)
    )


def has_inner_folds(estimator: Any) -> bool:
    """Whether an estimator fits or chooses by inner folds of its own."""
    is_fitted_before = isinstance(getattr(estimator, "estimator", None), FrozenEstimator)
    has_cv = hasattr(estimator, "get_params") and "cv" in estimator.get_params(deep=False)
    return has_cv and estimator.cv != "prefit" and not is_fitted_before


def is_group_search(estimator: Any) -> bool:
    """Whether an estimator takes groups for its folds without metadata routing."""
    # By the name of the base class of all searches, which is in a private module.
    is_own = any(base.__name__ == "BaseSearchCV" for base in type(estimator).__mro__)
    return is_own or (is_search(estimator) and has_fit_parameter(estimator, "groups"))


def has_group_members(estimator: Any) -> bool:
    """Whether a split inside the members of an estimator can keep groups together."""
    nest = open_estimator(estimator)
    if nest is None:
        return False
    members = [member for _, member in nest.members]
    return any(map(can_use_groups, members + [nest.final] * (nest.final is not None))) or any(
        can_use_groups(value)
        or (name == "early_stopping" and value and any(map(is_group_aware, members)))
        for name, value in _list_candidates(estimator)
    )


def _list_candidates(search: Any) -> Iterator[tuple[str, Any]]:
    """Yield estimators and switches of early stopping among the values that a search tries."""
    grids = getattr(search, "param_grid", None) or getattr(search, "param_distributions", None)
    for grid in grids if isinstance(grids, list | tuple) else [grids]:
        for name, values in grid.items() if isinstance(grid, dict) else ():
            name = name.rpartition("__")[2]
            for value in values if isinstance(values, list | tuple) else ():
                if name == "early_stopping" or (
                    hasattr(value, "fit") and not isinstance(value, type)
                ):
                    yield name, value


def is_group_aware(estimator: Any) -> bool:
    """Whether any estimator inside has a `fit` that takes groups, used or not."""
    return any(has_fit_parameter(inner, "groups") for inner in walk_estimators(estimator))


def has_sample_holdout(estimator: Any, n_samples: int) -> bool:
    """Whether an estimator of scikit-learn stops early by samples that it holds out."""
    early_stopping = getattr(estimator, "early_stopping", None)
    is_automatic = early_stopping == "auto" and n_samples > _MANY_SAMPLES
    # Gradient boosting without that parameter stops where it has a patience.
    has_patience = (
        early_stopping is None
        and hasattr(estimator, "validation_fraction")
        and getattr(estimator, "n_iter_no_change", None) is not None
    )
    return early_stopping is True or is_automatic or has_patience
