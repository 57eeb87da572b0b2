"""Searches, repeats and failures within a comparison."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.model_selection import compare_estimators


class UnreliableClassifier(ClassifierMixin, BaseEstimator):
    """Fails where the first sample is of another class than the first."""

    def fit(self, X, y):
        if len(X) % 2 == 0 and X[0, 0] < 5:
            raise ValueError("no\n  luck")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class NeverFits(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise ValueError("no\n  luck")

    def predict(self, X):
        return X


def test_choices_lists_the_parameters_of_nested_searches(iris):
    X, y = iris
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 40]}, cv=2)
    candidates = {
        "search": search,
        "behind scaling": make_pipeline(StandardScaler(), search),
        "bayes": GaussianNB(),
    }
    result = compare_estimators(candidates, X, y, cv=3, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    assert (
        result.scores().loc["search"].tolist() == cross_val_score(search, X, y, cv=folds).tolist()
    )
    choices = result.choices()
    assert list(choices.columns) == ["n_neighbors"]
    for split, (train, _) in enumerate(result.splits):
        expected = search.fit(X[train], y[train]).best_params_["n_neighbors"]
        assert choices.loc[("search", split), "n_neighbors"] == expected
    assert set(choices.index.get_level_values("estimator")) == {"search", "behind scaling"}
    assert "n_neighbors" in result.to_html()


def test_choices_is_empty_without_a_search(iris):
    assert compare_estimators(GaussianNB(), *iris).choices().empty


def test_compare_estimators_passes_groups_to_inner_folds(iris):
    X, y = iris
    groups = np.arange(150) % 15
    inner = StratifiedGroupKFold(3)
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5]}, cv=inner)
    result = compare_estimators({"search": search}, X, y, groups=groups, cv=3, random_state=0)
    train, test = result.splits[0]
    search.fit(X[train], y[train], groups=groups[train])
    assert result.scores().loc["search", 0] == search.score(X[test], y[test])


def test_compare_estimators_says_once_that_inner_folds_are_drawn_by_groups(iris):
    X, y = iris
    search = RandomizedSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5]}, n_iter=1)
    with pytest.warns(UserWarning, match=r"RandomizedSearchCV \(cv=None\) would split") as record:
        compare_estimators({"s": search}, X, y, groups=np.arange(150) % 15, cv=3, random_state=0)
    assert len([warning for warning in record if "inner folds" in str(warning.message)]) == 1


def test_compare_estimators_refuses_a_search_without_refit(iris):
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1]}, refit=False)
    with pytest.raises(ValueError, match="refit=False, which cannot predict"):
        compare_estimators({"search": search}, *iris)


def test_compare_estimators_repeats_with_other_folds(iris):
    X, y = iris
    single_result = compare_estimators(GaussianNB(), X, y, cv=3, random_state=0)
    repeated_result = compare_estimators(GaussianNB(), X, y, cv=3, n_repeats=4, random_state=0)
    assert len(repeated_result.splits) == 12
    assert repeated_result.scores().iloc[:, :3].equals(single_result.scores())
    tests = [
        np.concatenate([test for _, test in repeated_result.splits[i : i + 3]])
        for i in (0, 3, 6, 9)
    ]
    assert all(sorted(part) == list(range(150)) for part in tests)
    assert len({tuple(part) for part in tests}) == 4
    assert "repeated 4 times" in repeated_result.description["Folds"]
    assert repeated_result.confusion_matrix("GaussianNB").to_numpy().sum() == 600


def test_compare_estimators_repeats_keep_groups_together(iris):
    X, y = iris
    groups = np.arange(150) % 15
    result = compare_estimators(
        GaussianNB(), X, y, cv=3, n_repeats=3, groups=groups, random_state=0
    )
    for train, test in result.splits:
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"n_repeats": 0}, "n_repeats must be an integer of at least 1, got 0"),
        ({"n_repeats": True}, "n_repeats must be an integer of at least 1, got True"),
        ({"groups": np.arange(150) // 38}, "cv=5 folds need at least as many groups, got 4"),
        ({"n_repeats": 2, "cv": RepeatedStratifiedKFold()}, "let the splitter repeat"),
        ({"error_score": "nan"}, "error_score must be 'raise' or a number such as numpy.nan"),
        ({"error_score": None}, "error_score must be 'raise' or a number"),
    ],
)
def test_compare_estimators_refuses_bad_settings(iris, kwargs, words):
    with pytest.raises(ValueError, match=words):
        compare_estimators(GaussianNB(), *iris, **kwargs)


def test_compare_estimators_reports_a_failed_estimator(iris):
    with pytest.warns(
        FitFailedWarning, match="never, in 5 of 5 folds: failed with ValueError: no luck"
    ):
        result = compare_estimators(
            {"never": NeverFits(), "bayes": GaussianNB()},
            *iris,
            random_state=0,
            error_score=np.nan,
        )
    assert result.folds.set_index("estimator").loc["never", "error"].eq("ValueError: no luck").all()
    assert "Left out: never failed in 5 of 5 folds: ValueError: no luck" in str(result)
    assert "no luck" in result.to_html()
    assert result.differences().loc["never", "verdict"] == "not tested"
    assert (
        result.differences().loc["bayes", "p_holm"] == result.differences().loc["bayes", "p_value"]
    )
    assert result.confusion_matrix("never").to_numpy().sum() == 0


def test_compare_estimators_scores_a_failure_by_a_number(iris):
    with pytest.warns(FitFailedWarning, match="no luck"):
        result = compare_estimators({"never": NeverFits()}, *iris, error_score=0)
    assert result.scores().loc["never"].eq(0).all()


def test_differences_are_against_the_best_baseline(iris):
    result = compare_estimators({"near": KNeighborsClassifier(), "bayes": GaussianNB()}, *iris)
    frame = result.differences()
    assert frame.attrs["reference"] == "logistic regression"
    assert set(frame.index) == {"near", "bayes"}
    against = result.differences(reference="majority class", confidence=0.9)
    assert set(against.index) == {"near", "bayes"}
    assert (against["verdict"] == "better").all()
    assert set(result.differences(reference="near").index) == {
        "bayes",
        "majority class",
        "logistic regression",
    }
    with pytest.raises(KeyError, match="No estimator 'far'"):
        result.differences(reference="far")
    with pytest.raises(ValueError, match="confidence must be between 0 and 1, got 95"):
        result.differences(confidence=95)


def test_tradeoffs_is_the_pareto_front(iris):
    result = compare_estimators(
        {"near": KNeighborsClassifier(), "weak": LogisticRegression(C=1e-6)}, *iris, random_state=0
    )
    front = result.tradeoffs(cost="pickled_bytes")
    assert front["pickled_bytes"].is_monotonic_increasing
    assert front["accuracy"].is_monotonic_increasing
    assert front["gain"].iloc[1:].tolist() == pytest.approx(np.diff(front["accuracy"]).tolist())
    frame = result.to_frame()
    for name, row in frame.iterrows():
        beaten = (front["accuracy"] >= row["mean_accuracy"]) & (
            front["pickled_bytes"] <= row["pickled_bytes"]
        )
        assert name in front.index or beaten.any()
    with pytest.raises(KeyError, match="No cost 'latency'"):
        result.tradeoffs(cost="latency")


def test_confusion_matrix_counts_every_test_sample_once(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    result = compare_estimators(GaussianNB(), X, names, random_state=0)
    counts = result.confusion_matrix("GaussianNB")
    assert list(counts.index) == ["setosa", "versicolor", "virginica"]
    assert counts.to_numpy().sum() == 150
    accuracy = np.trace(counts.to_numpy()) / 150
    assert accuracy == pytest.approx(result.scores().loc["GaussianNB"].mean())
    with pytest.raises(KeyError, match="No estimator 'bayes'"):
        result.confusion_matrix("bayes")


def test_to_markdown_is_a_table_of_all(iris):
    result = compare_estimators({"a|b": GaussianNB()}, *iris, random_state=0)
    lines = result.to_markdown().splitlines()
    assert lines[0].startswith("| estimator | accuracy | log loss | fit s |")
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 5
    assert any("| a\\|b |" in line for line in table)
    assert any("| *majority class* |" in line for line in table)
    assert "logistic regression" in lines[-1] or "logistic regression" in lines[-2]
