"""Callbacks of skorch in ``net_`` and in the constructor, and divergence."""

from __future__ import annotations

from unittest.mock import Mock

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    Freezer,
    LRScheduler,
    PrintLog,
)
from torch import nn

from ._nets import Recorder, X, classifier, y


@pytest.mark.parametrize("verbose", [0, 1])
def test_printing_callbacks_follow_verbose(capsys, verbose):
    callbacks = [PrintLog(), EarlyStopping("train_loss", patience=1, threshold=10)]
    classifier(verbose=verbose, callbacks=callbacks).fit(X, y)
    out = capsys.readouterr().out
    assert ("train_loss" in out, "Stopping since" in out) == (bool(verbose), bool(verbose))


def test_early_stopping_of_skorch_ends_the_training_of_the_net(net):
    stop = EarlyStopping("train_loss", patience=2, threshold=10)
    net.set_params(callbacks=[stop], max_epochs=30).fit(X, y)
    assert len(net.history) == 3


def test_early_stopping_of_skorch_needs_validation_data():
    with pytest.raises(ValueError, match="early_stopping=True to hold samples out"):
        classifier(callbacks=[EarlyStopping()]).fit(X, y)
    clf = classifier(callbacks=[EarlyStopping()], early_stopping=True)
    assert clf.fit(X, y).n_iter_ == 4


@pytest.mark.filterwarnings("ignore:Training was interrupted")
@pytest.mark.parametrize("hook", ["on_epoch_end", "on_batch_end", "on_epoch_begin"])
def test_an_interrupt_in_a_callback_reaches_the_caller(hook):
    """Even if an EarlyStopping is about to end the training."""

    def interrupt(net, **kwargs):
        if len(net.history) == 3:
            raise KeyboardInterrupt

    callback = Callback()
    setattr(callback, hook, interrupt)
    stop = EarlyStopping("train_loss", patience=3, threshold=10, sink=lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        classifier(callbacks=[stop, callback], max_epochs=9).fit(X, y)


def test_stop_training_ends_after_the_epoch():
    class Stop(Callback):
        def on_epoch_end(self, net, **kwargs):
            net.stop_training_ = len(net.history) == 2

    clf = classifier(callbacks=[Stop]).fit(X, y)
    assert clf.n_iter_ == 2
    assert len(clf.net_.partial_fit(X, y).history) == 6


def test_batch_hooks_set_on_an_object_are_called():
    calls = []
    callback = Callback()
    callback.on_batch_end = lambda net, training, **kwargs: calls.append(training)
    mock = Mock(spec=Callback)
    classifier(callbacks=[callback, mock], max_epochs=2, early_stopping=True).fit(X, y)
    assert calls == 2 * [True, True, True, True, True, False]
    assert mock.on_batch_begin.call_count == 12
    assert mock.on_grad_computed.call_count == 10


def test_history_counts_batches():
    plain = classifier(early_stopping=True).fit(X, y)
    clf_with_callback = classifier(early_stopping=True, callbacks=[Recorder()]).fit(X, y)
    for clf in (plain, clf_with_callback):
        latest = clf.net_.history[-1]
        assert (latest["train_batch_count"], latest["valid_batch_count"]) == (5, 1)
    assert len(clf_with_callback.net_.history[-1, "batches"]) == 6


def test_names_of_parameters_are_those_of_the_architecture():
    names = set()

    class Names(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            names.update(name for name, _ in named_parameters)

    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.net = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.net(self.body(x).relu())

    module = Parts()
    params = {"architecture_params": None, "callbacks": [Names(), Freezer("body.*")]}
    clf = classifier(**params, architecture=module).fit(X, y)
    assert names == {name for name, _ in module.named_parameters()}
    assert torch.equal(clf.module_.net.body.weight, module.body.weight)
    assert not torch.equal(clf.module_.net.net.weight, module.net.weight)


def test_a_pattern_without_a_match_warns():
    with pytest.warns(UserWarning, match=r"Freezer\('net\.\*'\) matches no parameter.*0\.weight"):
        classifier(callbacks=[Freezer(["0.*", "net.*"])]).fit(X, y)


def test_a_scheduler_of_skorch_takes_the_place_of_lr_schedule(recwarn):
    decay = LRScheduler("StepLR", step_size=2, gamma=0.1)
    with pytest.warns(UserWarning, match="lr_schedule='onecycle' is not used"):
        clf = classifier(callbacks=[decay], lr=0.01).fit(X, y)
    expected = [0.01, 0.01, 0.001, 0.001]
    np.testing.assert_allclose([epoch["lr"] for epoch in clf.history_], expected)
    recwarn.clear()
    classifier(callbacks=[decay], lr_schedule="constant").fit(X, y)
    assert len(recwarn) == 0


def test_a_scheduler_of_skorch_continues_in_a_warm_start():
    decay = LRScheduler("StepLR", step_size=2, gamma=0.1)
    clf = classifier(
        callbacks=[decay], lr=0.01, lr_schedule="constant", warm_start=True, max_epochs=3
    )
    rates = [epoch["lr"] for epoch in clf.fit(X, y).fit(X, y).history_]
    np.testing.assert_allclose(rates, [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])
    assert clf.set_params(lr=1.0).fit(X, y).history_[6]["lr"] == pytest.approx(0.1)


@pytest.mark.parametrize("batch_size", [32, -1])
@pytest.mark.parametrize("lr", [1e30, 1e15])
def test_divergence_in_the_last_step_is_an_error(lr, batch_size):
    with pytest.raises(ValueError, match=r"Training diverged: .* lower learning rate"):
        classifier(max_epochs=1, lr=lr, lr_schedule="constant", batch_size=batch_size).fit(X, y)


def test_divergence_after_the_best_epoch_keeps_the_best_weights():
    """The best weights of early stopping are put back before they are checked."""

    class Spoil(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                with torch.no_grad():
                    net.module_.net[0].weight.fill_(torch.nan)

    spoilt = classifier(max_epochs=3, callbacks=[Spoil()])
    with pytest.raises(ValueError, match="weights are not finite after the last step"):
        spoilt.fit(X, y)
    clf = clone(spoilt).set_params(early_stopping=True).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
