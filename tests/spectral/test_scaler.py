"""SpectralScaler: reference values, invariances, degenerate spectra, memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, minmax_scale, normalize

from sklvision.spectral import SavitzkyGolay, SpectralScaler

METHODS = ["snv", "msc", "minmax", "l2", "standard", None]
INVERTIBLE = ["standard", None]

spectra = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-1e3, 1e3).map(lambda value: round(value, 6)),
)
gains = st.floats(1e-2, 1e2)
offsets = st.floats(-1e2, 1e2)


@pytest.fixture(name="X")
def some_spectra():
    rng = np.random.default_rng(0)
    peaks = np.exp(-((np.arange(60) - rng.uniform(25, 35, (20, 1))) ** 2) / 50)
    return rng.uniform(0.5, 2, (20, 1)) * peaks + rng.normal(0, 0.01, (20, 60)) + 0.3


def chemotools_scatter():
    return pytest.importorskip("chemotools.scatter", reason="chemotools needs NumPy 2")


def test_snv_agrees_with_chemotools(X):
    np.testing.assert_allclose(
        SpectralScaler("snv").fit_transform(X),
        chemotools_scatter().StandardNormalVariate().fit_transform(X),
        rtol=1e-12,
    )


def test_msc_agrees_with_chemotools(X):
    scaler, reference = (
        SpectralScaler("msc").fit(X),
        chemotools_scatter().MultiplicativeScatterCorrection().fit(X),
    )
    np.testing.assert_allclose(scaler.reference_, reference.reference_)
    new = 2 * X[::-1] ** 2 + 1
    np.testing.assert_allclose(scaler.transform(new), reference.transform(new), rtol=1e-9)


def test_spectral_scaler_methods_agree_with_scikit_learn(X):
    expected = {
        "minmax": minmax_scale(X, axis=1),
        "l2": normalize(X),
        "standard": StandardScaler().fit_transform(X),
        None: X,
    }
    for method, values in expected.items():
        np.testing.assert_allclose(SpectralScaler(method).fit_transform(X), values, rtol=1e-12)


@given(spectra, gains, offsets)
def test_snv_is_unchanged_by_gain_and_offset(X, gain, offset):
    level = np.abs(X).max(axis=1) + abs(offset / gain)
    X = X[X.std(axis=1) > 1e-6 * level]
    if len(X):
        expected = SpectralScaler("snv").fit_transform(X)
        result = SpectralScaler("snv").fit_transform(gain * X + offset)
        np.testing.assert_allclose(result, expected, atol=1e-7)


@given(spectra, gains, offsets)
def test_msc_is_unchanged_by_gain_and_offset_and_leaves_its_reference(X, gain, offset):
    scaler = SpectralScaler("msc").fit(X)
    reference = scaler.reference_
    tolerance = 1e-9 * (1 + np.abs(reference).max())
    np.testing.assert_allclose(scaler.transform([reference])[0], reference, atol=tolerance)
    if reference.std() > 1e-6 * (np.abs(reference).max() + abs(offset / gain)):
        scattered = gain * reference + offset
        np.testing.assert_allclose(
            scaler.transform([scattered])[0], reference, atol=1e-7 * (1 + np.abs(reference).max())
        )


@given(spectra)
def test_spectral_scaler_gives_documented_ranges_and_norms(X):
    snv = SpectralScaler("snv").fit_transform(X)
    np.testing.assert_allclose(snv.mean(axis=1), 0, atol=1e-9)
    std = snv.std(axis=1)
    assert np.all(np.isclose(std, 1) | (std == 0))
    minmax = SpectralScaler("minmax").fit_transform(X)
    assert minmax.min() == 0
    assert np.all(np.isclose(minmax.max(axis=1), 1) | (minmax.max(axis=1) == 0))
    length = np.linalg.norm(SpectralScaler("l2").fit_transform(X), axis=1)
    assert np.all(np.isclose(length, 1) | ~X.any(axis=1))


@pytest.mark.parametrize("method", INVERTIBLE)
@given(spectra)
def test_spectral_scaler_inverse_restores_spectra(method, X):
    scaler = SpectralScaler(method).fit(X)
    restored_spectra = scaler.inverse_transform(scaler.transform(X))
    np.testing.assert_allclose(restored_spectra, X, atol=1e-9 * (1 + np.abs(X).max()))


@pytest.mark.parametrize("method", ["snv", "msc", "minmax", "l2"])
def test_spectral_scaler_has_no_inverse_if_the_scale_is_lost(method, X):
    for scaler in (SpectralScaler(method), SpectralScaler(method).fit(X)):
        assert not hasattr(scaler, "inverse_transform")
        with pytest.raises(AttributeError) as error_info:
            scaler.inverse_transform(X)
        assert f"method='{method}' has no inverse" in str(error_info.value.__cause__)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("level", [0.0, 0.1, -3.7, 1e-30, 1e6, 1e30])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:.*another scale or unit")
def test_spectral_scaler_of_flat_spectra_gives_documented_numbers(method, level, dtype, X):
    scaler = SpectralScaler(method).fit(X)
    for flat in (np.full((2, 60), level, dtype), np.full((60, 2), level, dtype).T):
        result = scaler.transform(flat)
        assert result.dtype == dtype
        assert np.isfinite(result).all()
        if method in ("snv", "minmax"):
            np.testing.assert_array_equal(result, 0)
        elif method == "msc":
            np.testing.assert_allclose(result, scaler.reference_.mean(), rtol=1e-6)
        elif method == "l2":
            np.testing.assert_allclose(np.linalg.norm(result, axis=1), float(level != 0), rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_spectral_scaler_amplifies_no_rounding_errors(method, X):
    flat = np.full((1, 60), 0.7)
    flat[0, ::2] = np.nextafter(0.7, 1)
    clean, noisy = (
        SpectralScaler(method).fit(X).transform(x) for x in (flat[:, :1] + 0 * X[:1], flat)
    )
    np.testing.assert_allclose(noisy, clean, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:.*another scale or unit")
def test_spectral_scaler_fitted_on_flat_spectra_is_finite(method, X):
    for flat in (np.zeros((3, 60)), np.full((3, 60), 0.1), np.full((1, 60), 5)):
        scaler = SpectralScaler(method).fit(flat)
        assert np.isfinite(scaler.transform(flat)).all()
        assert np.isfinite(scaler.transform(X)).all()


def test_msc_removes_the_offset_alone_where_no_gain_can_be_estimated():
    reference = np.array([[1.0, 2.0, 1.0, 2.0]])
    spectrum = np.array([[5.0, 5.0, 9.0, 9.0]])  # no correlation to the reference
    result = SpectralScaler("msc").fit(reference).transform(spectrum)
    np.testing.assert_allclose(result, spectrum - 7.0 + 1.5)


def test_standard_centers_but_does_not_scale_a_constant_band(X):
    X[:, 3] = 0.1
    scaler = SpectralScaler("standard").fit(X)
    assert scaler.scale_[3] == 1
    np.testing.assert_allclose(scaler.transform(X)[:, 3], 0, atol=1e-15)
    np.testing.assert_allclose(scaler.transform(X + 0.5)[:, 3], 0.5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_spectral_scaler_keeps_float_dtypes(method, order, X):
    counts = np.rint(1000 * X)
    expected = SpectralScaler(method).fit(counts).transform(counts)
    for dtype, expected_dtype in {
        "f4": "f4", "f8": "f8", "f2": "f8", "u2": "f8", "i8": "f8", "g": "f8", ">f4": "f8", "O": "f8"
    }.items():  # fmt: skip
        data = np.asarray(counts, dtype=dtype, order=order)
        result = SpectralScaler(method).fit_transform(data)
        if dtype != ">f4":
            assert result.dtype == expected_dtype
        atol = {"f4": 1e-4, ">f4": 1e-4, "f2": 1e-2}.get(dtype, 1e-12) * np.abs(expected).max()
        np.testing.assert_allclose(result, expected, atol=atol)


@pytest.mark.parametrize("method", METHODS)
def test_spectral_scaler_keeps_float32_digits_at_a_large_offset(method):
    rng = np.random.default_rng(0)
    X = (1e4 + rng.integers(0, 100, (5, 2000))).astype(np.float32)
    single = SpectralScaler(method).fit(X).transform(np.asfortranarray(X))
    double = SpectralScaler(method).fit(X).transform(X.astype(np.float64))
    np.testing.assert_allclose(single, double, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("method", METHODS)
def test_spectral_scaler_copy_decides_whether_the_input_is_used(method, X):
    scaler = SpectralScaler(method).fit(X)
    original, expected = X.copy(), scaler.transform(X)
    np.testing.assert_array_equal(X, original)
    assert not np.shares_memory(expected, X)
    in_place = scaler.set_params(copy=False).transform(X)
    assert np.shares_memory(in_place, X)
    np.testing.assert_array_equal(in_place, expected)
    original.flags.writeable = False
    np.testing.assert_array_equal(scaler.transform(original), expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spectral_scaler_allocates_little_more_than_the_output(method, dtype):
    X = np.random.default_rng(0).random((2000, 500)).astype(dtype)
    scaler = SpectralScaler(method).fit(X)
    tracemalloc.start()
    scaler.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * X.nbytes


def test_spectral_scaler_keeps_its_method_until_the_next_fit(X):
    scaler = SpectralScaler("standard").fit(X)
    expected = scaler.transform(X)
    scaler.set_params(method="snv")
    np.testing.assert_array_equal(scaler.transform(X), expected)
    scaler.fit(X)
    np.testing.assert_array_equal(scaler.transform(X), SpectralScaler().fit_transform(X))
    assert not hasattr(scaler, "mean_")


def test_spectral_scaler_names_an_unknown_method(X):
    with pytest.raises(ValueError, match=r"'method' parameter.*'snv'.*Got 'snw'") as error_info:
        SpectralScaler("snw").fit(X)
    assert all(str(method) in str(error_info.value) for method in METHODS)


@pytest.mark.data
def test_spectral_scaler_of_real_spectra_is_finite(data_home):
    with np.load(data_home / "spectra" / "plastics_nir_avantes.npz") as data:
        X = data["X"]
    for method in METHODS:
        result = SpectralScaler(method).fit_transform(X)
        assert result.dtype == X.dtype == np.float32
        assert np.isfinite(result).all()
    snv = SpectralScaler("snv").fit_transform(X)
    np.testing.assert_allclose(SpectralScaler("snv").fit_transform(3 * X + 1), snv, atol=1e-3)
    np.testing.assert_allclose(
        snv, chemotools_scatter().StandardNormalVariate().fit_transform(X), atol=1e-4
    )


@pytest.mark.data
def test_spectral_scaler_method_is_searched(data_home):
    with np.load(data_home / "spectra" / "plastics_nir_avantes.npz") as data:
        X, y, groups = data["X"], data["y"], data["group"]
    names, counts = np.unique(y, return_counts=True)
    is_frequent = np.isin(y, names[counts >= 10])
    model = make_pipeline(
        SpectralScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.01)
    )
    search = GridSearchCV(
        model, {"spectralscaler__method": METHODS}, cv=GroupKFold(3), error_score="raise"
    )
    search.fit(X[is_frequent], y[is_frequent], groups=groups[is_frequent])
    assert search.best_score_ > 0.85


@pytest.mark.parametrize("method", ["snv", "msc", "l2", "standard"])
def test_spectral_scaler_refuses_values_whose_squares_overflow(method, X):
    with pytest.raises(ValueError, match="values of X are too large"), np.errstate(all="ignore"):
        SpectralScaler(method).fit_transform(1e200 * X)


@pytest.mark.parametrize("transformer", [SpectralScaler(), SavitzkyGolay(5)])
def test_spectral_transformers_take_tensors_that_require_grad(transformer, X):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(X).requires_grad_()
    expected = transformer.fit_transform(X)
    np.testing.assert_array_equal(transformer.fit_transform(tensor), expected)
    np.testing.assert_array_equal(transformer.fit_transform(list(tensor)), expected)


@pytest.mark.parametrize("method", ["snv", "msc", "minmax", "l2"])
def test_spectral_scaler_ignores_the_unit_of_spectra_that_it_scales(method, X, recwarn):
    SpectralScaler(method).fit(X).transform(1000 * X)
    assert not recwarn.list


@pytest.mark.parametrize("method", ["standard", None])
def test_spectral_scaler_warns_of_another_unit_if_it_keeps_the_scale(method, X):
    scaler = SpectralScaler(method).fit(X)
    with pytest.warns(UserWarning, match="another scale or unit"):
        scaler.transform(1000 * X)
