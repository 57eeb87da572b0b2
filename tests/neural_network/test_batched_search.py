"""A search in batches fits the models that GridSearchCV fits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GroupKFold, ShuffleSplit, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from sklvision.model_selection import parameter_count, within_budget
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from tests.neural_network._problems import blobs_of_images
from tests.neural_network._searches import GRID, assert_same, fit_both, problem, small


@pytest.mark.parametrize(
    ("optimizer", "lr_schedule"),
    [
        ("adamw", "onecycle"),
        ("adam", "cosine"),
        ("adamax", "cyclic"),
        ("sgd", "onecycle"),
        ("sgd", "step"),
        ("rmsprop", "constant"),
    ],
)
def test_same_models_as_one_by_one(optimizer, lr_schedule):
    search, *results = fit_both(
        small(optimizer=optimizer, lr_schedule=lr_schedule), GRID, *problem()
    )
    assert (search.n_batched_, search.not_batched_) == (9, {})
    assert_same(search, *results)


@settings(max_examples=8)
@example(
    widths=[5],
    batch_norm=True,
    activation="relu",
    batch_size=7,
    n_samples=85,
    class_weight=None,
    precision="float64",
)  # last batches of one sample
@given(
    widths=st.lists(st.integers(1, 9), max_size=3),
    batch_norm=st.booleans(),
    activation=st.sampled_from(["relu", "gelu", "silu", "elu", "leaky_relu", "tanh"]),
    batch_size=st.sampled_from([-1, 1, 7, 21, 22, 43, 1000]),
    n_samples=st.integers(80, 91),
    class_weight=st.sampled_from([None, "balanced", {0: 1, 1: 2.5, 2: 1}]),
    precision=st.sampled_from(["float64", "float32"]),
)
def test_same_models_whatever_the_net(
    widths, batch_norm, activation, batch_size, n_samples, class_weight, precision
):
    net = {"hidden_layer_sizes": widths, "batch_norm": batch_norm, "activation": activation}
    clf = small(net=net, batch_size=batch_size, class_weight=class_weight, max_epochs=2, lr=1e-3)
    clf.set_params(precision=precision, optimizer="sgd")
    grid = {"lr": [1e-4, 1e-3], "random_state": [0, 5]}
    search, *results = fit_both(clf, grid, *problem(n_samples), cv=2)
    assert search.n_batched_ == 8
    assert_same(search, *results, atol=1e-7 if precision == "float64" else 1e-3)


def test_equal_scores_in_single_precision_with_defaults_but_dropout():
    X, y = load_iris(return_X_y=True)
    clf = SpectrumClassifier(architecture_params={"dropout": 0.0}, max_epochs=5, random_state=0)
    search, _, single, _ = fit_both(clf, {"lr": [1e-3, 3e-3]}, X, y)
    scores, expected = (s.cv_results_["mean_test_score"] for s in (search, single))
    np.testing.assert_allclose(scores, expected, atol=2 / len(X))


@pytest.mark.slow
def test_dropout_is_that_of_a_single_fit_in_distribution():
    X, y = problem(300)
    clf = small(net={"dropout": 0.3, "hidden_layer_sizes": (32,)}, max_epochs=8)
    grid = {"random_state": list(range(20))}
    search, models, single, expected = fit_both(clf, grid, X, y)
    assert search.n_batched_ == 60
    for value in (lambda m: m.loss_curve_[-1], lambda m: m.module_.net[0].weight.std().item()):
        values, expected_values = np.array([[value(m) for m in ms] for ms in (models, expected)])
        assert not np.array_equal(values, expected_values)
        error = np.sqrt(values.var() / len(values) + expected_values.var() / len(expected_values))
        assert abs(values.mean() - expected_values.mean()) < 4 * error
        assert 0.6 < values.std() / expected_values.std() < 1.6
    difference = search.cv_results_["mean_test_score"] - single.cv_results_["mean_test_score"]
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))


def test_rates_of_dropout_differ_within_a_batch():
    nets = [{"dropout": rate, "hidden_layer_sizes": (64,)} for rate in (1e-5, 0.5, 0.9)]
    search, models, *_ = fit_both(small(max_epochs=10), {"architecture_params": nets}, *problem())
    assert search.n_batched_ == 9
    losses = np.array([model.loss_curve_[-1] for model in models]).reshape(3, 3).mean(1)
    assert losses[0] < losses[1] < losses[2]


def test_result_of_a_candidate_does_not_depend_on_the_others():
    X, y = problem()
    clf = small(net={"dropout": 0.4})
    single_search = BatchedGridSearchCV(clf, {"lr": [1e-2]}, cv=3).fit(X, y)
    larger_search = BatchedGridSearchCV(clf, {"lr": [1e-4, 1e-2, 1e-1]}, cv=3).fit(X, y)
    assert (
        single_search.cv_results_["mean_test_score"][0]
        == larger_search.cv_results_["mean_test_score"][1]
    )


def test_pipeline_fits_its_transformers_once_for_each_fold_and_setting():
    calls = []
    recorder = FunctionTransformer(lambda X: calls.append(len(X)) or X)
    pipeline = make_pipeline(recorder, SpectralScaler(), small())
    grid = {
        "spectralscaler__method": ["snv", "standard", None],
        "spectrumclassifier__lr": [1e-3, 1e-2],
    }
    X, y = problem()
    search, *results = fit_both(pipeline, grid, X, y)
    assert search.n_batched_ == 18
    assert_same(search, *results)
    calls.clear()
    BatchedGridSearchCV(pipeline, grid, cv=3, refit=False).fit(X, y)
    assert (calls.count(60), calls.count(30)) == (
        9,
        18,
    )  # fitted on the first, scored on the others


@pytest.mark.parametrize("as_rows", [False, True])
def test_images(as_rows):
    X, y = blobs_of_images()
    labels = np.array(["a", "b", "c"])[y]
    clf = ImageClassifier(
        "mlp",
        architecture_params={"hidden_layer_sizes": (8,), "dropout": 0.0},
        max_epochs=3,
        precision="float64",
        random_state=1,
        image_shape=(8, 8) if as_rows else None,
    )
    X = X.reshape(len(X), -1) if as_rows else X
    search, *results = fit_both(clf, {"lr": [1e-3, 1e-2], "batch_size": [8, 16]}, X, labels)
    assert search.n_batched_ == 12
    assert_same(search, *results)
    assert search.classes_.tolist() == ["a", "b", "c"]


def test_tables_with_names():
    X, y = problem()
    table = pd.DataFrame(X, columns=[f"b{i}" for i in range(X.shape[1])])
    search, *results = fit_both(small(), {"lr": [1e-3]}, table, y)
    assert_same(search, *results)
    assert search.feature_names_in_.tolist() == list(table.columns)
    assert results[0][0].feature_names_in_.tolist() == list(table.columns)


def test_own_sequences_are_batched():
    def build(input_shape, n_classes, inplace=True):
        hidden = nn.Sequential(nn.Linear(input_shape[0], 6, bias=False), nn.BatchNorm1d(6, 1e-3))
        return nn.Sequential(hidden, nn.ReLU(inplace), nn.Linear(6, n_classes), nn.Identity())

    clf = small().set_params(architecture=build, architecture_params=None)
    search, *results = fit_both(clf, {"lr": [1e-3, 1e-2]}, *problem())
    assert search.n_batched_ == 6
    assert_same(search, *results)


@pytest.mark.parametrize(
    ("cv", "with_groups"),
    [
        (ShuffleSplit(3, test_size=0.3, random_state=0), False),
        (GroupKFold(3), True),
        (list(StratifiedKFold(4).split(*problem(91))), False),
    ],
    ids=["shuffled", "groups", "list"],
)
def test_any_folds(cv, with_groups):
    X, y = problem(91)
    groups = {"groups": np.arange(91) // 7} if with_groups else None
    search, *results = fit_both(small(), {"lr": [1e-3, 1e-2]}, X, y, cv=cv, fit_params=groups)
    assert search.n_batched_ == 2 * search.n_splits_
    assert_same(search, *results)


def test_groups_reach_folds_and_early_stopping():
    X, y = problem(91)
    groups = np.arange(91) // 7
    net = small(early_stopping=True)
    search = BatchedGridSearchCV(net, {"lr": [1e-2]}, cv=3)
    with pytest.warns(UserWarning, match="BatchedGridSearchCV .* would split groups"):
        search.fit(X, y, groups=groups)
    train, test = next(StratifiedGroupKFold(3).split(X, y, groups))
    alone = clone(net).set_params(lr=1e-2).fit(X[train], y[train], groups=groups[train])
    assert search.cv_results_["split0_test_score"][0] == alone.score(X[test], y[test])
    refitted = clone(alone).fit(X, y, groups=groups)
    np.testing.assert_array_equal(search.predict_proba(X), refitted.predict_proba(X))


def test_folds_drawn_anew_are_those_trained_on():
    """Random labels: who was trained on the rows it is scored on would know them."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(120, 20)), rng.randint(2, size=120)
    search = BatchedGridSearchCV(
        small(max_epochs=60, lr=0.01),
        {"random_state": [0, 1]},
        cv=ShuffleSplit(4, test_size=0.5),
        return_train_score=True,
    ).fit(X, y)
    assert search.cv_results_["mean_train_score"].min() > 0.9
    assert search.cv_results_["mean_test_score"].max() < 0.7


def test_within_a_budget():
    X, y = problem()
    nets = [{"hidden_layer_sizes": (n,), "dropout": 0.0} for n in (2, 64)]
    search = BatchedGridSearchCV(
        small(),
        {"architecture_params": nets},
        scoring={"accuracy": "accuracy", "parameter_count": parameter_count},
        refit=within_budget("accuracy", max_parameters=200),
        cv=3,
    ).fit(X, y)
    assert search.n_batched_ == 6
    assert search.best_params_ == {"architecture_params": nets[0]}


def test_times_are_shares_of_the_batch():
    search = BatchedGridSearchCV(small(), GRID, cv=3).fit(*problem())
    times = search.cv_results_["mean_fit_time"]
    assert times.min() > 0
    assert times.max() < 10 * times.min()


def test_random_state_of_numpy():
    clf = small(random_state=np.random.RandomState(3))
    search, *results = fit_both(clf, {"lr": [1e-3, 1e-2]}, *problem())
    assert search.n_batched_ == 6
    assert_same(search, *results)
