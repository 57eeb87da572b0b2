"""Tests of differences between classifiers on the same folds, and intervals of proportions."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from scipy.stats import t as student


class Difference(NamedTuple):
    """A mean difference, its confidence interval, and its p-value."""

    mean: float
    low: float
    high: float
    p_value: float


def compute_corrected_t_test(
    differences: np.ndarray,
    n_train: np.ndarray,
    n_test: np.ndarray,
    confidence: float = 0.95,
) -> Difference:
    """Compute the corrected resampled t-test of Nadeau and Bengio.

    Training sets overlap, so scores of different folds are not independent, and the plain
    paired t-test finds differences where there are none. Here the variance of the mean
    is ``(1 / n_splits + n_test / n_train) * variance`` instead of ``variance / n_splits``.

    Parameters
    ----------
    differences : ndarray of shape (n_splits,)
        Differences of the scores in every fold, repeated cross-validation included.
    n_train, n_test : ndarray of shape (n_splits,)
        Numbers of samples, whose mean ratio is used.
    confidence : float, default=0.95
        Confidence of the interval.

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
        # Scores are multiples of one sample: equal differences are exact to half of one.
        deviation = 1 / (np.mean(n_test) * np.sqrt(12))
    error = deviation * np.sqrt(1 / n_splits + np.mean(n_test / n_train))
    margin = student.ppf((1 + confidence) / 2, n_splits - 1) * error
    p_value = 2 * student.sf(abs(mean) / error, n_splits - 1)
    return Difference(mean, mean - margin, mean + margin, float(p_value))


def compute_proportion_interval(
    n_successes: int, n_trials: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Compute the interval of a proportion, such as an accuracy or a recall, by Wilson's method.

    Samples must be independent: of groups of related samples the interval is too narrow.

    Parameters
    ----------
    n_successes : int
        Number of successes, such as samples with the right label.
    n_trials : int
        Number of trials, such as all samples.
    confidence : float, default=0.95
        Confidence of the interval.

    Returns
    -------
    low, high : float
        Ends of the interval, from 0 to 1; NaN without a trial.
    """
    if n_trials == 0:
        return np.nan, np.nan
    interval = binomtest(n_successes, n_trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def tabulate_class_scores(
    counts: pd.DataFrame,
    *,
    n_repeats: float = 1.0,
    is_grouped: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute recall and precision of every class from a confusion matrix.

    Parameters
    ----------
    counts : DataFrame of shape (n_labels, n_labels)
        Rows are true labels, columns are predicted ones.
    n_repeats : float, default=1.0
        Number of times that each sample is counted; intervals count it once.
    is_grouped : bool, default=False
        Whether samples come in groups, which Wilson's method knows nothing of: no intervals then.
    confidence : float, default=0.95
        Confidence of the intervals.

    Returns
    -------
    frame : DataFrame of shape (n_labels, 8)
        Recall and precision with the ends of their intervals, ``n_true`` and ``n_predicted``.
    """
    check_confidence(confidence)
    table = counts.to_numpy()
    hits = np.diag(table)
    columns: dict[str, Any] = {}
    for score, totals in (("recall", table.sum(axis=1)), ("precision", table.sum(axis=0))):
        columns[score] = np.divide(
            hits, totals, out=np.full(len(hits), np.nan), where=totals > 0, casting="unsafe"
        )
        intervals = [
            compute_repeated_interval(hit, total, n_repeats, confidence, is_grouped)
            for hit, total in zip(hits, totals, strict=True)
        ]
        columns[f"{score}_low"], columns[f"{score}_high"] = zip(*intervals, strict=True)
    columns["n_true"], columns["n_predicted"] = table.sum(axis=1), table.sum(axis=0)
    frame = pd.DataFrame(columns, index=pd.Index(counts.index, name="label"))
    frame.attrs = {"confidence": confidence, "method": "Wilson", "is_grouped": is_grouped}
    return frame


def compute_repeated_interval(
    n_hits: float, n_total: float, n_repeats: float, confidence: float, is_grouped: bool
) -> tuple[float, float]:
    """Compute the interval of a proportion whose samples were counted several times each."""
    if is_grouped:
        return np.nan, np.nan
    n_samples = round(n_total / n_repeats)
    n_successes = min(round(n_hits / n_repeats), n_samples)
    return compute_proportion_interval(n_successes, n_samples, confidence)


def adjust_p_values(p_values: np.ndarray) -> np.ndarray:
    """Adjust p-values of several tests by Holm's method; NaN is not counted as a test.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
       Journal of Statistics 6 (1979), 65-70.
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted_values = np.full(len(p_values), np.nan)
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted_values[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return adjusted_values


def check_confidence(confidence: Any) -> None:
    """Raise unless a confidence is a number between 0 and 1."""
    is_number = isinstance(confidence, Real) and not isinstance(confidence, bool)
    if not is_number or not 0 < float(confidence) < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
