"""Predictions over bags of names of files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from sklvision.datasets import read_samples
from sklvision.distributed._arrays import make_model_task

_BATCH_SIZE = 256


def predict_bag(model: Any, X: Any, method: str, *, on_error: str = "raise") -> Any:
    """Predict a bag of names of files part by part, see :func:`predict_blocks`."""
    if on_error not in ("raise", "record"):
        raise ValueError(f"on_error must be 'raise' or 'record', got {on_error!r}.")
    return X.map_partitions(predict_files, make_model_task(model), method, on_error)


def predict_files(
    names: Iterable[str | os.PathLike[str]], model: Any, method: str, on_error: str
) -> list[tuple[Any, ...]]:
    """Predict the samples of files; return tuples of file, row of files of rows, and result."""
    names = list(names)
    if not names:
        return []
    results: list[tuple[Any, ...]] = []
    reader = read_samples(names, model, batch_size=_BATCH_SIZE, on_error=on_error)
    for batch, values in reader.apply(getattr(model, method)):
        by_position = dict(
            zip(batch.positions.tolist(), () if values is None else values, strict=True)
        )
        results += [(*name, by_position.get(i)) for i, name in enumerate(batch.names)]
    return results
