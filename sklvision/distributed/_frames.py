"""Predictions over tables of Dask, whose columns go by name."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sklvision.distributed._arrays import make_empty_result, make_model_task
from sklvision.utils._bands import match_columns
from sklvision.utils._nested import find_contract


def predict_frame(model: Any, X: Any, method: str) -> Any:
    """Predict a table of Dask part by part, see :func:`predict_blocks`."""
    names = find_names(model, list(X.columns))
    X = X[names]
    empty_row = pd.DataFrame(np.zeros((1, len(names))), columns=names)
    empty = make_empty_result(model, _FirstRow(empty_row), method)
    meta = _make_frame(empty, X._meta.index, model, method)
    # Bound, since map_partitions would align a table among its arguments with X.
    predict = partial(_predict_part, method=method, empty=meta)
    return X.map_partitions(predict, make_model_task(model), meta=meta)


class _FirstRow:
    """A table of one row in the place of an array of Dask, to be tried."""

    def __init__(self, row: pd.DataFrame) -> None:
        self._row = row
        self.shape, self.dtype = row.shape, np.dtype(np.float64)

    def __getitem__(self, key: Any) -> Any:
        return self

    def compute(self) -> pd.DataFrame:
        return self._row


def find_names(model: Any, columns: list[str]) -> list[str]:
    """Find the columns that a model takes, in its order; all where it knows no names.

    Raises
    ------
    ValueError
        If some are missing.
    """
    contract = find_contract(model) or {}
    names = contract.get("names") or contract.get("labels")
    if names is None:
        names = getattr(model, "feature_names_in_", None)
    if names is None:
        return columns
    texts = [str(column) for column in columns]
    places = match_columns({"names": list(map(str, names))}, texts, None)
    return [columns[place] for place in places]


def _predict_part(part: pd.DataFrame, model: Any, method: str, empty: Any) -> Any:
    if not len(part):
        return empty
    return _make_frame(np.asarray(getattr(model, method)(part)), part.index, model, method)


def _make_frame(values: np.ndarray, index: pd.Index, model: Any, method: str) -> Any:
    """Make a series of one result per row, or a table with a column for each class or feature."""
    index = index[: len(values)]
    if values.ndim == 1:
        return pd.Series(values, index=index, name=method)
    classes = getattr(model, "classes_", None)
    if classes is None or len(classes) != values.shape[1]:
        classes = range(values.shape[1])
    return pd.DataFrame(values, index=index, columns=[str(label) for label in classes])
