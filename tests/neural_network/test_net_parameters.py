"""Parameters of ``net_``, and data and parameters that do not fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklvision.neural_network import ImageClassifier

from ._nets import Recorder, X, y
from ._problems import blobs_of_images


def test_get_params_names_the_settings_of_the_classifier(fitted_clf):
    params = fitted_clf.net_.get_params()
    assert params["lr"] == fitted_clf.lr
    assert params["max_epochs"] == 20
    assert params["lr_schedule"] == "onecycle"
    assert params["iterator_train__shuffle"] is True


def test_set_params_changes_the_rate(net):
    assert net.set_params(lr=0.5).optimizer_.param_groups[0]["lr"] == 0.5
    net.set_params(lr_schedule="constant", max_epochs=1).fit(X, y)
    assert net.history[-1, "lr"] == 0.5


def test_set_params_replaces_callbacks(net):
    recorder = Recorder()
    net.set_params(callbacks=[("recorder", recorder)], max_epochs=1).fit(X, y)
    assert len(recorder.calls_) == net.history[-1, "train_batch_count"] == 5
    assert len(net.history[-1, "batches"]) == 5


def test_search_over_parameters_of_the_net(fitted_clf):
    torch.manual_seed(0)
    grid = {"lr": [1e-6, 1e-2], "max_epochs": [8]}
    search = GridSearchCV(fitted_clf.net_, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["lr"] == 1e-2
    assert search.best_score_ > 0.7


def test_clone_is_not_fitted(fitted_clf):
    net_copy = clone(fitted_clf.net_)
    assert not net_copy.initialized_
    assert net_copy.get_params()["weight_decay"] == fitted_clf.weight_decay
    assert clone(net_copy).lr == fitted_clf.lr


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam])
def test_set_params_replaces_the_optimizer(net, optimizer):
    net.set_params(optimizer=optimizer, lr=0.02, max_epochs=2)
    assert type(net.optimizer_) is optimizer
    assert net.optimizer_.param_groups[0]["lr"] == 0.02
    assert len(net.fit(X, y).history) == 2


def test_set_params_reaches_the_iterators(net):
    net.set_params(iterator_train__shuffle=False, max_epochs=1)
    assert net.get_params()["iterator_train__shuffle"] is False
    net.fit(X, y)
    assert not net.get_iterator(net.get_dataset(X, y), training=True).shuffle


def test_set_params_names_where_the_module_is_set(net):
    with pytest.raises(ValueError, match=r"module__width is not .* architecture_params"):
        net.set_params(module__width=3)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("samples", "labels", "message"),
    [
        (X[:, :3], y, r"X has samples of shape \(3,\), and the net takes \(4,\)"),
        (X, None, "y is None: the net needs the class of every sample"),
        (
            X,
            np.array(["a", "b", "c"])[y],
            "positions among the classes, 0 to 2, got (np.str_\\()?'",
        ),
        (X, y + 1, "positions among the classes, 0 to 2, got "),
        (X, y + 0.5, "positions among the classes, 0 to 2, got "),
    ],
    ids=["shape", "no labels", "names", "another range", "fractions"],
)
def test_data_that_do_not_fit_leave_the_net_as_it_was(net, method, samples, labels, message):
    net.initialize_history()
    net.partial_fit(X, y)
    before, n_before = net.predict_proba(X), len(net.history)
    with pytest.raises(ValueError, match=message):
        getattr(net, method)(samples, labels)
    np.testing.assert_array_equal(net.predict_proba(X), before)
    assert len(net.history) == n_before


def test_predict_names_the_shape_that_the_net_takes(net):
    with pytest.raises(ValueError, match=r"samples of shape \(3,\), and the net takes \(4,\)"):
        net.predict(X[:, :3])
    images, labels = blobs_of_images(n=12)
    image_net = ImageClassifier(max_epochs=1).fit(images, labels).net_
    with pytest.raises(ValueError, match=r"have an axis for it: X\[..., np.newaxis\]"):
        image_net.predict(images.astype(np.float32))
    assert image_net.predict(images[..., np.newaxis]).shape == (12,)


@pytest.mark.filterwarnings("error")
def test_infer_takes_lists_and_tables(net):
    expected = net.infer(X).detach().numpy()
    for samples in (X.tolist(), pd.DataFrame(X), X.astype(np.float64)):
        np.testing.assert_allclose(net.infer(samples).detach().numpy(), expected, atol=1e-6)
