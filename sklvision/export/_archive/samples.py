"""Golden samples: a few samples with the outputs that a model gave for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import joblib
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from sklvision.export._errors import ModelFileError
from sklvision.utils._nested import walk_estimators
from sklvision.utils._protocols import has_probabilities
from sklvision.utils._samples import as_samples

_MOST_SAMPLES, _MOST_BYTES = 100, 64 * 2**20
_ENTRIES: dict[str, Any] = {
    "values": (np.ndarray, list),
    "names": (list, type(None)),
    "labels": np.ndarray,
    "probabilities": (np.ndarray, type(None)),
}
_TOLERANCE = 1e-3  # of probabilities: another processor or version may sum in another order


def make_record(model: Any, samples: Any) -> dict[str, Any]:
    """Record a few samples and the model's outputs for them, as plain arrays.

    Raises
    ------
    ValueError
        If there are too many samples, or the model cannot predict them.
    """
    record = _take_samples(samples)
    labels, probabilities = _predict(model, record)
    return {**record, "labels": labels, "probabilities": probabilities}


def replay_record(model: Any, record: Any, name: str, advice: str) -> int:
    """Raise unless a model gives the recorded outputs; return the number of samples.

    Parameters
    ----------
    model : classifier
        The model that was loaded.
    record : dict
        Record of :func:`make_record`.
    name : str
        Name of the file in errors.
    advice : str
        Sentence about other versions, if there are any.
    """
    _check_record(record, name)
    try:
        labels, probabilities = _predict(model, record)
    except ImportError:
        raise
    except Exception as error:  # of any model
        raise ModelFileError(
            f"{name}: the model fails on the samples that were saved with it "
            f"({type(error).__name__}: {str(error)[:300]}).{advice}"
        ) from error
    expected = record["probabilities"]
    try:
        n_changed = int(np.sum(np.asarray(labels) != np.asarray(record["labels"])))
        has_both = expected is not None and probabilities is not None
        difference = float(np.abs(probabilities - expected).max()) if has_both else 0.0
    except Exception as error:
        raise ModelFileError(f"{name}: its samples and outputs do not match.") from error
    if n_changed or not difference <= _TOLERANCE:
        raise ModelFileError(
            f"{name}: the model's outputs have changed since it was saved: {n_changed} of "
            f"{len(labels)} labels differ, and probabilities by up to {difference:.2g} (permitted: "
            f"{_TOLERANCE:g}).{advice}"
        )
    return len(labels)


def _check_record(record: Any, name: str) -> None:
    """Raise unless this is what :func:`make_record` returns."""
    is_record = isinstance(record, dict) and set(record) == set(_ENTRIES)
    if not is_record or not all(isinstance(record[key], kind) for key, kind in _ENTRIES.items()):
        raise ModelFileError(f"{name}: its samples are not in the form in which they are saved.")


def _take_samples(samples: Any) -> dict[str, Any]:
    """Copy samples into arrays: one, or one of each image where they differ in size."""
    collection = as_samples(samples)
    if not 1 <= len(collection) <= _MOST_SAMPLES:
        raise ValueError(
            f"samples must be 1 to {_MOST_SAMPLES} samples that are kept in the file, got "
            f"{len(collection)}."
        )
    names = None
    frame = collection.to_frame() if collection.is_table else None
    if frame is not None:
        names = None if collection.names is None else [str(name) for name in collection.names]
        values: Any = frame.to_numpy()
    elif collection.is_lazy and collection.sample_shape is None:
        values = [np.array(image) for image in collection.images()]
    else:
        values = np.array(collection.to_array())
    n_bytes = sum(v.nbytes for v in values) if isinstance(values, list) else values.nbytes
    if n_bytes > _MOST_BYTES:
        raise ValueError(
            f"samples take {n_bytes:,} bytes, expected at most {_MOST_BYTES:,}: pass fewer."
        )
    return {"values": values, "names": names}


def _predict(model: Any, record: dict[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
    """Predict on one thread and in float32, so that any machine gives the same."""
    values, names = record["values"], record["names"]
    batches = [image[np.newaxis] for image in values] if isinstance(values, list) else [values]
    if names is not None:
        batches = [pd.DataFrame(batch, columns=names) for batch in batches]
    with _compute_exactly(model):
        labels = np.concatenate([np.asarray(model.predict(batch)) for batch in batches])
        if not has_probabilities(model):
            return labels, None
        return labels, np.concatenate([model.predict_proba(batch) for batch in batches])


@contextmanager
def _compute_exactly(model: Any) -> Iterator[None]:
    """Compute on one thread, which leaves no threads that a fork would lose, and in float32."""
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        stack.enter_context(joblib.parallel_config("sequential"))
        if sys.modules.get("torch") is not None:
            from sklvision._torch.process_state import limit_forked_threads, use_one_thread

            limit_forked_threads()
            stack.enter_context(use_one_thread())
        for estimator in walk_estimators(model):
            if hasattr(estimator, "_use_float32"):
                stack.enter_context(estimator._use_float32())
        yield
