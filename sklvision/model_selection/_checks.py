"""Checks of what is to be compared, made before anything is fitted."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from sklvision.model_selection._searches import is_search


def derive_name(estimator: Any) -> str:
    """Name an estimator after its class, a pipeline after the classes of its steps."""
    if isinstance(estimator, Pipeline):
        return " + ".join(
            type(step).__name__ for _, step in estimator.steps if hasattr(step, "fit")
        )
    return type(estimator).__name__


def name_estimators(estimators: list[Any]) -> list[tuple[str, Any]]:
    """Derive names, numbering those that several estimators would share."""
    names = [derive_name(estimator) for estimator in estimators]
    shared = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    named = []
    for name, estimator in zip(names, estimators, strict=True):
        seen[name] += 1
        named.append((f"{name}-{seen[name]}" if name in shared else name, estimator))
    return named


def _as_pairs(estimators: Any) -> list[tuple[str, Any]]:
    if isinstance(estimators, Mapping):
        return list(estimators.items())
    if not isinstance(estimators, (list, tuple)):
        return name_estimators([estimators])
    named = [isinstance(item, tuple) for item in estimators]
    if not any(named):
        return name_estimators(list(estimators))
    if all(named) and all(len(item) == 2 for item in estimators):
        return list(estimators)
    raise ValueError(
        "estimators must hold either (name, estimator) pairs or estimators only, not a mixture."
    )


def check_estimators(estimators: Any) -> dict[str, Any]:
    """Return a name to classifier mapping of fresh clones, or say what is wrong with it."""
    pairs = _as_pairs(estimators)
    if not pairs:
        raise ValueError("estimators is empty: there is nothing to compare.")
    for name, _ in pairs:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of estimators must be non-empty strings, got {name!r}.")
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"Names of estimators must be unique; used more than once: {twice}.")
    return {name: _check_classifier(name, estimator) for name, estimator in pairs}


def _check_classifier(name: str, estimator: Any) -> Any:
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
    missing = [
        method
        for method in ("get_params", "set_params", "fit", "predict")
        if not hasattr(estimator, method)
    ]
    if missing:
        raise TypeError(
            f"estimators[{name!r}] is not a scikit-learn classifier: {estimator!r} "
            f"has no {' and no '.join(missing)}."
        )
    if not is_classifier(estimator):
        raise TypeError(
            f"estimators[{name!r}] is not a classifier: got {type(estimator).__name__}; only "
            "classifiers will do."
        )
    return clone(estimator)


def check_samples(X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """Return data that can be indexed and labels as a 1-D array."""
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    y = np.asarray(column_or_1d(y, warn=True))
    if len(X.shape) == 0 or X.shape[0] != len(y):
        n_samples = X.shape[0] if len(X.shape) else "no"
        raise ValueError(f"X and y differ in length: X has {n_samples} samples, y has {len(y)}.")
    n_missing = int(pd.isna(y).sum())
    if n_missing:
        raise ValueError(f"y must be known for every sample: {n_missing} labels are missing.")
    kind = type_of_target(y, input_name="y")
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y must hold class labels, got {kind!r} values such as {y[:3].tolist()}.")
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(
            f"y holds a single class, {classes.tolist()[0]!r}: at least two are needed."
        )
    return X, y


def check_groups(groups: Any, n_samples: int) -> np.ndarray | None:
    """Return the groups as a 1-D array that is complete."""
    if groups is None:
        return None
    groups = np.asarray(column_or_1d(groups, warn=True))
    if len(groups) != n_samples:
        raise ValueError(
            f"groups must have one value per sample: it has {len(groups)}, X has {n_samples}."
        )
    n_missing = int(pd.isna(groups).sum())
    if n_missing:
        raise ValueError(f"groups must be known for every sample: {n_missing} are missing.")
    return groups
