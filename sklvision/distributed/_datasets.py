"""Predictions over data sets of Ray."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sklvision.distributed._frames import find_names
from sklvision.utils._nested import can_take_images
from sklvision.utils._suggest import did_you_mean

# Names that Ray gives to columns of images and of rows.
_USUAL_COLUMNS = ("image", "data", "item")
# The last model of this process, so that it is not built again for every batch.
_models: dict[str, Any] = {}


def predict_dataset(
    model: Any, X: Any, method: str, *, column: str | None = None, **options: Any
) -> Any:
    """Predict a data set of Ray batch by batch, see :func:`predict_blocks`."""
    import ray

    columns = _find_columns(model, X.columns(), column)
    predict = partial(
        _predict_batch,
        model=ray.put(model),
        method=method,
        columns=columns,
        is_table=column is None and len(columns) != 1,
    )
    return X.map_batches(predict, batch_format="numpy", **options)


def _find_columns(model: Any, names: list[str], column: str | None) -> list[str]:
    """Find the column of samples, or the columns of features that the model takes."""
    if column is not None:
        if column not in names:
            raise ValueError(f"There is no column={column!r}. {did_you_mean(column, names)}")
        return [column]
    usual_names = [name for name in _USUAL_COLUMNS if name in names]
    if usual_names:
        return usual_names[:1]
    if can_take_images(model):
        raise ValueError(
            f"column=None, and any of {names} may hold the images: name theirs with column=."
        )
    return find_names(model, names)


def _predict_batch(
    batch: dict[str, np.ndarray], *, model: Any, method: str, columns: list[str], is_table: bool
) -> dict[str, np.ndarray]:
    samples: Any = batch[columns[0]]
    if is_table:
        samples = pd.DataFrame({name: batch[name] for name in columns})
    elif samples.dtype == object:
        samples = np.stack(list(samples))
    results = getattr(_get_model(model), method)(samples)
    other_columns = {name: values for name, values in batch.items() if name not in columns}
    return other_columns | {method: np.asarray(results)}


def _get_model(reference: Any) -> Any:
    """Return the model behind a reference, which is built once in every process."""
    import ray

    key = reference.hex()
    model = _models.get(key)
    if model is None:
        model = ray.get(reference)
        _models.clear()
        _models[key] = model
    return model
