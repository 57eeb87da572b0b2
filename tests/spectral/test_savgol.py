"""SavitzkyGolay: reference values, what polynomials keep, short spectra, wrong settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import savgol_filter

from sklvision.spectral import SavitzkyGolay


@pytest.fixture(name="X")
def some_spectra():
    return np.random.default_rng(0).normal(size=(5, 40)).cumsum(axis=1)


@pytest.mark.parametrize("mode", ["interp", "nearest", "mirror", "constant", "wrap"])
@pytest.mark.parametrize("deriv", [0, 1, 2])
def test_savitzky_golay_agrees_with_scipy(mode, deriv, X):
    result = SavitzkyGolay(9, polyorder=3, deriv=deriv, delta=0.5, mode=mode).fit_transform(X)
    np.testing.assert_array_equal(result, savgol_filter(X, 9, 3, deriv=deriv, delta=0.5, mode=mode))


@pytest.mark.parametrize("deriv", [0, 1, 2])
def test_savitzky_golay_agrees_with_chemotools(deriv, X):
    chemotools = pytest.importorskip("chemotools.derivative", reason="chemotools needs NumPy 2")
    result = SavitzkyGolay(7, polyorder=2, deriv=deriv, mode="nearest").fit_transform(X)
    reference = chemotools.SavitzkyGolay(7, 2, deriv)
    np.testing.assert_allclose(result, reference.fit_transform(X), atol=1e-12)


def test_savitzky_golay_default_is_a_quadratic_over_eleven_bands(X):
    smooth = SavitzkyGolay().fit(X)
    assert (smooth.window_length_, smooth.polyorder_) == (11, 2)
    np.testing.assert_array_equal(smooth.transform(X), savgol_filter(X, 11, 2))


@given(
    coefficients=st.lists(st.floats(-5, 5), min_size=1, max_size=4),
    half_window=st.integers(2, 6),
    deriv=st.integers(0, 2),
    delta=st.floats(0.1, 10),
)
def test_savitzky_golay_keeps_and_differentiates_polynomials(
    coefficients, half_window, deriv, delta
):
    polynomial = np.polynomial.Polynomial(coefficients)
    bands = delta * np.linspace(-1, 1, 25)
    spacing = bands[1] - bands[0]
    smooth = SavitzkyGolay(2 * half_window + 1, polyorder=3, deriv=deriv, delta=spacing)
    expected = polynomial.deriv(deriv)(bands) if deriv else polynomial(bands)
    scale = 1 + np.abs(polynomial(bands)).max() / spacing**deriv
    np.testing.assert_allclose(
        smooth.fit_transform([polynomial(bands)])[0], expected, atol=1e-7 * scale
    )


@pytest.mark.parametrize("n_bands", range(1, 12))
def test_savitzky_golay_default_window_adapts_to_short_spectra(n_bands):
    X = np.random.default_rng(0).normal(size=(3, n_bands))
    smooth = SavitzkyGolay().fit(X)
    assert smooth.window_length_ == (n_bands if n_bands % 2 else n_bands - 1)
    assert smooth.polyorder_ < smooth.window_length_
    assert smooth.transform(X).shape == X.shape


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window_length": 41}, r"window_length=41 .*40 band.*mode='interp'"),
        ({"window_length": 3, "polyorder": 3}, r"polyorder=3 must be less than window_length=3"),
        ({"deriv": 3}, r"deriv=3 must be at most polyorder=2"),
        ({"window_length": 0}, r"'window_length' parameter.*Got 0"),
        ({"window_length": 5.0}, r"'window_length' parameter.*Got 5.0"),
        ({"polyorder": -1}, r"'polyorder' parameter.*Got -1"),
        ({"deriv": -1}, r"'deriv' parameter.*Got -1"),
        ({"delta": 0}, r"'delta' parameter.*Got 0"),
        ({"delta": 1e300}, r"'delta' parameter.*Got 1e\+300"),
        ({"delta": 1e20, "deriv": 2}, r"delta=1e\+20 is out of range with deriv=2"),
        ({"delta": 1.1e15, "deriv": 2}, r"delta=1.1e\+15 is out of range with deriv=2"),
        ({"delta": 0.9e-15, "deriv": 2}, r"delta=9e-16 is out of range with deriv=2"),
        ({"window_length": 10**7, "mode": "nearest"}, r"'window_length' parameter.*Got 10000000"),
        ({"window_length": 39, "polyorder": 20}, r"polyorder=20 is too high for window_length=39"),
        ({"window_length": 39, "polyorder": 35, "deriv": 30}, r"polyorder=35 is too high"),
        ({"mode": "reflect"}, r"'mode' parameter.*'mirror'.*Got 'reflect'"),
    ],
)
def test_savitzky_golay_names_wrong_settings(settings, message, X):
    with pytest.raises(ValueError, match=message):
        SavitzkyGolay(**settings).fit(X)


def test_savitzky_golay_window_of_one_band_changes_nothing(X):
    np.testing.assert_allclose(SavitzkyGolay(1, polyorder=0).fit_transform(X), X)


def test_savitzky_golay_pads_for_a_window_wider_than_the_spectrum(X):
    assert np.isfinite(SavitzkyGolay(61, mode="nearest").fit_transform(X)).all()


def test_savitzky_golay_keeps_settings_until_the_next_fit(X):
    smooth = SavitzkyGolay(5).fit(X)
    expected = smooth.transform(X)
    smooth.set_params(window_length=15, deriv=1, mode="wrap")
    np.testing.assert_array_equal(smooth.transform(X), expected)
    assert np.abs(smooth.fit(X).transform(X) - expected).max() > 0.1


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i8", "u1"])
def test_savitzky_golay_keeps_float_dtypes(dtype, X):
    data = np.rint(X * 2 + 50).astype(dtype)
    result = SavitzkyGolay(7).fit_transform(data)
    assert result.dtype == (dtype if dtype in ("f4", "f8") else "f8")
    np.testing.assert_allclose(result, savgol_filter(data.astype(float), 7, 2), rtol=1e-5)


def test_savitzky_golay_second_derivative_removes_a_sloped_baseline(X):
    second = SavitzkyGolay(9, deriv=2)
    baseline = np.linspace(3, 8, X.shape[1])
    np.testing.assert_allclose(
        second.fit_transform(X + baseline), second.fit_transform(X), atol=1e-12
    )


@pytest.mark.data
def test_savitzky_golay_smooths_real_spectra(data_home):
    with np.load(data_home / "spectra" / "saliva_raman_pd_ad.npz") as data:
        X = data["X"][:100]
    smooth = SavitzkyGolay(15).fit_transform(X)
    assert smooth.dtype == np.float32
    assert np.abs(np.diff(smooth)).mean() < np.abs(np.diff(X)).mean()
    np.testing.assert_allclose(smooth.mean(axis=1), X.mean(axis=1), rtol=1e-2, atol=1e-2)


@pytest.mark.filterwarnings("ignore:.*another scale or unit")
def test_savitzky_golay_refuses_results_that_are_not_finite(X):
    smooth = SavitzkyGolay(deriv=2, delta=1e-15).fit(X)
    with pytest.raises(ValueError, match="too large for SavitzkyGolay"):
        smooth.transform((1e15 * X).astype(np.float32))


@pytest.mark.parametrize("delta", [1e-15, 1e15])
def test_savitzky_golay_scales_derivatives_by_delta_to_the_ends_of_its_range(delta, X):
    unit = SavitzkyGolay(deriv=2).fit_transform(X)
    scaled_spectra = SavitzkyGolay(deriv=2, delta=delta).fit_transform(X)
    np.testing.assert_allclose(scaled_spectra, unit / delta**2, rtol=1e-9)


@pytest.mark.parametrize(("window_length", "polyorder"), [(51, 9), (301, 5), (1001, 3)])
def test_savitzky_golay_takes_the_degrees_that_can_be_computed(window_length, polyorder):
    """One degree more than the documentation names, scipy's filter would be another one."""
    position = np.linspace(-1, 1, 1001)
    polynomial = (position**polyorder)[np.newaxis]
    smooth = SavitzkyGolay(window_length, polyorder=polyorder).fit_transform(polynomial)
    middle = slice(window_length // 2, 1001 - window_length // 2)
    np.testing.assert_allclose(smooth[:, middle], polynomial[:, middle], atol=1e-4)
    with pytest.raises(ValueError, match="is too high for window_length"):
        SavitzkyGolay(window_length, polyorder=polyorder + 5).fit(polynomial)
