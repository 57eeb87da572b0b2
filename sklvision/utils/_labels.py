"""Labels as arrays of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def convert_labels(y: Any) -> Any:
    """Convert labels of a nullable type of pandas; anything else is returned unchanged.

    scikit-learn reads whole numbers and booleans of such types as floats, and labels would be
    predicted that are not in `y`.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    y : ndarray of shape (n_samples,), or `y` itself
        Labels of the NumPy type that holds the same values.

    Raises
    ------
    ValueError
        If labels are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.utils._labels import convert_labels
    >>> convert_labels(pd.Series([True, False], dtype="boolean"))
    array([ True, False])
    """
    dtype = getattr(y, "dtype", None)
    is_text = isinstance(dtype, pd.StringDtype)
    # ArrowDtype and all numbers with a mask know the type of NumPy that holds the same values.
    numpy_dtype = object if is_text else getattr(dtype, "numpy_dtype", None)
    if numpy_dtype is None or not isinstance(dtype, pd.api.extensions.ExtensionDtype):
        return y
    n_missing = int(np.sum(pd.isna(y)))
    if n_missing:
        raise ValueError(
            f"y has no label for {n_missing} of {len(y)} samples (missing values, NA or NaN). "
            "Label these samples, or leave them out."
        )
    return np.asarray(y.to_numpy(dtype=numpy_dtype))
