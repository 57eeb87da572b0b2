"""Corruptions: worse conditions than those of the training data, as functions of one sample.

Images have shape (height, width, channels) with black at 0 and white at 1, spectra
(n_bands,). Severity goes from 0, which changes nothing, to 1. Random draws do not depend on it,
so that a sample gets steadily worse in the same way. No function changes its input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from zlib import crc32

import numpy as np
from scipy import ndimage
from scipy.fft import irfft2, next_fast_len, rfft2

from sklvision.image._functional import rescale_pixels
from sklvision.utils._images import round_to_dtype
from sklvision.utils._kernels import make_path_kernels
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import Samples

Function = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _draw_signed(amount: float, rng: np.random.Generator) -> float:
    """Return an amount or its negative, either as often as the other."""
    return amount if rng.random() < 0.5 else -amount


def change_brightness(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Add or subtract light everywhere."""
    return image + _draw_signed(0.4 * severity, rng)


def change_contrast(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Scale the distance of the values from the mean of the image."""
    mean = image.mean()
    return mean + (image - mean) * 4.0 ** _draw_signed(severity, rng)


def apply_motion_blur(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth as by a straight movement during the exposure."""
    travel = 0.15 * severity * min(image.shape[:2])
    return _convolve(image, _make_line_kernel(travel, rng.uniform(0, np.pi)))


def _make_line_kernel(travel: float, angle: float) -> np.ndarray:
    """Make the kernel of a movement over `travel` pixels about the center."""
    reach = int(np.ceil(travel / 2))
    cells = np.arange(-reach, reach + 1)
    n_points = 4 * reach + 4
    places = travel * ((np.arange(n_points) + 0.5) / n_points - 0.5)
    path = (places * np.cos(angle))[np.newaxis], (places * np.sin(angle))[np.newaxis]
    (kernel,) = make_path_kernels(*path, cells)
    return kernel


def apply_defocus(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth as by a lens out of focus, which turns each point into a disk."""
    return _convolve(image, _make_disk_kernel(0.06 * severity * min(image.shape[:2])))


def _make_disk_kernel(radius: float) -> np.ndarray:
    """Make the kernel of an even disk, its edge softened over one pixel."""
    reach = int(np.ceil(radius))
    cells = np.arange(-reach, reach + 1)
    kernel = np.clip(1 + radius - np.hypot(cells, cells[:, np.newaxis]), 0, 1)
    return kernel / kernel.sum()


def _convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve with a symmetric kernel, mirroring the image beyond its edges."""
    margin = kernel.shape[0] // 2
    if not margin:
        return image
    mirrored_image = np.pad(image, [(margin, margin), (margin, margin), (0, 0)], mode="symmetric")
    # Kernels grow with images: a sum over their cells would take minutes for a large one.
    size = [next_fast_len(length, real=True) for length in mirrored_image.shape[:2]]
    waves = rfft2(kernel.astype(image.dtype), size)[..., np.newaxis]
    result = irfft2(rfft2(mirrored_image, size, axes=(0, 1)) * waves, size, axes=(0, 1))
    return result[2 * margin : mirrored_image.shape[0], 2 * margin : mirrored_image.shape[1]]


def add_image_noise(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Add independent Gaussian noise to pixels and channels."""
    return image + 0.2 * severity * rng.standard_normal(image.shape, np.float32)


def rotate(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Rotate about the center."""
    degrees = _draw_signed(15 * severity, rng)
    return _map_channels(
        image, lambda plane: ndimage.rotate(plane, degrees, reshape=False, order=1, mode="reflect")
    )


def shift_image(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Shift in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    distance = 0.1 * severity * min(image.shape[:2])
    offset = (distance * np.sin(angle), distance * np.cos(angle))
    return _map_channels(image, lambda plane: ndimage.shift(plane, offset, order=1, mode="reflect"))


def compress_jpeg(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Compress with losses."""
    pillow = import_optional("PIL.Image", extra="images")
    quality = round(100 - 90 * severity)

    def compress(pixels: np.ndarray) -> np.ndarray:
        file = BytesIO()
        # Color is kept at full resolution: the quality alone is what changes.
        pillow.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
        return np.asarray(pillow.open(file, formats=["JPEG"])).astype(image.dtype) / 255

    pixels = np.rint(255 * image).clip(0, 255).astype(np.uint8)
    return compress(pixels) if image.shape[2] == 3 else _map_channels(pixels, compress)


def _map_channels(image: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    planes = [function(np.ascontiguousarray(plane)) for plane in np.moveaxis(image, -1, 0)]
    return np.stack(planes, axis=-1)


def change_gain(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Scale the values of all bands."""
    return spectrum * (1 + _draw_signed(0.2 * severity, rng))


def add_baseline(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Add an offset and a tilt."""
    offset = _draw_signed(0.1 * severity, rng)
    tilt = _draw_signed(0.1 * severity, rng) * np.linspace(-1, 1, len(spectrum))
    return spectrum + np.ptp(spectrum) * (offset + tilt)


def shift_bands(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Shift along the bands, interpolated linearly, the ends repeated."""
    offset = _draw_signed(severity * max(1.0, 0.01 * len(spectrum)), rng)
    bands = np.arange(len(spectrum))
    return np.interp(bands - offset, bands, spectrum)


def add_band_noise(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Add independent Gaussian noise to the bands."""
    return spectrum + 0.05 * severity * spectrum.std() * rng.standard_normal(len(spectrum))


# The function of each corruption, and the meaning of severity 1 in few words.
IMAGE_CORRUPTIONS: dict[str, tuple[Function, str]] = {
    "brightness": (change_brightness, "±40 % of the range"),
    "contrast": (change_contrast, "a quarter or four times"),
    "motion_blur": (apply_motion_blur, "over 15 % of the side"),
    "defocus": (apply_defocus, "disk of radius 6 % of the side"),
    "noise": (add_image_noise, "std 20 % of the range"),
    "rotation": (rotate, "±15°"),
    "shift": (shift_image, "by 10 % of the side"),
    "jpeg": (compress_jpeg, "quality 10 of 100"),
}
SPECTRUM_CORRUPTIONS: dict[str, tuple[Function, str]] = {
    "gain": (change_gain, "±20 %"),
    "baseline": (add_baseline, "offset and tilt, 10 % each"),
    "shift": (shift_bands, "by 1 % of the bands"),
    "noise": (add_band_noise, "std 5 % of that of the spectrum"),
}


@dataclass(frozen=True)
class Corruption:
    """One corruption of one sample, ready for any severity.

    The draws depend on the seed, the name and the content of the sample, and not on its
    place: an image gets the same corruption whichever others are in the batch, and read from
    disk the same as from an array.
    """

    name: str
    function: Callable[..., Any]
    description: str  # of severity 1, in few words
    is_custom: bool  # of the user: takes an array of samples, in their own units
    pixel_range: tuple[float, float] | None  # None for spectra
    seed: int

    def __call__(self, sample: np.ndarray, severity: float) -> np.ndarray:
        words = [self.seed, crc32(self.name.encode()), crc32(sample.tobytes())]
        rng = np.random.default_rng(words)
        if self.is_custom:
            result = self.function(sample[np.newaxis].copy(), severity, rng)
            return self._convert_result(result, sample)
        if self.pixel_range is None:
            spectrum = self.function(sample.astype(np.float64), severity, rng)
            return spectrum.astype(get_float_dtype(sample.dtype))
        image = rescale_pixels(sample, self.pixel_range, (0.0, 1.0))
        dtype, image = image.dtype, image.reshape(*sample.shape[:2], -1)
        image = self.function(image, severity, rng).astype(dtype, copy=False)
        image = rescale_pixels(image.reshape(sample.shape), (0.0, 1.0), self.pixel_range, clip=True)
        return round_to_dtype(image, sample.dtype)

    def _convert_result(self, result: Any, sample: np.ndarray) -> np.ndarray:
        """Convert the result of a user's function to the type and range of the sample."""
        result = np.asarray(result)
        if result.shape != (1, *sample.shape) or result.dtype.kind not in "biuf":
            raise ValueError(
                f"corruptions[{self.name!r}] must return an array of real numbers of the shape of "
                f"its argument, {(1, *sample.shape)}; it returned {result.dtype} of "
                f"{result.shape}."
            )
        if result.dtype.kind == "f" and not np.isfinite(result).all():
            raise ValueError(f"corruptions[{self.name!r}] returned NaN or infinity.")
        if self.pixel_range is None:
            return result[0].astype(get_float_dtype(sample.dtype))
        values = np.clip(result[0].astype(np.float64), *self.pixel_range)
        return round_to_dtype(values, sample.dtype)


def get_float_dtype(dtype: np.dtype) -> np.dtype:
    """Return the dtype of corrupted spectra: their own where it is a float."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def corrupt_samples(samples: Samples, corruption: Corruption, severity: float) -> Any:
    """Corrupt all samples; a collection does it as it is read, a table stays one."""
    severity = float(severity)
    if samples.is_lazy:
        return samples.map(partial(corruption, severity=severity))
    array = samples.to_array()
    dtype = array.dtype if corruption.pixel_range else get_float_dtype(array.dtype)
    result = np.empty(array.shape, dtype)
    for i, sample in enumerate(array):
        result[i] = corruption(sample, severity)
    return samples.fill(result)
