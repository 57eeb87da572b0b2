"""Estimates of accuracy on samples held out, and follow-ups of a comparison."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.naive_bayes import GaussianNB

from sklvision.datasets import make_spectra
from sklvision.model_selection import (
    compare_estimators,
    estimate_accuracy,
    forecast_best,
    measure_robustness,
)


def test_estimate_accuracy_holds_out_a_fifth():
    X, y = load_iris(return_X_y=True)
    estimate = estimate_accuracy(GaussianNB(), X, y, name="bayes", random_state=0)
    assert list(estimate.accuracy) == ["bayes", "logistic regression", "majority class"]
    assert (estimate.n_tested, estimate.n_folds) == (30, 1)
    assert estimate.accuracy["bayes"] > 0.85
    low, high = estimate.compute_interval("bayes")
    assert low < estimate.accuracy["bayes"] < high
    assert str(estimate).startswith("Accuracy on 30 of 150 samples held out (20 %, stratified):")


def test_estimate_accuracy_weights_folds_by_their_size():
    X, y = load_iris(return_X_y=True)
    keep = np.flatnonzero(np.arange(150) % 50 < 17)
    estimate = estimate_accuracy(DummyClassifier(), X[keep], y[keep], cv=5, random_state=0)
    assert (estimate.n_tested, estimate.n_folds) == (51, 5)
    assert estimate.accuracy["majority class"] * 51 == pytest.approx(
        round(estimate.accuracy["majority class"] * 51)
    )
    assert "was no better than logistic regression on these samples" in str(estimate)


def test_estimate_accuracy_keeps_groups_together():
    X, y = load_iris(return_X_y=True)
    groups = np.unique(X, axis=0, return_inverse=True)[1] // 5
    estimate = estimate_accuracy(GaussianNB(), X, y, groups=groups, cv=3, random_state=0)
    assert "(groups kept together)" in str(estimate)
    assert "interval" not in str(estimate)  # samples of one group are not independent


@pytest.mark.parametrize(
    ("y", "groups", "message"),
    [
        ([0] * 19 + [1], None, "class '1' has only one sample"),
        ([0, 1] * 10, [1] * 20, "all samples belong to one group"),
        ([3] * 20, None, "y holds a single class, 3"),
    ],
)
def test_estimate_accuracy_needs_samples_to_hold_out(y, groups, message):
    X = np.arange(40.0).reshape(20, 2)
    with pytest.raises(ValueError, match=message):
        estimate_accuracy(GaussianNB(), X, y, groups=groups)


def test_estimate_accuracy_holds_out_one_of_two():
    X, y = np.arange(40.0).reshape(20, 2), np.array([0, 1] * 10)
    estimate = estimate_accuracy(GaussianNB(), X, y, groups=np.repeat(["a", "b"], 10))
    assert "10 of 20 samples held out (50 %, groups kept together)" in str(estimate)
    y[:2], y[2:] = 1, 0  # a class of two
    assert estimate_accuracy(GaussianNB(), X, y, random_state=0).n_tested == 10


def test_estimate_accuracy_reduces_many_large_images_for_the_baseline(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 20, 20)), np.arange(40) % 2
    module = "sklvision.model_selection._comparison.accuracy"
    monkeypatch.setattr(f"{module}._MAX_BASELINE_VALUES", 32 * 81)
    sizes = []

    def compare(candidates, *args, **kwargs):
        sizes.append(candidates["logistic regression"][0].size)
        return compare_estimators(candidates, *args, **kwargs)

    monkeypatch.setattr(f"{module}.compare_estimators", compare)
    estimate_accuracy(DummyClassifier(), X, y, random_state=0)
    assert sizes == [9]


def test_measure_robustness_leaves_out_what_failed():
    X, y = make_spectra(60, n_bands=30, random_state=0)
    estimators = {"bayes": GaussianNB(), "broken": GaussianNB(var_smoothing=-1)}
    with pytest.warns(FitFailedWarning, match="broken, in 2 of 2 folds"):
        result = compare_estimators(estimators, X, y, cv=2, error_score=np.nan, random_state=0)
    robustness = measure_robustness(result, X, y, random_state=0)
    assert set(robustness.scores["estimator"]) == {"bayes", "logistic regression"}


@pytest.mark.parametrize(
    ("scale", "dtype", "expected"),
    [(16.0, np.float64, (0.0, 16.0)), (16.0, np.uint8, "auto"), (-16.0, float, (-16.0, 0.0))],
)
def test_measure_robustness_takes_the_brightest_pixel_for_white(
    monkeypatch, scale, dtype, expected
):
    X = (np.linspace(0, 1, 40 * 64).reshape(40, 8, 8) * scale).astype(dtype)
    y = np.arange(40) % 2
    result = compare_estimators({"dummy": DummyClassifier()}, X, y, cv=2, random_state=0)
    module = "sklvision.model_selection._comparison.follow_up"
    ranges = []
    monkeypatch.setattr(
        f"{module}.robustness_curve", lambda *_, pixel_range, **__: ranges.append(pixel_range)
    )
    measure_robustness(result, X, y, random_state=0)
    assert ranges == [expected]


def test_forecast_best_chooses_candidate_and_baseline():
    X, y = make_spectra(120, n_bands=30, noise=0.1, mixing=0.4, random_state=0)
    result = compare_estimators({"bayes": GaussianNB()}, X, y, cv=3, random_state=0)
    assert list(forecast_best(result, X, y, cv=3, random_state=0)) == [
        "bayes",
        "logistic regression",
    ]


def test_forecast_best_continues_the_first_score():
    X, y = make_spectra(60, n_bands=30, random_state=0)
    scoring = ["balanced_accuracy", "neg_log_loss"]
    result = compare_estimators({"bayes": GaussianNB()}, X, y, cv=3, scoring=scoring)
    forecasts = forecast_best(result, X, y, cv=3, random_state=0)
    assert {forecast.scoring for forecast in forecasts.values()} == {"balanced_accuracy"}


@pytest.mark.parametrize(("cv", "text"), [(None, "samples:"), (2, "samples, mean over folds:")])
def test_estimate_accuracy_adds_a_score_of_the_users_choice(cv, text):
    X, y = load_iris(return_X_y=True)
    estimate = estimate_accuracy(
        GaussianNB(), X, y, name="bayes", cv=cv, scoring="neg_log_loss", random_state=0
    )
    assert f"neg_log_loss on the same {text}" in str(estimate)
