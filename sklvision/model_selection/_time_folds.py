"""Folds in the order of time: trained on earlier samples, tested on later ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from sklvision.model_selection._splits import Split
from sklvision.utils._sklearn import Integral


def make_time_folds(times: Any, n_splits: int = 5) -> list[Split]:
    """Make folds in the order of time, each trained on all samples before its test set.

    Products, lamps and detectors change. Random folds hide this, because they train on samples from
    the same hour as the test samples. These folds measure the score of a model on later samples.

    .. versionadded:: 0.1

    Parameters
    ----------
    times : array-like of shape (n_samples,)
        Time of every sample: numbers or dates, in any order.
    n_splits : int, default=5
        Number of folds. The earliest of ``n_splits + 1`` parts is never tested.

    Returns
    -------
    folds : list of (ndarray, ndarray) tuples
        Training and test indices, for ``cv=`` of :func:`compare_estimators`. Samples of one time
        are in the same part; the parts have equal numbers of different times.

    Raises
    ------
    ValueError
        If a time is missing, or there are too few different ones.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : The same for rows in the order of time, without ties.
    compare_estimators : Takes the folds.

    Examples
    --------
    >>> from sklvision.model_selection import make_time_folds
    >>> days = ["2026-03-02", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-03"]
    >>> for train, test in make_time_folds(days, n_splits=2):
    ...     print(train, test)
    [0 1] [2 4]
    [0 1 2 4] [3]
    """
    if not isinstance(n_splits, Integral) or isinstance(n_splits, bool) or n_splits < 2:
        raise ValueError(f"n_splits must be an integer of at least 2, got {n_splits!r}.")
    values = np.asarray(times)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"times must hold one value per sample, got shape {values.shape}.")
    is_missing = pd.isna(values)
    if is_missing.any():
        raise ValueError(
            f"times must be known for every sample: {int(is_missing.sum())} are missing."
        )
    try:
        unique, codes = np.unique(values, return_inverse=True)
    except TypeError as error:
        raise ValueError("times must be all numbers, all dates or all strings.") from error
    if len(unique) <= n_splits:
        raise ValueError(
            f"cv={n_splits} folds in the order of time need at least {n_splits + 1} different "
            f"times, got {len(unique)}."
        )
    return [
        (np.flatnonzero(np.isin(codes, train)), np.flatnonzero(np.isin(codes, test)))
        for train, test in TimeSeriesSplit(n_splits).split(unique)
    ]
