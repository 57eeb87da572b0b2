"""Check of the samples that a fitted net predicts."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, validate_data

from sklvision.utils._contract import Contract, is_plainly_within, warn_of_change
from sklvision.utils._images import check_images, check_same_shape
from sklvision.utils._lazy import LazySamples, open_samples
from sklvision.utils._memory import PREDICTION_ADVICE, make_memory_error
from sklvision.utils._samples import Samples, as_samples
from sklvision.utils._validation import is_plain


def check_net_input(
    estimator: Any,
    X: Any,
    input_shape: tuple[int, ...],
    dtype: type,
    *,
    has_names: bool,
    contract: Contract | None,
) -> np.ndarray | LazySamples:
    """Check samples for a fitted net, and bring them to its shape and type.

    Parameters
    ----------
    estimator : estimator
        Fitted estimator that holds the net.
    X : array-like or collection
        Samples as the user passed them.
    input_shape : tuple of int
        ``(n_features,)``, or ``(height, width, channels)`` for images. These may come as rows.
    dtype : type
        Type that values are converted to, except for pixels of ``uint8``.
    has_names : bool
        Whether the net was fitted on a table with names of columns, which `X` may lack.
    contract : dict or None
        Contract of training; a warning is given where `X` seems to be in another scale or unit.

    Returns
    -------
    samples : ndarray or LazySamples of shape (n_samples, *input_shape)
        Finite values; those of a collection are checked when they are read.
    """
    has_columns = False  # whose names and order are compared
    try:
        if not has_names and is_plain(X, input_shape, dtype):
            values = X if X.dtype == np.uint8 else X.astype(dtype, copy=False)
            samples: Any = values.reshape(len(X), *input_shape)
        else:
            X = open_samples(as_samples(X), dtype)
            samples = _check_samples(estimator, X, input_shape, dtype)
            has_columns = isinstance(X.data, pd.DataFrame)
    except MemoryError as error:
        raise make_memory_error(error, "Prediction", PREDICTION_ADVICE) or error from error
    # The check of many samples takes longer than a small net takes for one.
    is_array = isinstance(samples, np.ndarray)
    is_one = is_array and len(samples) == 1 and not has_columns
    is_alike = is_one and contract and is_plainly_within(contract, samples)
    if contract is not None and not is_alike:
        warn_of_change(contract, as_samples(X), estimator)
    return samples


def _check_samples(
    estimator: Any, samples: Samples, input_shape: tuple[int, ...], dtype: type
) -> np.ndarray | LazySamples:
    if samples.is_table and samples.is_lazy:
        check_lazy_rows(estimator, samples)
        _check_n_features(estimator, samples.shape[1], prod(input_shape))
        return LazySamples(samples.data, input_shape, dtype)
    if len(input_shape) == 1 or samples.is_table:  # images have checks of their own
        samples.check_numbers()
    if len(input_shape) == 1:
        return validate_data(estimator, samples.data, reset=False, dtype=dtype, order="C")
    if samples.is_table:
        rows = _check_rows(estimator, samples, input_shape, dtype)
        return rows.reshape(len(rows), *input_shape)
    images = check_image_array(samples, estimator, dtype)
    check_same_shape(images.shape[1:], input_shape, type(estimator).__name__)
    return images


def check_image_array(samples: Samples, requester: Any, dtype: type) -> np.ndarray | LazySamples:
    """Check images, and bring them to the shape ``(n, height, width, channels)``."""
    samples = check_images(
        samples, requester=requester, n_dims=(2, 3, 4), dtype=keep_bytes(samples, dtype)
    )
    height, width, *channels = samples.shape[1:]
    shape = height, width, *(channels or [1])
    if samples.is_lazy:
        return LazySamples(samples.data, shape, dtype)
    return np.ascontiguousarray(samples.data).reshape(len(samples), *shape)


def keep_bytes(samples: Samples, dtype: type) -> type:
    """Return the type to convert pixels to: of one byte they stay until they are computed with."""
    return np.uint8 if samples.dtype == np.uint8 else dtype


def _check_rows(
    estimator: Any, samples: Samples, input_shape: tuple[int, ...], dtype: type
) -> np.ndarray:
    height, width, channels = input_shape
    # A row of pixels is one image too, if the net was fitted on rows.
    if samples.shape == (height, width) and height * channels > 1:
        raise ValueError(
            f"X has the shape of one image, {(height, width)}; one image alone is X[np.newaxis]."
        )
    n_features, dtype = prod(input_shape), keep_bytes(samples, dtype)
    if estimator.n_features_in_ == n_features:
        return validate_data(estimator, samples.data, reset=False, dtype=dtype, order="C")
    rows = check_array(samples.data, dtype=dtype, order="C", estimator=estimator, input_name="X")
    _check_n_features(estimator, rows.shape[1], n_features)
    return rows


def check_lazy_rows(estimator: Any, samples: Samples) -> None:
    """Check what can be known of rows that are read later, in the words of scikit-learn."""
    if not samples.is_numeric:
        raise ValueError(f"X must hold numbers, got {samples.dtype}.")
    if not len(samples) or not samples.shape[1]:
        raise ValueError(
            f"Found array with {len(samples)} sample(s) (shape={samples.shape}) while a minimum of "
            f"1 is required by {type(estimator).__name__}."
        )


def _check_n_features(estimator: Any, n_features: int, n_expected: int) -> None:
    if n_features != n_expected:
        raise ValueError(
            f"X has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{n_expected} features as input."
        )
