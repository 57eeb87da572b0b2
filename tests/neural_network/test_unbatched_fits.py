"""Fits that cannot share a batch are made alone, with the results of single fits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer
from torch import nn

from sklvision.augmentation import GaussianNoise
from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier
from tests.neural_network._searches import assert_same, fit_both, problem, small


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
