"""The steps of ForegroundCrop against plain references: background, foreground, window."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from sklvision.image import _background, _foreground, _functional, _window
from sklvision.image._window import Foreground, Window


def random_mask(shape, seed=0):
    return np.random.default_rng(seed).random(shape) < 0.3


def search_otsu_threshold(values, low, high):
    """Try each of 255 thresholds; return the first with the largest variance between classes."""
    bins = ((values.clip(low, high) - low) * 255 / (high - low)).astype(int)
    variances = []
    for level in range(1, 256):
        parts = bins[bins < level], bins[bins >= level]
        sizes = [part.size for part in parts]
        means = [part.mean() if part.size else 0.0 for part in parts]
        variances.append(sizes[0] * sizes[1] * (means[0] - means[1]) ** 2)
    return low + (int(np.argmax(variances)) + 1) * (high - low) / 255


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_at_high", [0, 200])
def test_otsu_threshold_is_that_of_an_exhaustive_search(seed, n_at_high):
    rng = np.random.default_rng(seed)
    values = np.concatenate(
        [rng.normal(3, 1, 300), rng.normal(7, 1, 90), np.full(40, 2.0), np.full(n_at_high, 10.0)]
    ).clip(2, 10)
    threshold = _foreground.compute_otsu_threshold(values, 2.0, 10.0)
    assert threshold == pytest.approx(search_otsu_threshold(values, 2.0, 10.0), abs=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (9, 13), (20, 7)])
def test_close_gaps_is_a_closing_by_three_pixels(shape):
    mask = random_mask(shape)
    frame = np.pad(mask, 2)
    expected = ndimage.binary_closing(frame, np.ones((3, 3)))[2:-2, 2:-2]
    np.testing.assert_array_equal(_foreground.close_gaps(mask), expected)


def test_select_largest_part_goes_by_weight():
    mask = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1]], bool)
    weights = np.ones(mask.shape)
    connected_by_a_corner = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0] * 6], bool)
    result = _foreground.select_largest_part(mask, weights)
    np.testing.assert_array_equal(result, connected_by_a_corner)
    weights[2, 5] = 5
    result = _foreground.select_largest_part(mask, weights)
    np.testing.assert_array_equal(np.argwhere(result), [[2, 5]])


@pytest.mark.parametrize("corner", [(0, 0), (3, 0), (0, 5), (6, 9)])
def test_bounding_box_has_one_pixel_more_on_each_side(corner):
    mask = np.zeros((8, 12), bool)
    mask[corner] = True
    rows, columns = _foreground.compute_bounding_box(mask)
    box = np.zeros_like(mask)
    box[rows, columns] = True
    np.testing.assert_array_equal(box, ndimage.binary_dilation(mask, np.ones((3, 3))))


def test_find_pixels_is_argwhere():
    mask = random_mask((7, 11))
    np.testing.assert_array_equal(_foreground.find_pixels(mask), np.argwhere(mask))


def test_diagonal_is_that_of_the_bounding_box():
    mask = np.zeros((9, 9), bool)
    assert _foreground._measure_diagonal(mask) == 0
    mask[2:5, 3:7] = True
    assert _foreground._measure_diagonal(mask) == 5


@pytest.mark.parametrize("turns", range(4))
def test_select_object_ignores_a_strip_on_any_side(turns):
    contrast = np.zeros((60, 60), np.float32)
    contrast[:, -4:] = 12  # heavier than the object
    contrast[25:32, 20:30] = 12
    contrast = np.rot90(contrast, turns)
    expected = np.rot90(np.pad(np.ones((7, 10), bool), ((25, 28), (20, 30))), turns)
    level = _foreground._compute_object_level(contrast, "bright")
    np.testing.assert_array_equal(level > 0, expected)


def test_select_object_prefers_a_strip_to_a_speck():
    contrast = np.zeros((200, 200), np.float32)
    contrast[:, :4] = 12
    contrast[100, 100] = 12  # less than 2e-4 of the pixels
    assert (_foreground._compute_object_level(contrast, "bright") > 0)[:, :4].all()
    contrast[100:103, 100:104] = 12
    mask = _foreground._compute_object_level(contrast, "bright") > 0
    np.testing.assert_array_equal(np.argwhere(mask)[[0, -1]], [[100, 100], [102, 103]])


def test_outline_levels_follow_the_covered_fraction():
    """1 inside, 2 f - 1 where a fraction f is covered, but at least 0.1 in the mask."""
    contrast = np.zeros((60, 80), np.float32)
    contrast[20:30, 20:60] = 100
    contrast[30, 20:60], contrast[19, 20:60] = 75, 25
    level = _foreground._compute_object_level(contrast, "bright")
    np.testing.assert_allclose(level[18:32, 40], [-1, 0.1, *[1] * 10, 0.5, -1])


def test_outline_levels_of_a_dim_object_are_relative_to_the_threshold():
    strength = np.zeros((7, 9), np.float32)
    strength[1:6, 1:8] = 6.0
    strength[3, 0] = 2.0
    mask = strength > 4
    level = _foreground._compute_outline(mask, [strength], strength, 4.0)
    expected = np.where(mask, 2 * 6 / 8 - 1, -1)
    expected[3, 0] = 2 * 2 / 8 - 1
    np.testing.assert_allclose(level, expected)


def test_background_is_a_cubic_surface_that_small_objects_do_not_bend():
    rows, columns = np.mgrid[-1:1:120j, -1:1:160j]
    surface = 90 + 20 * rows - 30 * columns + 10 * rows * columns**2 - 5 * rows**3
    image = surface.copy()
    image[40:60, 50:80] += 70
    for gray, tolerance in ((surface, 0.1), (image, 0.5)):
        background = _background.fit_background(gray.astype(np.float32))
        np.testing.assert_allclose(background, surface, atol=tolerance)


def test_background_follows_local_light_up_to_a_bound():
    rows, columns = np.mgrid[:200, :200]
    light = 40 * np.exp(-((rows - 60) ** 2 + (columns - 70) ** 2) / 3000)
    noise = np.random.default_rng(0).normal(0, 1, light.shape)
    residual = (light + noise - _background.fit_background((light + noise).astype(np.float32)))[
        60, 70
    ]
    assert 0 < residual < 0.7 * 40


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (21, 7), (40, 50)])
def test_background_of_small_images_is_finite(shape):
    gray = np.random.default_rng(0).random(shape).astype(np.float32)
    background = _background.fit_background(gray)
    assert background.shape == shape
    assert np.isfinite(background).all()


def fit_plain_background(gray):
    """Fit the background in plain words: least squares, scipy's median and NumPy's interp."""
    n = [min(side, 20) for side in gray.shape]
    edges = [np.arange(k + 1) * side // k for k, side in zip(n, gray.shape, strict=True)]
    blocks = np.array(
        [
            [gray[top:bottom, left:right].mean() for left, right in itertools.pairwise(edges[1])]
            for top, bottom in itertools.pairwise(edges[0])
        ]
    )

    def make_terms(height, width):
        rows, columns = (2 * np.arange(k) + 1 for k in (height, width))
        rows, columns = np.meshgrid(rows / height - 1, columns / width - 1, indexing="ij")
        powers = [(i, j) for i in range(4) for j in range(4) if i + j <= 3]
        return np.stack([rows**i * columns**j for i, j in powers], axis=-1)

    design = make_terms(*blocks.shape).reshape(blocks.size, -1)
    residuals = blocks.ravel() - np.median(blocks)
    for _ in range(5):
        scale = 1.4826 * np.median(np.abs(residuals))
        weights = np.where(np.abs(residuals) < 6 * scale, 1 - (residuals / (6 * scale)) ** 2, 0)
        coefficients = np.linalg.lstsq(
            design * weights[:, np.newaxis], blocks.ravel() * weights, rcond=None
        )[0]
        residuals = blocks.ravel() - design @ coefficients
    local = ndimage.median_filter(residuals.reshape(blocks.shape), 5, mode="nearest")
    local = np.clip(local, -3 * scale, 3 * scale)
    for axis, (k, side) in enumerate(zip(n, gray.shape, strict=True)):
        centers, pixels = (np.arange(k) + 0.5) / k, (np.arange(side) + 0.5) / side
        local = np.apply_along_axis(lambda v: np.interp(pixels, centers, v), axis, local)  # noqa: B023
    return make_terms(*gray.shape) @ coefficients + local


@pytest.mark.parametrize("shape", [(80, 120), (61, 47), (12, 33)])
def test_background_agrees_with_a_plain_reference(shape):
    rows, columns = (np.linspace(0, 1, side) for side in shape)
    light = 40 * np.sin(7 * rows)[:, np.newaxis] + 30 * columns**2 * rows[:, np.newaxis]
    gray = light + np.random.default_rng(0).normal(100, 4, shape)
    gray[shape[0] // 3 : shape[0] // 2, shape[1] // 2 : -3] += 90
    expected = fit_plain_background(gray)
    background = _background.fit_background(gray.astype(np.float32))
    np.testing.assert_allclose(background, expected, atol=0.01)


def test_divide_by_noise_gives_standard_deviations():
    gray = np.random.default_rng(0).normal(50, 3, (200, 200)).astype(np.float32)
    assert _background.divide_by_noise(gray).std() == pytest.approx(1, abs=0.05)
    spot = np.zeros((100, 100), np.float32)
    spot[50, 50] = 8
    assert _background.divide_by_noise(spot)[50, 50] == pytest.approx(256, rel=0.01)


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_median_is_that_of_numpy(size):
    values = np.random.default_rng(size).normal(size=size)
    assert _background.compute_median(values) == np.median(values)


def test_median_filter_is_that_of_scipy():
    blocks = np.random.default_rng(0).random((9, 12))
    expected = ndimage.median_filter(blocks, 5, mode="nearest")
    np.testing.assert_array_equal(_background.filter_median(blocks), expected)


def test_powers_are_of_the_middles_of_pixels():
    powers = _background._compute_powers(4)
    np.testing.assert_allclose(powers[:, 1], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(powers[:, 3], powers[:, 1] ** 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_average_squares_is_the_mean_of_blocks(dtype, step):
    gray = np.random.default_rng(0).integers(0, 256, (13, 17)).astype(dtype)
    height, width = 13 // step, 17 // step
    blocks = gray[: height * step, : width * step].reshape(height, step, width, step)
    result = _window.average_squares(gray, step)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, blocks.mean(axis=(1, 3)), rtol=1e-6)


def test_average_squares_does_not_overflow():
    for step in (256, 257, 300):
        gray = np.full((step, 2 * step), 255, np.uint8)
        np.testing.assert_allclose(_window.average_squares(gray, step), [[255, 255]], rtol=1e-6)


@given(
    top=st.integers(-12, 12),
    left=st.integers(-12, 12),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_cut_padded_has_no_foreground_beyond_the_border(top, left, size):
    mask = random_mask((6, 8))
    frame = np.pad(mask, 25)
    expected = frame[25 + top : 25 + top + size[0], 25 + left : 25 + left + size[1]]
    np.testing.assert_array_equal(_window._cut_padded(mask, top, left, size), expected)


def test_window_without_foreground_is_in_the_middle():
    for align in (False, True):
        window = _window.find_window(
            Foreground(np.full((6, 10), -1.0), 3, 5, 2), (7, 8), (4, 5), align=align
        )
        assert window == Window(3 + 6, 5 + 10, 7, 8)


def test_window_without_alignment_is_about_the_centroid():
    level = np.full((8, 12), -1.0)
    level[2:4, 5:8] = 1
    window = _window.find_window(Foreground(level, 3, 5, 2), (7, 8), (4, 5), align=False)
    assert window == Window(3 + 2 * 3, 5 + 2 * 6.5, 7, 8)


@pytest.mark.parametrize("step", [1, 3])
def test_aligned_window_encloses_the_object_with_a_margin(step):
    level = np.full((30, 60), -1.0)
    level[10:16, 12:52] = 1
    level[10:16, 12:20] = 1
    window = _window.find_window(Foreground(level, 4, 7, step), (1, 1), (10, 40), align=True)
    # 40 pixels, and half a pixel of outline at each end, times 1.15.
    assert window.width == pytest.approx(1.15 * 41 * step)
    assert window.height == pytest.approx(window.width / 4)
    assert abs(window.cos) == pytest.approx(1)
    assert window.row == pytest.approx(4 + 13 * step)
    assert window.column == pytest.approx(7 + 32 * step)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(10, 20, 6, 8), (7, 16, (6, 8))),
        (Window(10.4, 20.5, 5, 7), (8, 17, (5, 7))),
        (Window(10, 20, 6.5, 8), None),
        (Window(10, 20, 6, 8.5), None),
        (Window(10, 20, 6, 8, cos=-1.0), None),
        (Window(10, 20, 6, 8, cos=0.8, sin=0.6), None),
    ],
)
def test_whole_pixels_are_those_of_upright_windows_of_whole_size(window, expected):
    assert window.find_whole_pixels() == expected


@pytest.mark.parametrize("angle", [1.0, 30.0, 90.0, 200.0])
@pytest.mark.parametrize("sides", [(90.0, 20.0), (20.0, 90.0)])
def test_cut_image_loses_nothing_of_a_rotated_window(angle, sides):
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    window = Window(75.3, 74.6, *sides, cos=cos, sin=sin)
    rows, columns = np.mgrid[:150, :150] + 0.5
    size = (int(sides[0]), int(sides[1]))
    result = _window.cut_image((rows + 2 * columns).astype(np.float32), window, size)
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    rows, columns = rows - sides[0] / 2, columns - sides[1] / 2
    expected = (75.3 + columns * sin + rows * cos) + 2 * (74.6 + columns * cos - rows * sin)
    np.testing.assert_allclose(result, expected, atol=0.01)


@pytest.mark.parametrize("n_samples", [1, 2, 4, 8, 13])
def test_sample_window_averages_its_samples(n_samples):
    rows, columns = np.mgrid[:104, :104] + 0.5
    image = (rows + 2 * columns).astype(np.float32)
    result = _window.sample_window(image, Window(52, 52, 52, 52), (4, 4), n_samples=n_samples)
    expected = (26 + 13 * (np.arange(4) + 0.5))[:, np.newaxis] + 2 * (
        26 + 13 * (np.arange(4) + 0.5)
    )
    np.testing.assert_allclose(result, expected, atol=0.6)


@pytest.mark.parametrize("step", [1, 2])
def test_cut_mask_counts_the_covered_fraction(step):
    level = np.zeros((20, 24), bool)
    level[5:15, 6:18] = True
    foreground = Foreground(level, 2, 3, step)
    upright = Window(2 + 10 * step, 3 + 12 * step, 20 * step, 24 * step)
    result = _window.cut_mask(foreground, upright, (10, 12), np.dtype(np.float32))
    # Five of twenty rows are the first two and a half of ten.
    rows, columns = [0, 0, 0.5, 1, 1, 1, 1, 0.5, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    np.testing.assert_allclose(result, np.outer(rows, columns), atol=1e-6)
    rotated = upright._replace(cos=0.0, sin=1.0, height=24 * step, width=20 * step)
    result = _window.cut_mask(foreground, rotated, (12, 10), np.dtype(np.float32))
    np.testing.assert_allclose(result, np.outer(columns, rows), atol=0.13)


@pytest.mark.parametrize(
    ("center_side", "expected"), [(5, 5), (50, 40), (0.5, 20), (0.001, 1), (1.0, 40)]
)
def test_resolve_side_takes_pixels_or_a_fraction(center_side, expected):
    assert _window._resolve_side(center_side, 40) == expected


def test_average_channels_is_their_mean():
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    np.testing.assert_allclose(_window._average_channels(image), image.mean(axis=2), rtol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(4, 4, 1), (10, 5, 2), (10, 30, 3), (14, 5, 4)]
)
def test_count_samples_leaves_no_pixel_out(height, width, expected):
    assert _window._count_samples(Window(0, 0, height, width), (4, 10)) == expected


@given(
    top=st.integers(-12, 12),
    left=st.integers(-12, 12),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    shape=st.sampled_from([(5, 9), (9, 5), (1, 4), (5, 9, 3)]),
)
def test_crop_window_mirrors_beyond_the_border(top, left, size, shape):
    image = np.arange(math.prod(shape)).reshape(shape)
    frame = np.pad(image, [(30, 30), (30, 30), (0, 0)][: len(shape)], mode="reflect")
    expected = frame[30 + top : 30 + top + size[0], 30 + left : 30 + left + size[1]]
    np.testing.assert_array_equal(_functional.crop_window(image, top, left, size), expected)
