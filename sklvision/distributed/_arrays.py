"""Predictions over arrays of Dask."""

from __future__ import annotations

import warnings
from typing import Any
from uuid import uuid4

import numpy as np


def predict_array(model: Any, X: Any, method: str) -> Any:
    """Predict an array of Dask block by block, see :func:`predict_blocks`."""
    from dask.array import map_blocks

    if X.ndim < 2:
        raise ValueError(f"X must hold samples along its first axis, got shape {X.shape}.")
    X = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))
    empty = make_empty_result(model, X, method)
    return map_blocks(
        apply_method,
        X,
        model=make_model_task(model),
        method=method,
        empty=empty,
        drop_axis=list(range(1, X.ndim)),
        new_axis=list(range(1, empty.ndim)),
        chunks=(X.chunks[0], *empty.shape[1:]),
        dtype=empty.dtype,
        meta=empty,
    )


def make_model_task(model: Any) -> Any:
    """Make a task of the model: one that all blocks depend on, so that each worker has it once."""
    from dask import delayed

    return delayed(model, traverse=False, name=f"{type(model).__name__}-{uuid4().hex}")


def apply_method(block: Any, model: Any, method: str, empty: Any) -> Any:
    """Apply a method of a model to a block; one without rows has the result without rows."""
    return getattr(model, method)(block) if len(block) else empty


def make_empty_result(model: Any, X: Any, method: str) -> np.ndarray:
    """Make the result of no samples, which has the type and the other axes of every result."""
    classes = getattr(model, "classes_", None)
    if isinstance(classes, np.ndarray) and method == "predict":
        return classes[:0]
    if isinstance(classes, np.ndarray) and "proba" in method:
        return np.empty((0, len(classes)))
    # The others are tried, on zeros or, where these are nothing that the model can compute with, on
    # the first sample, which has to be read for it.
    shape = tuple(int(side) for side in X.shape[1:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = getattr(model, method)(np.zeros((1, *shape), X.dtype))
        except Exception:
            result = getattr(model, method)(np.asarray(X[:1].compute()))
    return np.asarray(result)[:0]
