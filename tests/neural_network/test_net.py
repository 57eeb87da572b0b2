"""``net_`` is a net of skorch: training, prediction and files as skorch documents them."""

from __future__ import annotations

import io
from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from skorch.callbacks import (
    EpochScoring,
)
from skorch.dataset import Dataset, ValidSplit
from torch.utils.data import DataLoader

from sklvision.datasets import load_image_folder
from sklvision.neural_network import ImageClassifier

from ._nets import X, classifier, y
from ._problems import blobs_of_images


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


def test_predict_agrees_with_the_classifier(net, fitted_clf):
    np.testing.assert_array_equal(net.predict(X), fitted_clf.predict(X))
    np.testing.assert_allclose(net.predict_proba(X), fitted_clf.predict_proba(X), atol=1e-5)
    assert net.score(X, y) == fitted_clf.score(X, y)


def test_infer_takes_arrays_and_tensors(net, fitted_clf):
    for batch in (X[:5], torch.from_numpy(X[:5]), {"X": X[:5]}):
        with torch.no_grad():
            logits = net.module_.eval() and net.infer(batch)
        np.testing.assert_allclose(logits, fitted_clf.decision_function(X[:5]), atol=1e-4)


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
