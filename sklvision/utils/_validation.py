"""Checks of arrays and of parameters."""

from __future__ import annotations

import os
from collections.abc import Container
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_LARGEST_SQUARE = dict(zip(_FLOATS, (1e38, 1e300), strict=True))


def is_plain(X: Any, shape: tuple[int, ...], dtype: type) -> bool:
    """Whether `X` is a contiguous array of finite samples of this shape: nothing is to be checked.

    scikit-learn's own checks, which everything else goes through, take longer than a small
    net takes for one row. Whatever is not plain is left to them, and so are all errors.

    Parameters
    ----------
    X : object
        Samples as the user passed them.
    shape : tuple of int
        Shape of one sample; images of one channel may come without an axis for it.
    dtype : type
        Type that floats are converted to; all values must stay finite in it.
    """
    if type(X) is not np.ndarray or not X.ndim or not X.shape[0] or not X.flags.c_contiguous:
        return False
    is_image = len(shape) == 3
    if X.shape[1:] != shape and not (is_image and (*X.shape[1:], 1) == shape):
        return False
    if X.dtype == np.uint8:
        return is_image  # pixels are converted where they are computed with
    if X.dtype not in _FLOATS:
        return False
    values = X.reshape(-1)
    # NaN and infinity come through a sum of squares, and so would values too large for dtype.
    # vdot does not warn of what overflows, as dot does.
    return float(np.vdot(values, values)) < _LARGEST_SQUARE[np.dtype(dtype)]


def check_path(name: str, value: Any) -> Path:
    """Check that a parameter names a file or a folder, and return it as a path.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : object
        Its value.

    Returns
    -------
    path : Path
        The path, which need not exist.

    Raises
    ------
    TypeError
        If the value is not a path.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a path, got {value!r}.")
    return Path(value)


def check_list(name: str, value: Any) -> list[Any]:
    """Check that a parameter is a list, tuple, array or column, and return it as a list.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : object
        Its value.

    Returns
    -------
    values : list
        The values.

    Raises
    ------
    TypeError
        If the value is something else, such as a text.
    """
    if isinstance(value, str | bytes | dict) or not np.iterable(value):
        raise TypeError(f"{name} must be a list, got {value!r}.")
    return list(value)


def is_option(value: Any, options: Container[Any]) -> bool:
    """Whether a parameter is one of several texts or numbers.

    Everything else is not, also an array, which compared with an option is neither true nor false.

    Parameters
    ----------
    value : object
        Value of the parameter.
    options : container of str or number
        The values that it may have.
    """
    return isinstance(value, str | Real) and value in options


def check_count(name: str, value: Any, *, maximum: int | None = None, limit: str = "") -> int:
    """Check that a parameter is a whole number of at least 1, and return it as an int.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : object
        Its value.
    maximum : int, default=None
        Largest value allowed.
    limit : str, default=""
        Noun of the maximum, such as "the number of bands", for the error.

    Returns
    -------
    count : int
        The value.

    Raises
    ------
    ValueError
        If the value is not an integer, is below 1 or above `maximum`.
    """
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_integer or value < 1 or (maximum is not None and value > maximum):
        largest = "" if maximum is None else f" and at most {maximum}{limit and ', ' + limit}"
        raise ValueError(f"{name} must be an integer of at least 1{largest}, got {value!r}.")
    return int(value)
