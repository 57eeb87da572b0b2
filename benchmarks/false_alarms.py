"""Rates of false alarms: of the test of differences, and of the search for leaks.

    python -m benchmarks false_alarms

Two classifiers that are equally good by construction are compared 1,000 times, on ten folds of
100 samples; each is given one half of features that are all alike. At p < .05 the test should find
a difference in 5 % of the comparisons at most. Data sets without copies and groups are searched for
leaks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import numpy as np
from scipy.stats import ttest_rel
from sklearn.model_selection import StratifiedKFold

from sklvision.model_selection import find_leaks
from sklvision.utils._statistics import compute_corrected_t_test

LEVEL = 0.05


def simulate_p_values(seeds: Iterable[int]) -> list[tuple[float, float]]:
    """Compare two equally good classifiers: p-values of the corrected and of the plain t-test."""
    p_values = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        y = np.repeat([0, 1], 50)
        X = rng.normal(size=(100, 10)) + 0.5 * y[:, np.newaxis]
        folds = [
            fold
            for repeat in range(2)
            for fold in StratifiedKFold(5, shuffle=True, random_state=repeat).split(X, y)
        ]
        scores = np.array(
            [
                [score_nearest_mean(half, y, *fold) for fold in folds]
                for half in (X[:, :5], X[:, 5:])
            ]
        )
        n_train, n_test = np.array([[len(train), len(test)] for train, test in folds]).T
        p_value = compute_corrected_t_test(scores[0] - scores[1], n_train, n_test).p_value
        is_equal = (scores[0] == scores[1]).all()
        p_values.append((p_value, 1.0 if is_equal else float(ttest_rel(*scores).pvalue)))
    return p_values


def score_nearest_mean(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """Return the accuracy of the nearest mean of two classes, fitted on the training set."""
    means = [X[train][y[train] == label].mean(axis=0) for label in (0, 1)]
    distances = [((X[test] - mean) ** 2).sum(axis=1) for mean in means]
    return float(((distances[1] < distances[0]) == y[test]).mean())


def count_leak_alarms(seeds: Iterable[int]) -> int:
    """Count the random data sets in which the search finds leaks."""
    n_alarms = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(100, 3 + seed % 10))
        n_alarms += bool(find_leaks(X, rng.permutation(100) % 3, random_state=0))
    return n_alarms


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the number of simulations."""
    parser.add_argument("--n", type=int, default=1000, help="simulations of each kind")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Simulate, and count what would be reported."""
    corrected_rate, plain_rate = (np.array(simulate_p_values(range(args.n))) < LEVEL).mean(axis=0)
    alarms = count_leak_alarms(range(args.n)) / args.n
    rows: list[dict[str, object]] = [
        {"test": "corrected resampled t-test", "false alarms": f"{corrected_rate:.3f}"},
        {"test": "plain paired t-test", "false alarms": f"{plain_rate:.3f}"},
        {"test": "find_leaks", "false alarms": f"{alarms:.3f}"},
    ]
    return f"False alarms in {args.n} simulations without any difference or leak", rows
