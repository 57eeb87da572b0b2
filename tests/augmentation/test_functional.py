"""The arithmetic against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from sklvision.augmentation import _functional

SCIPY_MODE = {"reflect": "reflect", "edge": "nearest", "constant": "grid-constant"}
FILLS = list(SCIPY_MODE)


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(0, 255, (5, 8, 11, 3))


def through_map(images, maps, fill, value=0.0):
    """The same by scipy: maps count from the center, x before y."""
    n, h, w, _ = images.shape
    center = np.array([(h - 1) / 2, (w - 1) / 2])
    result = np.empty_like(images)
    for i in range(n):
        matrix = maps[i, :2, :2][::-1, ::-1]
        offset = center - matrix @ center + maps[i, :2, 2][::-1]
        for c in range(images.shape[3]):
            result[i, ..., c] = ndimage.affine_transform(
                images[i, ..., c], matrix, offset, order=1, mode=SCIPY_MODE[fill], cval=value
            )
    return result


def column(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


@pytest.mark.parametrize("fill", FILLS)
def test_shift_agrees_with_scipy(images, fill):
    row_shifts, column_shifts = [0, 2, -3, 7, -1], [0, -1, 4, 0, -10]
    actual = _functional.shift(
        torch.from_numpy(images), torch.tensor(row_shifts), torch.tensor(column_shifts), fill, 7.0
    )
    for image, new, d, r in zip(images, actual.numpy(), row_shifts, column_shifts, strict=True):
        expected = ndimage.shift(image, (d, r, 0), order=0, mode=SCIPY_MODE[fill], cval=7.0)
        np.testing.assert_array_equal(new, expected)


def test_shift_beyond_the_image_reflects_repeatedly(images):
    actual = _functional.shift(
        torch.from_numpy(images[:1]), torch.tensor([21]), torch.tensor([-40]), "reflect", 0.0
    )
    expected = np.pad(images[0], ((0, 0), (0, 60), (0, 0)), mode="symmetric")[:, 40:51]
    expected = np.pad(expected, ((40, 0), (0, 0), (0, 0)), mode="symmetric")[19:27]
    np.testing.assert_array_equal(actual[0], expected)


def test_flip_agrees_with_numpy(images):
    rows, is_never = (
        torch.tensor([True, False, True, False, True]),
        torch.zeros(5, dtype=torch.bool),
    )
    X = torch.from_numpy(images)
    result = _functional.flip(X, rows, is_never).numpy()
    np.testing.assert_array_equal(result[::2], images[::2, :, ::-1])
    np.testing.assert_array_equal(result[1::2], images[1::2])
    np.testing.assert_array_equal(_functional.flip(X, ~is_never, ~is_never), images[:, ::-1, ::-1])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_warp_by_quarter_turns_agrees_with_numpy(quarters, dtype):
    squares = np.random.default_rng(0).uniform(0, 255, (2, 9, 9, 2))
    maps = _functional.make_rotation_maps(column(90 * quarters, 90 * quarters - 360))
    actual = _functional.warp(torch.from_numpy(squares).to(dtype), maps, "constant", 0.0)
    assert actual.dtype == dtype
    expected = np.rot90(squares, quarters, axes=(1, 2))
    np.testing.assert_allclose(actual, expected, atol=1e-10 if dtype == torch.float64 else 1e-2)


@pytest.mark.parametrize("fill", FILLS)
def test_warp_by_rotation_agrees_with_scipy(images, fill):
    degrees = [0, 10, -33.3, 90, 171]
    maps = _functional.make_rotation_maps(column(*degrees))
    actual = _functional.warp(torch.from_numpy(images), maps, fill, 5.0).numpy()
    for image, new, angle in zip(images, actual, degrees, strict=True):
        expected = ndimage.rotate(
            image, angle, reshape=False, order=1, mode=SCIPY_MODE[fill], cval=5.0
        )
        np.testing.assert_allclose(new, expected, atol=1e-8)


@pytest.mark.parametrize("fill", FILLS)
def test_warp_by_products_of_maps_agrees_with_scipy(images, fill):
    scale = column(1.0, 0.5, 0.8, 1.3, 1.9)
    maps = _functional.make_zoom_maps(scale)
    actual = _functional.warp(torch.from_numpy(images), maps, fill, 5.0)
    np.testing.assert_allclose(actual, through_map(images, maps.numpy(), fill, 5.0), atol=1e-8)

    maps = _functional.make_rotation_maps(column(5, 30, 60, -90, 170)) @ maps
    maps = maps @ _functional.make_shift_maps(column(0, 1, -2, 3, 0.5), column(2, 0, 1.5, -1, 3))
    actual = _functional.warp(torch.from_numpy(images), maps, fill, 5.0)
    np.testing.assert_allclose(actual, through_map(images, maps.numpy(), fill, 5.0), atol=1e-8)


def test_warp_by_maps_of_flips_and_shifts_equals_these(images):
    X = torch.from_numpy(images)
    is_mirrored = torch.tensor([True, False, True, True, False])
    by_map = _functional.warp(X, _functional.make_flip_maps(is_mirrored, ~is_mirrored), "edge", 0.0)
    torch.testing.assert_close(by_map, _functional.flip(X, is_mirrored, ~is_mirrored))
    row_shifts, column_shifts = torch.tensor([0, 1, -2, 3, 8]), torch.tensor([5, -1, 2, 0, -11])
    by_map = _functional.warp(
        X, _functional.make_shift_maps(row_shifts, column_shifts), "reflect", 0.0
    )
    torch.testing.assert_close(
        by_map, _functional.shift(X, row_shifts, column_shifts, "reflect", 0.0)
    )


def test_warp_by_zoom_doubles_content():
    dot = torch.zeros(1, 9, 9, 1)
    dot[:, 3:6, 3:6] = 1
    zoomed_dot = _functional.warp(dot, _functional.make_zoom_maps(column(2.0)), "constant", 0.0)
    assert float(zoomed_dot.sum()) == pytest.approx(4 * 9, rel=0.05)


def test_convolve_agrees_with_scipy(images):
    length, degrees = column(1.0, 2.5, 5.0, 5.0, 3.7), column(0, 20, 0, 45, 130)
    kernels = _functional.make_line_kernels(length, degrees, 5)
    actual = _functional.convolve(torch.from_numpy(images), kernels)
    for image, new, kernel in zip(images, actual.numpy(), kernels.numpy(), strict=True):
        expected = ndimage.convolve(image, kernel[..., None], mode="nearest")
        np.testing.assert_allclose(new, expected, atol=1e-9)


def test_convolve_by_fourier_transforms_agrees_with_scipy():
    images = np.random.default_rng(0).normal(size=(4, 40, 50, 2))
    length, degrees = column(1.0, 12.5, 41.0, 41.0), column(0, 20, 0, 70)
    kernels = _functional.make_line_kernels(length, degrees, 41)
    assert kernels.shape[1] > _functional._LARGEST_DIRECT
    actual = _functional.convolve(torch.from_numpy(images), kernels).numpy()
    np.testing.assert_array_equal(actual[0], images[0])  # a length of 1 changes no bit
    for image, new, kernel in zip(images, actual, kernels.numpy(), strict=True):
        expected = ndimage.convolve(image, kernel[..., None], mode="nearest")
        np.testing.assert_allclose(new, expected, atol=1e-9)


def test_line_kernels_of_small_images_blur_as_large_ones(images):
    """Beyond the edges all pixels are equal, so no kernel is larger than twice the image."""
    length, degrees = column(1.0, 25, 50.0, 99.0, 99.0), column(0, 20, 0, 45, 130)
    X = torch.from_numpy(images)
    small = _functional.make_line_kernels(length, degrees, 99, X.shape[1:3])
    assert small.shape[1] == 2 * max(X.shape[1:3]) - 1
    large = _functional.make_line_kernels(length, degrees, 99)
    expected = _functional.convolve(X, large)
    np.testing.assert_allclose(_functional.convolve(X, small), expected, atol=1e-9)


@given(st.floats(1, 9), st.floats(-360, 360))
def test_line_kernels_are_centered_lines(length, degrees):
    (kernel,) = _functional.make_line_kernels(column(length), column(degrees), 9).numpy()
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)
    rows, columns = np.mgrid[4:-5:-1, -4:5]  # up and to the right
    distance_along = columns * np.cos(np.deg2rad(degrees)) + rows * np.sin(np.deg2rad(degrees))
    distance_across = rows * np.cos(np.deg2rad(degrees)) - columns * np.sin(np.deg2rad(degrees))
    assert np.abs(distance_across[kernel > 0]).max() < 1.5
    assert np.abs(distance_along[kernel > 0]).max() < (length - 1) / 2 + 1.5
    if length > 3:
        assert (kernel * distance_along**2).sum() > 2 * (kernel * distance_across**2).sum()


@given(
    area=st.floats(0, 1),
    aspect=st.floats(0.2, 5),
    top=st.floats(0, 1),
    left=st.floats(0, 1),
)
def test_erase_covers_one_rectangle_of_the_area(area, aspect, top, left):
    X = torch.rand(1, 13, 17, 2, dtype=torch.float64) + 1
    new = _functional.erase(X, *(column(v) for v in (area, aspect, top, left)), value=0.0)
    is_erased = (new == 0).all(dim=3)[0].numpy()
    np.testing.assert_array_equal(new[0].numpy()[~is_erased], X[0].numpy()[~is_erased])
    height, width = is_erased.any(axis=1).sum(), is_erased.any(axis=0).sum()
    assert is_erased.sum() == height * width
    assert is_erased.sum() <= area * is_erased.size * (1 + 1e-3)
    pixels = area * is_erased.size
    exact = min((pixels * aspect) ** 0.5, 13), min((pixels / aspect) ** 0.5, 17)
    assert height * width >= max(0, exact[0] - 1) * max(0, exact[1] - 1) - 1e-9


def test_erase_covers_with_the_mean_color(images):
    X = torch.from_numpy(images)
    full = torch.ones(5, dtype=torch.float64)
    new = _functional.erase(X, area=full, aspect=8 / 11 * full, top=full, left=full, value=None)
    expected = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    np.testing.assert_allclose(new, expected)


def test_scale_brightness_scales_gain_and_contrast(images):
    gain, contrast = column(1, 0.5, 1, 2, 1.5), column(1, 1, 0.5, 1, 0.2)
    new = _functional.scale_brightness(torch.from_numpy(images), gain, contrast).numpy()
    for i, image in enumerate(images):
        expected = float(gain[i]) * (image.mean() + float(contrast[i]) * (image - image.mean()))
        np.testing.assert_allclose(new[i], expected)


def test_shift_bands_agrees_with_numpy():
    spectra, bands = np.random.default_rng(0).normal(size=(6, 30)), np.arange(30)
    shifts = column(0, 1, -2, 0.25, -3.7, 40)
    new = _functional.shift_bands(torch.from_numpy(spectra), shifts).numpy()
    for spectrum, shifted_spectrum, distance in zip(spectra, new, shifts.numpy(), strict=True):
        np.testing.assert_allclose(
            shifted_spectrum, np.interp(bands - distance, bands, spectrum), atol=1e-12
        )


def test_scale_bands_adds_a_tilt_in_standard_deviations():
    spectra = np.random.default_rng(0).normal(3, size=(3, 5))
    new = _functional.scale_bands(
        torch.from_numpy(spectra), column(1, 2, 0.5), column(0, 1, 0.3), column(0, -1, 2)
    )
    std = spectra.std(axis=1, keepdims=True)
    ramp = np.array([-1, -0.5, 0, 0.5, 1])
    gain, offset, slope = (np.array(v)[:, None] for v in ((1, 2, 0.5), (0, 1, 0.3), (0, -1, 2)))
    np.testing.assert_allclose(new, gain * spectra + (offset + slope * ramp) * std)


def test_add_noise_counts_in_standard_deviations_or_units():
    X = torch.stack([torch.linspace(0, 100, 50), torch.full((50,), 3.0)])
    noise, scale = torch.ones_like(X), torch.tensor([0.1, 0.1])
    relative = _functional.add_noise(X, noise, scale, True) - X
    np.testing.assert_allclose(relative[0], 0.1 * X[0].numpy().std(), rtol=1e-4)
    assert (relative[1] == 0).all()
    absolute = _functional.add_noise(X, noise, scale, False) - X
    np.testing.assert_allclose(absolute, 0.1, rtol=1e-3)
