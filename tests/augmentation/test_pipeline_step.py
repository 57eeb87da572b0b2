"""Augmenters as steps of a pipeline: fit_transform draws once, transform changes nothing."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from sklvision.augmentation import (
    Compose,
    GaussianNoise,
    RandomBrightness,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomShift,
    SpectralGain,
    SpectralShift,
)
from sklvision.image import FlattenImages

from ._augmenters import CLASSES, changing, idle, samples_for

OF_TABLES = [
    GaussianNoise(),
    SpectralShift(),
    SpectralGain(),
    Compose([SpectralShift(), GaussianNoise()]),
]
# By definition: scikit-learn expects fit_transform(X) to be fit(X).transform(X) in these.
BY_DEFINITION = {
    "check_transformer_general": "fit_transform varies the samples, transform does not",
    "check_transformer_data_not_an_array": "fit_transform varies the samples, transform does not",
}


def battery(augmenter, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return check_estimator(augmenter, on_skip=None, on_fail=None, **options)


@pytest.mark.parametrize("augmenter", OF_TABLES, ids=str)
def test_augmenters_pass_checks_of_scikit_learn(augmenter):
    """All passes but what contradicts the definition, and that fails for no other reason."""
    results = battery(augmenter, expected_failed_checks=BY_DEFINITION)
    assert len(results) > 40
    failures = {r["check_name"]: r for r in results if r["status"] != "passed"}
    assert {name: r["status"] for name, r in failures.items()} == dict.fromkeys(
        BY_DEFINITION, "xfail"
    )
    for result in failures.values():
        assert "fit_transform and transform outcomes not consistent" in str(result["exception"])


@pytest.mark.parametrize("name", ["Compose", "GaussianNoise", "SpectralGain", "SpectralShift"])
def test_augmenters_of_zero_magnitude_pass_all_checks(name):
    augmenter = Compose([SpectralShift(0.0), GaussianNoise(0.0)])
    results = battery(augmenter if name == "Compose" else idle(name))
    assert [(r["check_name"], r["exception"]) for r in results if r["status"] != "passed"] == []


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_change_in_fit_transform_alone(name):
    X = samples_for(name)
    augmenter = changing(name, random_state=0)
    new = augmenter.fit_transform(X)
    assert new.shape == X.shape
    assert new.dtype == X.dtype
    assert (new != X).any(axis=tuple(range(1, X.ndim))).mean() > 0.6
    assert len(np.unique(new - X, axis=0)) > 20
    np.testing.assert_array_equal(augmenter.transform(X), X)
    np.testing.assert_array_equal(augmenter.transform(X[3:4]), X[3:4])


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_fit_transform_follows_the_seed(name):
    X = samples_for(name)
    first = changing(name, random_state=0).fit_transform(X)
    np.testing.assert_array_equal(changing(name, random_state=0).fit_transform(X), first)
    assert (changing(name, random_state=1).fit_transform(X) != first).any()
    unseeded = changing(name)
    assert (unseeded.fit_transform(X) != unseeded.fit_transform(X)).any()
    state = np.random.RandomState(0)
    seeded_by_state = changing(name, random_state=state)
    assert (seeded_by_state.fit_transform(X) != seeded_by_state.fit_transform(X)).any()


@pytest.mark.parametrize("random_state", [0, None])
@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_fit_transform_leaves_global_generators_unchanged(name, random_state):
    numpys, torchs = np.random.get_state()[1].copy(), torch.get_rng_state()
    changing(name, random_state=random_state).fit_transform(samples_for(name))
    np.testing.assert_array_equal(np.random.get_state()[1], numpys)
    assert torch.equal(torch.get_rng_state(), torchs)


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_clone_and_pickle(name):
    X = samples_for(name)
    augmenter = changing(name, random_state=0)
    expected = augmenter.fit_transform(X)
    for clone_of_augmenter in (
        clone(augmenter),
        copy.deepcopy(augmenter),
        pickle.loads(pickle.dumps(augmenter)),
        pickle.loads(pickle.dumps(clone(augmenter))),
    ):
        assert repr(clone_of_augmenter) == repr(augmenter)
        np.testing.assert_array_equal(clone_of_augmenter.fit_transform(X), expected)
    assert repr(augmenter).startswith(f"{name}(")
    assert repr(CLASSES[name]()) == f"{name}()"


def test_augmenters_in_a_pipeline_leave_predictions_deterministic():
    X, y = load_digits(return_X_y=True)
    noisy = make_pipeline(GaussianNoise(1.0, random_state=0), LogisticRegression(max_iter=300))
    noisy.fit(X[:300], y[:300])
    np.testing.assert_array_equal(noisy.predict_proba(X[300:]), noisy.predict_proba(X[300:]))
    # What it was trained on was varied.
    plain = LogisticRegression(max_iter=300).fit(X[:300], y[:300])
    assert not np.allclose(noisy[-1].coef_, plain.coef_)


def test_augmenters_are_searched_in_a_pipeline():
    X, y = load_digits(return_X_y=True)
    images, y = X.reshape(-1, 8, 8)[:240], y[:240]
    pipeline = make_pipeline(
        Compose([RandomRotation(10), RandomShift(1, 1)], random_state=0),
        FlattenImages(),
        LogisticRegression(max_iter=200, tol=1e-2),
    )
    grid = {
        "compose__randomrotation__degrees": [0, 20],
        "compose__randomshift": ["passthrough", RandomShift(2, 2, fill="constant")],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(images, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) > 1
    assert scores.max() > 0.7
    np.testing.assert_array_equal(search.predict(images), search.predict(images))
    second_search = clone(search).fit(images, y)
    np.testing.assert_array_equal(second_search.cv_results_["mean_test_score"], scores)


def test_augmenters_leave_test_folds_unchanged():
    """Fully erased images can't be distinguished; all images of the test folds are erased."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    images = rng.uniform(0, 0.1, (200, 6, 6)) + y[:, None, None]
    pipeline = make_pipeline(
        RandomErasing(1.0, value=0.0, p=0.3, random_state=0), FlattenImages(), LogisticRegression()
    )
    assert cross_val_score(pipeline, images, y).min() == 1.0


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f2", "f4", "f8", ">f4", ">i2", "bool"])
def test_augmenters_keep_the_dtype_of_images(dtype):
    images = np.random.default_rng(0).integers(0, 100, (20, 5, 6))
    images = images > 50 if dtype == "bool" else images.astype(dtype)
    new = RandomRotation(90, random_state=0).fit_transform(images)
    assert new.dtype == images.dtype
    assert (new != images).any()
    assert RandomRotation().fit(images).transform(images).dtype == images.dtype


