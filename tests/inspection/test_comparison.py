"""ComparisonDisplay: means, intervals and differences of compared estimators."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.datasets import load_wine
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklvision.inspection import ComparisonDisplay
from sklvision.model_selection import compare_estimators

X, y = load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def result():
    models = {"tree": DecisionTreeClassifier(), "bayes": GaussianNB()}
    return compare_estimators(
        models, X, y, scoring=["accuracy", "f1_macro"], check_leaks=False, random_state=0
    )


def get_texts(panel):
    return [text.get_text() for text in panel.texts]


def test_comparison_display_sorts_rows_and_draws_scores_as_dots(result):
    display = ComparisonDisplay.from_result(result, score="f1_macro")
    scores = result.scores("f1_macro")
    order = list(display.intervals_.index)
    assert order == list(scores.mean(axis=1).sort_values(ascending=False).index)
    panel = display.axes_[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == order
    dots = [line for line in panel.lines if len(line.get_xdata()) == 5]
    np.testing.assert_allclose(dots[0].get_xdata(), scores.loc[order[0]])


def test_comparison_display_widens_intervals_for_overlapping_training_sets(result):
    display = ComparisonDisplay.from_result(result, confidence=0.9)
    scores = result.scores().loc["tree"].to_numpy()
    ratio = np.mean([len(test) / len(train) for train, test in result.splits])
    margin = student.ppf(0.95, 4) * scores.std(ddof=1) * np.sqrt(1 / 5 + ratio)
    row = display.intervals_.loc["tree"]
    np.testing.assert_allclose([row["low"], row["high"]], scores.mean() + [-margin, margin])


def test_comparison_display_draws_the_differences_of_the_result(result):
    panel = ComparisonDisplay.from_result(result).axes_[1]
    assert panel.get_title() == f"against {result.differences().attrs['reference']}"
    diamonds = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(sorted(diamonds), sorted(result.differences()["difference"]))


def test_comparison_display_writes_scores_far_below_the_others_at_the_edge(result):
    panel = ComparisonDisplay.from_result(result).axes_[0]
    assert panel.get_xlim()[0] > 0.6
    assert any(text.startswith("◂ 0.") for text in get_texts(panel))


def test_comparison_display_names_failed_folds_and_puts_them_last(result):
    folds = result.folds.copy()
    folds.loc[(folds["estimator"] == "tree") & (folds["split"] == 2), "test_accuracy"] = np.nan
    display = ComparisonDisplay.from_result(dataclasses.replace(result, folds=folds))
    assert display.intervals_.index[-1] == "tree"
    assert "failed in 1 of 5 folds" in get_texts(display.axes_[0])


def test_comparison_display_of_one_fold_without_baselines_has_neither_interval_nor_differences():
    half = [(np.arange(0, 178, 2), np.arange(1, 178, 2))]
    result = compare_estimators(
        GaussianNB(), X, y, cv=half, baselines=False, check_leaks=False, random_state=0
    )
    display = ComparisonDisplay.from_result(result)
    assert len(display.axes_) == 1
    assert display.intervals_["low"].isna().all()
    assert "interval" not in display.axes_[0].get_title()


def test_comparison_display_refuses_bad_input(result):
    with pytest.raises(KeyError, match="No score 'recall'"):
        ComparisonDisplay.from_result(result, score="recall")
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        ComparisonDisplay(scores=result.scores(), confidence=95).plot()
