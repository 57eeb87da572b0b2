"""Recipes on real data, in one file: the same predictions as the pipeline's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklvision import recipes
from sklvision.datasets import ImageCollection, fetch_nails, load_spectra
from sklvision.export import OnnxClassifier, to_onnx
from sklvision.image import ForegroundCrop
from tests.export.graph._cases import pixels

pytestmark = pytest.mark.data


@pytest.mark.parametrize("name", ["plastics_nir_avantes", "milk_powder_nir"])
def test_to_onnx_of_the_recipe_for_spectra(name, data_home, tmp_path):
    bunch = load_spectra(data_home / "spectra" / f"{name}.npz")
    X_train, X_test, y_train, _ = train_test_split(
        bunch.data, bunch.target, test_size=0.3, random_state=0
    )
    model = recipes.set_net_params(recipes.spectra(random_state=0), max_epochs=5)
    model.fit(X_train, y_train)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=X_train))
    assert np.mean(classifier.predict(X_test) == model.predict(X_test)) >= 0.99
    np.testing.assert_allclose(
        classifier.predict_proba(X_test), model.predict_proba(X_test), atol=2e-2
    )


@pytest.fixture(scope="module")
def nails(data_home):
    bunch = fetch_nails(data_home=data_home)
    places = np.linspace(0, len(bunch.target) - 1, 30).astype(int)
    files = [bunch.data.files[i] for i in places]
    return ImageCollection(files, reduce=4, mode="L"), np.asarray(bunch.target)[places]


def test_to_onnx_of_nails_behind_their_crop(nails, tmp_path):
    images, y = nails
    model = recipes.nails(fast=True).fit(images, y)
    path = to_onnx(model, tmp_path / "model.onnx", samples=images, skip_steps=["foregroundcrop"])
    masks = model[:1].transform(images)
    np.testing.assert_allclose(
        OnnxClassifier(path).predict_proba(masks), model.predict_proba(images), atol=1e-4
    )


def test_to_onnx_crops_nails_by_a_threshold(nails, tmp_path):
    images, y = nails
    crop = ForegroundCrop(center_crop=240, crop_size=112, output_size=28)
    model = make_pipeline(crop, pixels()).fit(images, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=images))
    np.testing.assert_allclose(
        classifier.predict_proba(images), model.predict_proba(images), atol=1e-5
    )
    np.testing.assert_array_equal(classifier.predict(images), model.predict(images))
