"""Checks of estimators, samples, labels and groups, made before anything is fitted."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import type_of_target

from sklvision.utils._columns import check_column_names
from sklvision.utils._labels import read_labels
from sklvision.utils._nested import is_search
from sklvision.utils._samples import Samples, as_samples


@runtime_checkable
class Classifier(Protocol):
    """The methods of a scikit-learn classifier that model selection calls."""

    def fit(self, X: Any, y: Any) -> Any: ...

    def predict(self, X: Any) -> Any: ...

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...

    def set_params(self, **params: Any) -> Any: ...


def make_name(estimator: Any) -> str:
    """Name an estimator after its class, a pipeline after the classes of its steps."""
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        return " + ".join(type(step).__name__ for step in steps)
    return type(estimator).__name__


def _name_estimators(estimators: list[Any]) -> list[tuple[str, Any]]:
    """Make names, with numbers where several estimators would have the same."""
    n_total = Counter(make_name(estimator) for estimator in estimators)
    n_before: Counter[str] = Counter()
    pairs = []
    for estimator in estimators:
        name = make_name(estimator)
        n_before[name] += 1
        pairs.append((f"{name}-{n_before[name]}" if n_total[name] > 1 else name, estimator))
    return pairs


def _list_pairs(estimators: Any) -> list[tuple[str, Any]]:
    if isinstance(estimators, Mapping):
        return list(estimators.items())
    if not isinstance(estimators, (list, tuple)):
        return _name_estimators([estimators])
    is_pair = [isinstance(item, tuple) for item in estimators]
    if not any(is_pair):
        return _name_estimators(list(estimators))
    if all(is_pair) and all(len(item) == 2 for item in estimators):
        return list(estimators)
    raise ValueError(
        "estimators must hold either (name, estimator) pairs or estimators only, not a mixture."
    )


def check_names(estimators: Any) -> dict[str, Any]:
    """Return the estimators by unique names."""
    pairs = _list_pairs(estimators)
    if not pairs:
        raise ValueError("estimators is empty: pass at least one classifier.")
    for name, _ in pairs:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of estimators must be non-empty strings, got {name!r}.")
    repeats = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeats:
        raise ValueError(f"Names of estimators must be unique; used more than once: {repeats}.")
    return dict(pairs)


def check_classifier(name: str, estimator: Any) -> None:
    """Raise unless an object, fitted or not, is a scikit-learn classifier."""
    if inspect.isclass(estimator):
        raise TypeError(
            f"estimators[{name!r}] is the class {estimator.__name__}, not an instance of it: "
            f"write {estimator.__name__}()."
        )
    if is_search(estimator) and estimator.refit is False:
        raise ValueError(
            f"estimators[{name!r}] is a {type(estimator).__name__} with refit=False, which cannot "
            "predict; set refit=True, or to the score that chooses."
        )
    if not isinstance(estimator, Classifier):
        raise TypeError(
            f"estimators[{name!r}] is not a scikit-learn classifier: {estimator!r} needs the "
            "methods fit, predict, get_params and set_params."
        )
    if not is_classifier(estimator):
        raise TypeError(
            f"estimators[{name!r}] is not a classifier: got {type(estimator).__name__}; expected "
            "a classifier."
        )


def check_estimators(estimators: Any) -> dict[str, Any]:
    """Return fresh clones of the classifiers by unique names."""
    by_name = check_names(estimators)
    for name, estimator in by_name.items():
        check_classifier(name, estimator)
    return {name: clone(estimator) for name, estimator in by_name.items()}


def check_samples(X: Any, y: Any) -> tuple[Samples, np.ndarray]:
    """Return the samples, and the labels as a 1-D array."""
    samples = as_samples(X)
    y = check_labels(y)
    if len(samples) != len(y):
        raise ValueError(f"X and y differ in length: X has {len(samples)} samples, y has {len(y)}.")
    if not len(y):
        raise ValueError("X has 0 samples: expected samples of at least two classes.")
    check_column_names(samples.data)
    if len(np.unique(y)) < 2:
        raise ValueError(f"y holds a single class, {y.tolist()[0]!r}: at least two are needed.")
    return samples, y


def check_labels(y: Any) -> np.ndarray:
    """Return complete labels of one type as a 1-D array."""
    y = read_labels(y)
    n_missing = int(pd.isna(y).sum())
    if n_missing:
        raise ValueError(f"y must be known for every sample: {n_missing} labels are missing.")
    if y.dtype.kind == "f" and y.dtype.itemsize not in (4, 8):
        y = y.astype(np.float64)  # pandas has no index of half and of extended precision
    kind = type_of_target(y, input_name="y") if len(y) else "binary"
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y must hold class labels, got {kind!r} values such as {y[:3].tolist()}.")
    return y
