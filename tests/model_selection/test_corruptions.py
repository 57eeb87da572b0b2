"""Corruptions of samples, through the result of a robustness curve."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from scipy.stats import chisquare
from sklearn.dummy import DummyClassifier

from sklvision.datasets import ImageCollection
from sklvision.model_selection import robustness_curve

Image = pytest.importorskip("PIL.Image")

IMAGE_NAMES = [
    "brightness",
    "contrast",
    "motion_blur",
    "defocus",
    "noise",
    "rotation",
    "shift",
    "jpeg",
]
SPECTRUM_NAMES = ["gain", "baseline", "shift", "noise"]
BLURS = ["motion_blur", "defocus"]


def corrupter(X, corruptions=None, seed=0, **params):
    """The corruptions as a curve on X applies them."""
    X = np.concatenate([X, X]) if len(X) == 1 else X
    y = np.arange(len(X)) % 2
    model = DummyClassifier().fit(X, y)
    result = robustness_curve(
        model, X, y, corruptions=corruptions, severities=1, random_state=seed, **params
    )
    return result.corrupt


def photograph(height=40, width=60, channels=None, seed=0):
    """Smooth shapes in the middle of the range."""
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels is None else (height, width, channels)
    sigma = (3, 3) if channels is None else (3, 3, 0)
    image = ndimage.gaussian_filter(rng.standard_normal(shape), sigma, mode="nearest")
    image = 0.3 + 0.4 * (image - image.min()) / np.ptp(image)
    return np.rint(255 * image).astype(np.uint8)


SHAPES = [(2, 1, 1), (2, 8, 8), (2, 5, 9), (2, 6, 7, 1), (2, 7, 5, 3), (2, 4, 4, 2)]
HIGHEST = {"uint8": 255, "uint16": 65535, "bool": 1, "int16": 255}


@settings(max_examples=3 * settings().max_examples)
@given(
    dtype=st.sampled_from(["uint8", "uint16", "int16", "bool", "float16", "float32", "float64"]),
    data=st.data(),
    shape=st.sampled_from(SHAPES),
    name=st.sampled_from(IMAGE_NAMES),
    severity=st.floats(0.01, 1),
    seed=st.integers(0, 100),
)
def test_corrupt_keeps_type_shape_and_range_of_images(dtype, data, shape, name, severity, seed):
    high = HIGHEST.get(dtype, 1)
    limits = {} if dtype == "bool" else {"min_value": 0, "max_value": high}
    X = data.draw(hnp.arrays(dtype, shape, elements=limits))
    original = X.copy()
    corrupt = corrupter(X, [name], seed, pixel_range=(0, high) if dtype == "int16" else "auto")
    result = corrupt(X, name, severity)
    assert (result.dtype, result.shape) == (X.dtype, X.shape)
    assert result.min() >= 0
    assert result.max() <= high
    np.testing.assert_array_equal(result, corrupt(X, name, severity))
    np.testing.assert_array_equal(X, original)


@settings(max_examples=2 * settings().max_examples)
@given(
    dtype=st.sampled_from(["int16", "float16", "float32", "float64"]),
    data=st.data(),
    name=st.sampled_from(SPECTRUM_NAMES),
    severity=st.floats(0.01, 1),
)
def test_corrupt_keeps_shape_of_spectra(dtype, data, name, severity):
    limits = {"min_value": -100, "max_value": 100}
    X = data.draw(hnp.arrays(dtype, st.tuples(st.just(2), st.integers(1, 40)), elements=limits))
    original = X.copy()
    result = corrupter(X, [name])(X, name, severity)
    assert result.shape == X.shape
    assert result.dtype == (X.dtype if X.dtype.kind == "f" else np.float64)
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(X, original)


@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_corrupt_hardly_changes_images_at_low_severity(name, channels):
    X = photograph(channels=channels)[np.newaxis]
    result = corrupter(X, [name])(X, name, 1e-6)
    # The best JPEG still rounds its waves, and colors are turned to luminance and back.
    assert np.abs(result.astype(int) - X).max() <= (3 if name == "jpeg" else 0)


@pytest.mark.parametrize("name", SPECTRUM_NAMES)
def test_corrupt_hardly_changes_spectra_at_low_severity(name):
    X = np.random.default_rng(0).standard_normal((3, 50))
    np.testing.assert_allclose(corrupter(X, [name])(X, name, 1e-9), X, atol=1e-7)


@pytest.mark.parametrize("name", [*BLURS, "rotation", "shift"])
@given(value=st.integers(0, 255), height=st.integers(1, 40), width=st.integers(1, 40))
def test_corrupt_keeps_constant_images_where_light_only_moves(name, value, height, width):
    X = np.full((1, height, width), value, dtype=np.uint8)
    np.testing.assert_array_equal(corrupter(X, [name])(X, name, 1.0), X)


def spot(size):
    X = np.zeros((1, size, size))
    X[0, size // 2, size // 2] = 1
    return X


@pytest.mark.parametrize("size", [101, 601])
def test_defocus_is_a_disk(size):
    X = spot(size)
    disk = corrupter(X, ["defocus"])(X, "defocus", 1.0)[0]
    radius = 0.06 * size
    lit = disk > disk.max() / 2
    assert disk.sum() == pytest.approx(1, abs=1e-6)
    assert np.sqrt(lit.sum() / np.pi) == pytest.approx(radius + 0.5, abs=0.15)
    np.testing.assert_allclose(disk, disk.T, atol=1e-12)
    assert disk[lit].std() < 0.1 * disk.max()


@pytest.mark.parametrize("size", [101, 601])
def test_motion_blur_is_a_line(size):
    X = spot(size)
    line = corrupter(X, ["motion_blur"])(X, "motion_blur", 1.0)[0]
    places = np.argwhere(line > 1e-9) - size // 2
    weights = line[line > 1e-9]
    # Second moments of a line of length L: L^2 / 12 along it, and a fraction of a pixel across.
    variance_across, variance_along = np.linalg.eigvalsh(
        (places * weights[:, np.newaxis]).T @ places / weights.sum()
    )
    assert np.sqrt(12 * variance_along) == pytest.approx(0.15 * size, rel=0.03)
    assert variance_across < 0.3
    assert line.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", BLURS)
@pytest.mark.parametrize("channels", [None, 3])
def test_blurs_agree_with_convolution_by_scipy(name, channels):
    """The kernel is what becomes of a single spot when the same is drawn."""
    from sklvision.model_selection._robustness import corruptions

    image = photograph(33, 47, channels) / 255
    function, _ = corruptions.IMAGE_CORRUPTIONS[name]
    impulse = np.zeros((33, 47, 1))
    impulse[16, 23] = 1
    kernel = function(impulse, 0.9, np.random.default_rng(3))[..., 0]
    planes = image.reshape(33, 47, -1)
    blurred_planes = function(planes, 0.9, np.random.default_rng(3))
    for plane, result in zip(
        np.moveaxis(planes, -1, 0), np.moveaxis(blurred_planes, -1, 0), strict=True
    ):
        expected = ndimage.convolve(plane, kernel, mode="reflect")
        np.testing.assert_allclose(result, expected, atol=1e-10)


def test_rotation_agrees_with_pillow():
    X = photograph(41, 41)[np.newaxis]
    rotated_image = corrupter(X, ["rotation"])(X, "rotation", 1.0)[0].astype(float)
    inner_pixels = np.hypot(*np.mgrid[-20:21, -20:21]) < 18
    differences = [
        np.abs(
            np.asarray(Image.fromarray(X[0]).rotate(degrees, Image.Resampling.BILINEAR))
            - rotated_image
        )
        for degrees in (-15, 15)
    ]
    assert min(difference[inner_pixels].max() for difference in differences) <= 1.01


def test_shift_moves_the_center_by_a_tenth_of_the_side():
    X = np.zeros((20, 50, 70))
    rows, columns = np.mgrid[:50, :70]
    for i, image in enumerate(X):
        image += np.exp(-((rows - 25) ** 2 + (columns - 35) ** 2) / (20 + i))
    shifted_spectra = corrupter(X, ["shift"])(X, "shift", 1.0)
    offsets = np.array([ndimage.center_of_mass(image) for image in shifted_spectra]) - [25, 35]
    np.testing.assert_allclose(np.hypot(*offsets.T), 5, atol=0.05)
    assert np.ptp(np.arctan2(*offsets.T)) > np.pi  # in all directions


def test_motion_blur_and_shift_have_every_direction_equally_often():
    X = np.zeros((400, 21, 21))
    X[:, 10, 10] = 1
    X[:, 0, 0] = np.linspace(0.001, 0.002, 400)  # draws depend on the content
    corrupt = corrupter(X, ["motion_blur", "shift"])
    axes = np.arange(-10, 11)[:, np.newaxis], np.arange(-10, 11)[np.newaxis, :]

    def measure_mean(images, values):
        weights = images[:, 2:, 2:].sum(axis=(1, 2))
        return (images * values)[:, 2:, 2:].sum(axis=(1, 2)) / weights

    blurred_points = corrupt(X, "motion_blur", 1.0)
    products = {
        name: measure_mean(blurred_points, a * b)
        for name, a, b in (
            ("rows", axes[0], axes[0]),
            ("columns", axes[1], axes[1]),
            ("mixed", axes[0], axes[1]),
        )
    }
    doubled_angle = np.arctan2(2 * products["mixed"], products["columns"] - products["rows"])
    moved_points = corrupt(X, "shift", 1.0)
    angle = np.arctan2(*(measure_mean(moved_points, axis) for axis in axes))
    for angles in (doubled_angle, angle):
        counts = np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0]
        assert chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("channels", [None, 3])
def test_jpeg_agrees_with_pillow(channels):
    X = photograph(channels=channels)[np.newaxis]
    for severity, quality in [(1.0, 10), (0.5, 55), (0.2, 82)]:
        file = io.BytesIO()
        Image.fromarray(X[0]).save(file, "JPEG", quality=quality, subsampling=0)
        expected = np.asarray(Image.open(file))
        np.testing.assert_array_equal(corrupter(X, ["jpeg"])(X, "jpeg", severity)[0], expected)


def test_jpeg_keeps_white_and_black():
    X = np.zeros((1, 16, 16), np.uint8)
    X[:, :8] = 255
    result = corrupter(X, ["jpeg"])(X, "jpeg", 0.1)[0]
    assert result[0, 0] == 255
    assert result[-1, 0] == 0


def test_corrupt_changes_light_and_noise_by_the_documented_amounts():
    X = np.stack([photograph(seed=seed) for seed in range(20)]) / 255
    corrupt = corrupter(X)
    change = (corrupt(X, "brightness", 0.5) - X).mean(axis=(1, 2))
    np.testing.assert_allclose(np.abs(change), 0.2, atol=1e-6)
    assert 4 <= (change > 0).sum() <= 16

    spread = corrupt(X, "contrast", 0.25).std(axis=(1, 2)) / X.std(axis=(1, 2))
    np.testing.assert_allclose(np.maximum(spread, 1 / spread), np.sqrt(2), rtol=1e-6)

    noise = corrupt(X, "noise", 0.25) - X
    np.testing.assert_allclose(noise.std(axis=(1, 2)), 0.05, rtol=0.1)
    np.testing.assert_allclose(corrupt(X, "noise", 0.5) - X, 2 * noise, atol=1e-6)


def test_corrupt_changes_spectra_by_the_documented_amounts():
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.standard_normal((30, 300)), axis=1)
    corrupt = corrupter(X)
    np.testing.assert_allclose(np.unique((corrupt(X, "gain", 0.5) / X).round(9)), [0.9, 1.1])

    change = corrupt(X, "baseline", 1.0) - X
    np.testing.assert_allclose(np.diff(change, 2, axis=1), 0, atol=1e-9)
    ends = np.sort(np.abs(change[:, [0, -1]]) / np.ptp(X, axis=1, keepdims=True), axis=1)
    np.testing.assert_allclose(ends, [[0, 0.2]] * 30, atol=1e-9)

    shifted_spectra = corrupt(X, "shift", 1.0)
    for original, new_spectrum in zip(X, shifted_spectra, strict=True):
        assert np.allclose(original[:-3], new_spectrum[3:]) or np.allclose(
            original[3:], new_spectrum[:-3]
        )
    narrow = X[:, :20]  # by one band at least
    shifted_spectra = corrupt(narrow, "shift", 1.0)
    assert all(
        np.allclose(original[:-1], new_spectrum[1:]) or np.allclose(original[1:], new_spectrum[:-1])
        for original, new_spectrum in zip(narrow, shifted_spectra, strict=True)
    )
    noise = (corrupt(X, "noise", 1.0) - X).std(axis=1) / X.std(axis=1)
    np.testing.assert_allclose(noise, 0.05, rtol=0.2)


@given(severities=st.lists(st.floats(0.05, 1), min_size=2, max_size=5, unique=True))
def test_noise_grows_with_severity(severities):
    X = photograph()[np.newaxis] / 255
    corrupt = corrupter(X, ["noise"])
    damage = [np.abs(corrupt(X, "noise", s) - X).sum() for s in sorted(severities)]
    assert (np.diff(damage) >= 0).all()


def test_corrupt_draws_by_content_not_by_position():
    X = np.stack([photograph(seed=seed) for seed in range(6)])
    corrupt = corrupter(X)
    for name in IMAGE_NAMES:
        all_corrupted = corrupt(X, name, 0.7)
        np.testing.assert_array_equal(corrupt(X[4:1:-1], name, 0.7), all_corrupted[4:1:-1])
    assert not np.array_equal(corrupter(X, seed=1)(X, "noise", 0.7), corrupt(X, "noise", 0.7))


@pytest.fixture
def folder(tmp_path):
    for i in range(4):
        Image.fromarray(photograph(channels=3, seed=i)).save(tmp_path / f"{i}.png")
    return sorted(tmp_path.glob("*.png"))


def test_corrupt_gives_a_collection_the_pixels_of_the_array(folder):
    lazy = ImageCollection(folder)
    eager = np.asarray(lazy)
    corrupt = corrupter(eager)
    for name in IMAGE_NAMES:
        result = corrupt(lazy, name, 0.6)
        assert isinstance(result, ImageCollection)
        np.testing.assert_array_equal(np.asarray(result), corrupt(eager, name, 0.6))


def test_corrupt_returns_a_frame_for_a_frame():
    X = pd.DataFrame(
        np.random.default_rng(0).random((4, 3)), index=list("abcd"), columns=list("xyz")
    )
    result = corrupter(X.to_numpy(), ["gain"])(X, "gain", 1.0)
    pd.testing.assert_index_equal(result.columns, X.columns)
    pd.testing.assert_index_equal(result.index, X.index)
    np.testing.assert_array_equal(
        result, corrupter(X.to_numpy(), ["gain"])(X.to_numpy(), "gain", 1.0)
    )
