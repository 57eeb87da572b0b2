"""A search in batches gives what GridSearchCV gives."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch.callbacks import EpochTimer
from torch import nn

from sklvision.augmentation import GaussianNoise
from sklvision.model_selection import parameter_count, within_budget
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from tests.neural_network._problems import blobs_of_images, three_classes

# Candidates of one batch that differ in all that may differ, and share values in pairs.
GRID = [
    {"lr": [lr], "weight_decay": [decay], "label_smoothing": [smoothing]}
    for lr, decay, smoothing in [(1e-3, 0.0, 0.2), (1e-2, 0.3, 0.0), (1e-2, 0.0, 0.2)]
]


def small(**params):
    """A small net without dropout, in double precision: what is left is rounding."""
    net = {"hidden_layer_sizes": (12, 7), "dropout": 0.0} | params.pop("net", {})
    defaults = {"max_epochs": 4, "batch_size": 16, "precision": "float64", "random_state": 0}
    return SpectrumClassifier(architecture_params=net, **(defaults | params))


def problem(n_samples=90):
    return three_classes(n_samples)


class Recorder:
    """A scorer that records the fitted estimators."""

    def __init__(self):
        self.fitted_estimators = []

    def __call__(self, estimator, X, y):
        self.fitted_estimators.append(estimator)
        return estimator.score(X, y)


def fit_both(estimator, grid, X, y, *, fit_params=None, **params):
    """Search in batches and one by one; return the two with the estimators they fitted."""
    results = []
    for Search in (BatchedGridSearchCV, GridSearchCV):
        recorder = Recorder()
        search = Search(clone(estimator), grid, scoring=recorder, **({"cv": 3} | params))
        search.fit(X, y, **(fit_params or {}))
        results += [search, recorder.fitted_estimators]
    return results


def get_classifier(estimator):
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def assert_same(search, models, single, expected, *, atol=1e-7):
    assert len(models) == len(expected) == len(single.cv_results_["params"]) * single.n_splits_
    assert search.cv_results_["params"] == single.cv_results_["params"]
    assert search.cv_results_.keys() == single.cv_results_.keys()
    for clf, expected_clf in zip(
        map(get_classifier, models), map(get_classifier, expected), strict=True
    ):
        assert type(clf) is type(expected_clf)
        assert clf.get_params().keys() == expected_clf.get_params().keys()
        assert vars(clf).keys() == vars(expected_clf).keys()
        weights, expected_weights = clf.module_.state_dict(), expected_clf.module_.state_dict()
        assert weights.keys() == expected_weights.keys()
        for name in weights:
            torch.testing.assert_close(
                weights[name], expected_weights[name], rtol=0, atol=atol, msg=name
            )
        np.testing.assert_allclose(clf.loss_curve_, expected_clf.loss_curve_, rtol=0, atol=atol)
        for epoch, expected_epoch in zip(clf.history_, expected_clf.history_, strict=True):
            assert epoch.keys() == expected_epoch.keys()
            assert epoch["train_loss_best"] == expected_epoch["train_loss_best"]
            assert epoch["lr"] == pytest.approx(expected_epoch["lr"])
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], single.cv_results_["mean_test_score"]
    )
    assert search.best_params_ == single.best_params_


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


def test_large_nets_are_fitted_alone_with_the_scores_of_single_fits():
    X, y = load_digits(return_X_y=True)
    nets = [{"hidden_layer_sizes": (n,)} for n in (8, 1500)]
    clf = SpectrumClassifier(max_epochs=1, random_state=0)
    search = BatchedGridSearchCV(clf, {"architecture_params": nets}, cv=2, refit=False)
    search.fit(X[:200], y[:200])
    single = GridSearchCV(clf, {"architecture_params": nets}, cv=2, refit=False)
    single.fit(X[:200], y[:200])
    assert search.n_batched_ == 2
    assert search.not_batched_ == {"a net of more than 100,000 weights is as fast alone": 2}
    for name in ("split0_test_score", "split1_test_score"):
        assert search.cv_results_[name][1] == single.cv_results_[name][1]


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


class Residual(nn.Module):
    """A forward of its own."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.a, self.b = nn.Linear(*input_shape * 2), nn.Linear(input_shape[0], n_classes)

    def forward(self, x):
        return self.b(x + self.a(x).relu())


def make_tied_net(input_shape, n_classes):
    layer = nn.Linear(*input_shape * 2)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.Linear(input_shape[0], n_classes))


def make_frozen_net(input_shape, n_classes):
    net = nn.Sequential(nn.Linear(*input_shape * 2), nn.Linear(input_shape[0], n_classes))
    net[0].requires_grad_(False)
    return net


def hooked(input_shape, n_classes):
    net = nn.Sequential(nn.Linear(input_shape[0], n_classes))
    net[0].register_forward_hook(lambda module, inputs, output: output * 2)
    return net


