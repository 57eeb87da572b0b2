"""What may go wrong between the training data and the factory, as functions of one sample.

Images come here as (height, width, channels) with black at 0 and white at 1, spectra as
(n_bands,). Severity goes from 0, which changes nothing, to 1. What is drawn at random does
not depend on it, so that a sample gets steadily worse in one and the same way. No function
changes its input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from scipy import ndimage
from scipy.fft import irfft2, next_fast_len, rfft2

from sklvision.image._functional import rescale_pixels
from sklvision.utils._images import round_to_dtype
from sklvision.utils._kernels import make_path_kernels
from sklvision.utils._lazy import is_collection
from sklvision.utils._optional import import_optional

Function = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def _sign(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.5 else -1.0


def brightness(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """More or less light everywhere."""
    return image + 0.4 * severity * _sign(rng)


def contrast(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """More or less distance of the values from the mean of the image."""
    mean = image.mean()
    return mean + (image - mean) * 4.0 ** (severity * _sign(rng))


def motion_blur(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A straight movement during the exposure."""
    travel = 0.15 * severity * min(image.shape[:2])
    return _convolve(image, _line(travel, rng.uniform(0, np.pi)))


def _line(travel: float, angle: float) -> np.ndarray:
    """Kernel of a movement over `travel` pixels about the centre."""
    reach = int(np.ceil(travel / 2))
    cells = np.arange(-reach, reach + 1)
    n_points = 4 * reach + 4
    along = travel * ((np.arange(n_points) + 0.5) / n_points - 0.5)
    path = (along * np.cos(angle))[np.newaxis], (along * np.sin(angle))[np.newaxis]
    return make_path_kernels(*path, cells)[0]


