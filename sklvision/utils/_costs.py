"""Costs of a fitted estimator: parameters and bytes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from sklvision.utils._nested import open_estimator
from sklvision.utils._protocols import has_parameter_count

# Attributes in which estimators of one kind store parameters: perceptrons, linear models,
# calibrators by a sigmoid, by a temperature and by a monotonic function.
_ATTRIBUTES = (
    ("coefs_", "intercepts_"),
    ("coef_", "intercept_"),
    ("a_", "b_"),
    ("beta_",),
    ("X_thresholds_", "y_thresholds_"),
)


def count_parameters(estimator: Any) -> int | None:
    """Count the learned parameters of a fitted classifier.

    Counted are the last step of a pipeline and earlier nets, the best estimator of a search, the
    fitted estimator of a wrapper and all members of an ensemble; each object counts once. The
    result is None where a number is not known, as for trees.
    """
    parts = {id(part): part for part in _list_parts(estimator)}
    counts = [_count_part(part) for part in parts.values()]
    return None if None in counts else sum(count for count in counts if count is not None)


def _list_parts(estimator: Any) -> Iterator[Any]:
    """Yield the single estimators that compute the predictions."""
    if isinstance(estimator, FrozenEstimator):  # which has the attributes of its estimator
        yield from _list_parts(estimator.estimator)
        return
    nest = None if has_parameter_count(estimator) else open_estimator(estimator)
    if nest is None or not nest.members:
        yield estimator
        return
    members = [member for _, member in nest.members]
    if nest.is_sequence:
        *transformers, last = members
        yield from (step for step in transformers if has_parameter_count(step))
        members = [last]
    for member in members if nest.final is None else [*members, nest.final]:
        yield from _list_parts(member)
    if isinstance(estimator, CalibratedClassifierCV):
        for classifier in estimator.calibrated_classifiers_:
            yield from classifier.calibrators


def _count_part(part: Any) -> int | None:
    if has_parameter_count(part):
        return int(part.n_parameters_)
    get_tensors = getattr(getattr(part, "module_", None), "parameters", None)  # of skorch's nets
    if get_tensors is not None:
        return sum(int(tensor.numel()) for tensor in get_tensors())
    for names in _ATTRIBUTES:
        arrays = [getattr(part, name, None) for name in names]
        if arrays[0] is not None:
            return sum(_count_values(array) for array in arrays)
    return None


def _count_values(arrays: Any) -> int:
    if arrays is None:
        return 0
    if isinstance(arrays, (list, tuple)):
        return sum(_count_values(array) for array in arrays)
    return int(np.size(arrays))


class _ByteCounter:
    """A file that only counts, so that a large model is not held twice in memory."""

    def __init__(self) -> None:
        self.n_bytes = 0

    def write(self, data: Any) -> int:
        n_bytes = memoryview(data).nbytes
        self.n_bytes += n_bytes
        return n_bytes


def measure_pickle(estimator: Any) -> int | None:
    """Return the bytes of the pickle of a fitted estimator; None where it cannot be pickled."""
    counter = _ByteCounter()
    try:
        pickle.Pickler(counter, protocol=5).dump(estimator)
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return counter.n_bytes
