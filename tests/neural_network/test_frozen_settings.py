"""A fitted classifier carries what it was fitted with, whatever its parameters are now."""

import pickle

import numpy as np
import pytest

from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from tests.neural_network._problems import QUICK, blobs_of_images, iris

X, y = iris()


@pytest.fixture(scope="module")
def fitted_clf():
    return SpectrumClassifier(precision="float64", **QUICK).fit(X, y)


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": "adamm"},
        {"lr": -1, "batch_size": 0, "label_smoothing": 7},
        {"lr_schedule": "none", "max_epochs": "many", "weight_decay": None},
        {"architecture": "spectrum_mpl", "architecture_params": [3], "precision": "float8"},
        {"device": "gpu"},
    ],
    ids=lambda params: next(iter(params)),
)
def test_pickle_does_not_read_current_parameters(fitted_clf, params):
    expected = fitted_clf.decision_function(X)
    changed_clf = pickle.loads(pickle.dumps(fitted_clf)).set_params(**params)
    np.testing.assert_array_equal(changed_clf.decision_function(X), expected)
    restored = pickle.loads(pickle.dumps(changed_clf))
    np.testing.assert_array_equal(restored.decision_function(X), expected)
    assert restored.get_params() == changed_clf.get_params()
    assert restored.net_.optimizer_.param_groups[0]["lr"] == 3e-3


def test_pickle_of_images_does_not_read_image_shape():
    images, labels = blobs_of_images()
    rows = images.reshape(len(images), -1)
    clf = ImageClassifier("mlp", image_shape=(8, 8), **QUICK).fit(rows, labels)
    expected = clf.decision_function(rows)
    restored = pickle.loads(pickle.dumps(clf.set_params(image_shape=(4, 16))))
    np.testing.assert_array_equal(restored.decision_function(rows), expected)


@pytest.mark.parametrize("settings", [None, {"architecture": "spectrum_mlp"}, {"unheard_of": 1}])
def test_setstate_refuses_files_of_another_format(fitted_clf, settings):
    state = fitted_clf.__getstate__() | {"_settings": settings, "_sklvision_version": "0.0.1"}
    with (
        pytest.warns(UserWarning, match="was saved by sklvision 0.0.1"),
        pytest.raises(
            ValueError, match=r"format of another version, sklvision 0\.0\.1.*fit it again"
        ),
    ):
        SpectrumClassifier().__setstate__(state)


@pytest.mark.parametrize("random_state", [0, None])
def test_warm_start_holds_out_the_same_samples(random_state):
    """The held-out samples are in no training batch, which an augmenter records."""
    rng = np.random.RandomState(0)
    rows = np.c_[np.arange(60), rng.normal(size=(60, 4))]
    batches = []

    def record(batch):
        batches.append(batch[:, 0].numpy().copy())
        return batch

    clf = SpectrumClassifier(
        augment=record,
        early_stopping=True,
        warm_start=True,
        max_epochs=1,
        random_state=random_state,
    )
    training_sets = []
    for _ in range(4):
        batches.clear()
        clf.fit(rows, np.arange(60) % 2)
        training_sets.append(set(np.concatenate(batches)))
        clf = pickle.loads(pickle.dumps(clf.set_params(augment=None))).set_params(augment=record)
    assert len(training_sets[0]) == 54
    assert all(ids == training_sets[0] for ids in training_sets)
