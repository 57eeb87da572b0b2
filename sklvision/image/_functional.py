"""The arithmetic of the image transformers, as functions of arrays.

An image is (height, width) or (height, width, channels). Functions of one image serve
arrays of images, through :func:`map_images`, and images that are read one by one alike.
No function changes its input.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sklvision.utils._optional import import_optional


def map_images(function: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Apply a function of one image to each, and stack what it returns."""
    first = function(images[0])
    result = np.empty((len(images), *first.shape), dtype=first.dtype)
    result[0] = first
    for i in range(1, len(images)):
        result[i] = function(images[i])
    return result


def pixel_range(images: np.ndarray) -> tuple[float, float]:
    """The range of values that pixels can take, by their dtype, or else do take."""
    if images.dtype.kind == "b":
        return 0.0, 1.0
    if images.dtype.kind == "u":
        return 0.0, float(np.iinfo(images.dtype).max)
    return float(images.min()), float(images.max())


def rescale_pixels(
    image: np.ndarray,
    from_range: tuple[float, float],
    to_range: tuple[float, float],
    *,
    clip: bool = False,
) -> np.ndarray:
    """Map one range of pixel values linearly to another, in float32 where that is exact."""
    dtype = np.float32 if np.can_cast(image.dtype, np.float32) else np.float64
    low, high = to_range
    # Divided, not multiplied by an inverse: the ends of the range come out exactly.
    result = np.subtract(image, from_range[0], dtype=dtype)
    result /= from_range[1] - from_range[0]
    if (low, high) != (0.0, 1.0):
        result *= high - low
        result += low
    return np.clip(result, low, high, out=result) if clip else result


def resize_image(image: np.ndarray, size: tuple[int, int], resample: str) -> np.ndarray:
    """Resize one image to ``size`` (height, width), keeping its dtype."""
    if image.shape[:2] == size:
        return image.copy()
    if resample == "nearest":
        return _pick_nearest(image, size)
    pillow = import_optional("PIL.Image", extra="images")
    method = pillow.Resampling[resample.upper()]
    planes = image.reshape(*image.shape[:2], -1)
    result = np.empty((*size, planes.shape[2]), dtype=np.float32)
    for channel in range(planes.shape[2]):
        # Pillow would round 8-bit images twice, once per axis, and take four channels
        # for RGB with transparency; as float planes all images are treated alike.
        plane = pillow.fromarray(np.ascontiguousarray(planes[..., channel], dtype=np.float32))
        result[..., channel] = plane.resize(size[::-1], method)
    return _cast(result.reshape(*size, *image.shape[2:]), image.dtype)


def _pick_nearest(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # By index, as then every value of every dtype is kept exactly.
    rows, columns = (
        ((2 * np.arange(new) + 1) * old) // (2 * new)
        for old, new in zip(image.shape[:2], size, strict=True)
    )
    return image[rows[:, np.newaxis], columns]


def _cast(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Turn float32 values to ``dtype``, rounded and clipped where it holds whole numbers."""
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        high = np.float32(info.max)
        if int(high) > info.max:  # the largest int32 and int64 are no float32
            high = np.nextafter(high, np.float32(0))
        values = np.clip(np.rint(values), np.float32(info.min), high)
    return values.astype(dtype, copy=False)
