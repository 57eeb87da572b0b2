"""Dense nets train by written-out gradients as they train by autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, Freezer
from torch import nn

from sklvision._torch.dropout import Dropout
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

rng = np.random.RandomState(0)
X = rng.normal(3, 2, size=(90, 12))
y = rng.randint(4, size=90)
X[np.arange(90), y] += 4
weights = rng.randint(4, size=90).astype(float)

PLAIN = {"hidden_layer_sizes": (16, 8), "dropout": 0.0, "batch_norm": False}


class BatchWatcher(Callback):
    """Has a hook of batches, for which the net trains by autograd."""

    def on_batch_end(self, net, **kwargs):
        """Do nothing."""


def fit_both(make_classifier, X, y, **fit_params):
    """Fit by written-out gradients and by autograd."""
    return [
        make_classifier(callbacks=callbacks).fit(X, y, **fit_params)
        for callbacks in (None, [BatchWatcher()])
    ]


def make_dense(precision="float64", params=PLAIN, **settings):
    """Return a function that makes a classifier with these callbacks."""
    settings = {"max_epochs": 3, "batch_size": 20, "lr": 0.01, "random_state": 0} | settings

    def make_classifier(callbacks):
        return SpectrumClassifier(
            architecture_params=params, precision=precision, callbacks=callbacks, **settings
        )

    return make_classifier


def assert_equal_training(fast, ordinary, X, atol):
    """Assert equal losses and outputs, and an optimizer in the same state."""
    assert not fast.net_.has_batch_callbacks_
    assert ordinary.net_.has_batch_callbacks_
    np.testing.assert_allclose(fast.loss_curve_, ordinary.loss_curve_, rtol=0, atol=atol)
    logits = [clf.decision_function(X) for clf in (fast, ordinary)]
    np.testing.assert_allclose(*logits, rtol=0, atol=10 * atol)
    states = [list(clf.net_.optimizer_.state.values()) for clf in (fast, ordinary)]
    torch.testing.assert_close(*states, rtol=0, atol=10 * atol)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "adamax", "sgd", "rmsprop"])
@pytest.mark.parametrize("lr_schedule", ["constant", "onecycle", "plateau"])
def test_fit_equals_autograd_for_every_optimizer(optimizer, lr_schedule):
    classifiers = fit_both(make_dense(optimizer=optimizer, lr_schedule=lr_schedule), X, y)
    assert_equal_training(*classifiers, X, 1e-9)


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "elu", "leaky_relu", "tanh"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_fit_equals_autograd_for_every_layer(activation, batch_norm):
    params = PLAIN | {"activation": activation, "batch_norm": batch_norm, "dropout": 0.3}
    classifiers = fit_both(make_dense(params=params), X, y)
    assert_equal_training(*classifiers, X, 1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"label_smoothing": 0.1, "class_weight": "balanced"},
        {"batch_size": -1},
        {"batch_size": 1, "max_epochs": 1},
        {"batch_size": 89},
        {"weight_decay": 0.0},
        {"weight_decay": 0.3},
        {"early_stopping": True},
        {"params": {}},
        {"params": {"hidden_layer_sizes": (5,), "dropout": 0.0}},
    ],
    ids=str,
)
def test_fit_equals_autograd_for_settings(settings):
    classifiers = fit_both(make_dense(**settings), X, y, sample_weight=weights)
    assert_equal_training(*classifiers, X, 1e-9)


@pytest.mark.parametrize("params", [PLAIN, {}], ids=["plain", "default"])
@pytest.mark.parametrize("sample_weight", [None, weights], ids=["", "weighted"])
def test_fit_equals_autograd_to_the_bit_in_float32(params, sample_weight):
    classifiers = fit_both(make_dense("float32", params=params), X, y, sample_weight=sample_weight)
    assert_equal_training(*classifiers, X, 0)


def test_fit_equals_autograd_on_images():
    images = rng.randint(256, size=(60, 5, 4, 3), dtype=np.uint8)
    settings = {"max_epochs": 2, "batch_size": 16, "random_state": 0, "precision": "float64"}
    classifiers = fit_both(
        lambda callbacks: ImageClassifier("mlp", callbacks=callbacks, **settings), images, y[:60]
    )
    assert_equal_training(*classifiers, images, 1e-9)


def test_fit_equals_autograd_for_layers_in_any_order():
    def build(input_shape, n_classes):
        return nn.Sequential(
            nn.Tanh(),
            Dropout(0.2),
            nn.Sequential(nn.Linear(input_shape[0], 6, bias=False), nn.Identity(), nn.Sigmoid()),
            nn.ReLU(),
            Dropout(0.0),
            nn.Linear(6, n_classes),
        )

    settings = {"max_epochs": 2, "batch_size": 16, "random_state": 0, "precision": "float64"}
    classifiers = fit_both(
        lambda callbacks: SpectrumClassifier(build, callbacks=callbacks, **settings), X, y
    )
    assert_equal_training(*classifiers, X, 1e-9)


def test_training_goes_on_as_by_autograd():
    makes = make_dense(warm_start=True, optimizer="adam", lr_schedule="cosine")
    classifiers = fit_both(makes, X, y)
    for clf in classifiers:
        clf.set_params(max_epochs=2).fit(X, y)
        clf.partial_fit(X[:30], y[:30])
    assert_equal_training(*classifiers, X, 1e-9)


def test_fit_of_net_equals_autograd():
    classifiers = fit_both(make_dense(params=PLAIN | {"dropout": 0.2}), X, y)
    for clf in classifiers:
        torch.manual_seed(1)
        clf.net_.fit(X, y)
        clf.net_.partial_fit(X[::2], y[::2])
    nets = [clf.net_ for clf in classifiers]
    losses = [net.history[:, "train_loss"] for net in nets]
    np.testing.assert_allclose(*losses, rtol=0, atol=1e-9)


class GradientReader(Callback):
    """Keeps the norm of the gradients after each epoch."""

    def on_train_begin(self, net, **kwargs):
        """Begin a list."""
        self.norms_ = []

    def on_epoch_end(self, net, **kwargs):
        """Read the gradients of the last step."""
        gradients = [parameter.grad.flatten() for parameter in net.module_.parameters()]
        self.norms_.append(float(torch.cat(gradients).norm()))


class FollowingReader(GradientReader):
    """The same, with a hook of batches."""

    def on_batch_end(self, net, **kwargs):
        """Do nothing."""


def test_gradients_can_be_read_after_an_epoch():
    norms = []
    for reader in (GradientReader(), FollowingReader()):
        clf = make_dense()(callbacks=[("reader", reader)]).fit(X, y)
        norms.append(dict(clf.net_.callbacks_)["reader"].norms_)
    np.testing.assert_allclose(*norms, rtol=0, atol=1e-9)
    assert len(norms[0]) == 3


def test_hooks_of_weights_are_called():
    calls = []

    class HookSetter(Callback):
        """Sets a hook on every weight."""

        def on_train_begin(self, net, **kwargs):
            """Set the hooks."""
            for parameter in net.module_.parameters():
                parameter.register_hook(lambda gradient: calls.append(gradient.shape))

    make_dense(max_epochs=1)(callbacks=[HookSetter()]).fit(X, y)
    assert len(calls) == 5 * 6  # batches × parameters


def test_frozen_layers_stay():
    first, last = (
        make_dense(max_epochs=n, lr_schedule="constant")(callbacks=[Freezer("0.*")]).fit(X, y)
        for n in (1, 3)
    )
    assert torch.equal(first.module_.net[0].weight, last.module_.net[0].weight)
    assert not torch.equal(first.module_.net[2].weight, last.module_.net[2].weight)
