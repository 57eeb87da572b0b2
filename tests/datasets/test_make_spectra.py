"""The simulator: shapes, labels and proportions, and each distortion as large as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import make_spectra

CLEAN = {"brightness_spread": 0, "baseline_drift": 0, "noise": 0}


def test_make_spectra_is_as_documented():
    X, y = make_spectra(random_state=0)
    assert X.shape == (300, 502)
    assert (X.dtype, y.dtype) == (np.float32, np.int64)
    assert np.unique(y, return_counts=True)[0].tolist() == [0, 1, 5]
    assert np.bincount(y)[[0, 1, 5]].tolist() == [100, 100, 100]
    assert np.isfinite(X).all()


def test_make_spectra_is_reproducible_without_global_state():
    state = np.random.get_state()[1].copy()
    first, second = make_spectra(20, random_state=3), make_spectra(20, random_state=3)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], make_spectra(20, random_state=4)[0])
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@given(
    n_samples=st.integers(1, 200),
    weights=st.lists(st.floats(0, 10), min_size=3, max_size=3).filter(lambda w: sum(w) > 1e-3),
)
def test_make_spectra_class_counts_are_nearest_to_weights(n_samples, weights):
    _, y = make_spectra(n_samples, n_bands=2, weights=weights, random_state=0)
    counts = np.array([(y == label).sum() for label in (0, 1, 5)])
    assert counts.sum() == n_samples
    assert np.abs(counts - n_samples * np.array(weights) / sum(weights)).max() < 1


def test_make_spectra_without_distortion_is_one_curve_a_class():
    X, y = make_spectra(30, n_bands=11, random_state=0, **CLEAN)
    for label in (0, 1, 5):
        assert np.ptp(X[y == label], axis=0).max() == 0
    fine, y_fine = make_spectra(30, n_bands=501, random_state=0, **CLEAN)
    np.testing.assert_allclose(X[y == 5][0], fine[y_fine == 5][0, ::50], rtol=1e-6)


def test_make_spectra_brightness_scales_the_whole_spectrum():
    clean = make_spectra(2000, n_bands=5, random_state=0, shuffle=False, **CLEAN)[0]
    X = make_spectra(
        2000, n_bands=5, random_state=0, shuffle=False, **CLEAN | {"brightness_spread": 0.2}
    )[0]
    gain = X / clean
    np.testing.assert_allclose(gain, gain[:, :1].repeat(5, axis=1), rtol=1e-5)
    assert np.log(gain[:, 0]).std() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("distortion", ["baseline_drift", "noise"])
def test_make_spectra_distortions_have_the_stated_size(distortion):
    clean = make_spectra(3000, n_bands=100, shuffle=False, **CLEAN)[0]
    X = make_spectra(
        3000, n_bands=100, shuffle=False, random_state=0, **CLEAN | {distortion: 0.02}
    )[0]
    baseline = X - clean
    assert np.sqrt(np.mean(baseline**2)) == pytest.approx(0.02, rel=0.05)
    third_difference = np.abs(np.diff(baseline, n=3, axis=1)).max()
    assert (third_difference < 1e-5) == (distortion == "baseline_drift")


def test_make_spectra_mixes_two_materials():
    clean, _ = make_spectra(3, shuffle=False, **CLEAN)
    X, _ = make_spectra(300, shuffle=False, random_state=0, mixing=0.4, **CLEAN)
    shares = np.linalg.lstsq(clean.T, X.T, rcond=None)[0].T
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(shares.min(axis=1), 0, atol=1e-4)
    own_shares = shares[np.arange(300), np.repeat([0, 1, 2], 100)]
    assert own_shares.min() == pytest.approx(0.6, abs=0.01)
    assert own_shares.max() == pytest.approx(1.0, abs=0.01)


def test_make_spectra_is_easy_by_default_and_hard_on_request():
    easy = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    assert cross_val_score(easy, *make_spectra(300, random_state=0)).mean() == 1.0
    hard = make_spectra(300, random_state=0, mixing=0.49, noise=0.1, baseline_drift=0.1)
    assert cross_val_score(easy, *hard).mean() < 0.95


@pytest.mark.data
def test_make_spectra_curves_are_near_the_published_ones(data_home):
    template = np.load(data_home / "spectra" / "foreign_material_template.npz")
    X, y = make_spectra(3, shuffle=False, **CLEAN)
    for spectrum, name in zip(X, ("product", "background", "foreign_material"), strict=True):
        middle = (template[f"{name}_top"] + template[f"{name}_bottom"]) / 2
        assert np.sqrt(np.mean((spectrum - middle) ** 2)) < 0.02
    assert y.tolist() == [0, 1, 5]


def test_make_spectra_bunch():
    data = make_spectra(9, n_bands=7, random_state=0, return_X_y=False)
    assert data.data.shape == (9, 7)
    assert data.wavelengths[[0, -1]].tolist() == [870, 1650]
    assert len(data.feature_names) == 7
    assert data.target_names == ["product", "background", "foreign material"]
    assert "reflectance" in data.DESCR


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_samples": 0}, "'n_samples'"),
        ({"n_bands": 1}, "'n_bands'"),
        ({"noise": -1}, "'noise'"),
        ({"mixing": 0.5}, "'mixing'"),
        ({"weights": [1, 2]}, r"weights must be 3 .* got \[1, 2\]"),
        ({"weights": [1, -1, 1]}, "weights must be 3"),
        ({"weights": [0, 0, 0]}, "must not all be zero"),
    ],
)
def test_make_spectra_validates_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        make_spectra(**parameters)