@pytest.mark.parametrize(
    "params",
    [
        {"early_stopping": True},
        {"callbacks": [EpochTimer]},
        {"augment": GaussianNoise(0.1)},
        {"lr_schedule": "plateau"},
        {"class_weight": {0: 0, 1: 1, 2: 1}},
        *(
            {"architecture": net}
            for net in (Residual, make_tied_net, make_frozen_net, hooked, "spectrum_cnn")
        ),
    ],
    # The repr of a function differs between processes, which must collect the same tests.
    ids=lambda params: "-".join(
        f"{name}-{getattr(value, '__name__', value)}" for name, value in params.items()
    ),
)
def test_what_cannot_be_batched_is_fitted_alone_and_counted(params):
    if "architecture" in params:
        params = params | {"architecture_params": None}
    clf = small(max_epochs=2).set_params(**params)
    search, *results = fit_both(clf, {"lr": [1e-3, 1e-2]}, *problem())
    assert search.n_batched_ == 0
    assert list(search.not_batched_.values()) == [6]
    assert_same(search, *results, atol=0)


def test_some_are_batched_and_others_not(capsys):
    grid = [{"lr": [1e-3, 1e-2]}, {"early_stopping": [True]}]
    X, y = problem()
    search, *results = fit_both(small(), grid, X, y, verbose=1)
    assert search.n_batched_ == 6
    assert list(search.not_batched_) == ["early_stopping needs a training of its own"]
    assert_same(search, *results)
    assert "Trained in batches: 6 fits, 3 not (early_stopping" in capsys.readouterr().out


def test_sample_weight_is_obeyed():
    X, y = problem()
    weights = {"sample_weight": np.where(y == 0, 3.0, 1.0)}
    search, *results = fit_both(small(), {"lr": [1e-2]}, X, y, fit_params=weights)
    assert search.not_batched_ == {"fit is passed sample_weight": 3}
    assert_same(search, *results, atol=0)


def test_other_estimators_are_searched_as_usual():
    X, y = problem()
    pipeline = make_pipeline(StandardScaler(), small())
    grid = [
        {"spectrumclassifier": [LogisticRegression(C=0.1), LogisticRegression()]},
        {"spectrumclassifier__lr": [1e-2]},
    ]
    search = BatchedGridSearchCV(pipeline, grid, cv=3).fit(X, y)
    single = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert (search.n_batched_, sum(search.not_batched_.values())) == (3, 6)
    scores, expected = (s.cv_results_["mean_test_score"] for s in (search, single))
    np.testing.assert_allclose(scores, expected)


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


def test_failures_are_those_of_the_single_fit():
    X, y = problem()
    clf = small(optimizer="sgd", net={"batch_norm": False})
    grid = {"lr": [1e-3, 1e30]}
    with pytest.warns(FitFailedWarning, match="Training diverged"):
        search = BatchedGridSearchCV(clf, grid, cv=3).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert search.not_batched_ == {"training diverged": 3}
    with pytest.raises(ValueError, match="Training diverged"):
        BatchedGridSearchCV(clf, grid, cv=3, error_score="raise").fit(X, y)
    for wrong in ({"lr": [-1.0]}, {"architecture": ["nothing"]}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}|named 'nothing'"):
            BatchedGridSearchCV(clf, wrong, cv=3, error_score="raise").fit(X, y)
    with pytest.raises(ValueError, match="Invalid parameter 'rate'"):
        BatchedGridSearchCV(clf, {"rate": [1]}).fit(X, y)


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


def test_random_state_of_numpy():
    clf = small(random_state=np.random.RandomState(3))
    search, *results = fit_both(clf, {"lr": [1e-3, 1e-2]}, *problem())
    assert search.n_batched_ == 6
    assert_same(search, *results)


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


def test_classifiers_that_candidates_bring_are_batched():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    grid = {"logisticregression": [small(lr=1e-3), small(lr=1e-2), LogisticRegression()]}
    search = BatchedGridSearchCV(pipeline, grid, cv=3).fit(*problem())
    assert (search.n_batched_, sum(search.not_batched_.values())) == (6, 3)


def test_estimators_of_others_are_searched_by_grid_search():
    search = BatchedGridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3).fit(*problem())
    assert search.n_batched_ == 0
    assert search.not_batched_ == {"LogisticRegression is not a classifier of the package": 6}


def test_search_finds_that_the_last_step_diverged():
    """The loss of an epoch is that before its last step."""
    clf = small(optimizer="sgd", precision="float32", batch_size=-1, max_epochs=1)
    search = BatchedGridSearchCV(clf, {"lr": [1e-2, 3e38]}, cv=3)
    with pytest.warns(FitFailedWarning, match="after the last step"):
        search.fit(*problem())
    assert search.not_batched_ == {"training diverged": 3}
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
