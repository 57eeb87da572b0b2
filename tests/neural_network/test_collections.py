"""A lazy collection of files goes wherever an array of images goes."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from skorch.callbacks import EpochScoring

from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier
from tests.neural_network._problems import blobs_of_images

PIL_Image = pytest.importorskip("PIL.Image")

SETTINGS = {"max_epochs": 12, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("images")
    images, labels = blobs_of_images()
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        (path / "abc"[label]).mkdir(exist_ok=True)
        PIL_Image.fromarray(image).save(path / "abc"[label] / f"{i:02}.png")
    return path


@pytest.fixture(scope="module")
def bunch(folder):
    return load_image_folder(folder)


def test_fit_on_a_collection_is_fit_on_its_array(bunch):
    lazy = ImageClassifier(**SETTINGS).fit(bunch.data, bunch.target)
    eager = ImageClassifier(**SETTINGS).fit(np.asarray(bunch.data), bunch.target)
    assert lazy.input_shape_ == eager.input_shape_ == (8, 8, 1)
    assert lazy.n_features_in_ == eager.n_features_in_ == 8
    expected = eager.decision_function(np.asarray(bunch.data))
    np.testing.assert_array_equal(lazy.decision_function(bunch.data), expected)
    np.testing.assert_array_equal(eager.decision_function(bunch.data), expected)
    assert lazy.score(bunch.data, bunch.target) > 0.9


def test_fit_reads_images_once_for_moments_and_once_an_epoch(bunch):
    read = []
    images = bunch.data.map(lambda image: read.append(1) or image)
    ImageClassifier(**SETTINGS | {"max_epochs": 2}).fit(images, bunch.target)
    assert len(read) == 3 * len(bunch.data)


def test_fit_and_partial_fit_take_weights_and_a_collection(bunch):
    weights = np.where(bunch.target == "a", 0, 1)
    clf = ImageClassifier(early_stopping=True, class_weight="balanced", **SETTINGS)
    clf.fit(bunch.data, bunch.target, sample_weight=weights)
    assert "a" not in clf.predict(bunch.data)
    clf.partial_fit(bunch.data, bunch.target)
    assert bunch.data.files[0].encode() not in pickle.dumps(clf)


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_cross_validation_takes_a_collection(bunch, n_jobs):
    settings = {"cv": 2, "n_jobs": n_jobs, "error_score": "raise"}
    scores = cross_val_score(ImageClassifier(**SETTINGS), bunch.data, bunch.target, **settings)
    assert scores.mean() > 0.9


def test_search_takes_a_collection(bunch):
    clf = ImageClassifier(**SETTINGS | {"max_epochs": 6})
    grid = {"architecture": ["resnet8", "cifar_cnn"]}
    search = GridSearchCV(clf, grid, cv=2, error_score="raise").fit(bunch.data, bunch.target)
    assert search.best_score_ > 0.7
    baseline = make_pipeline(FlattenImages(), LogisticRegression(max_iter=2000))
    assert cross_val_predict(baseline, bunch.data, bunch.target, cv=2).shape == (60,)


def test_fit_takes_a_mapped_collection_of_colors_and_floats(bunch):
    def to_color(image):
        return np.repeat(image[..., None] / 255.0, 3, axis=-1)

    clf = ImageClassifier(**SETTINGS).fit(bunch.data.map(to_color), bunch.target)
    assert clf.input_shape_ == (8, 8, 3)
    assert clf.score(bunch.data.map(to_color), bunch.target) > 0.9


def test_fit_refuses_bad_collections(bunch, folder, tmp_path):
    clf = ImageClassifier(**SETTINGS)
    with pytest.raises(ValueError, match="0 images"):
        clf.fit(bunch.data[:0], [])
    with pytest.raises(ValueError, match=r"\[60, 59\]"):
        clf.fit(bunch.data, bunch.target[1:])
    with pytest.raises(ValueError, match="NaN or infinity"):
        clf.fit(bunch.data.map(lambda image: image / np.float32(0)), bunch.target)
    PIL_Image.new("L", (9, 9)).save(tmp_path / "other.png")
    collection = ImageCollection([*bunch.data.files, tmp_path / "other.png"])
    with pytest.raises(ValueError, match="differ in size"):
        clf.fit(collection, [*bunch.target, "a"])
    clf.fit(bunch.data, bunch.target)
    with pytest.raises(ValueError, match=r"images of shape \(9, 9, 1\)"):
        clf.predict(collection[-1:])


@pytest.mark.parametrize("use_caching", [False, True])
def test_scores_of_skorch_are_those_of_an_array(bunch, use_caching):
    def fit(X, y):
        scoring = EpochScoring("accuracy", name="score", use_caching=use_caching)
        settings = SETTINGS | {"max_epochs": 2}
        return ImageClassifier(**settings, early_stopping=True, callbacks=[scoring]).fit(X, y)

    scores = [
        [epoch["score"] for epoch in fit(X, bunch.target).history_]
        for X in (bunch.data, np.asarray(bunch.data))
    ]
    assert scores[0] == scores[1]
