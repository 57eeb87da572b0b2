"""Tables by class: recall and precision, reliability of probabilities, doubtful labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._label_errors import find_label_errors
from sklvision.model_selection._splits import Split
from sklvision.utils._statistics import compute_repeated_interval


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
        low, high = compute_repeated_interval(n_hits, n_tests, n_repeats, confidence, is_grouped)
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
