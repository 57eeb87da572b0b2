"""What a fitted estimator costs: parameters and bytes."""

from __future__ import annotations

import copyreg
import inspect
import pickle
import sys
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklvision.utils._protocols import has_parameter_count

# Where estimators of one kind keep what they learned: nets in arrays, calibrators in numbers.
_LEARNED = (
    ("coefs_", "intercepts_"),
    ("coef_", "intercept_"),
    ("a_", "b_"),
    ("beta_",),
    ("X_thresholds_", "y_thresholds_"),
)


def count_parameters(estimator: Any) -> int | None:
    """Count the learned parameters of a fitted classifier.

    The last step of a pipeline and earlier nets, the best estimator of a search, what a
    meta-estimator fitted and all members of a vote are looked into, and each of them counts once.
    None where the number is not known, as for trees.
    """
    return _count(estimator, set())


def _count(estimator: Any, seen: set[int]) -> int | None:
    """Count what was not seen yet; members of a vote may be one and the same object."""
    if isinstance(estimator, FrozenEstimator):
        return _count(estimator.estimator, seen)
    if id(estimator) in seen:
        return 0
    seen.add(id(estimator))
    if has_parameter_count(estimator):
        return int(estimator.n_parameters_)
    members = _members(estimator)
    if members is not None:
        total = 0
        for member in members:
            count = _count(member, seen)
            if count is None:
                return None
            total += count
        return total
    if hasattr(getattr(estimator, "module_", None), "parameters"):  # a net of skorch
        return sum(int(array.numel()) for array in estimator.module_.parameters())
    for names in _LEARNED:
        if hasattr(estimator, names[0]):
            return sum(_size(getattr(estimator, name, ())) for name in names)
    return None


def _members(estimator: Any) -> list[Any] | None:
    """The fitted estimators that compute the predictions of this one; None if it does alone."""
    if isinstance(estimator, Pipeline):
        *earlier, last = [step for _, step in estimator.steps]
        return [step for step in earlier if has_parameter_count(step)] + [last]
    if hasattr(estimator, "calibrated_classifiers_"):
        return [
            part
            for calibrated in estimator.calibrated_classifiers_
            for part in (calibrated.estimator, *calibrated.calibrators)
        ]
    # Before the single ones: of ensembles, estimator_ is the template that was never fitted.
    if hasattr(estimator, "estimators_"):
        members = _flatten(estimator.estimators_)
        if hasattr(estimator, "final_estimator_"):
            members.append(estimator.final_estimator_)
        return [member for member in members if not isinstance(member, str)]
    for inner in ("best_estimator_", "estimator_"):
        if hasattr(estimator, inner):
            return [getattr(estimator, inner)]
    return None


def _flatten(members: Any) -> list[Any]:
    # Not by numpy, which takes a Pipeline for a sequence of its steps.
    if isinstance(members, (list, tuple, np.ndarray)):
        return [inner for member in members for inner in _flatten(member)]
    return [members]


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

    def __init__(self, file: Any) -> None:
        super().__init__(file, protocol=5)
        self._copies: dict[int, tuple[Any, Any]] = {}

    def reducer_override(self, obj: Any) -> Any:
        by_name = inspect.isclass(obj) or inspect.isroutine(obj)
        if by_name or not hasattr(obj, "__dict__") or type(obj) in copyreg.dispatch_table:
            return NotImplemented
        reduced = obj.__reduce_ex__(5)
        if not isinstance(reduced, tuple):
            return reduced
        parts = list(reduced)  # how to make it, with what, its state, its items, its pairs
        if len(parts) > 2:
            parts[2] = self._interned(parts[2])
        if len(parts) > 4 and parts[4] is not None:
            parts[4] = ((self._interned(key), value) for key, value in parts[4])
        return tuple(parts)

    def _interned(self, value: Any) -> Any:
        """Make equal strings one object, within dicts, lists and tuples as well."""
        if type(value) is str:
            return sys.intern(value)
        if type(value) not in (dict, list, tuple):
            return value
        if id(value) not in self._copies:
            # Kept with its original, so that the id stays taken and what is shared stays so.
            copy: Any = {} if type(value) is dict else []
            self._copies[id(value)] = value, copy
            if type(value) is dict:
                copy.update((self._interned(key), self._interned(v)) for key, v in value.items())
            else:
                copy.extend(map(self._interned, value))
            if type(value) is tuple:
                self._copies[id(value)] = value, tuple(copy)
        return self._copies[id(value)][1]


def pickled_bytes(estimator: Any) -> int | None:
    """Measure the pickle of a fitted estimator; None where it cannot be pickled."""
    counter = _ByteCounter()
    try:
        _SizePickler(counter).dump(estimator)
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return counter.n_bytes
