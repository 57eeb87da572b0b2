"""Overhead of compare_estimators over cross_validate, and its rate of false positives.

Overhead: the same classifiers on the same folds of scikit-learn's digits, alternately, in one
process. Null hypothesis: two equally good classifiers, which use different halves of equally
informative features; a test at 5 % may report a difference in 5 % of the simulations.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from scipy.stats import ttest_rel
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks._harness import interleave
from sklvision.image import FlattenImages
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import ImageClassifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=5, help="of the overhead; default: 5")
    parser.add_argument("--simulations", type=int, default=200, help="of the null; default: 200")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure the overhead and the rejection rates."""
    title = f"Overhead: medians of {args.repeats}; null: {args.simulations} simulations"
    rows: list[dict[str, object]] = []
    for name, estimators in _make_estimators().items():
        rows.append(_measure_overhead(name, estimators, args.repeats))
    corrected_rate, plain_rate = _simulate_rejections(args.simulations)
    rows.append(
        _format_row("null, corrected resampled t-test rejects at 5 %", corrected_rate, "<= 0.07")
    )
    rows.append(_format_row("null, plain paired t-test rejects at 5 %", plain_rate, "more"))
    return title, rows


def _format_row(name: str, value: float, goal: str) -> dict[str, object]:
    return {"case": name, "value": value, "bar": goal}


def _make_estimators() -> dict[str, dict[str, object]]:
    steps = (FlattenImages(), StandardScaler())
    return {
        "resnet8, logistic regression": {
            "resnet8": ImageClassifier("resnet8", max_epochs=10, random_state=0),
            "logistic": make_pipeline(*steps, LogisticRegression(max_iter=1000)),
        },
        "random forest, logistic regression": {
            "forest": make_pipeline(*steps, RandomForestClassifier(random_state=0)),
            "logistic": make_pipeline(*steps, LogisticRegression(max_iter=1000)),
        },
    }


def _measure_overhead(name: str, estimators: dict, repeats: int) -> dict[str, object]:
    digits = load_digits()
    X, y = digits.images, digits.target
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))

    def run_comparison() -> None:
        compare_estimators(estimators, X, y, cv=folds, baselines=False)

    def run_cross_validation() -> None:
        for estimator in estimators.values():
            cross_validate(estimator, X, y, cv=folds)

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        seconds = interleave({"ours": run_comparison, "reference": run_cross_validation}, repeats)
    return _format_row(
        f"time / cross_validate: {name}", seconds["ours"] / seconds["reference"], "<= 1.05"
    )


def _select_first_half(X: np.ndarray) -> np.ndarray:
    return X[:, :5]


def _select_last_half(X: np.ndarray) -> np.ndarray:
    return X[:, 5:]


def _simulate_rejections(n_simulations: int) -> tuple[float, float]:
    models = {
        half.__name__: make_pipeline(FunctionTransformer(half), GaussianNB())
        for half in (_select_first_half, _select_last_half)
    }
    p_values = []
    for seed in range(n_simulations):
        rng = np.random.default_rng(seed)
        y = np.repeat([0, 1], 50)
        X = rng.normal(size=(100, 10)) + 0.5 * y[:, np.newaxis]
        result = compare_estimators(
            models, X, y, n_repeats=2, baselines=False, check_leaks=False, random_state=seed
        )
        first_scores, second_scores = (result.scores().loc[name] for name in models)
        plain_rate = (
            1.0
            if first_scores.equals(second_scores)
            else ttest_rel(first_scores, second_scores).pvalue
        )
        p_values.append(
            (
                result.differences(reference=_select_first_half.__name__)["p_value"].iloc[0],
                plain_rate,
            )
        )
    corrected_rate, plain_rate = (np.array(p_values) < 0.05).mean(axis=0)
    return float(corrected_rate), float(plain_rate)
