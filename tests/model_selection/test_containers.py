"""Tables, tensors and labels of every kind pass the public doors in their own type."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sklvision.model_selection import (
    compare_estimators,
    find_leaks,
    learning_curve_forecast,
    parameter_count,
    robustness_curve,
)
from sklvision.neural_network import SpectrumClassifier

X, Y = load_iris(return_X_y=True)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]


def make_table(library, values=X, **columns):
    module = pytest.importorskip(library)
    data = {name: values[:, i] for i, name in enumerate(NAMES)} | columns
    return module.table(data) if library == "pyarrow" else module.DataFrame(data)


class TypeRecorder(ClassifierMixin, BaseEstimator):
    """Remembers the types of the samples that it receives."""

    types: list = []  # noqa: RUF012 - shared by all clones

    def fit(self, X, y):
        self.types.append(type(X))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.types.append(type(X))
        return np.full(len(X), self.classes_[0])


@pytest.fixture(params=["pandas", "polars", "pyarrow"])
def table(request):
    TypeRecorder.types.clear()
    return make_table(request.param)


def test_compare_estimators_hands_tables_on_in_their_type(table):
    estimators = {"types": TypeRecorder(), "bayes": GaussianNB()}
    result = compare_estimators(estimators, table, Y, random_state=0)
    expected = compare_estimators(estimators, X, Y, random_state=0, check_leaks=False)
    assert result.scores().equals(expected.scores())
    assert set(TypeRecorder.types) - {np.ndarray} == {type(table)}
    assert result.leaks.counts == {"duplicate": 2}


def test_find_leaks_finds_copies_in_tables(table):
    assert find_leaks(table, Y, random_state=0).counts == {"duplicate": 2}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_find_leaks_counts_words_for_exact_copies_only(library):
    places = ["lab"] * 150
    places[101] = "field"  # where 142 is its copy in all numbers
    report = find_leaks(make_table(library, place=places), Y, random_state=0)
    assert report.counts.get("duplicate", 0) == 0
    assert "1 of 5 columns are not numeric" in str(report)


def test_learning_curve_forecast_hands_tables_on_in_their_type(table):
    sizes = [30, 60, 90]
    forecast, expected = (
        learning_curve_forecast(GaussianNB(), data, Y, cv=3, train_sizes=sizes, random_state=0)
        for data in (table, X)
    )
    np.testing.assert_array_equal(forecast.scores, expected.scores)
    learning_curve_forecast(TypeRecorder(), table, Y, cv=2, train_sizes=[30, 50, 70])
    assert set(TypeRecorder.types) == {type(table)}


@pytest.mark.filterwarnings("error")
def test_robustness_curve_hands_tables_on_in_their_type(table):
    models = {"types": TypeRecorder().fit(table, Y), "bayes": GaussianNB().fit(table, Y)}
    params = {"severities": 1, "random_state": 0, "corruptions": ["gain", "noise"]}
    result = robustness_curve(models, table, Y, **params)
    assert set(TypeRecorder.types) == {type(table)}
    bayes = robustness_curve(GaussianNB().fit(X, Y), X, Y, **params).to_frame()["score"]
    assert result.to_frame().query("estimator == 'bayes'")["score"].tolist() == bayes.tolist()


def test_compare_estimators_imputes_missing_values_of_tables():
    values = X.copy()
    values[::7, 1] = np.nan
    table = make_table("polars", values)
    result = compare_estimators(
        {"near": TypeRecorder()}, table, Y, cv=2, random_state=0, check_leaks=False
    )
    assert "simpleimputer" in result.estimators["logistic regression"].named_steps


def test_model_selection_takes_tensors_that_require_a_gradient():
    tensor = torch.tensor(X, requires_grad=True)
    result = compare_estimators(GaussianNB(), tensor, torch.tensor(Y), cv=2, random_state=0)
    expected = compare_estimators(GaussianNB(), X, Y, cv=2, random_state=0)
    assert result.scores().equals(expected.scores())
    assert find_leaks(tensor, Y, random_state=0).counts == {"duplicate": 2}
    model = GaussianNB().fit(X, Y)
    curves = [
        robustness_curve(model, data, Y, severities=1, random_state=0).to_frame()
        for data in (tensor, X)
    ]
    pd.testing.assert_frame_equal(*curves)


def test_compare_estimators_takes_a_kernel_matrix():
    kernel = X @ X.T
    precomputed, linear = (
        compare_estimators(
            {"svm": SVC(kernel=name)}, data, Y, cv=3, random_state=0, baselines=False
        ).scores()
        for name, data in (("precomputed", kernel), ("linear", X))
    )
    assert precomputed.equals(linear)


# ---------------------------------------------------------------- labels


def test_compare_estimators_takes_labels_of_float16():
    result = compare_estimators(
        GaussianNB(), X, Y.astype(np.float16), cv=2, random_state=0, check_leaks=False
    )
    assert result.confusion_matrix("GaussianNB").to_numpy().sum() == 150
    assert "Confusion matrices" in result.to_html()


class Stranger(KNeighborsClassifier):
    """Predicts a label that is not in the training set in place of the first one."""

    def predict(self, X):
        labels = super().predict(X).astype(object)
        labels[labels == self.classes_[0]] = "other"
        return labels


def test_confusion_matrix_counts_labels_that_are_not_in_y():
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    result = compare_estimators({"odd": Stranger()}, X, names, cv=3, random_state=0)
    counts = result.confusion_matrix("odd")
    assert list(counts.columns) == ["setosa", "versicolor", "virginica", "other"]
    assert counts.loc["setosa", "other"] == 50
    assert counts.to_numpy().sum() == 150
    assert "<th>other</th>" in result.to_html()


# ---------------------------------------------------------------- reports and costs


def test_compare_estimators_takes_any_other_name_of_a_score():
    result = compare_estimators(
        GaussianNB(), X, Y, cv=2, scoring={"predict seconds": "accuracy"}, check_leaks=False
    )
    assert result.score_names == ["predict seconds"]
    assert "predict seconds" in str(result)
    assert "predict seconds" in result.to_html()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("error_score", [0.0, np.nan])
def test_reports_show_a_dash_for_missing_numbers(error_score):
    X_with_gap = X.copy()
    X_with_gap[3] = np.inf
    result = compare_estimators(
        {"bayes": GaussianNB()}, X_with_gap, Y, cv=3, error_score=error_score, check_leaks=False
    )
    for text in (str(result), result.to_markdown(), result.to_html(), result._repr_html_()):
        assert "–" in text
        assert "nan" not in text.lower()


def test_robustness_table_shows_a_dash_for_missing_scores():
    def missing(estimator, X, y):
        return float("nan")

    model = GaussianNB().fit(X, Y)
    result = robustness_curve(model, X, Y, scoring=missing, corruptions="gain", severities=1)
    assert "nan" not in str(result) + result.to_markdown()
    assert "– (–)" in str(result)


def test_parameter_count_of_a_bag_of_nets_counts_the_members():
    net = SpectrumClassifier(max_epochs=1, random_state=0)
    bag = BaggingClassifier(net, n_estimators=3, random_state=0).fit(X, Y)
    members = [member.n_parameters_ for member in bag.estimators_]
    assert parameter_count(bag) == sum(members) == 3 * members[0]


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_labels_of_unusual_floats_pass_through_tables(dtype):
    """pandas has no index of half and of extended precision."""
    y = Y[::3].astype(dtype)
    result = compare_estimators({"bayes": GaussianNB()}, X[::3], y, cv=2, random_state=0)
    assert list(result.confusion_matrix("bayes").columns) == [0.0, 1.0, 2.0]
    assert "bayes" in result._repr_html_()
    assert learning_curve_forecast(GaussianNB(), X[::3], y, cv=2, random_state=0).to_frame().size


def test_find_leaks_takes_numbers_of_extended_precision():
    rows = np.vstack([X[:60], X[:5]])
    labels = np.r_[Y[:60:2], Y[-30:], Y[:5]]
    expected = find_leaks(rows, labels, random_state=0).to_frame()
    for values in (rows.astype(np.longdouble), pd.DataFrame(rows.astype(np.longdouble))):
        pd.testing.assert_frame_equal(
            find_leaks(values, labels, random_state=0).to_frame(), expected
        )


def test_find_leaks_names_columns_of_arrays():
    table = pd.DataFrame({"a": np.arange(20.0), "b": [np.ones(2)] * 20})
    with pytest.raises(ValueError, match="leave out columns that hold lists or arrays"):
        find_leaks(table, np.arange(20) % 2)


# ---------------------------------------------------------------- failures and scores


class Loser(GaussianNB):
    """Fails in every fit."""

    def fit(self, X, y):
        raise ValueError("no luck")


@pytest.mark.parametrize(
    ("error_score", "sentence"),
    [
        (0.0, "Counted as 0 where it failed: loser failed in 2 of 2 folds: ValueError: no luck"),
        (np.nan, "Left out: loser failed in 2 of 2 folds: ValueError: no luck"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_result_names_estimators_that_failed_whatever_counts_for_them(error_score, sentence):
    result = compare_estimators(
        {"loser": Loser()}, X, Y, cv=2, error_score=error_score, random_state=0
    )
    assert sentence in str(result)
    assert sentence in result.to_html()
    assert "without probabilities: loser" not in str(result)


@pytest.mark.parametrize("score", [np.inf, -np.inf])
def test_compare_estimators_refuses_infinite_scores(score):
    with pytest.raises(ValueError, match=f"'odd' must return a finite number, got {score}"):
        compare_estimators(
            {"bayes": GaussianNB()}, X, Y, cv=2, scoring={"odd": lambda estimator, X, y: score}
        )


def test_compare_estimators_refuses_a_blank_name_of_a_score():
    with pytest.raises(ValueError, match="Names of scorers must be non-empty strings, got '  '"):
        compare_estimators({"bayes": GaussianNB()}, X, Y, scoring={"  ": "accuracy"})
