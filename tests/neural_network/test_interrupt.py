"""Trainings that end before their last epoch: by an interrupt or a time limit."""

import pickle
import time

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier

from ._problems import blobs_of_images, iris

X, y = iris()


class Interrupt(Callback):
    """Interrupts an epoch of a training, at its beginning, in it or at its end."""

    def __init__(self, epoch, hook):
        self.epoch, self.hook = epoch, hook
        setattr(self, hook, self.interrupt)

    def interrupt(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise KeyboardInterrupt


def make_classifier(hook="on_batch_end", epoch=3, **params):
    callbacks = [Interrupt(epoch, hook)]
    defaults = {"max_epochs": 9, "lr_schedule": "constant", "random_state": 0}
    return SpectrumClassifier(callbacks=callbacks, **(defaults | params))


def fit_and_interrupt(clf, match):
    with pytest.warns(UserWarning, match=match), pytest.raises(KeyboardInterrupt):
        clf.fit(X, y)
    return clf


@pytest.mark.parametrize(
    ("hook", "n_epochs"),
    [("on_epoch_begin", 2), ("on_batch_begin", 2), ("on_batch_end", 2), ("on_epoch_end", 3)],
)
def test_fit_that_is_interrupted_keeps_the_last_whole_epoch(hook, n_epochs):
    clf = fit_and_interrupt(make_classifier(hook), f"after epoch {n_epochs} of 9")
    plain_clf = SpectrumClassifier(max_epochs=n_epochs, lr_schedule="constant", random_state=0)
    plain_clf.fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), plain_clf.predict_proba(X), rtol=1e-5)
    assert clf.n_iter_ == len(clf.history_) == len(clf.loss_curve_) == n_epochs
    assert not clf.module_.training
    loaded_clf = pickle.loads(pickle.dumps(clf.set_params(callbacks=None)))
    np.testing.assert_array_equal(loaded_clf.predict(X), clf.predict(X))


def test_fit_with_early_stopping_that_is_interrupted_keeps_the_best_weights():
    params = {"early_stopping": True, "lr": 0.1, "validation_fraction": 0.3}
    clf = fit_and_interrupt(make_classifier(epoch=8, **params), "after epoch 7 of 9")
    ended = SpectrumClassifier(max_epochs=7, lr_schedule="constant", random_state=0, **params)
    ended.fit(X, y)
    assert clf.validation_scores_ == ended.validation_scores_
    np.testing.assert_allclose(clf.predict_proba(X), ended.predict_proba(X), rtol=1e-5)


def test_first_fit_that_is_interrupted_in_its_first_epoch_stays_unfitted():
    clf = make_classifier(epoch=1)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y)
    with pytest.raises(NotFittedError):
        clf.predict(X)


def test_warm_start_that_is_interrupted_keeps_the_epochs_before():
    clf = SpectrumClassifier(max_epochs=2, warm_start=True, random_state=0).fit(X, y)
    expected = clf.predict_proba(X)
    clf.set_params(callbacks=[Interrupt(3, "on_batch_end")])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), expected)
    clf.set_params(callbacks=[Interrupt(4, "on_batch_end")])
    assert fit_and_interrupt(clf, "after epoch 1 of 2").n_iter_ == 3


def test_images_are_classified_after_an_interrupt():
    images, labels = blobs_of_images()
    clf = ImageClassifier(callbacks=[Interrupt(2, "on_batch_end")], max_epochs=4, random_state=0)
    with pytest.warns(UserWarning, match="epoch 1 of 4"), pytest.raises(KeyboardInterrupt):
        clf.fit(images, labels)
    assert clf.predict(images).shape == labels.shape


class Wait(Callback):
    def on_epoch_end(self, net, **kwargs):
        time.sleep(0.02)


def test_time_limit_ends_the_training_after_the_current_epoch():
    clf = SpectrumClassifier(max_epochs=10**4, time_limit=0.1, callbacks=[Wait()], random_state=0)
    with pytest.warns(UserWarning, match=r"time_limit=0.1 seconds, after epoch \d of 10000\."):
        clf.fit(X, y)
    assert 1 <= clf.n_iter_ <= 5
    assert clf.predict(X).shape == y.shape


def test_time_limit_that_is_not_reached_changes_nothing(recwarn):
    params = {"max_epochs": 2, "random_state": 0}
    limited_clf = SpectrumClassifier(time_limit=1e6, **params).fit(X, y)
    expected = SpectrumClassifier(**params).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(limited_clf.predict_proba(X), expected)
    # The last epoch ends anyway.
    SpectrumClassifier(time_limit=1e-9, max_epochs=1, random_state=0).fit(X, y)
    assert not recwarn.list


@pytest.mark.parametrize("value", [0, -1, "1 hour"])
def test_time_limit_must_be_positive(value):
    with pytest.raises(ValueError, match="'time_limit'"):
        SpectrumClassifier(time_limit=value).fit(X, y)


def test_batched_search_fits_candidates_with_a_time_limit_alone():
    clf = SpectrumClassifier(max_epochs=2, time_limit=1e6, random_state=0)
    search = BatchedGridSearchCV(clf, {"lr": [1e-3, 1e-2]}, cv=2).fit(X, y)
    assert list(search.not_batched_) == ["time_limit needs a training of its own"]
