"""Columns of tables of any library: their names, and whether their values are numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.exceptions import DTypePromotionError
from pandas.api.types import (
    is_bool_dtype,
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_timedelta64_dtype,
)

# What NumPy, and the checks below, say of text and of dates, also inside the reports of searches.
_ERROR_TEXTS = (
    "could not convert string to float",
    "could not be promoted by",
    "expected numbers",
)


def get_columns(X: Any) -> list[tuple[Any, Any]] | None:
    """Return names and columns of a table of pandas, polars or pyarrow; None of anything else."""
    if isinstance(X, pd.DataFrame):
        return [(name, X.iloc[:, i]) for i, name in enumerate(X.columns)]
    if hasattr(X, "column_names") and hasattr(X, "itercolumns"):  # pyarrow
        return list(zip(X.column_names, X.itercolumns(), strict=True))
    if hasattr(X, "get_columns"):  # polars
        return [(column.name, column) for column in X.get_columns()]
    return None


def check_column_names(X: Any) -> None:
    """Raise if several columns of a table share a name; anything else passes.

    Parameters
    ----------
    X : array or table
        Samples.

    Raises
    ------
    ValueError
        If a name is used twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.utils._columns import check_column_names
    >>> check_column_names(pd.DataFrame({"a": [1.0], "b": [2.0]}))
    """
    names = X.columns if isinstance(X, pd.DataFrame) else getattr(X, "column_names", None)
    if names is None or (isinstance(names, pd.Index) and names.is_unique):
        return
    repeats = [name for name, count in Counter(names).items() if count > 1]
    if repeats:
        raise ValueError(
            f"X has several columns named {', '.join(map(repr, repeats[:3]))}: give every column a "
            "name of its own."
        )


def check_values(X: Any) -> None:
    """Raise if values of an array or a table cannot be numbers; a message names the column.

    Text that holds a number passes, as scikit-learn reads it.

    Parameters
    ----------
    X : array or table
        Samples.

    Raises
    ------
    ValueError
        If values are dates or records, a column holds anything but numbers, or all are sparse.
    """
    columns = get_columns(X)
    if columns is None:
        _check_array(X)
        return
    if columns and all(isinstance(_get_dtype(column), pd.SparseDtype) for _, column in columns):
        raise ValueError("X has sparse columns, expected dense ones: X.sparse.to_dense().")
    for name, column in columns:
        dtype = _get_dtype(column)
        if dtype is not None and (is_bool_dtype(dtype) or is_numeric_dtype(dtype)):
            continue
        if dtype is None:
            column = np.asarray(column)  # of polars or pyarrow
            dtype = column.dtype
            if dtype.kind in "biuf":
                continue
        if is_datetime64_any_dtype(dtype) or is_timedelta64_dtype(dtype):
            raise ValueError(f"X: column {name!r} holds dates, expected numbers.")
        _check_each(column, f"X: column {name!r}")


@contextmanager
def convert_value_errors(X: Any) -> Iterator[None]:
    """Convert errors about values that are not numbers to those of :func:`check_values`.

    They cannot be refused before, where a step may leave such columns out.

    Parameters
    ----------
    X : array or table
        Samples.

    Raises
    ------
    ValueError
        If code inside fails at values that are not numbers.
    """
    try:
        yield
    except (DTypePromotionError, ValueError) as error:
        if isinstance(error, DTypePromotionError) or any(
            text in str(error) for text in _ERROR_TEXTS
        ):
            check_values(X)
        raise


def _get_dtype(column: Any) -> Any:
    return column.dtype if isinstance(column, pd.Series) else None


def _check_array(X: Any) -> None:
    """Raise if an array holds dates, records or words; of objects scikit-learn has its message."""
    dtype = getattr(X, "dtype", None)
    if not isinstance(dtype, np.dtype):
        return
    if dtype.kind in "Mm":
        raise ValueError(f"X must hold numbers, got dates ({dtype}).")
    if dtype.kind == "V":
        raise ValueError(
            f"X must hold numbers, got records ({dtype}): make an array of one type of them, with "
            "numpy.lib.recfunctions.structured_to_unstructured."
        )
    if dtype.kind in "UT":
        _check_each(X.flat, "X")


def _check_each(column: Any, place: str) -> None:
    for value in column:
        if not _is_number(value):
            value = value.item() if isinstance(value, np.generic) else value
            advice = ""
            if isinstance(value, str) and _is_number(value.replace(",", ".", 1)):
                advice = ' Decimal commas are read by pandas.read_csv(file, decimal=",").'
            raise ValueError(f"{place} holds {value!r}, expected numbers.{advice}")


def _is_number(value: Any) -> bool:
    """Whether scikit-learn makes a number of a value; None and NaN have its own message."""
    if value is None:
        return True
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
