"""New samples in another order, sign or quantity than the training data never pass in silence."""

from __future__ import annotations

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_spectra
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from sklvision.utils._input_check import InputCheck
from sklvision.utils._profile import compute_profile_correlation, make_profile

X, y = make_spectra(40, n_bands=30, random_state=0)
X = X + 0.5 + np.linspace(0, 1, 30)  # reflectance that rises
WAVELENGTHS = 900 + 10.5 * np.arange(30)
FRAME = pd.DataFrame(X, columns=WAVELENGTHS)
IMAGES = np.random.default_rng(0).integers(0, 40, (30, 8, 9)).astype(np.uint8)
IMAGES += (np.arange(8, dtype=np.uint8) * 25)[:, np.newaxis]

STEPS = {
    "snv": SpectralScaler(method="snv"),
    "standard": SpectralScaler(method="standard"),
    "savgol": SavitzkyGolay(),
    "check": InputCheck(),
}


@pytest.fixture(scope="module")
def models():
    models = {name: make_pipeline(step, LogisticRegression()) for name, step in STEPS.items()}
    models["net"] = SpectrumClassifier(max_epochs=2, random_state=0)
    models["lda"] = LinearDiscriminantAnalysisCV()
    return {name: model.fit(FRAME, y) for name, model in models.items()}


@pytest.fixture(scope="module")
def array_models():
    models = {name: make_pipeline(step, LogisticRegression()) for name, step in STEPS.items()}
    models["net"] = SpectrumClassifier(max_epochs=2, random_state=0)
    return {name: model.fit(X, y) for name, model in models.items()}


NAMES = [*STEPS, "net", "lda"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 40])
def test_columns_named_by_numbers_keep_their_order(models, name, n):
    model = models[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(FRAME[:n])
        model.predict(FRAME[:n].astype(np.float32).set_axis(np.float32(WAVELENGTHS), axis=1))
    reversed_frame = FRAME.iloc[:n, ::-1]
    with pytest.raises(ValueError, match="another order than in training: column 1 is 1204"):
        model.predict(reversed_frame)
    with pytest.raises(ValueError, match="other names than in training: column 1 is 0"):
        model.predict(FRAME[:n].set_axis(WAVELENGTHS / 1000, axis=1))


def test_columns_of_several_levels_keep_their_order():
    frame = FRAME.set_axis(pd.MultiIndex.from_product([["nir"], WAVELENGTHS]), axis=1)
    model = SpectralScaler().fit(frame)
    model.transform(frame)
    with pytest.raises(ValueError, match="another order"):
        model.transform(frame.iloc[:, ::-1])


def test_columns_that_are_counted_and_arrays_have_no_names(models):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        models["snv"].predict(X)
        models["snv"].predict(pd.DataFrame(X))
        assert "labels" not in SpectralScaler().fit(pd.DataFrame(X)).input_contract_


def test_numbers_as_names_are_the_axis_of_the_contract(models, tmp_path):
    joblib.dump(models["net"], tmp_path / "net.joblib")
    contract = joblib.load(tmp_path / "net.joblib").input_contract_
    assert contract["axis"] == WAVELENGTHS.tolist()


@pytest.mark.parametrize("name", [*STEPS, "net"])
@pytest.mark.parametrize("n", [1, 40])
@pytest.mark.parametrize(
    "change", [lambda X: X[:, ::-1], lambda X: -np.log10(X / 4)], ids=["reversed", "absorbance"]
)
def test_spectra_that_fall_where_those_of_training_rise_are_said(array_models, name, n, change):
    model = array_models[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X[:n])
    with pytest.warns(UserWarning, match="fall where the training data rise") as caught:
        model.predict(change(X[:n]))
    assert len(caught) == 1


@pytest.mark.parametrize("n", [1, 30])
@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(FlattenImages(), LogisticRegression(max_iter=20, tol=1)),
        ImageClassifier(max_epochs=1, random_state=0),
    ],
    ids=["flatten", "net"],
)
def test_inverted_images_and_signed_bytes_are_said(model, n):
    model.fit(IMAGES, np.arange(30) % 2)
    with pytest.warns(UserWarning, match="fall where the training data rise"):
        model.predict(255 - IMAGES[:n])
    with pytest.warns(UserWarning, match="another scale or unit|fall where"):
        model.predict((IMAGES[:n].astype(int) - 128).astype(np.int8))


@pytest.mark.parametrize("value", [100 * X[3], -9999.0], ids=["percent", "placeholder"])
def test_a_single_sample_of_another_unit_is_said(array_models, value):
    new = X.copy()
    new[3] = value
    with pytest.warns(UserWarning, match=r"1 of 40 samples have values .*, trained on"):
        array_models["standard"].predict(new)


@pytest.mark.parametrize("seed", range(5))
def test_profile_of_noise_is_none(seed):
    noise = np.random.default_rng(seed).normal(size=(20, 100))
    assert make_profile(noise) is None


def test_profile_ignores_constant_and_missing_samples():
    rows = np.vstack([X, np.full((2, 30), np.nan), np.zeros((2, 30))])
    profile = make_profile(rows)
    np.testing.assert_allclose(profile, make_profile(X), atol=1e-5)
    assert compute_profile_correlation(profile, np.zeros((3, 30))) is None
    assert compute_profile_correlation(profile, X[:, ::-1]) < -0.5
