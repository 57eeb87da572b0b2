"""Private parts of scikit-learn that the package uses: imported in this file and nowhere else.

Versions of scikit-learn differ in where these are and what they can do; the differences are
bridged here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Integral,
    Interval,
    InvalidParameterError,
    Options,
    Real,
    RealNotInt,
    StrOptions,
    validate_params,
)
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _get_feature_names

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9 there are no callbacks, nor methods to set them

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Adds nothing."""

    def with_callbacks(method: Callable) -> Callable:
        """Return the method itself."""
        return method


__all__ = [
    "CallbackSupportMixin",
    "HasMethods",
    "Integral",
    "Interval",
    "InvalidParameterError",
    "Options",
    "Real",
    "RealNotInt",
    "StrOptions",
    "check_sample_weight",
    "configure_call",
    "get_column_names",
    "get_response_methods",
    "get_score_function",
    "get_score_sign",
    "has_callbacks",
    "index_samples",
    "open_callback_context",
    "validate_params",
    "with_callbacks",
]


def index_samples(X: Any, indices: Any) -> Any:
    """Select samples of any container by index array, mask or slice, keeping its type.

    Parameters
    ----------
    X : array-like, table, sparse matrix or collection
        Samples along the first axis.
    indices : array-like of int or bool, or slice
        Samples to select.

    Returns
    -------
    subset : same type as X
        The selected samples.
    """
    if type(X) is np.ndarray and isinstance(indices, slice):  # at once, for predictions of a row
        return X[indices]
    if hasattr(X, "column_names") and hasattr(X, "take"):  # pyarrow, unknown to scikit-learn 1.6
        return X.take(np.arange(X.num_rows)[indices])
    return _safe_indexing(X, indices)


def get_column_names(X: Any) -> np.ndarray | None:
    """Return the names of the columns of a table, or None where not all of them are strings."""
    try:
        return _get_feature_names(X)
    except TypeError:  # names of several types
        return None


def has_callbacks(estimator: Any) -> bool:
    """Whether callbacks of scikit-learn were set on an estimator, by a user or a search."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def open_callback_context(estimator: Any, task_name: str, n_tasks: int) -> Any:
    """Open the context in which callbacks follow the tasks of a fit.

    Parameters
    ----------
    estimator : estimator
        The estimator that is fitted, by a method that `with_callbacks` decorates.
    task_name : str
        Name of the fit.
    n_tasks : int
        Largest number of tasks, such as epochs.

    Returns
    -------
    context : sklearn.callback.CallbackContext or None
        None before scikit-learn 1.9, which has no callbacks.
    """
    if not hasattr(estimator, "_init_callback_context"):
        return None
    return estimator._init_callback_context(task_name=task_name, max_subtasks=n_tasks)


def configure_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs, in any process, as it would here and now.

    It takes scikit-learn's configuration along and, from 1.7 on, the filters of warnings.
    """
    call, *_ = delayed(function)()
    if not hasattr(call, "with_config_and_warning_filters"):
        return call.with_config(get_config())
    get_filters = getattr(warnings, "_get_filters", None)  # of Python without a global lock
    filters = warnings.filters if get_filters is None else get_filters()
    return call.with_config_and_warning_filters(get_config(), list(filters))


def get_response_methods(scorer: Any) -> list[str]:
    """Return the methods that a scorer calls, of which one is enough.

    The list is empty for a function, which may use the estimator in any way.
    """
    methods = getattr(scorer, "_response_method", [])
    return [methods] if isinstance(methods, str) else list(methods)


def get_score_function(scorer: Any) -> Any:
    """Return the metric function of a scorer; a scorer that is a function itself is returned."""
    return getattr(scorer, "_score_func", scorer)


def get_score_sign(scorer: Any) -> int | None:
    """Return 1 for a scorer of a score, -1 for one of a negated loss, None for a function."""
    return getattr(scorer, "_sign", None)
