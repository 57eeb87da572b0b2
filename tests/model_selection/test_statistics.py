"""The test of differences, against published values and under the null."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.svm import SVC

from benchmarks.false_alarms import simulate_p_values
from sklvision.model_selection import compare_estimators
from sklvision.utils._statistics import (
    adjust_p_values,
    compute_corrected_t_test,
)


def test_differences_agree_with_the_example_of_scikit_learn():
    """Its "Statistical comparison of models using grid search": t 0.750, one-sided p 0.227."""
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    result = compare_estimators(
        {"rbf": SVC(kernel="rbf", random_state=0), "linear": SVC(kernel="linear", random_state=0)},
        X,
        y,
        cv=RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0),
        scoring="roc_auc",
        baselines=False,
        check_leaks=False,
    )
    row = result.differences(reference="linear").loc["rbf"]
    assert row["p_value"] / 2 == pytest.approx(0.227, abs=5e-4)
    assert row["difference"] == pytest.approx(0.9400 - 0.9300, abs=5e-3)
    assert row["verdict"] == "no difference shown"
    # The uncorrected test of the same scores: t 2.611, one-sided p 0.005.
    rbf, linear = result.scores().loc["rbf"], result.scores().loc["linear"]
    assert ttest_rel(rbf, linear).pvalue / 2 == pytest.approx(0.005, abs=5e-4)


def test_adjust_p_values_agrees_with_a_textbook():
    result = adjust_p_values(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    assert result == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjust_p_values_is_between_no_correction_and_bonferroni(values):
    values = np.array(values)
    result = adjust_p_values(values)
    assert (result >= values).all()
    assert (result <= np.minimum(len(values) * values, 1)).all()
    assert (np.diff(result[np.argsort(values)]) >= 0).all()


differences = st.lists(st.floats(-1, 1), min_size=2, max_size=20).map(np.array)


@given(differences, st.floats(0.5, 0.999))
def test_corrected_t_test_interval_agrees_with_p_value(values, confidence):
    sizes = np.full(len(values), 80.0), np.full(len(values), 20.0)
    result = compute_corrected_t_test(values, *sizes, confidence)
    assert result.low <= result.mean <= result.high
    if abs(result.p_value - (1 - confidence)) > 1e-6:
        assert (result.low > 0 or result.high < 0) == (result.p_value < 1 - confidence)
    mirror_result = compute_corrected_t_test(-values, *sizes, confidence)
    assert mirror_result.p_value == pytest.approx(result.p_value)
    assert mirror_result.low == pytest.approx(-result.high)


def test_corrected_t_test_takes_equal_differences():
    five = np.full(5, 0.1)
    few = compute_corrected_t_test(five, np.full(5, 8), np.full(5, 2))
    large_sets = compute_corrected_t_test(five, np.full(5, 8000), np.full(5, 2000))
    assert few.p_value > 0.05 > large_sets.p_value
    assert compute_corrected_t_test(0 * five, np.full(5, 8), np.full(5, 2)).p_value == 1


def test_corrected_t_test_of_one_fold_is_nan():
    result = compute_corrected_t_test(np.array([0.4]), np.array([80]), np.array([20]))
    assert result.mean == 0.4
    assert np.isnan([result.low, result.high, result.p_value]).all()


def test_corrected_t_test_keeps_its_level_for_equal_models():
    """``python -m benchmarks false_alarms`` measures the same with more seeds."""
    corrected_p, naive = (np.array(simulate_p_values(range(100))) < 0.05).mean(axis=0)
    assert corrected_p <= 0.09
    assert naive > 0.09
