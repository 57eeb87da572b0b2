"""The best model within a budget."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import randint
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
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
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision.model_selection import (
    compare_estimators,
    file_size,
    latency_scorer,
    parameter_count,
    within_budget,
)
from sklvision.nets import list_architectures
from sklvision.neural_network import ImageClassifier


def features_searched(cv=3, **search):
    """Logistic regression of 1 to 4 features of iris: 6, 9, 12 and 15 parameters."""
    classifier = make_pipeline(SelectKBest(), LogisticRegression(max_iter=1000))
    return GridSearchCV(classifier, {"selectkbest__k": [1, 2, 3, 4]}, cv=cv, **search)


def results(scores, **costs):
    """What a search hands to refit: one row of each measure per fold."""
    cv_results = {"params": [{"candidate": i} for i in range(np.shape(scores)[1])]}
    for name, folds in {"accuracy": scores, **costs}.items():
        cv_results |= {f"split{i}_test_{name}": np.array(fold) for i, fold in enumerate(folds)}
        cv_results[f"mean_test_{name}"] = np.mean(folds, axis=0)
    return cv_results


# ---- the choice


@given(data=st.data())
def test_within_budget_chooses_as_an_exhaustive_search(data):
    n_candidates = data.draw(st.integers(1, 8))
    n_folds = data.draw(st.integers(1, 4))

    def table(values):
        row = st.lists(values, min_size=n_candidates, max_size=n_candidates)
        return data.draw(st.lists(row, min_size=n_folds, max_size=n_folds))

    # Few different values, so that many are equal, at the limit or unknown.
    scores = table(st.sampled_from([0.5, 0.75, 1.0, np.nan]))
    costs = {
        "parameter_count": table(st.sampled_from([1.0, 2.0, 3.0, np.nan])),
        "file_size": table(st.sampled_from([1.0, 2.0, 3.0])),
        "latency_ms": table(st.sampled_from([0.5, 1.0, 2.0, 50.0])),
    }
    cv_results = data.draw(st.sets(st.sampled_from(sorted(costs)), min_size=1))
    costs = {name: costs[name] for name in costs if name in cv_results}
    limit_names = data.draw(st.sets(st.sampled_from(sorted(costs)), min_size=1))
    limits = {name: data.draw(st.sampled_from([0.7, 1, 2, 2.5])) for name in limit_names}
    parameters = {
        "parameter_count": "max_parameters",
        "file_size": "max_file_size",
        "latency_ms": "max_latency_ms",
    }
    budget = within_budget(**{parameters[name]: limit for name, limit in limits.items()})

    best, best_key = None, None
    for i in range(n_candidates):
        folds = {name: sorted(fold[i] for fold in table) for name, table in costs.items()}
        maxima = {name: max(values) for name, values in folds.items()}
        if "latency_ms" in folds:
            middle = folds["latency_ms"]
            maxima["latency_ms"] = (middle[(n_folds - 1) // 2] + middle[n_folds // 2]) / 2
        for name, values in folds.items():
            if any(value != value for value in values):
                maxima[name] = float("inf")
        score = np.mean([fold[i] for fold in scores])
        if score != score or any(maxima[name] > limit for name, limit in limits.items()):
            continue
        key = (-score, *[maxima[name] for name in parameters if name in maxima])
        if best is None or key < best_key:
            best, best_key = i, key

    given_results = results(scores, **costs)
    original_results = copy.deepcopy(given_results)
    if best is None:
        with pytest.raises(ValueError, match=r"No candidate (is within|has a score)"):
            budget(given_results)
    else:
        assert budget(given_results) == best
        assert type(budget(given_results)) is int
    np.testing.assert_equal(given_results, original_results)


def test_within_budget_ignores_one_slow_fold():
    cv_results = results([[0.9, 0.8]] * 3, latency_ms=[[5, 1], [900, 1], [6, 1]])
    assert within_budget(max_latency_ms=10)(cv_results) == 0


def test_within_budget_limits_parameters_in_every_fold():
    cv_results = results([[0.9, 0.8]] * 3, parameter_count=[[5, 1], [11, 1], [6, 1]])
    assert within_budget(max_parameters=10)(cv_results) == 1


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_within_budget_takes_no_error_score_for_a_cost(bad):
    """error_score=0 puts 0 for the costs as well."""
    cv_results = results([[bad, 0.8]] * 2, latency_ms=[[bad, 20.0]] * 2)
    with pytest.raises(ValueError, match="latency_ms unknown"):
        within_budget(max_latency_ms=10)(cv_results)


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    limit=st.floats(0.1, 5),
    increase=st.floats(0, 5),
)
def test_within_budget_never_scores_lower_with_a_larger_budget(scores, limit, increase):
    costs = [[1.0 + i % 4 for i in range(len(scores))]]
    cv_results = results([scores], latency_ms=costs)
    try:
        small = within_budget(max_latency_ms=limit)(cv_results)
    except ValueError:
        assume(False)
    assert scores[within_budget(max_latency_ms=limit + increase)(cv_results)] >= scores[small]


# ---- in searches


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


# ---- nothing to choose


def test_within_budget_lists_the_closest_candidates():
    names = ["far", "near", "nearest", "slow and large", "farther", "farthest", "failed"]
    cv_results = results(
        [[0.99, 0.9, 0.8, 0.95, 0.5, 0.4, np.nan]] * 2,
        latency_ms=[[80, 15, 10.05, 30, 90, 2000, np.nan]] * 2,
        parameter_count=[[10, 10, 10, 2500, 10, 10, np.nan]] * 2,
    )
    cv_results["params"] = [{"architecture": name} for name in names]
    budget = within_budget(max_latency_ms=10, max_parameters=1000)
    with pytest.raises(ValueError, match="No candidate") as error_info:
        budget(cv_results)
    first, *misses, last = str(error_info.value).splitlines()
    assert first == (
        "No candidate is within the budget of max_parameters=1,000, max_latency_ms=10. "
        "The closest of 6:"
    )
    assert [line.split("'")[-2] for line in misses] == [
        "nearest",
        "near",
        "slow and large",
        "far",
        "farther",
    ]
    assert "accuracy 0.8000, 10.1 ms per sample (less than 1 % over)" in misses[0]
    assert "15.0 ms per sample (50 % over): {'architecture': 'near'}" in misses[1]
    assert "2,500 parameters (150 % over), 30.0 ms per sample (200 % over)" in misses[2]
    assert last == "1 more failed and have no score."
    assert error_info.value.cv_results_ is cv_results


def test_within_budget_shortens_large_ratios_and_long_parameters():
    cv_results = results([[0.9]], file_size=[[5_000_000]])
    cv_results["params"] = [{"model": "m" * 300}]
    with pytest.raises(ValueError, match=r"5 MB \(5,000 times the limit\): \{'model'.*…$"):
        within_budget(max_file_size=1000)(cv_results)


def test_within_budget_excludes_unknown_parameter_counts(iris):
    budget = within_budget(max_parameters=12)
    models = [DecisionTreeClassifier(random_state=0), LogisticRegression(max_iter=1000)]
    search = GridSearchCV(
        Pipeline([("model", None)]), {"model": models}, scoring=budget.scoring, refit=budget
    )
    with (
        pytest.warns(UserWarning, match="non-finite"),
        pytest.raises(ValueError, match="No candidate is within") as error_info,
    ):
        search.fit(*iris)
    nearest, unknown = str(error_info.value).splitlines()[1:]
    assert "15 parameters (25 % over): {'model': LogisticRegression(max_iter=1000)}" in nearest
    assert "parameter_count unknown: {'model': DecisionTreeClassifier(random_state=0)}" in unknown
    assert len(error_info.value.cv_results_["params"]) == 2
    budget = within_budget(max_parameters=15)
    search.set_params(scoring=budget.scoring, refit=budget)
    with pytest.warns(UserWarning, match="non-finite"):
        assert isinstance(search.fit(*iris).best_estimator_[0], LogisticRegression)


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
@pytest.mark.parametrize("error_score", [np.nan, 0])
def test_within_budget_never_chooses_failed_candidates(iris, error_score):
    budget = within_budget(max_latency_ms=1000, max_parameters=1000, max_file_size=10**9)
    search = features_searched(scoring=budget.scoring, refit=budget, error_score=error_score)
    search.set_params(estimator=LogisticRegression(max_iter=1000), param_grid={"C": [-1.0, 1.0]})
    with pytest.warns(FitFailedWarning):
        assert search.fit(*iris).best_params_ == {"C": 1.0}


def test_within_budget_reports_that_all_candidates_failed():
    cv_results = results([[np.nan, np.nan]], latency_ms=[[np.nan, np.nan]])
    with pytest.raises(ValueError, match=r"No candidate has a score.*accuracy of all 2 is NaN"):
        within_budget(max_latency_ms=10)(cv_results)


def test_within_budget_names_missing_measures(iris):
    budget = within_budget(max_latency_ms=20, max_parameters=10**6)
    search = features_searched(scoring="accuracy", refit=budget, cv=2)
    with pytest.raises(ValueError, match="missing from the results") as error_info:
        search.fit(*iris)
    assert (
        "{'accuracy': 'accuracy', 'parameter_count': parameter_count, "
        "'latency_ms': latency_scorer(batch_size=1, n_repeats=20, n_threads=1)}"
    ) in str(error_info.value)
    assert "mean_test_score" in error_info.value.cv_results_
    scoring = {"accuracy": "accuracy", "parameter_count": parameter_count}
    with pytest.raises(ValueError, match=r"also has \{'latency_ms': latency_scorer\("):
        features_searched(scoring=scoring, refit=budget, cv=2).fit(*iris)


# ---- before anything is fitted


@pytest.mark.parametrize("limit", ["max_latency_ms", "max_parameters", "max_file_size"])
def test_within_budget_refuses_limits_that_are_not_positive(limit):
    for bad in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=f"{limit} must be a positive number or None, got"):
            within_budget(**{limit: bad})
    for bad in ("20", True, [1]):
        with pytest.raises(TypeError, match=f"{limit} must be a positive number or None, got"):
            within_budget(**{limit: bad})


def test_within_budget_needs_a_limit():
    with pytest.raises(ValueError, match="max_latency_ms, max_parameters or max_file_size"):
        within_budget("accuracy")


def test_within_budget_refuses_a_cost_as_score():
    for cost in ("latency_ms", "parameter_count", "file_size"):
        with pytest.raises(ValueError, match=f"score='{cost}' is a cost"):
            within_budget(cost, max_parameters=1)
    for cost in (latency_scorer(), parameter_count, file_size):
        with pytest.raises(
            ValueError, match="is a cost, of which less is better: limit it by max_"
        ):
            within_budget(cost, max_parameters=1)
    for bad in (3, "", None):
        with pytest.raises(TypeError, match="score must be the name of a scorer or a callable"):
            within_budget(bad, max_parameters=1)


def test_within_budget_refuses_an_unknown_score():
    budget = within_budget("acuracy", max_parameters=1)
    with pytest.raises(
        ValueError, match=r"'acuracy' is not the name of a scorer\. Did you mean 'accuracy'"
    ):
        features_searched(scoring=budget.scoring, refit=budget)


def test_within_budget_checks_the_settings_of_the_latency():
    with pytest.raises(ValueError, match="batch_size == 0, must be >= 1"):
        within_budget(max_latency_ms=1, batch_size=0)


# ---- architectures


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
