"""Predictions averaged over views."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision.augmentation import TestTimeAugmentation
from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages


class Corner(ClassifierMixin, BaseEstimator):
    """Probability of "bright": the value of the top left pixel."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        bright = np.asarray(X, dtype=float).reshape(len(X), -1)[:, 0]
        return np.column_stack([bright, 1 - bright])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


LABELS = ["bright", "dark"]


@pytest.mark.parametrize(
    ("flip", "corners"),
    [
        (None, [(0, 0)]),
        ("horizontal", [(0, 0), (0, -1)]),
        ("vertical", [(0, 0), (-1, 0)]),
        ("both", [(0, 0), (0, -1), (-1, 0), (-1, -1)]),
    ],
)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_time_augmentation_flips_bring_corners_to_the_top_left(flip, corners, channels):
    X = np.random.default_rng(0).random((2, 4, 5, *channels))
    model = TestTimeAugmentation(Corner(), flip=flip).fit(X, LABELS)
    expected = np.mean([X[:, row, column].reshape(2, -1)[:, 0] for row, column in corners], axis=0)
    np.testing.assert_allclose(model.predict_proba(X)[:, 0], expected)
    assert model.n_views_ == len(corners)


def test_time_augmentation_shifts_by_pixels_and_repeats_the_edge():
    X = np.random.default_rng(1).random((2, 6, 7))
    model = TestTimeAugmentation(Corner(), flip=None, shift=2).fit(X, LABELS)
    # Moved down or right, the corner's own pixel is repeated; moved up or left, it is left behind.
    expected = (3 * X[:, 0, 0] + X[:, 2, 0] + X[:, 0, 2]) / 5
    np.testing.assert_allclose(model.predict_proba(X)[:, 0], expected)
    assert model.n_views_ == 5


@given(
    flip=st.sampled_from(["horizontal", "vertical", "both"]),
    shift=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_time_augmentation_is_invariant_to_flips(flip, shift, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.random((20, 3, 4)), np.arange(20) % 2
    plain = make_pipeline(FlattenImages(), LogisticRegression())
    model = TestTimeAugmentation(plain, flip=flip, shift=shift).fit(X, y)
    mirror_images = X[:, ::-1] if flip == "vertical" else X[:, :, ::-1]
    np.testing.assert_allclose(model.predict_proba(X), model.predict_proba(mirror_images))
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(model.predict_proba(X)))


def test_time_augmentation_of_one_view_is_the_classifier():
    rng = np.random.default_rng(0)
    X, y = rng.random((30, 3, 4)), np.array(["no", "yes"])[np.arange(30) % 2]
    plain = make_pipeline(FlattenImages(), LogisticRegression())
    model = TestTimeAugmentation(plain, flip=None).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), clone(plain).fit(X, y).predict_proba(X))
    assert set(model.predict(X)) == {"no", "yes"}


def test_time_augmentation_predicts_alike_for_collections(tmp_path):
    X = np.random.default_rng(0).integers(0, 255, (8, 5, 6), dtype=np.uint8)
    for i, image in enumerate(X):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    lazy, y = ImageCollection(sorted(tmp_path.glob("*.png"))), [0, 1] * 4
    plain = make_pipeline(FlattenImages(), LogisticRegression())
    eager = TestTimeAugmentation(plain, flip="both", shift=1).fit(X, y)
    model = TestTimeAugmentation(plain, flip="both", shift=1).fit(lazy, y)
    np.testing.assert_allclose(model.predict_proba(lazy), eager.predict_proba(X))


def test_time_augmentation_is_searched_and_keeps_settings():
    rng = np.random.default_rng(0)
    X, y = rng.random((30, 3, 4)), np.arange(30) % 2
    plain = make_pipeline(FlattenImages(), LogisticRegression())
    grid = {"flip": [None, "both"], "estimator__logisticregression__C": [0.1, 1]}
    search = GridSearchCV(TestTimeAugmentation(plain), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    model = TestTimeAugmentation(plain).fit(X, y)
    probabilities = model.predict_proba(X)
    model.set_params(flip=None, shift=3)
    np.testing.assert_array_equal(model.predict_proba(X), probabilities)


def test_time_augmentation_passes_sample_weights():
    rng = np.random.default_rng(0)
    X, y = rng.random((30, 3, 4)), np.arange(30) % 2
    weight = np.where(y, 1.0, 100.0)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        plain = make_pipeline(FlattenImages(), inner)
        model = TestTimeAugmentation(plain).fit(X, y, sample_weight=weight)
    assert model.predict(X).mean() == 0
    fit_params = {"logisticregression__sample_weight": weight}
    plain = make_pipeline(FlattenImages(), LogisticRegression())
    assert TestTimeAugmentation(plain).fit(X, y, **fit_params).predict(X).mean() == 0


def test_time_augmentation_names_wrong_parameters():
    X, y = np.zeros((4, 3, 3)), [0, 1, 0, 1]
    with pytest.raises(ValueError, match=r"'estimator' parameter.*'predict_proba'"):
        TestTimeAugmentation(RidgeClassifier()).fit(X, y)
    with pytest.raises(ValueError, match=r"\(4, 9\), but TestTimeAugmentation expects \(n, height"):
        TestTimeAugmentation(LogisticRegression()).fit(X.reshape(4, 9), y)
    with pytest.raises(ValueError, match="flip"):
        TestTimeAugmentation(Corner(), flip="diagonal").fit(X, y)
    with pytest.raises(ValueError, match="shift"):
        TestTimeAugmentation(Corner(), shift=-1).fit(X, y)


def test_fit_names_that_there_are_no_images():
    with pytest.raises(ValueError, match="0 samples; TestTimeAugmentation needs at least one"):
        TestTimeAugmentation(LogisticRegression()).fit(np.empty((0, 8, 8)), [])


def test_fit_refuses_several_labels_per_image():
    images = np.random.default_rng(0).integers(0, 255, (10, 8, 8), dtype=np.uint8)
    labels = [(0, "a"), (1, "b")] * 5
    voter = TestTimeAugmentation(
        make_pipeline(FlattenImages(), DecisionTreeClassifier()), flip=None, shift=2
    )
    with pytest.raises(ValueError, match="y must hold one label per image, got shape"):
        voter.fit(images, labels)
