"""The arithmetic of the image transformers, as functions of arrays.

An image is (height, width) or (height, width, channels). Functions of one image serve
arrays of images, through :func:`map_images`, and images that are read one by one.
No function changes its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sklvision.utils._images import round_to_dtype
from sklvision.utils._optional import import_optional


def map_images(function: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Apply a function of one image to each, and stack what it returns."""
    first = function(images[0])
    result = np.empty((len(images), *first.shape), dtype=first.dtype)
    result[0] = first
    for i in range(1, len(images)):
        result[i] = function(images[i])
    return result


def rescale_pixels(
    image: np.ndarray,
    from_range: tuple[float, float],
    to_range: tuple[float, float],
    *,
    clip: bool = False,
) -> np.ndarray:
    """Map one range of pixel values linearly to another, in float32 where that is exact.

    Raises
    ------
    ValueError
        If values leave what the type of the result can hold.
    """
    dtype = np.float32 if np.can_cast(image.dtype, np.float32) else np.float64
    low, high = to_range
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            # Divided, not multiplied by an inverse: the ends of the range are mapped exactly.
            result = np.subtract(image, from_range[0], dtype=dtype)
            result /= from_range[1] - from_range[0]
            if (low, high) != (0.0, 1.0):
                result *= high - low
                result += low
    except FloatingPointError as error:
        raise ValueError(
            f"The pixels of X become too large for {dtype.__name__} when the range {from_range} "
            f"is mapped to {to_range}; set ranges that are closer to the values of X."
        ) from error
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
    """Apply a function of Pillow images to each channel, keeping the dtype."""
    pillow = import_optional("PIL.Image", extra="images")
    # Pillow would round 8-bit images twice, once per axis, and take four channels for RGB
    # with transparency; as float planes all images are treated alike.
    with refuse_overflow():
        planes = [
            np.asarray(function(pillow.fromarray(np.ascontiguousarray(plane, dtype=np.float32))))
            for plane in (np.moveaxis(image, -1, 0) if image.ndim == 3 else [image])
        ]
    values = np.stack(planes, axis=-1) if image.ndim == 3 else planes[0]
    return round_to_dtype(values, image.dtype)


@contextmanager
def refuse_overflow() -> Iterator[None]:
    """Raise an error of the package where pixels are too large for float32."""
    try:
        with np.errstate(over="raise"):
            yield
    except FloatingPointError as error:
        raise ValueError(
            "The pixels of X are too large to be computed with in float32; divide them by a "
            "constant first."
        ) from error


def crop_window(image: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
    """Cut a window, which may leave the image: beyond its border it is mirrored."""
    rows, columns = np.arange(top, top + size[0]), np.arange(left, left + size[1])
    if top >= 0 and left >= 0 and rows[-1] < image.shape[0] and columns[-1] < image.shape[1]:
        return image[top : top + size[0], left : left + size[1]]
    rows, columns = _mirror_indices(rows, image.shape[0]), _mirror_indices(columns, image.shape[1])
    return image[rows[:, np.newaxis], columns]


def _mirror_indices(indices: np.ndarray, length: int) -> np.ndarray:
    """Fold indices back into 0 ... length - 1, the outermost not repeated."""
    # A mirrored image repeats after there and back, 2 * (length - 1) steps.
    period = max(2 * (length - 1), 1)
    indices = indices % period
    return np.minimum(indices, period - indices) if length > 1 else np.zeros_like(indices)


def _pick_nearest(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize by picking pixels; by index, every value of every dtype is kept exactly."""
    # The middle of new pixel i lies at (i + 1/2) * old / new: in whole numbers, without rounding.
    rows, columns = (
        ((2 * np.arange(new) + 1) * old) // (2 * new)
        for old, new in zip(image.shape[:2], size, strict=True)
    )
    return image[rows[:, np.newaxis], columns]
