"""Tables by class: recall and precision, reliability of probabilities, doubtful labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._label_errors import find_label_errors
from sklvision.model_selection._splits import Split
from sklvision.utils._statistics import compute_proportion_interval


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
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")
    table = counts.to_numpy()
    hits = np.diag(table)
    columns: dict[str, Any] = {}
    for score, totals in (("recall", table.sum(axis=1)), ("precision", table.sum(axis=0))):
        columns[score] = np.divide(
            hits, totals, out=np.full(len(hits), np.nan), where=totals > 0, casting="unsafe"
        )
        intervals = [
            _compute_interval(hit, total, n_repeats, confidence, is_grouped)
            for hit, total in zip(hits, totals, strict=True)
        ]
        columns[f"{score}_low"], columns[f"{score}_high"] = zip(*intervals, strict=True)
    columns["n_true"], columns["n_predicted"] = table.sum(axis=1), table.sum(axis=0)
    frame = pd.DataFrame(columns, index=pd.Index(counts.index, name="label"))
    frame.attrs = {"confidence": confidence, "method": "Wilson", "is_grouped": is_grouped}
    return frame


def _compute_interval(
    n_hits: float, n_total: float, n_repeats: float, confidence: float, is_grouped: bool
) -> tuple[float, float]:
    if is_grouped:
        return np.nan, np.nan
    n_samples = round(n_total / n_repeats)
    n_successes = min(round(n_hits / n_repeats), n_samples)
    return compute_proportion_interval(n_successes, n_samples, confidence)


def count_repeats(splits: list[Split]) -> float:
    """Count how often a sample is tested on average."""
    test_rows = np.concatenate([test for _, test in splits])
    return len(test_rows) / len(np.unique(test_rows))


def tabulate_reliability(
    probability: np.ndarray,
    is_hit: np.ndarray,
    *,
    n_bins: int,
    n_repeats: float = 1.0,
    is_grouped: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare probabilities with the fraction of events that came true, in bins of equal width.

    Parameters
    ----------
    probability : ndarray of shape (n_tests,)
        Predicted probability of an event, from 0 to 1.
    is_hit : ndarray of bool of shape (n_tests,)
        Whether the event came true.
    n_bins : int
        Number of bins from 0 to 1; those without a sample are left out.
    n_repeats : float, default=1.0
        Number of times that each sample is counted; intervals count it once.
    is_grouped : bool, default=False
        Whether samples come in groups: no intervals then.
    confidence : float, default=0.95
        Confidence of the intervals.

    Returns
    -------
    frame : DataFrame of shape (n_bins_with_samples, 5)
        ``mean_probability``, ``fraction``, its interval ``low`` and ``high``, and ``n_tests``;
        its attributes are the same of all tests.
    """

    def summarize(is_member: np.ndarray) -> dict[str, Any]:
        n_tests, n_hits = int(is_member.sum()), int(is_hit[is_member].sum())
        low, high = _compute_interval(n_hits, n_tests, n_repeats, confidence, is_grouped)
        return {
            "mean_probability": float(probability[is_member].mean(dtype=np.float64)),
            "fraction": n_hits / n_tests,
            "low": low,
            "high": high,
            "n_tests": n_tests,
        }

    bins = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    frame = pd.DataFrame([summarize(bins == code) for code in np.unique(bins)])
    frame.attrs.update(summarize(np.ones(len(bins), dtype=bool)))
    return frame


def stack_tests(
    target: np.ndarray, arrays: Mapping[int, np.ndarray], splits: list[Split]
) -> tuple[np.ndarray, np.ndarray]:
    """Stack the true labels and the outputs of all test sets."""
    folds = sorted(arrays)
    true = np.concatenate([target[splits[fold][1]] for fold in folds])
    return true, np.concatenate([arrays[fold] for fold in folds])


def find_tested_label_errors(
    target: np.ndarray, probabilities: Mapping[int, np.ndarray], splits: list[Split]
) -> pd.DataFrame:
    """Find doubtful labels by out-of-fold probabilities, averaged over repeats."""
    labels = np.unique(target)
    sums = np.zeros((len(target), len(labels)))
    n_tests = np.zeros(len(target))
    for fold, values in probabilities.items():
        np.add.at(sums, splits[fold][1], values)
        np.add.at(n_tests, splits[fold][1], 1)
    test_rows = np.flatnonzero(n_tests)
    means = (sums[test_rows] / n_tests[test_rows, np.newaxis]).clip(0, 1)
    errors = find_label_errors(target[test_rows], means, classes=labels)
    return errors.assign(sample=test_rows[errors["sample"].to_numpy()])
