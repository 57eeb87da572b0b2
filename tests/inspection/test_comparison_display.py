"""Comparisons as pictures: means, intervals and differences."""

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


def texts(panel):
    return [text.get_text() for text in panel.texts]


def test_rows_are_sorted_and_dots_are_the_scores(result):
    display = ComparisonDisplay.from_result(result, score="f1_macro")
    scores = result.scores("f1_macro")
    order = list(display.intervals_.index)
    assert order == list(scores.mean(axis=1).sort_values(ascending=False).index)
    panel = display.axes_[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == order
    dots = [line for line in panel.lines if len(line.get_xdata()) == 5]
    np.testing.assert_allclose(dots[0].get_xdata(), scores.loc[order[0]])


def test_intervals_allow_for_training_parts_that_overlap(result):
    display = ComparisonDisplay.from_result(result, confidence=0.9)
    scores = result.scores().loc["tree"].to_numpy()
    share = np.mean([len(test) / len(train) for train, test in result.splits])
    margin = student.ppf(0.95, 4) * scores.std(ddof=1) * np.sqrt(1 / 5 + share)
    row = display.intervals_.loc["tree"]
    np.testing.assert_allclose([row["low"], row["high"]], scores.mean() + [-margin, margin])


def test_differences_are_those_of_the_result(result):
    display = ComparisonDisplay.from_result(result)
    panel = display.axes_[1]
    assert panel.get_title() == f"against {result.differences().attrs['reference']}"
    diamonds = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(sorted(diamonds), sorted(result.differences()["difference"]))


def test_without_baselines_there_are_no_differences():
    result = compare_estimators(
        GaussianNB(), X, y, baselines=False, cv=3, check_leaks=False, random_state=0
    )
    assert len(ComparisonDisplay.from_result(result).axes_) == 1


def test_the_majority_class_does_not_take_all_the_room(result):
    panel = ComparisonDisplay.from_result(result).axes_[0]
    assert panel.get_xlim()[0] > 0.6
    assert any(text.startswith("◂ 0.") for text in texts(panel))


def test_a_failed_fold_is_said_and_comes_last(result):
    folds = result.folds.copy()
    folds.loc[(folds["estimator"] == "tree") & (folds["split"] == 2), "test_accuracy"] = np.nan
    display = ComparisonDisplay.from_result(dataclasses.replace(result, folds=folds))
    assert display.intervals_.index[-1] == "tree"
    assert "failed in 1 of 5 folds" in texts(display.axes_[0])


def test_a_single_fold_has_no_interval():
    half = [(np.arange(0, 178, 2), np.arange(1, 178, 2))]
    result = compare_estimators(GaussianNB(), X, y, cv=half, check_leaks=False, random_state=0)
    display = ComparisonDisplay.from_result(result)
    assert display.intervals_["low"].isna().all()
    assert "interval" not in display.axes_[0].get_title()


def test_bad_input_is_refused(result):
    with pytest.raises(KeyError, match="No score 'recall'"):
        ComparisonDisplay.from_result(result, score="recall")
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        ComparisonDisplay(scores=result.scores(), confidence=95).plot()
