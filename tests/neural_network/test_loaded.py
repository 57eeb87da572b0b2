"""The net of a classifier that was loaded: its optimizer is made when it is first read."""

from __future__ import annotations

import pickle
from copy import deepcopy
from functools import cache
from importlib.metadata import version
from io import BytesIO

import numpy as np
import pytest
import torch

from sklvision.neural_network import SpectrumClassifier

OLD_SKORCH = version("skorch").startswith("1.1.")


@cache
def _data():
    rng = np.random.RandomState(0)
    return rng.randn(60, 20).astype(np.float32), np.arange(60) % 3


@cache
def _fit_classifier():
    return SpectrumClassifier(max_epochs=2, random_state=0).fit(*_data())


@pytest.fixture
def restored():
    return pickle.loads(pickle.dumps(_fit_classifier()))


def test_loaded_net_predicts_without_an_optimizer(restored):
    X, _ = _data()
    np.testing.assert_array_equal(restored.predict_proba(X), _fit_classifier().predict_proba(X))
    assert "optimizer_" not in vars(restored.net_)
    assert "optimizer_" not in vars(deepcopy(restored).net_)


@pytest.mark.parametrize(
    "duplicate", [deepcopy, lambda net: pickle.loads(pickle.dumps(net)), lambda net: net]
)
@pytest.mark.parametrize("read_before", [False, True])
def test_optimizer_of_a_loaded_net_holds_its_own_weights(restored, duplicate, read_before):
    if read_before:
        assert restored.net_.optimizer_
    try:
        net = duplicate(restored.net_)
    except pickle.UnpicklingError:
        if OLD_SKORCH:
            pytest.skip("skorch 1.1 cannot unpickle its nets with torch 2.6 or later")
        raise
    weight_ids = {id(weight) for group in net.optimizer_.param_groups for weight in group["params"]}
    assert weight_ids == {id(weight) for weight in net.module_.parameters()}
    assert type(net.optimizer_) is type(_fit_classifier().net_.optimizer_)


@pytest.mark.parametrize(
    ("params", "lr", "weight_decay"),
    [
        ({"lr": 0.5}, 0.5, 0.0),
        ({"optimizer__lr": 0.5}, 0.5, 0.0),
        ({"optimizer__weight_decay": 0.1}, 3e-3, 0.1),
        ({"optimizer__param_groups__0__lr": 0.3}, 0.3, 0.0),
        ({"criterion__label_smoothing": 0.2}, 3e-3, 0.0),
    ],
)
def test_set_params_reaches_the_optimizer_of_a_loaded_net(restored, params, lr, weight_decay):
    net = restored.net_.set_params(**params)
    (group,) = net.optimizer_.param_groups
    assert (group["lr"], group["weight_decay"]) == (lr, weight_decay)


def test_set_params_names_a_misspelt_parameter(restored):
    with pytest.raises(ValueError, match="optimizr__lr"):
        restored.net_.set_params(optimizr__lr=0.1)


def test_optimizer_is_made_after_a_wrong_parameter_is_corrected(restored):
    net = restored.net_
    net.lr = -1
    with pytest.raises(ValueError, match="learning rate"):
        _ = net.optimizer_
    net.lr = 0.1
    assert net.optimizer_.param_groups[0]["lr"] == 0.1


def test_save_params_and_load_params_of_a_loaded_optimizer(restored):
    buffer = BytesIO()
    restored.net_.save_params(f_optimizer=buffer)
    buffer.seek(0)
    assert torch.load(buffer)["param_groups"][0]["lr"] == 3e-3
    buffer.seek(0)
    other_net = pickle.loads(pickle.dumps(_fit_classifier())).net_
    other_net.load_params(f_optimizer=buffer)
    assert other_net.optimizer_.param_groups[0]["fused"]


def test_loaded_classifier_trains_further(restored):
    X, y = _data()
    trained_copy = deepcopy(restored).partial_fit(X, y)
    np.testing.assert_array_equal(
        trained_copy.predict_proba(X), restored.partial_fit(X, y).predict_proba(X)
    )
    assert trained_copy.n_iter_ == 3
    warm = pickle.loads(pickle.dumps(_fit_classifier())).set_params(warm_start=True).fit(X, y)
    assert warm.n_iter_ == 4
