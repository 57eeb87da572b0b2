"""Lists of samples, tensors and images of Pillow as arrays."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_IMAGES_ADVICE = (
    "Bring images to one size first, with sklvision.image.Resize or the size of an ImageCollection."
)
_ROWS_ADVICE = "Every row must have a value for every band."
# Modes of Pillow whose values are numbers of colors, or colors of another space.
_INDIRECT_MODES = {"P", "PA", "CMYK", "YCbCr", "LAB", "HSV", "La", "RGBa"}
_ORIENTATION = 0x0112  # tag of EXIF


def to_host(X: Any) -> Any:
    """Return a tensor of torch, without its gradient, or a memoryview as an array; else `X`."""
    if isinstance(X, memoryview):
        return np.asarray(X)
    torch = sys.modules.get("torch")  # without it there are no tensors
    if torch is None or not isinstance(X, torch.Tensor):
        return X
    if X.layout != torch.strided or X.is_meta:
        kind = "holds no data" if X.is_meta else "is sparse: make it dense by to_dense()"
        raise TypeError(f"This tensor {kind}; expected numbers.")
    X = X.detach().cpu()
    return (X.float() if X.dtype == torch.bfloat16 else X).numpy()


def to_array(X: Any) -> np.ndarray:
    """Return a list of samples as one array, or raise an error that names what they are."""
    if isinstance(X, (list, tuple)):
        X = [_read_sample(sample, place) for place, sample in enumerate(X)]
        _warn_of_types(X)
    elif isinstance(X, np.ndarray | pd.Series) and X.dtype == object and X.ndim == 1:
        X = list(X)
    elif is_nested_series(X):
        X = [np.asarray(sample) for sample in X]
    if isinstance(X, list) and X and isinstance(X[0], Mapping):
        raise ValueError(
            "X is a list of dicts. Make a table of them, by pandas.DataFrame(X), or a list of one "
            "of their values."
        )
    try:
        return np.asarray(X)
    except ValueError as error:
        shapes = _find_shapes(X)
        if len(shapes) < 2:
            raise ValueError(_describe_first(X)) from error
        is_table = max(map(len, shapes)) < 2
        raise ValueError(
            f"X holds samples of different shapes, {shapes[0]} and {shapes[1]} among them; "
            f"expected one shape. {_ROWS_ADVICE if is_table else _IMAGES_ADVICE}"
        ) from error


def is_nested_series(X: Any) -> bool:
    """Whether `X` is a Series of polars that holds one list or array for each sample."""
    is_nested = getattr(getattr(X, "dtype", None), "is_nested", None)
    return callable(is_nested) and len(X.shape) == 1 and is_nested()


def _describe_first(X: Any) -> str:
    """Describe samples that are not arrays, by the first of them."""
    first = next(iter(X))
    kind = type(first).__name__
    if isinstance(first, list | tuple):
        kind += f" of {' and '.join(type(value).__name__ for value in first[:3])}"
    return (
        f"X ({type(X).__name__}) does not hold one array for each sample: the first is a {kind}. "
        "Pass the samples as X, and their labels as y."
    )


def _read_sample(sample: Any, place: int) -> Any:
    """Return a tensor or an image of Pillow as an array; anything else unchanged.

    Raises
    ------
    ValueError
        If the values of an image of Pillow are not gray or color, or it is turned by EXIF.
    """
    if not (hasattr(sample, "getexif") and hasattr(sample, "draft")):
        return to_host(sample)
    problem = None
    if sample.mode in _INDIRECT_MODES:
        problem = f"has the mode {sample.mode!r}, whose values are not gray or color"
    elif sample.getexif().get(_ORIENTATION, 1) != 1:
        problem = "is turned by its EXIF orientation"
    if problem is not None:
        raise ValueError(
            f"Image {place} of Pillow {problem}. Read the images with ImageCollection (of "
            "sklvision.datasets), which takes them, files and bytes."
        )
    return sample


def _warn_of_types(X: list[Any]) -> None:
    """Warn of a list of images of bytes and of floats, which have other values of white."""
    dtypes = {image.dtype for image in X if isinstance(image, np.ndarray) and image.ndim > 1}
    unsigned = {dtype for dtype in dtypes if dtype.kind == "u"}
    if len({dtype.kind for dtype in dtypes}) > 1 or len(unsigned) > 1:
        names = ", ".join(sorted(map(str, dtypes)))
        warnings.warn(
            f"X holds images of different types ({names}), which usually have different white "
            "levels. Convert all to one type and scale.",
            stacklevel=4,
        )


def _find_shapes(X: Any) -> list[tuple[int, ...]]:
    """Return the different shapes in a list of samples, in their order."""
    try:
        return list(dict.fromkeys(np.shape(sample) for sample in X))
    except ValueError:  # a sample is itself not an array
        return []
