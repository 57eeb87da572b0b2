"""Augmenters inside the training of the classifiers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import (
    Compose,
    GaussianNoise,
    RandomFlip,
    RandomRotation,
    RandomShift,
    SpectralGain,
    SpectralShift,
)
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

from ._augmenters import CLASSES, changing

SMALL = {
    "architecture": "mlp",
    "architecture_params": {"hidden_layer_sizes": (16,)},
    "max_epochs": 2,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:150].reshape(-1, 8, 8).astype(np.uint8), y[:150]


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.module_.parameters()])


def problem(name, digits):
    if name.startswith("Spectral"):
        model = SpectrumClassifier(**{**SMALL, "architecture": "spectrum_mlp"})
        return model, *load_iris(return_X_y=True)
    return ImageClassifier(**SMALL), *digits


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_change_training_and_not_prediction(name, digits):
    model, X, y = problem(name, digits)
    model_with_augmentation = clone(model).set_params(augment=changing(name)).fit(X, y)
    assert not np.allclose(weights(model_with_augmentation), weights(model.fit(X, y)))
    probabilities = model_with_augmentation.predict_proba(X)
    np.testing.assert_array_equal(model_with_augmentation.predict_proba(X), probabilities)
    np.testing.assert_array_equal(model_with_augmentation.predict_proba(X[:8]), probabilities[:8])


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_in_training_follow_the_seed_of_the_classifier(name, digits):
    model, X, y = problem(name, digits)
    model.set_params(augment=changing(name, random_state=5))
    state = np.random.get_state()[1].copy()
    first = weights(model.fit(X, y))
    np.testing.assert_array_equal(weights(clone(model).fit(X, y)), first)
    # The augmenter's own seed is for pipelines.
    model.set_params(augment__random_state=6)
    np.testing.assert_array_equal(weights(model.fit(X, y)), first)
    assert not np.allclose(weights(model.set_params(random_state=1).fit(X, y)), first)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_augmenters_in_training_are_searched(digits):
    X, y = digits
    pipeline = make_pipeline(ImageClassifier(augment=RandomRotation(), **SMALL))
    grid = {"imageclassifier__augment__degrees": [0, 15, 90]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert len(set(search.cv_results_["mean_test_score"])) > 1
    best_degrees = search.best_params_["imageclassifier__augment__degrees"]
    assert search.best_estimator_[-1].augment.degrees == best_degrees


def test_compose_in_training_is_searched_by_part(digits):
    X, y = digits
    model = ImageClassifier(augment=Compose([RandomFlip(), RandomShift(1, 1)]), **SMALL)
    grid = {
        "augment__randomshift__height": [0, 3],
        "augment__randomflip": ["passthrough", RandomFlip("both")],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_augmenters_in_training_may_be_a_list(digits):
    X, y = digits
    model = ImageClassifier(augment=[RandomFlip(), RandomShift()], **SMALL).fit(X, y)
    assert model.predict(X).shape == y.shape


def test_augmenters_train_in_double_precision(digits):
    X, y = digits
    compose = Compose([RandomRotation(), GaussianNoise()])
    model = ImageClassifier(augment=compose, precision="float64", **SMALL).fit(X, y)
    assert np.isfinite(model.loss_curve_).all()


def test_random_shift_in_training_helps_with_shifted_digits():
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 8, 8)
    train, test = slice(0, 1000), slice(1000, None)
    settings = {**SMALL, "architecture_params": {"hidden_layer_sizes": (128,)}, "max_epochs": 15}
    plain = ImageClassifier(**settings).fit(images[train], y[train])
    shifts = RandomShift(2, 2, fill="constant")
    model_with_augmentation = ImageClassifier(augment=shifts, **settings).fit(
        images[train], y[train]
    )
    shifted_images = RandomShift(2, 2, fill="constant", random_state=0).fit_transform(images[test])
    assert (
        model_with_augmentation.score(shifted_images, y[test])
        > plain.score(shifted_images, y[test]) + 0.1
    )


def test_spectral_augmenters_in_training_help_with_drift():
    """Narrow peaks at two places, and a spectrometer out of calibration."""
    rng = np.random.default_rng(0)
    y, bands = np.arange(300) % 2, np.arange(40)
    center = np.array([15.0, 19.0])[y][:, None]
    X = np.exp(-((bands - center) ** 2)) + rng.normal(0, 0.05, (300, 40))
    drift = Compose([SpectralShift(1.9), SpectralGain(0.3)], random_state=0)
    drifted = drift.fit_transform(X)
    settings = {"max_epochs": 15, "random_state": 0}
    scores = [
        SpectrumClassifier(augment=augment, **settings)
        .fit(X[:100], y[:100])
        .score(drifted[150:], y[150:])
        for augment in (None, drift)
    ]
    assert scores[1] > max(scores[0], 0.95)
