"""``net_`` is a net of skorch: what skorch documents holds for it."""

from __future__ import annotations

import io
from copy import deepcopy
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    Freezer,
    LRScheduler,
    PrintLog,
)
from skorch.dataset import Dataset, ValidSplit
from torch import nn
from torch.utils.data import DataLoader

from sklvision.datasets import load_image_folder
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

from ._problems import blobs_of_images, iris

X, y = iris()
X = X.astype(np.float32)
SMALL = {"architecture_params": {"hidden_layer_sizes": (8,), "dropout": 0.0}, "random_state": 0}


def classifier(**params):
    return SpectrumClassifier(**{"max_epochs": 4, "batch_size": 32} | SMALL | params)


@pytest.fixture(scope="module")
def fitted_clf():
    return classifier(max_epochs=20).fit(X, y)


@pytest.fixture
def net(fitted_clf):
    """A net of its own, with the weights and history of the fitted one."""
    net_copy = clone(fitted_clf.net_).initialize()
    net_copy.module_.load_state_dict(fitted_clf.module_.state_dict())
    return net_copy


class Recorder(Callback):
    def __init__(self):
        self.calls_ = []

    def on_batch_end(self, net, training=None, **kwargs):
        self.calls_.append(training)


# Training


def test_fit_starts_anew_and_fills_the_history(net):
    torch.manual_seed(0)
    net.fit(X, y)
    assert len(net.history) == 20
    assert net.score(X, y) > 0.7
    first = net.history[:, "train_loss"]
    net.fit(X, y)
    assert len(net.history) == 20
    assert net.history[0, "train_loss"] == pytest.approx(first[0], rel=0.5)


def test_fit_learns_nothing_from_random_labels_of_other_folds(fitted_clf):
    random = np.random.RandomState(0).randint(0, 3, len(X))
    assert cross_val_score(fitted_clf.net_, X, random, cv=3).mean() < 0.6


def test_partial_fit_continues(net):
    torch.manual_seed(0)
    score_before = net.score(X, y)
    net.partial_fit(X, y).partial_fit(X, y)
    assert len(net.history) == 40
    assert net.score(X, y) >= score_before - 0.05


def test_partial_fit_of_the_classifier_continues_after_fit_of_the_net():
    clf = classifier().fit(X, y)
    clf.net_.set_params(max_epochs=3).fit(X, y)
    assert clf.partial_fit(X, y).n_iter_ == 4
    np.testing.assert_array_equal(clf.predict(X), clf.net_.predict(X))


def test_partial_fit_is_the_warm_start_of_the_classifier():
    """In one batch without dropout nothing is drawn."""
    clf = classifier(batch_size=-1, lr_schedule="constant", warm_start=True).fit(X, y)
    net = clone(clf.net_).initialize()
    net.module_.load_state_dict(clf.module_.state_dict())
    net.optimizer_.load_state_dict(deepcopy(clf.net_.optimizer_.state_dict()))
    net.partial_fit(X, y)
    np.testing.assert_allclose(net.predict_proba(X), clf.fit(X, y).predict_proba(X), atol=1e-5)


def test_fit_takes_a_validation_split_and_datasets(net):
    net.set_params(train_split=ValidSplit(3, stratified=True)).fit(X, y)
    assert {"valid_loss", "valid_acc", "valid_batch_count"} <= set(net.history[-1])
    assert net.history[-1, "valid_batch_count"] == 2
    net.set_params(train_split=None).fit(Dataset(X, y.astype(np.int64)), None)
    assert "valid_loss" not in net.history[-1]


def test_fit_takes_a_dataloader(fitted_clf):
    net = clone(fitted_clf.net_)
    net.set_params(iterator_train=DataLoader, iterator_train__drop_last=True, max_epochs=2)
    net.fit(X, y)
    assert net.history[-1, "train_batch_count"] == 4