def test_augmenters_round_and_clip_integers():
    images = np.random.default_rng(0).integers(0, 256, (50, 5, 6), dtype=np.uint8)
    bright = RandomBrightness(0.9, contrast=0.5, random_state=0)
    floats = bright.fit_transform(images.astype(np.float32))
    assert floats.min() < 0
    assert floats.max() > 255
    expected = floats.round().clip(0, 255)
    np.testing.assert_array_equal(bright.fit_transform(images), expected)
    wide = np.full((3, 2, 2), np.iinfo(np.int64).max)
    assert RandomBrightness(0.5, random_state=1).fit_transform(wide).min() > 0


def test_augmenters_convert_tables_to_floats():
    counts = np.arange(12).reshape(3, 4)
    augmenter = SpectralGain(random_state=0)
    assert augmenter.fit_transform(counts).dtype == np.float64
    assert augmenter.transform(counts).dtype == np.float64
    assert augmenter.fit_transform(counts.astype(np.float32)).dtype == np.float32


def test_augmenters_keep_names_of_tables():
    table = pd.DataFrame(np.arange(12.0).reshape(3, 4)).add_prefix("nm")
    noise = GaussianNoise(random_state=0).set_output(transform="pandas")
    new = noise.fit_transform(table)
    assert list(new.columns) == list(table.columns) == list(noise.feature_names_in_)
    assert (new != table).all(axis=None)
    pd.testing.assert_frame_equal(noise.transform(table), table)
    with pytest.raises(ValueError, match="feature names"):
        noise.transform(table.rename(columns={"nm1": "other"}))


