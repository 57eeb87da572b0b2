"""Whether a difference between two classifiers on the same folds shows anything."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student


class Difference(NamedTuple):
    """A mean difference, its confidence interval, and how likely it is by chance alone."""

    mean: float
    low: float
    high: float
    p_value: float


def corrected_t_test(
    differences: np.ndarray,
    n_train: np.ndarray,
    n_test: np.ndarray,
    confidence: float = 0.95,
) -> Difference:
    """Corrected resampled t-test of Nadeau and Bengio.

    Training parts overlap, so scores of different folds are not independent, and the plain
    paired t-test finds differences where there are none. Here the variance of the mean
    is ``(1 / n_splits + n_test / n_train) * variance`` instead of ``variance / n_splits``.

    Parameters
    ----------
    differences : ndarray of shape (n_splits,)
        Of the scores in every fold, repeated cross-validation included.
    n_train, n_test : ndarray of shape (n_splits,)
        Numbers of samples; the mean ratio enters.
    confidence : float, default=0.95
        Of the interval.

    Returns
    -------
    difference : Difference
        All but the mean are NaN for a single fold.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning
       52 (2003), 239-281.
    .. [2] R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
       comparing learning algorithms", PAKDD 2004.
    """
    n_splits = len(differences)
    mean = float(np.mean(differences))
    if n_splits < 2:
        return Difference(mean, np.nan, np.nan, np.nan)
    deviation = float(np.std(differences, ddof=1))
    if deviation <= 1e-12:
        # A score moves in steps of one sample: equal differences are known to half of one.
        deviation = 1 / (np.mean(n_test) * np.sqrt(12))
    error = deviation * np.sqrt(1 / n_splits + np.mean(n_test / n_train))
    margin = student.ppf((1 + confidence) / 2, n_splits - 1) * error
    p_value = 2 * student.sf(abs(mean) / error, n_splits - 1)
    return Difference(mean, mean - margin, mean + margin, float(p_value))


def adjust_p_values(p_values: np.ndarray) -> np.ndarray:
    """Holm's correction for several tests; NaN stays NaN and counts for nothing.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
       Journal of Statistics 6 (1979), 65-70.
    """
    p_values = np.asarray(p_values, dtype=float)
    corrected = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    ranked = known[np.argsort(p_values[known], kind="stable")]
    factors = len(ranked) - np.arange(len(ranked))
    corrected[ranked] = np.minimum(np.maximum.accumulate(factors * p_values[ranked]), 1.0)
    return corrected
