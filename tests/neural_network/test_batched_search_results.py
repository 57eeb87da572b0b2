"""A search in batches reports, warns and refuses as GridSearchCV does."""

import pickle
import re
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold

from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier
from tests.neural_network._searches import GRID, problem, small


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_several_scores_train_scores_and_jobs(n_jobs):
    X, y = problem()
    settings = {
        "scoring": ["accuracy", "neg_log_loss"],
        "refit": "neg_log_loss",
        "return_train_score": True,
        "cv": 3,
    }
    single = GridSearchCV(small(), GRID, **settings).fit(X, y)
    search = BatchedGridSearchCV(small(), GRID, n_jobs=n_jobs, **settings).fit(X, y)
    assert search.n_batched_ == 9
    assert search.best_params_ == single.best_params_
    assert search.cv_results_.keys() == single.cv_results_.keys()
    for name in ("mean_test_accuracy", "mean_test_neg_log_loss", "mean_train_neg_log_loss"):
        np.testing.assert_allclose(search.cv_results_[name], single.cv_results_[name])
    np.testing.assert_allclose(search.predict_proba(X), single.predict_proba(X))


def test_search_is_an_ordinary_estimator():
    X, y = problem()
    clf = small()
    search = BatchedGridSearchCV(clf, {"lr": [1e-3, 1e-2]}, cv=3)
    state = torch.get_rng_state()
    assert search.fit(X, y) is search
    assert torch.equal(state, torch.get_rng_state())
    assert search.estimator is clf
    assert vars(clf).keys() == vars(small()).keys()
    assert type(search.best_estimator_) is SpectrumClassifier
    restored = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(restored.predict(X), search.predict(X))
    assert restored.cv_results_["params"] == search.cv_results_["params"]
    second_search = clone(search).fit(X, y)
    np.testing.assert_array_equal(
        second_search.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )
    single = GridSearchCV(clf, {"lr": [1e-3, 1e-2]}, cv=3).fit(X, y)
    names = {name for name in vars(single) if not name.startswith("_")}
    assert set(vars(search)) == names | {"n_batched_", "not_batched_"}


class Unreliable:
    """A scorer that fails on some folds, or gives another number of scores."""

    def __init__(self, kind):
        self.kind = kind

    def __call__(self, estimator, X, y):
        score = estimator.score(X, y)
        if self.kind == "fails" and X[0, 0] < 0:
            raise RuntimeError("no score today")
        return {"a": score, "b": np.float64(-score)} if self.kind == "several" else score


def compare_results(search, single):
    """Assert that two searches agree in everything but times."""
    results, expected_results = search.cv_results_, single.cv_results_
    assert list(results) == list(expected_results)
    for name, values in expected_results.items():
        if name == "params":
            assert results[name] == values
        elif not name.endswith("_time"):
            assert type(results[name]) is type(values)
            assert results[name].dtype == values.dtype, name
            np.testing.assert_array_equal(results[name], values, err_msg=name)
            np.testing.assert_array_equal(
                np.ma.getmaskarray(results[name]), np.ma.getmaskarray(values)
            )
    for name in ("best_index_", "best_params_", "best_score_", "multimetric_", "n_splits_"):
        assert getattr(search, name, None) == getattr(single, name, None), name


@pytest.mark.parametrize(
    "settings",
    [
        {"verbose": 10, "return_train_score": True},
        {"verbose": 3, "scoring": "balanced_accuracy", "refit": lambda results: np.int64(1)},
        {"verbose": 3, "scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"},
        {"verbose": 2, "scoring": {"a": "accuracy", "b": "roc_auc"}, "refit": False},
        {"verbose": 4, "scoring": Unreliable("several"), "refit": "b", "return_train_score": True},
        {"verbose": 1, "scoring": Unreliable("fails"), "error_score": -1.5, "refit": False},
        {"grid": [{"lr": [1e30, 1e-2]}, {"architecture_params": [None, {"dropout": 0.0}]}]},
        {"grid": {"lr": [1e30, 1e-2]}, "scoring": Unreliable("several"), "refit": "a"},
        {"grid": {"lr": [1e30, 1e-2]}, "scoring": ["accuracy"], "refit": False, "verbose": 5},
        {"groups": np.arange(45) // 3, "cv": GroupKFold(2)},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_search_gives_results_warnings_and_messages_of_grid_search(settings, capsys):
    """The estimator needs trainings of its own, so that both searches score the same models."""
    settings = {"cv": 2, "grid": {"lr": [1e-3, 1e-2]}} | settings
    grid, groups = settings.pop("grid"), settings.pop("groups", None)
    clf = small(max_epochs=1, optimizer="sgd", lr_schedule="plateau")
    X, y = problem(45)
    outcomes = []
    for Search in (BatchedGridSearchCV, GridSearchCV):
        with warnings.catch_warnings(record=True) as records:
            warnings.simplefilter("always")
            search = Search(clf, grid, **settings).fit(X, y, groups=groups)
        texts = sorted(re.sub(r'File ".*', "", str(warning.message)) for warning in records)
        output = re.sub(r" +[0-9.]+s|\.{2,}", "", capsys.readouterr().out).splitlines()
        texts = [re.sub(r"(?s)Traceback.*?(\w+Error: )", r"\1", text) for text in texts]
        outcomes.append((search, texts, [line for line in output if "in batches" not in line]))
    (search, *messages), (single, *expected_messages) = outcomes
    assert search.n_batched_ == 0
    assert messages == expected_messages
    compare_results(search, single)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"scoring": ["accuracy", "neg_log_loss"]}, "multi-metric scoring.*True was passed"),
        ({"scoring": Unreliable("several"), "refit": "c"}, "multi-metric scoring.*'c' was passed"),
        ({"scoring": Unreliable("fails"), "error_score": "raise"}, "no score today"),
        ({"scoring": lambda *_: "good"}, "scoring must return a number, got good"),
        ({"refit": lambda _: 0.5}, "not an integer"),
        ({"refit": lambda _: 2}, "out of range"),
        ({"cv": []}, "No fits were performed|No fits|[Ee]mpty"),
        ({"error_score": "ignore"}, "error_score"),
        ({"scoring": "acuracy"}, "acuracy"),
    ],
    ids=[
        "refit",
        "other-refit",
        "fails",
        "text",
        "float-index",
        "high-index",
        "cv",
        "error",
        "name",
    ],
)
def test_search_refuses_what_grid_search_refuses(settings, error):
    X, y = problem(45)
    for Search in (BatchedGridSearchCV, GridSearchCV):
        search = Search(small(max_epochs=1), {"lr": [1e-3, 1e-2]}, **({"cv": 2} | settings))
        with pytest.raises(Exception, match=error):
            search.fit(X, y)
