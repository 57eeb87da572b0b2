"""Pure functions of spectra: where the result is written, and which spectra count as flat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from sklvision.spectral import _functional

EPS = np.finfo(np.float64).eps
MEAN = np.linspace(1, 2, 30)
FUNCTIONS = {
    "snv": _functional.snv,
    "msc": lambda X, out=None: _functional.msc(X, MEAN, out=out),
    "minmax": _functional.minmax,
    "l2": _functional.l2,
    "standardize": lambda X, out=None: _functional.standardize(X, MEAN, MEAN, out=out),
    "unstandardize": lambda X, out=None: _functional.unstandardize(X, MEAN, MEAN, out=out),
}


@pytest.fixture(name="X")
def random_spectra():
    return np.random.default_rng(0).normal(size=(4, 30)).cumsum(axis=1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_write_to_out_and_leave_input_unchanged(name, X):
    original, out = X.copy(), np.full_like(X, np.nan)
    expected = FUNCTIONS[name](X)
    np.testing.assert_array_equal(X, original)
    assert not np.shares_memory(expected, X)
    assert FUNCTIONS[name](X, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(X, original)


def test_savitzky_golay_smooths_by_default(X):
    result = _functional.savitzky_golay(X, 5, 2)
    np.testing.assert_array_equal(result, savgol_filter(X, 5, 2))
    slope = _functional.savitzky_golay(X, 5, 2, deriv=1)
    np.testing.assert_allclose(slope, savgol_filter(X, 5, 2, deriv=1, delta=1.0))


@pytest.mark.parametrize(("steps", "is_flat"), [(14, True), (15, True), (16, False)])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n_spectra", [1, 9])
def test_snv_takes_ten_rounding_errors_of_the_level_for_flat(steps, is_flat, sign, n_spectra):
    """Ten rounding errors of a level of 1.5 are 15 steps between neighboring numbers."""
    deviations = np.array([1, -1, 1, -1]) * steps * EPS
    X = np.tile(sign * 1.5 + deviations, (n_spectra, 1))
    expected = np.zeros(4) if is_flat else [1, -1, 1, -1]
    np.testing.assert_allclose(_functional.snv(X), np.tile(expected, (n_spectra, 1)))


@pytest.mark.parametrize(("steps", "is_flat"), [(14, True), (16, False)])
def test_minmax_takes_ten_rounding_errors_of_the_level_for_flat(steps, is_flat):
    for X in ([[1.5, 1.5 + steps * EPS]], [[-1.5 - steps * EPS, -1.5]]):
        expected = [[0, 0]] if is_flat else [[0, 1]]
        np.testing.assert_array_equal(_functional.minmax(np.array(X)), expected)


def test_flat_spectra_leave_their_neighbors_unchanged(X):
    X[2] = 7.0
    neighbors = [0, 1, 3]
    for name in ("snv", "minmax"):
        result = FUNCTIONS[name](X)
        np.testing.assert_array_equal(result[2], 0)
        np.testing.assert_array_equal(result[neighbors], FUNCTIONS[name](X[neighbors]))
