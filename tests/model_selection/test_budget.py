"""The best candidate within a budget, and budgets that no candidate keeps."""

import copy

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision.model_selection import file_size, latency_scorer, parameter_count, within_budget
from tests.model_selection._features import features_searched


def results(scores, **costs):
    """What a search hands to refit: one row of each measure per fold."""
    cv_results = {"params": [{"candidate": i} for i in range(np.shape(scores)[1])]}
    for name, folds in {"accuracy": scores, **costs}.items():
        cv_results |= {f"split{i}_test_{name}": np.array(fold) for i, fold in enumerate(folds)}
        cv_results[f"mean_test_{name}"] = np.mean(folds, axis=0)
    return cv_results


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
        with pytest.raises(ValueError, match=r"is a cost \(lower is better\): limit it with max_"):
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
