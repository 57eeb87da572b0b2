"""The arithmetic of the image transformers, as functions of arrays.

An image is (height, width) or (height, width, channels). Functions of one image serve
arrays of images, through :func:`map_images`, and images that are read one by one alike.
No function changes its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

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


def pixel_range(images: Any) -> tuple[float, float]:
    """The range of values that pixels can take, by their dtype, or else do take.

    A collection is only read for the latter, one image after the other.
    """
    known = dtype_range(images.dtype)
    if known:
        return known
    parts = [images] if isinstance(images, np.ndarray) else images
    low, high = np.array([(part.min(), part.max()) for part in parts], dtype=np.float64).T
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ValueError("X contains NaN or infinity: an image of the collection has such pixels.")
    return float(low.min()), float(high.max())


def dtype_range(dtype: np.dtype) -> tuple[float, float] | None:
    """The range of values that a dtype holds, where that says something of the pixels."""
    if dtype.kind == "b":
        return 0.0, 1.0
    return (0.0, float(np.iinfo(dtype).max)) if dtype.kind == "u" else None


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
    method = import_optional("PIL.Image", extra="images").Resampling[resample.upper()]
    return map_planes(image, lambda plane: plane.resize(size[::-1], method))


def map_planes(image: np.ndarray, function: Callable[[Any], Any]) -> np.ndarray:
    """Pass each channel through a function of Pillow images, keeping shape and dtype."""
    pillow = import_optional("PIL.Image", extra="images")
    # Pillow would round 8-bit images twice, once per axis, and take four channels for RGB
    # with transparency; as float planes all images are treated alike.
    planes = [
        np.asarray(function(pillow.fromarray(np.ascontiguousarray(plane, dtype=np.float32))))
        for plane in (_channels(image) if image.ndim == 3 else [image])
    ]
    return cast(np.stack(planes, axis=-1) if image.ndim == 3 else planes[0], image.dtype)


def cast(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
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


def crop_window(image: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
    """Cut a window, which may leave the image: beyond its border it is mirrored."""
    rows, columns = np.arange(top, top + size[0]), np.arange(left, left + size[1])
    if top >= 0 and left >= 0 and rows[-1] < image.shape[0] and columns[-1] < image.shape[1]:
        return image[top : top + size[0], left : left + size[1]]
    return image[_mirrored(rows, image.shape[0])[:, np.newaxis], _mirrored(columns, image.shape[1])]


def _mirrored(indices: np.ndarray, length: int) -> np.ndarray:
    """Fold indices back into 0 ... length - 1, the outermost not repeated."""
    period = max(2 * (length - 1), 1)
    indices = indices % period
    return np.minimum(indices, period - indices) if length > 1 else np.zeros_like(indices)


def _channels(image: np.ndarray) -> Iterable[np.ndarray]:
    return np.moveaxis(image, -1, 0)


def _pick_nearest(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # By index, as then every value of every dtype is kept exactly.
    rows, columns = (
        ((2 * np.arange(new) + 1) * old) // (2 * new)
        for old, new in zip(image.shape[:2], size, strict=True)
    )
    return image[rows[:, np.newaxis], columns]