def defocus(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A lens out of focus, which turns each point into a disc."""
    return _convolve(image, _disc(0.06 * severity * min(image.shape[:2])))


def _disc(radius: float) -> np.ndarray:
    """Kernel of an even disc, its edge softened over one pixel."""
    reach = int(np.ceil(radius))
    cells = np.arange(-reach, reach + 1)
    kernel = np.clip(1 + radius - np.hypot(cells, cells[:, np.newaxis]), 0, 1)
    return kernel / kernel.sum()


def _convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve with a symmetric kernel, mirroring what is beyond the edges."""
    margin = kernel.shape[0] // 2
    if not margin:
        return image
    padded = np.pad(image, [(margin, margin), (margin, margin), (0, 0)], mode="symmetric")
    # Kernels grow with images: a sum over their cells would take minutes for a large one.
    size = [next_fast_len(length, real=True) for length in padded.shape[:2]]
    waves = rfft2(kernel.astype(image.dtype), size)[..., np.newaxis]
    blurred = irfft2(rfft2(padded, size, axes=(0, 1)) * waves, size, axes=(0, 1))
    return blurred[2 * margin : padded.shape[0], 2 * margin : padded.shape[1]]


def image_noise(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Independent Gaussian noise of pixels and channels."""
    return image + 0.2 * severity * rng.standard_normal(image.shape, np.float32)


def rotation(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A turn about the centre."""
    degrees = 15 * severity * _sign(rng)
    return _by_channel(
        image, lambda plane: ndimage.rotate(plane, degrees, reshape=False, order=1, mode="reflect")
    )


def image_shift(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A displacement in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    distance = 0.1 * severity * min(image.shape[:2])
    by = (distance * np.sin(angle), distance * np.cos(angle))
    return _by_channel(image, lambda plane: ndimage.shift(plane, by, order=1, mode="reflect"))


def jpeg(image: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Compression with losses."""
    pillow = import_optional("PIL.Image", extra="images")
    quality = round(100 - 90 * severity)

    def compress(pixels: np.ndarray) -> np.ndarray:
        file = BytesIO()
        # Colour is kept at full resolution: the quality alone is what changes.
        pillow.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
        return np.asarray(pillow.open(file, formats=["JPEG"])).astype(image.dtype) / 255

    pixels = np.rint(255 * image).clip(0, 255).astype(np.uint8)
    return compress(pixels) if image.shape[2] == 3 else _by_channel(pixels, compress)


def _by_channel(image: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    planes = [function(np.ascontiguousarray(plane)) for plane in np.moveaxis(image, -1, 0)]
    return np.stack(planes, axis=-1)


def gain(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """More or less light in all bands."""
    return spectrum * (1 + 0.2 * severity * _sign(rng))


def baseline(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """An offset and a tilt."""
    line = _sign(rng) + _sign(rng) * np.linspace(-1, 1, len(spectrum))
    return spectrum + 0.1 * severity * np.ptp(spectrum) * line


def band_shift(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A displacement along the bands, interpolated linearly, the ends repeated."""
    by = severity * max(1.0, 0.01 * len(spectrum)) * _sign(rng)
    bands = np.arange(len(spectrum))
    return np.interp(bands - by, bands, spectrum)


def band_noise(spectrum: np.ndarray, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Independent Gaussian noise of the bands."""
    return spectrum + 0.05 * severity * spectrum.std() * rng.standard_normal(len(spectrum))


# The function of each, and what severity 1 means, in few words.
IMAGE_CORRUPTIONS: dict[str, tuple[Function, str]] = {
    "brightness": (brightness, "±40 % of the range"),
    "contrast": (contrast, "a quarter or four times"),
    "motion_blur": (motion_blur, "over 15 % of the side"),
    "defocus": (defocus, "disc of radius 6 % of the side"),
    "noise": (image_noise, "std 20 % of the range"),
    "rotation": (rotation, "±15°"),
    "shift": (image_shift, "by 10 % of the side"),
    "jpeg": (jpeg, "quality 10 of 100"),
}
SPECTRUM_CORRUPTIONS: dict[str, tuple[Function, str]] = {
    "gain": (gain, "±20 %"),
    "baseline": (baseline, "offset and tilt, 10 % each"),
    "shift": (band_shift, "by 1 % of the bands"),
    "noise": (band_noise, "std 5 % of that of the spectrum"),
}


@dataclass(frozen=True)
class Corruption:
    """One corruption of one sample, ready for any severity.

    What is drawn depends on the seed, the name and the content of the sample, and not on its
    place: an image gets the same corruption whichever others are beside it, and read from
    disk the same as from an array.
    """

    name: str
    function: Callable[..., Any]
    meaning: str
    own: bool  # of the user: takes an array of samples, in their own units
    pixel_range: tuple[float, float] | None  # None for spectra
    seed: int

    def __call__(self, sample: np.ndarray, severity: float) -> np.ndarray:
        words = [self.seed, crc32(self.name.encode()), crc32(sample.tobytes())]
        rng = np.random.default_rng(words)
        if self.own:
            return self._checked(self.function(sample[np.newaxis].copy(), severity, rng), sample)
        if self.pixel_range is None:
            spectrum = self.function(sample.astype(np.float64), severity, rng)
            return spectrum.astype(floating(sample.dtype))
        image = rescale_pixels(sample, self.pixel_range, (0.0, 1.0))
        dtype, image = image.dtype, image.reshape(*sample.shape[:2], -1)
        image = self.function(image, severity, rng).astype(dtype, copy=False)
        image = rescale_pixels(image.reshape(sample.shape), (0.0, 1.0), self.pixel_range, clip=True)
        return round_to_dtype(image, sample.dtype)

    def _checked(self, result: Any, sample: np.ndarray) -> np.ndarray:
        """What a user's function made of a sample, in the sample's type and range."""
        result = np.asarray(result)
        if result.shape != (1, *sample.shape) or result.dtype.kind not in "biuf":
            raise ValueError(
                f"corruptions[{self.name!r}] must return an array of real numbers of the shape it "
                f"is given, {(1, *sample.shape)}; it returned {result.dtype} of {result.shape}."
            )
        if result.dtype.kind == "f" and not np.isfinite(result).all():
            raise ValueError(f"corruptions[{self.name!r}] returned NaN or infinity.")
        if self.pixel_range is None:
            return result[0].astype(floating(sample.dtype))
        values = np.clip(result[0].astype(np.float64), *self.pixel_range)
        return round_to_dtype(values, sample.dtype)


def floating(dtype: np.dtype) -> np.dtype:
    """The dtype of corrupted spectra: their own where it is a float."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def corrupt(X: Any, corruption: Corruption, severity: float) -> Any:
    """Corrupt all samples; a collection stays one, and does it as it is read."""
    severity = float(severity)
    if is_collection(X):
        return X.map(partial(corruption, severity=severity))
    samples = np.asarray(X)
    result = np.empty(
        samples.shape, samples.dtype if corruption.pixel_range else floating(samples.dtype)
    )
    for i, sample in enumerate(samples):
        result[i] = corruption(sample, severity)
    if isinstance(X, pd.DataFrame):
        return pd.DataFrame(result, index=X.index, columns=X.columns)
    return result
