"""Budgets in the searches of scikit-learn, over classical models and over architectures."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.stats import randint
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline

from sklvision.model_selection import (
    compare_estimators,
    file_size,
    latency_scorer,
    parameter_count,
    within_budget,
)
from sklvision.nets import list_architectures
from sklvision.neural_network import ImageClassifier
from tests.model_selection._features import features_searched


def test_within_budget_refits_the_best(iris):
    budget = within_budget("accuracy", max_latency_ms=1000, max_parameters=10, n_repeats=3)
    search = features_searched(scoring=budget.scoring, refit=budget).fit(*iris)
    assert search.best_params_ == {"selectkbest__k": 2}
    assert parameter_count(search.best_estimator_) == 9
    assert search.score(*iris) == search.best_estimator_.score(*iris) > 0.9
    assert search.predict(iris[0]).shape == (150,)
    unlimited = within_budget(max_parameters=10**6)
    second_search = features_searched(scoring=unlimited.scoring, refit=unlimited).fit(*iris)
    assert second_search.best_index_ == second_search.cv_results_["mean_test_accuracy"].argmax()


def test_within_budget_takes_a_custom_scoring_with_the_documented_names(iris):
    scoring = {
        "mine": make_scorer(f1_score, average="macro"),
        "other": "balanced_accuracy",
        "file_size": file_size,
        "latency_ms": latency_scorer(batch_size=8, n_repeats=2),
        "parameter_count": parameter_count,
    }
    budget = within_budget("mine", max_parameters=12, max_latency_ms=1000, max_file_size=10**6)
    search = features_searched(scoring=scoring, refit=budget).fit(*iris)
    assert parameter_count(search.best_estimator_) <= 12


def test_within_budget_names_a_callable_score(iris):
    budget = within_budget(make_scorer(f1_score, average="macro"), max_parameters=6)
    assert list(budget.scoring) == ["f1_score", "parameter_count"]
    search = features_searched(scoring=budget.scoring, refit=budget).fit(*iris)
    assert search.best_params_ == {"selectkbest__k": 1}


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_within_budget_works_in_random_nested_searches_and_processes(iris, n_jobs):
    budget = within_budget(max_parameters=12)
    search = RandomizedSearchCV(
        make_pipeline(SelectKBest(), LogisticRegression(max_iter=1000)),
        {"selectkbest__k": randint(1, 5)},
        cv=2,
        n_iter=4,
        scoring=budget.scoring,
        refit=budget,
        random_state=0,
    )
    scores = cross_val_score(
        search, *iris, n_jobs=n_jobs, cv=2, scoring="accuracy", error_score="raise"
    )
    assert (scores > 0.8).all()
    frame = compare_estimators({"search": search}, *iris, cv=2, random_state=0).to_frame()
    assert frame.loc["search", "n_parameters"] <= 12


def test_score_within_works_in_a_halving_search(iris):
    budget = within_budget(max_parameters=10)
    search = HalvingGridSearchCV(
        make_pipeline(SelectKBest(), LogisticRegression(max_iter=1000)),
        {"selectkbest__k": [1, 2, 3, 4]},
        scoring=budget.score_within,
        return_train_score=False,
        random_state=0,
        error_score="raise",
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One or more of the")
        search.fit(*iris)
        assert parameter_count(search.best_estimator_) in (6, 9)
        assert search.best_score_ > 0.8
        # Too small for all: the search says so by its score.
        small = clone(search).set_params(scoring=within_budget(max_parameters=1).score_within)
        assert np.isnan(small.fit(*iris).best_score_)


def test_score_within_is_the_score_or_nan(iris):
    classifier = LogisticRegression(max_iter=1000).fit(*iris)
    budget = within_budget("f1_macro", max_parameters=15, max_latency_ms=1000)
    expected = f1_score(iris[1], classifier.predict(iris[0]), average="macro")
    assert budget.score_within(classifier, *iris) == expected
    assert np.isnan(within_budget(max_parameters=14).score_within(classifier, *iris))
    trees = RandomForestClassifier(3).fit(*iris)
    assert np.isnan(within_budget(max_parameters=10**9).score_within(trees, *iris))


def test_within_budget_survives_clones_pickles_and_reprs(iris):
    budget = within_budget("f1_macro", max_latency_ms=20, max_parameters=9, batch_size=8)
    text = "within_budget('f1_macro', max_latency_ms=20, max_parameters=9, batch_size=8)"
    assert repr(budget) == text
    search = features_searched(scoring=budget.scoring, refit=budget, cv=2)
    assert text in repr(clone(search))
    assert repr(clone(search).get_params()["refit"]) == text
    restored_search = pickle.loads(pickle.dumps(clone(search).fit(*iris)))
    assert repr(restored_search.refit) == text
    assert repr(restored_search.refit.scoring) == repr(budget.scoring)
    assert restored_search.best_params_["selectkbest__k"] <= 2


def test_scoring_has_the_costs_that_are_limited():
    assert list(within_budget("f1", max_latency_ms=1).scoring) == ["f1", "latency_ms"]
    full_budget = within_budget(
        max_latency_ms=1, max_parameters=1, max_file_size=1, batch_size=3, n_repeats=4, n_threads=2
    )
    assert set(full_budget.scoring) == {"accuracy", "latency_ms", "parameter_count", "file_size"}
    latency = full_budget.scoring["latency_ms"]
    assert repr(latency) == "latency_scorer(batch_size=3, n_repeats=4, n_threads=2)"
    full_budget.scoring.clear()
    assert full_budget.scoring


def test_within_budget_chooses_between_architectures():
    digits = load_digits()
    names = [
        name
        for name in list_architectures("image", library="sklvision")
        if name in {"mlp", "resnet8", "cifar_cnn", "speed_cnn"}
    ]
    assert len(names) == 4
    budget = within_budget(
        "accuracy", max_latency_ms=1000, max_parameters=120_000, max_file_size=10**6, n_repeats=3
    )
    search = GridSearchCV(
        ImageClassifier(max_epochs=1, random_state=0),
        {"architecture": names},
        scoring=budget.scoring,
        refit=budget,
        cv=2,
        error_score="raise",
    ).fit(digits.images[:60], digits.target[:60])
    cv_results = search.cv_results_
    assert (cv_results["mean_test_latency_ms"] > 0).all()
    assert len(set(cv_results["mean_test_parameter_count"])) == 4
    is_allowed = cv_results["mean_test_parameter_count"] <= 120_000
    assert 0 < is_allowed.sum() < 4
    best = cv_results["mean_test_accuracy"][is_allowed].max()
    assert cv_results["mean_test_accuracy"][search.best_index_] == best
    assert parameter_count(search.best_estimator_) <= 120_000
    assert search.best_estimator_.architecture == search.best_params_["architecture"]