@pytest.mark.parametrize("iterator", [None, DataLoader])
def test_fit_takes_weights_as_a_dict(fitted_clf, iterator):
    """A class of weight zero is not learned."""
    torch.manual_seed(0)
    net = clone(fitted_clf.net_).set_params(lr=0.05)
    if iterator is not None:
        net.set_params(iterator_train=iterator)
    weights = (y != 2).astype(np.float32)
    net.fit({"X": X, "sample_weight": weights}, y)
    assert 2 not in net.predict(X)
    with pytest.raises(ValueError, match="lengths"):
        net.fit({"X": X, "sample_weight": weights[:9]}, y)


def test_fit_of_images_of_a_collection(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    images, labels = blobs_of_images(n=12)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / str(label) / f"{i}.png")
    bunch = load_image_folder(tmp_path)
    scores = []
    for data in (bunch.data, np.asarray(bunch.data)):
        scoring = EpochScoring("accuracy", name="a", lower_is_better=False, use_caching=False)
        clf = ImageClassifier(
            "mlp", max_epochs=2, early_stopping=True, callbacks=[scoring], random_state=0
        ).fit(data, bunch.target)
        scores.append([(epoch["a"], epoch["valid_acc"]) for epoch in clf.history_])
    assert scores[0] == scores[1]
    assert [a for a, _ in scores[0]] == [valid for _, valid in scores[0]]


# Prediction


def test_predict_agrees_with_the_classifier(net, fitted_clf):
    np.testing.assert_array_equal(net.predict(X), fitted_clf.predict(X))
    np.testing.assert_allclose(net.predict_proba(X), fitted_clf.predict_proba(X), atol=1e-5)
    assert net.score(X, y) == fitted_clf.score(X, y)


def test_infer_takes_arrays_and_tensors(net, fitted_clf):
    for batch in (X[:5], torch.from_numpy(X[:5]), {"X": X[:5]}):
        with torch.no_grad():
            logits = net.module_.eval() and net.infer(batch)
        np.testing.assert_allclose(logits, fitted_clf.decision_function(X[:5]), atol=1e-4)


# Parameters


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
    grid = {"lr": [1e-6, 1e-2], "max_epochs": [8]}
    search = GridSearchCV(fitted_clf.net_, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["lr"] == 1e-2
    assert search.best_score_ > 0.7


def test_clone_is_not_fitted(fitted_clf):
    net_copy = clone(fitted_clf.net_)
    assert not net_copy.initialized_
    assert net_copy.get_params()["weight_decay"] == fitted_clf.weight_decay
    assert clone(net_copy).lr == fitted_clf.lr


# Files


def test_save_params_and_load_params(net, fitted_clf, tmp_path):
    params, optimizer = io.BytesIO(), io.BytesIO()
    net.partial_fit(X, y)
    net.save_params(f_params=params, f_optimizer=optimizer)
    for file in (params, optimizer):
        file.seek(0)
    other_net = clone(net).initialize()
    other_net.load_params(f_params=params, f_optimizer=optimizer)
    np.testing.assert_array_equal(other_net.predict_proba(X), net.predict_proba(X))
    states = [part.optimizer_.state_dict()["state"] for part in (net, other_net)]
    assert states[0].keys() == states[1].keys()
    fitted_clf.net_.save_params(f_history=tmp_path / "history.json")
    other_net.load_params(f_history=tmp_path / "history.json")
    assert other_net.history[:, "train_batch_count"] == 20 * [5]


def test_load_params_changes_predictions_of_the_classifier(net):
    file = io.BytesIO()
    net.save_params(f_params=file)
    file.seek(0)
    clf = classifier().fit(X, y)
    probabilities = clf.predict_proba(X)
    clf.net_.load_params(f_params=file)
    np.testing.assert_allclose(clf.predict_proba(X), net.predict_proba(X), atol=1e-5)
    assert np.abs(probabilities - clf.predict_proba(X)).max() > 0.01


# Callbacks


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


# What does not fit


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


# Divergence


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