def test_augmenters_refuse_data_frames_of_images():
    images = samples_for("RandomFlip")
    with pytest.raises(ValueError, match="RandomFlip outputs images"):
        RandomFlip().set_output(transform="pandas")
    noise = GaussianNoise().set_output(transform="pandas")
    with pytest.raises(ValueError, match="GaussianNoise outputs images"):
        noise.fit_transform(images)
    assert not hasattr(RandomFlip(), "get_feature_names_out")
    assert not hasattr(GaussianNoise().fit(images), "get_feature_names_out")
    assert GaussianNoise().fit(images[:, 0, :, 0]).get_feature_names_out()[0] == "x0"


def test_augmenters_refuse_other_shapes_than_in_fit():
    images = samples_for("RandomFlip")
    with pytest.raises(NotFittedError):
        RandomFlip().transform(images)
    flip, noise = RandomFlip().fit(images), GaussianNoise().fit(images)
    assert flip.input_shape_ == (9, 11, 3)
    assert flip.n_features_in_ == 9
    for wrong in (images[:, 1:], images[..., 0], images[..., :2]):
        for augmenter in (flip, noise):
            with pytest.raises(ValueError, match=r"fitted on images of shape \(9, 11, 3\)"):
                augmenter.transform(wrong)
    with pytest.raises(ValueError, match="fitted on images of shape"):
        noise.transform(images.reshape(len(images), -1))


@pytest.mark.parametrize(
    ("augmenter", "X", "message"),
    [
        (RandomFlip(), np.zeros((4, 10)), r"RandomFlip expects \(n, height, width\) or"),
        (RandomFlip(), np.zeros((4, 3, 3, 3, 1)), "RandomFlip expects"),
        (SpectralShift(), np.zeros((4, 3, 3)), r"SpectralShift expects \(n, n_features\)"),
        (GaussianNoise(), np.zeros(4), r"shape \(4,\)"),
        (GaussianNoise(), [np.zeros((2, 2)), np.zeros((3, 2))], "shape"),
        (GaussianNoise(), np.full((4, 3, 3), np.nan), "NaN"),
        (RandomFlip(), np.zeros((0, 3, 3)), "0 sample"),
        (RandomFlip(), np.zeros((2, 0, 3)), "no values"),
        (GaussianNoise(), None, "single value"),
    ],
)
def test_augmenters_refuse_data_of_another_kind(augmenter, X, message):
    with pytest.raises(ValueError, match=message):
        clone(augmenter).fit(X)
    with pytest.raises(ValueError, match=message):
        clone(augmenter).fit_transform(X)


def test_augmenters_name_the_collection_for_a_path():
    with pytest.raises(TypeError, match=r"the path 'images/'.*ImageCollection\(files\)"):
        RandomFlip().fit("images/")


def test_augmenters_take_lists_and_read_only_arrays():
    images = samples_for("RandomFlip", channels=1)[..., 0]
    expected = RandomShift(random_state=0).fit_transform(images)
    images.flags.writeable = False
    for container in (images, list(images), images.tolist(), np.asfortranarray(images)):
        np.testing.assert_array_equal(
            RandomShift(random_state=0).fit_transform(container), expected
        )


def test_augmenters_augment_large_data_in_chunks():
    images = np.tile(samples_for("RandomFlip", n=1, channels=1), (30, 25, 25, 10))
    assert images.size > 2**20
    new = RandomShift(3, 3, random_state=0).fit_transform(images)
    assert len({image.tobytes() for image in new[:, :20, :20]}) > 20


def test_augmenters_leave_collections_unread_in_transform(tmp_path):
    image = pytest.importorskip("PIL.Image")
    from sklvision.datasets import ImageCollection

    pixels = np.random.default_rng(0).integers(0, 256, (12, 8, 6), dtype=np.uint8)
    files = [tmp_path / f"{i:02}.png" for i in range(12)]
    for array, file in zip(pixels, files, strict=True):
        image.fromarray(array).save(file)
    lazy = ImageCollection(files)
    rotation = RandomRotation(random_state=0).fit(lazy)
    assert rotation.transform(lazy) is lazy
    np.testing.assert_array_equal(rotation.fit_transform(lazy), rotation.fit_transform(pixels))
    with pytest.raises(ValueError, match="fitted on images of shape"):
        rotation.transform(ImageCollection(files, size=5))
