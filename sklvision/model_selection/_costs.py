"""What a fitted estimator costs: parameters and bytes."""

from __future__ import annotations

import copyreg
import inspect
import pickle
import sys
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline


def count_parameters(estimator: Any) -> int | None:
    """Count the learned parameters of a fitted classifier.

    The last step of a pipeline, the best estimator of a search and all members
    of a vote are looked into. None where the number is not known, as for trees.
    """
    if hasattr(estimator, "n_parameters_"):
        return int(estimator.n_parameters_)
    if isinstance(estimator, Pipeline):
        return count_parameters(estimator.steps[-1][1])
    if hasattr(estimator, "best_estimator_"):
        return count_parameters(estimator.best_estimator_)
    if hasattr(estimator, "estimators_"):
        members = list(np.ravel(np.asarray(estimator.estimators_, dtype=object)))
        members = [member for member in members if not isinstance(member, str)]
        if hasattr(estimator, "final_estimator_"):
            members.append(estimator.final_estimator_)
        counts = [count_parameters(member) for member in members]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None
    for weights, biases in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(estimator, weights):
            arrays = [getattr(estimator, weights), getattr(estimator, biases, ())]
            return sum(_size(array) for array in arrays)
    return None


def _size(arrays: Any) -> int:
    if isinstance(arrays, (list, tuple)):
        return sum(_size(array) for array in arrays)
    return int(arrays.size) if hasattr(arrays, "size") else 1


class _ByteCounter:
    """A file that only counts, so that a large model is not held twice in memory."""

    def __init__(self) -> None:
        self.n_bytes = 0

    def write(self, data: Any) -> int:
        n_bytes = memoryview(data).nbytes
        self.n_bytes += n_bytes
        return n_bytes


class _SizePickler(pickle.Pickler):
    """A pickler whose output has the same length in every process.

    A pickle holds a string once for every object that carries it. In a process that
    received an estimator from another one, equal strings are often several
    objects, which would make the very same model a few bytes larger there.
    """

    def reducer_override(self, obj: Any) -> Any:
        by_name = inspect.isclass(obj) or inspect.isroutine(obj)
        if by_name or not hasattr(obj, "__dict__") or type(obj) in copyreg.dispatch_table:
            return NotImplemented
        reduced = obj.__reduce_ex__(5)
        if not isinstance(reduced, tuple) or len(reduced) < 3 or type(reduced[2]) is not dict:
            return reduced
        state = {_interned(key): _interned(value) for key, value in reduced[2].items()}
        return *reduced[:2], state, *reduced[3:]


def _interned(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value


def pickled_bytes(estimator: Any) -> int | None:
    """Measure the pickle of a fitted estimator; None where it cannot be pickled."""
    counter = _ByteCounter()
    try:
        _SizePickler(counter, protocol=5).dump(estimator)
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return counter.n_bytes
