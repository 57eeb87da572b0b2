"""Time limit of a comparison, set on every estimator that has such a parameter."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import clone

_PARAMETER = "time_limit"
_MAX_NAMES = 8


def check_time_limit(time_limit: Any) -> None:
    """Raise unless a time limit is None or a positive number of seconds."""
    if time_limit is None:
        return
    is_number = isinstance(time_limit, Real) and not isinstance(time_limit, (bool, np.bool_))
    if not is_number or not 0 < float(time_limit) < np.inf:
        raise ValueError(
            f"time_limit={time_limit!r} must be a positive number of seconds, or None."
        )


def set_time_limit(estimators: Mapping[str, Any], time_limit: float | None) -> dict[str, Any]:
    """Set the time limit of every fit, also in nested estimators.

    Parameters
    ----------
    estimators : dict of str to estimator
        Unfitted estimators by name; they are cloned.
    time_limit : float or None
        Seconds; None changes nothing.

    Returns
    -------
    estimators : dict of str to estimator
        The estimators in the same order.
    """
    if time_limit is None:
        return dict(estimators)
    copies = {}
    for name, estimator in estimators.items():
        keys = _find_parameters(estimator)
        limits = dict.fromkeys(keys, float(time_limit))
        copies[name] = clone(estimator).set_params(**limits) if keys else estimator
    return copies


def list_unlimited(estimators: Mapping[str, Any]) -> list[str]:
    """List the estimators without a parameter for a time limit."""
    return [name for name, estimator in estimators.items() if not _find_parameters(estimator)]


def warn_of_unlimited(estimators: Mapping[str, Any], time_limit: float | None) -> None:
    """Warn in one line of estimators that train to their end whatever the limit is."""
    names = [] if time_limit is None else list_unlimited(estimators)
    if not names:
        return
    text = ", ".join(names[:_MAX_NAMES])
    suffix = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    verb = "have" if len(names) > 1 else "has"
    warnings.warn(
        f"time_limit={time_limit:g} does not limit {text}{suffix}, which {verb} no such parameter.",
        UserWarning,
        stacklevel=3,
    )


def _find_parameters(estimator: Any) -> list[str]:
    names = estimator.get_params(deep=True)
    return [name for name in names if name.rpartition("__")[2] == _PARAMETER]
