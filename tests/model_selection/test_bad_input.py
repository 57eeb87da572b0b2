"""Everything that can be known beforehand is an error before any fit."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sklvision.model_selection import compare_estimators, estimate_accuracy, file_size

X, Y = load_iris(return_X_y=True)


class Untouchable(DummyClassifier):
    """A fit is a failure of the test."""

    def fit(self, X, y, sample_weight=None):
        pytest.fail("fitted before the input was checked")


GOOD = {"good": Untouchable()}


def compare(estimators=None, X=X, y=Y, **params):
    return compare_estimators(GOOD if estimators is None else estimators, X, y, **params)


@pytest.mark.parametrize(
    ("estimators", "error", "message"),
    [
        ([("a", Untouchable()), ("a", Untouchable())], ValueError, r"more than once: \['a'\]"),
        ([], ValueError, "empty"),
        ({}, ValueError, "empty"),
        ({"": Untouchable()}, ValueError, "non-empty strings, got ''"),
        ({3: Untouchable()}, ValueError, "non-empty strings, got 3"),
        ([("a", Untouchable()), Untouchable()], ValueError, "not a mixture"),
        ({"ols": LinearRegression()}, TypeError, r"\['ols'\] is not a classifier: got LinearReg"),
        ({"km": KMeans()}, TypeError, r"\['km'\] is not a classifier"),
        (
            {"class": DummyClassifier},
            TypeError,
            r"is the class DummyClassifier.*DummyClassifier\(\)",
        ),
        ({"text": "resnet8"}, TypeError, r"\['text'\] is not a scikit-learn classifier: 'resnet8'"),
    ],
)
def test_compare_estimators_refuses_estimators(estimators, error, message):
    with pytest.raises(error, match=message):
        compare(estimators)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"y": Y[:-1]}, "X has 150 samples, y has 149"),
        ({"y": np.linspace(0, 1, 150)}, "class labels, got 'continuous'"),
        ({"y": np.zeros(150)}, "a single class, 0.0"),
        ({"y": np.where(Y == 2, np.nan, Y)}, "50 labels are missing"),
        ({"y": np.array([None, *Y[1:]], dtype=object)}, "y has no label for 1 of 150 samples"),
        (
            {"y": np.array([1, "a", 2.0] * 50, dtype=object)},
            "labels of several types, float, int, str: use one",
        ),
        ({"y": pd.Series([np.ones(2)] * 150)}, "one label per sample, got values of type ndarray"),
        ({"X": X[:0], "y": Y[:0]}, "X has 0 samples"),
        (
            {"X": pd.DataFrame(X, columns=["a", "b", "a", "c"])},
            "several columns named 'a': give every column",
        ),
        (
            {"scoring": {"gain": "accuracy"}},
            "'gain' is the name of a column of the result; choose",
        ),
        ({"y": np.r_[np.zeros(147, int), [1, 1, 1]]}, r"cv=5.*: 1 \(3\)\."),
        ({"y": np.array(["ok"] * 146 + ["bad"] * 4)}, r"'bad' \(4\)"),
        (
            {"groups": np.arange(149)},
            "groups must have one value per sample: it has 149, X has 150",
        ),
        ({"groups": np.arange(150) % 3}, "at least as many groups, got 3"),
        ({"groups": np.r_[np.nan, np.arange(149)]}, "groups has no value for 1 of 150 samples"),
        ({"cv": 1}, "at least 2 folds, got 1"),
        ({"cv": []}, "no splits"),
        ({"cv": [(np.arange(50), np.arange(50, 150))]}, "split 0 trains on 50 samples of 1 class;"),
        ({"cv": [(np.arange(150), [])]}, "split 0 has no test samples"),
        ({"cv": [(np.arange(100), [150])]}, "cv yields indices 150 to 150, but there are 150"),
        ({"cv": GroupKFold(3)}, "groups"),
        ({"scoring": "acuracy"}, "scoring='acuracy'.*Did you mean 'accuracy'"),
        ({"scoring": ["accuracy", "f1_makro"]}, "Did you mean 'f1_macro'"),
        ({"scoring": ["accuracy", "accuracy"]}, "'accuracy' twice"),
        ({"scoring": []}, "empty"),
        ({"scoring": {"": "accuracy"}}, "non-empty"),
        ({"scoring": accuracy_score}, "accuracy_score"),
        ({"scoring": "f1"}, "scoring='f1' does not fit these labels: .*multiclass"),
        ({"scoring": "roc_auc"}, "scoring='roc_auc' does not fit these labels"),
        ({"baselines": ["goood"]}, r"\['goood'\], not among"),
        ({"X": np.zeros((150, 2, 2, 2, 2))}, r"shape \(150, 2, 2, 2, 2\)"),
        ({"random_state": "zero"}, "zero"),
    ],
)
def test_compare_estimators_refuses_values(params, message):
    with pytest.raises(ValueError, match=message):
        compare(**params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scoring": 3}, "scoring must be .* got 3"),
        ({"scoring": {"a": 3}}, "name or a callable, got 3"),
        ({"baselines": "majority class"}, "list of names"),
    ],
)
def test_compare_estimators_refuses_types(params, message):
    with pytest.raises(TypeError, match=message):
        compare(**params)


def test_compare_estimators_refuses_scores_that_an_estimator_cannot_compute():
    with pytest.raises(ValueError, match=r"'neg_log_loss' needs predict_proba.*'svm'"):
        compare({**GOOD, "svm": LinearSVC()}, scoring=["accuracy", "neg_log_loss"])


def test_compare_estimators_warns_of_a_class_that_is_never_trained_on():
    groups = np.where(Y == 2, 9, np.arange(150) % 9)
    with pytest.warns(UserWarning, match="Class 2 is tested but never trained on"):
        compare_estimators(GaussianNB(), X, Y, groups=groups, random_state=0)


def test_compare_estimators_warns_of_testing_on_training_samples():
    train, test = next(KFold(3, shuffle=True, random_state=0).split(X))
    with pytest.warns(UserWarning, match="also train on"):
        compare_estimators(GaussianNB(), X, Y, cv=[(train, np.r_[test, train[:1]])])


def test_compare_estimators_does_not_rank_by_a_cost():
    with pytest.raises(ValueError, match="'file_size' comes first and would rank"):
        compare_estimators(GaussianNB(), X, Y, scoring=[file_size, "accuracy"])
    result = compare_estimators(GaussianNB(), X, Y, scoring=["accuracy", file_size])
    assert (result.scores("file_size") > 0).all(axis=None)


@pytest.mark.parametrize("container", [pd.DataFrame, np.asarray])
def test_column_of_text_is_named_before_a_baseline_fails(container):
    X = container([["x", "1"], ["y", "2"]] * 10)
    y = np.arange(20) // 10
    place = r"X: column 0 holds 'x', expected numbers\. Logistic regression, a baseline"
    with pytest.raises(ValueError, match=place):
        estimate_accuracy(DummyClassifier(), X, y, random_state=0)
    with pytest.raises(ValueError, match=place):
        compare_estimators({"dummy": DummyClassifier()}, X, y, cv=2)
    with pytest.warns(FitFailedWarning, match="logistic regression"):
        result = compare_estimators({"dummy": DummyClassifier()}, X, y, cv=2, error_score=np.nan)
    assert result.folds["error"].isna().sum() == 4
    compare_estimators({"dummy": DummyClassifier()}, X, y, cv=2, baselines=False)
