"""What compare_estimators costs beside cross_validate, and how often it sees what is not there.

Overhead: the same classifiers on the same folds of scikit-learn's digits, in turns, in one process.
Null: two classifiers that are equally good, each seeing one half of features that are all alike; a
test at 5 % may tell them apart in 5 % of the simulations.
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
    """What can be chosen."""
    parser.add_argument("--repeats", type=int, default=5, help="of the overhead; default: 5")
    parser.add_argument("--simulations", type=int, default=200, help="of the null; default: 200")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Both parts."""
    title = f"Overhead: medians of {args.repeats}; null: {args.simulations} simulations"
    rows: list[dict[str, object]] = []
    for name, estimators in _work().items():
        rows.append(_overhead(name, estimators, args.repeats))
    corrected, naive = _rejections(args.simulations)
    rows.append(_row("null, corrected resampled t-test rejects at 5 %", corrected, "<= 0.07"))
    rows.append(_row("null, plain paired t-test rejects at 5 %", naive, "more"))
    return title, rows


def _row(name: str, value: float, bar: str) -> dict[str, object]:
    return {"case": name, "value": value, "bar": bar}


def _work() -> dict[str, dict[str, object]]:
    flat = (FlattenImages(), StandardScaler())
    return {
        "resnet8, logistic regression": {
            "resnet8": ImageClassifier("resnet8", max_epochs=10, random_state=0),
            "logistic": make_pipeline(*flat, LogisticRegression(max_iter=1000)),
        },
        "random forest, logistic regression": {
            "forest": make_pipeline(*flat, RandomForestClassifier(random_state=0)),
            "logistic": make_pipeline(*flat, LogisticRegression(max_iter=1000)),
        },
    }


def _overhead(name: str, estimators: dict, repeats: int) -> dict[str, object]:
    digits = load_digits()
    X, y = digits.images, digits.target
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))

    def ours() -> None:
        compare_estimators(estimators, X, y, cv=folds, baselines=False)

    def reference() -> None:
        for estimator in estimators.values():
            cross_validate(estimator, X, y, cv=folds)

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        seconds = interleave({"ours": ours, "reference": reference}, repeats)
    return _row(f"time / cross_validate: {name}", seconds["ours"] / seconds["reference"], "<= 1.05")


def _first(X: np.ndarray) -> np.ndarray:
    return X[:, :5]


def _last(X: np.ndarray) -> np.ndarray:
    return X[:, 5:]


def _rejections(n_simulations: int) -> tuple[float, float]:
    models = {
        half.__name__: make_pipeline(FunctionTransformer(half), GaussianNB())
        for half in (_first, _last)
    }
    p_values = []
    for seed in range(n_simulations):
        rng = np.random.default_rng(seed)
        y = np.repeat([0, 1], 50)
        X = rng.normal(size=(100, 10)) + 0.5 * y[:, np.newaxis]
        result = compare_estimators(
            models, X, y, n_repeats=2, baselines=False, check_leaks=False, random_state=seed
        )
        first, second = (result.scores().loc[name] for name in models)
        naive = 1.0 if first.equals(second) else ttest_rel(first, second).pvalue
        p_values.append((result.differences(reference="_first")["p_value"].iloc[0], naive))
    corrected, naive = (np.array(p_values) < 0.05).mean(axis=0)
    return float(corrected), float(naive)
