"""Arrays of images: the one check of them, their range of values, gray and rounding."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array

from sklvision.utils._samples import (
    Samples,
    as_samples,
    is_collection,
    is_image_file,
    is_series_of_arrays,
    make_files_message,
    to_array,
    to_host,
)
from sklvision.utils._validation import check_list

# Fractions of red, green and blue in the brightness of a pixel (ITU-R BT.601, as in JPEG).
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)

# Limits of requested sizes: an image within them takes a gigabyte at most, in color.
LONGEST_SIDE = 2**16
# Largest size of black and white, which float32 holds with room for products.
LARGEST_VALUE = 1e30
_MOST_PIXELS = 2**28

_EXPECTED = {
    2: "(n, n_features)",
    3: "(n, height, width)",
    4: "(n, height, width, channels)",
}


def check_images(
    X: Any,
    *,
    requester: Any,
    n_dims: Sequence[int] = (3, 4),
    one_size: bool = True,
    check_values: bool = True,
    dtype: Any = "numeric",
) -> Samples:
    """Check a batch of images: the one answer to whether `X` holds images.

    Parameters
    ----------
    X : array-like or collection
        Images of shape (n, height, width) or (n, height, width, channels), a list of images of
        one shape, or a collection, which is not read.
    requester : estimator or str
        Estimator, or name of the function, that needs the images; errors name it.
    n_dims : sequence of int, default=(3, 4)
        Numbers of dimensions that `X` may have; with 2 in it, rows of numbers pass as well.
    one_size : bool, default=True
        Whether the images of a collection must have one size.
    check_values : bool, default=True
        Whether to refuse values that are not finite numbers in an array.
    dtype : "numeric", dtype or list of dtype, default="numeric"
        Type to convert an array to, as in :func:`sklearn.utils.check_array`.

    Returns
    -------
    samples : Samples
        Its `data` are a numeric array, or the collection.

    Raises
    ------
    ValueError
        If `X` is empty, has another number of dimensions, holds images of different sizes, or
        values that are not finite.
    """
    name = requester if isinstance(requester, str) else type(requester).__name__
    if isinstance(X, Samples):
        X = X.data
    if is_collection(X):
        samples = as_samples(X)
        _check_collection(samples, name, n_dims, one_size)
        return samples
    refuse_files(X)
    X = to_host(X)
    is_list = isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.dtype == object)
    if is_list or is_series_of_arrays(X):
        X = to_array(X)
    if check_values:
        samples = as_samples(X)
        samples.check_numbers()
        X = samples.data
        X = check_array(
            X, ensure_2d=False, allow_nd=True, estimator=requester, input_name="X", dtype=dtype
        )
        if X.dtype == object:  # such as the categories of a table
            X = X.astype(np.float64)
    else:
        X = np.asarray(X)
    check_image_dimensions(X.shape, name, n_dims)
    return as_samples(X)


def refuse_files(X: Any) -> None:
    """Raise if `X` is a file of an image, or a list of paths or of contents of files."""
    is_list = isinstance(X, list | tuple) or (isinstance(X, np.ndarray | pd.Series) and X.ndim == 1)
    first = next(iter(X)) if is_list and len(X) > 0 else None
    if is_image_file(X) or isinstance(first, str | os.PathLike | bytes) or hasattr(first, "read"):
        raise TypeError(make_files_message(X))


def _check_collection(samples: Samples, name: str, n_dims: Sequence[int], one_size: bool) -> None:
    if len(samples) == 0:
        raise ValueError(f"X is a collection of 0 images (0 samples); {name} needs at least one.")
    if samples.sample_shape is None:
        if one_size:
            raise ValueError(
                "X is a collection of images that differ in size; resize them to one size first, "
                "with sklvision.image.Resize or the collection's own size."
            )
    elif len(samples.shape) not in n_dims:
        raise ValueError(
            f"X is a collection of images of shape {samples.sample_shape}, but {name} expects "
            "(height, width) or (height, width, channels)."
        )


def check_image_dimensions(shape: tuple[int, ...], name: str, n_dims: Sequence[int]) -> None:
    """Raise unless an array of images has one of the numbers of dimensions, and any pixels."""
    if len(shape) not in n_dims:
        expected = " or ".join(_EXPECTED[n] for n in n_dims)
        hint = ""
        if len(shape) < min(n_dims):
            hint = " Reshape your data: one sample alone is X[np.newaxis]."
        raise ValueError(f"X has shape {tuple(shape)}, but {name} expects {expected}.{hint}")
    if not shape[0]:
        raise ValueError(f"X has shape {tuple(shape)}, 0 samples; {name} needs at least one.")
    if 0 in shape:
        raise ValueError(f"X has shape {tuple(shape)}: its samples have no values.")


def warn_of_channels_first(shape: tuple[int, ...] | None, stacklevel: int) -> None:
    """Warn where images of a shape seem to have their channels in front."""
    if shape is not None and len(shape) == 3 and shape[0] in (1, 3, 4) and min(shape[1:]) >= 8:
        warnings.warn(
            f"Images of shape {shape} look channels-first; X is read as channels-last, "
            f"(n_samples, height, width, channels). Use np.moveaxis(X, 1, -1).",
            stacklevel=stacklevel + 1,
        )


def check_same_shape(
    shape: tuple[int, ...] | None, fitted_shape: tuple[int, ...] | None, name: str
) -> None:
    """Raise if samples differ in shape from the training images; None stands for any shape."""
    if shape is None or fitted_shape is None or shape == fitted_shape:
        return
    raise ValueError(
        f"X holds {describe_shape(shape)}, but {name} was fitted on {describe_shape(fitted_shape)}."
    )


def set_input_shape(estimator: Any, samples: Samples) -> None:
    """Set the fitted attributes that describe the training images.

    ``input_shape_`` is None if images differ in size, and ``n_features_in_`` is ``X.shape[1]``, as
    scikit-learn counts features.
    """
    for name in ("n_features_in_", "feature_names_in_"):  # of an earlier fit
        vars(estimator).pop(name, None)
    estimator.input_shape_ = samples.sample_shape
    if samples.sample_shape is not None:
        estimator.n_features_in_ = samples.sample_shape[0]


def describe_shape(shape: tuple[int, ...]) -> str:
    """Describe samples of a shape in words."""
    return f"rows of {shape[0]} features" if len(shape) == 1 else f"images of shape {shape}"


def find_value_range(samples: Samples) -> tuple[float, float]:
    """Return the values of black and of white.

    For unsigned integers and bools, they are the ends of the type. Floats and signed integers
    within [0, 1] have white at 1, others within [0, 255] at 255; beyond that, black and white are
    the lowest and the highest value.
    """
    by_dtype = get_dtype_range(samples.dtype)
    if by_dtype is not None:
        return by_dtype
    low, high = measure_value_range(samples)
    if low >= 0 and high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    return low, high


def resolve_pixel_range(pixel_range: Any, samples: Samples) -> tuple[float, float]:
    """Resolve the parameter `pixel_range`, "auto" or (black, white), to numbers.

    Raises
    ------
    ValueError
        If it is neither, if float32 does not hold the numbers, or if ``"auto"`` finds values that
        are not from 0 to 255.
    """
    if not isinstance(pixel_range, str):
        low, high = check_range("pixel_range", pixel_range)
        if max(-low, high) > LARGEST_VALUE or np.float32(low) == np.float32(high):
            raise ValueError(
                f"pixel_range={pixel_range!r} must be numbers from {-LARGEST_VALUE:g} to "
                f"{LARGEST_VALUE:g} that differ in float32."
            )
        return low, high
    if pixel_range != "auto":
        raise ValueError(f"pixel_range must be 'auto' or (black, white), got {pixel_range!r}.")
    low, high = find_value_range(samples)
    is_by_dtype = get_dtype_range(samples.dtype) is not None
    if not is_by_dtype and (low, high) not in ((0.0, 1.0), (0.0, 255.0)):
        raise ValueError(
            f"pixel_range='auto' cannot infer black and white of {samples.dtype} images with "
            f"values from {low:g} to {high:g}; pass pixel_range=(black, white)."
        )
    return low, high


def check_range(name: str, value: Any) -> tuple[float, float]:
    """Check that a parameter is two finite numbers, the smaller one first; return floats."""
    ends = tuple(value) if np.iterable(value) and not isinstance(value, str) else ()
    is_pair = len(ends) == 2 and all(isinstance(end, Real) for end in ends)
    if not is_pair or not np.isfinite([float(end) for end in ends]).all() or ends[0] >= ends[1]:
        raise ValueError(f"{name}={value!r} must be two finite numbers, the smaller one first.")
    return float(ends[0]), float(ends[1])


def check_image_size(name: str, size: Any) -> tuple[int, int]:
    """Check a parameter that is a side of images in pixels, or a pair (height, width) of them.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    size : object
        Its value.

    Returns
    -------
    height, width : int
        The sides.

    Raises
    ------
    ValueError
        If a side is not a whole number from 1 to 65,536, or an image would have more than 2 to the
        power of 28 pixels.
    """
    sides = list(size) if np.iterable(size) and not isinstance(size, str) else [size] * 2
    is_pair = len(sides) == 2 and all(
        isinstance(side, Integral) and not isinstance(side, bool) for side in sides
    )
    if not is_pair or not all(1 <= int(side) <= LONGEST_SIDE for side in sides):
        raise ValueError(
            f"{name} must be a whole number of pixels from 1 to {LONGEST_SIDE}, or a pair (height, "
            f"width) of them, got {size!r}."
        )
    height, width = map(int, sides)
    if height * width > _MOST_PIXELS:
        raise ValueError(
            f"{name}={size!r} makes images of {height * width} pixels: at most {_MOST_PIXELS} are "
            "possible."
        )
    return height, width


def check_image_shape(name: str, shape: Any) -> tuple[int, ...]:
    """Check a parameter that is the shape of an image.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    shape : object
        Its value.

    Returns
    -------
    shape : tuple of int
        Height, width and, if given, channels.

    Raises
    ------
    TypeError
        If the shape is not a list.
    ValueError
        If it is not two or three whole numbers of at least 1.
    """
    sides = check_list(name, shape)
    is_valid = len(sides) in (2, 3) and all(
        isinstance(n, Integral) and not isinstance(n, bool) and int(n) > 0 for n in sides
    )
    if not is_valid:
        raise ValueError(
            f"{name} must be (height, width) or (height, width, channels), got {shape!r}."
        )
    return tuple(map(int, sides))


def get_dtype_range(dtype: np.dtype) -> tuple[float, float] | None:
    """Return black and white of a type that defines them, None for floats and signed integers."""
    if dtype.kind == "b":
        return 0.0, 1.0
    return (0.0, float(np.iinfo(dtype).max)) if dtype.kind == "u" else None


def measure_value_range(samples: Samples) -> tuple[float, float]:
    """Return the lowest and the highest value; a collection is read once, image by image."""
    parts = samples.images() if samples.is_lazy else [samples.to_array()]
    low, high = np.array([(part.min(), part.max()) for part in parts], dtype=np.float64).T
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ValueError("X contains NaN or infinity: an image has such pixels.")
    return float(low.min()), float(high.max())


def convert_to_gray(images: np.ndarray) -> np.ndarray:
    """Reduce the channels, on the last axis, to brightness.

    Three channels are red, green and blue; a fourth is transparency and ignored. For any other
    number the mean is taken.
    """
    n_channels = images.shape[-1]
    if n_channels == 1:
        return images[..., 0]
    if n_channels in (3, 4):
        return images[..., :3] @ LUMINANCE
    return images.mean(axis=-1)


def round_to_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert float values to `dtype`, clipped to it, and rounded where it holds whole numbers."""
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind in "iu":
        info, float_type = np.iinfo(dtype), values.dtype.type
        high = float_type(info.max)
        if int(high) > info.max:  # the largest int32 and int64 are not float32 numbers
            high = np.nextafter(high, float_type(0))
        values = np.clip(np.rint(values), float_type(info.min), high)
    elif dtype.itemsize < values.dtype.itemsize:
        limits = np.finfo(dtype)
        values = np.clip(values, limits.min, limits.max)
    return values.astype(dtype, copy=False)


def compute_reduced_size(
    shape: tuple[int, ...], max_side: int, *, enlarge: bool = False
) -> tuple[int, int] | None:
    """Compute the height and width that bring images to a longest side.

    Proportions are kept where all images have one shape; where they differ, `shape` is empty and
    the images become squares. None stands for images that stay as they are.
    """
    if not shape:
        return max_side, max_side
    height, width = shape[:2]
    factor = max_side / max(height, width)
    if factor >= 1 and not enlarge:
        return None
    return max(1, round(height * factor)), max(1, round(width * factor))
