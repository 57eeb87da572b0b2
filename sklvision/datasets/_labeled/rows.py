"""Rows of numbers for a fitted model: which are valid, and the shape that the model takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets._labeled.checks import (
    check_finite,
    convert_rows_to_images,
    describe_value,
)
from sklvision.utils._nested import can_take_images, find_input_shape
from sklvision.utils._samples import as_samples


def find_invalid_rows(block: Any) -> dict[int, str]:
    """Find rows with values that are missing or infinite, and name the first one of each."""
    values = as_samples(block).to_array()
    if values.dtype.kind != "f":
        return {}
    rows = values.reshape(len(values), -1)
    errors = {}
    for place in np.flatnonzero(~np.isfinite(rows).all(axis=1)).tolist():
        column = int(np.argmin(np.isfinite(rows[place])))
        kind = "missing" if np.isnan(rows[place, column]) else "infinite"
        text = f"value {column + 1}"
        if isinstance(block, pd.DataFrame):
            text = f"the value in column {block.columns[column]!r}"
        errors[place] = f"{text} is {kind}"
    return errors


def fit_shape(file: str, X: NDArray[Any], model: Any) -> NDArray[Any]:
    """Reshape the samples of a file to the input shape of the model, or raise an error."""
    samples = as_samples(X)
    if X.ndim not in (2, 3, 4) or not samples.is_numeric or 0 in X.shape:
        raise ValueError(
            f"{file}: X must be numbers of 2 (rows), 3 or 4 (images) dimensions, "
            f"got {samples.dtype} of shape {X.shape}."
        )
    if not isinstance(X, pd.DataFrame):
        check_finite(file, X, describe_value)
    if can_take_images(model):
        return X if X.ndim > 2 else _convert_rows(file, X, find_input_shape(model))
    if X.ndim > 2:
        raise ValueError(f"{file}: holds images, and the model takes rows of numbers.")
    n_features = getattr(model, "n_features_in_", X.shape[1])
    if X.shape[1] != n_features:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes rows of {n_features}."
        )
    return X


def _convert_rows(file: str, X: NDArray[Any], shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Convert rows of pixels to images of the shape that the model was fitted on."""
    if shape is None:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of many "
            "sizes; give it image files, or an npz of images."
        )
    n_values = int(np.prod(shape))
    if X.shape[1] != n_values:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of "
            f"{' × '.join(map(str, shape))}, {n_values} numbers."
        )
    return convert_rows_to_images(X, shape)
