"""Checks of what a robustness curve is made of, before anything is predicted."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklvision.model_selection._checks import _as_pairs, check_samples
from sklvision.model_selection._robustness.corruptions import (
    IMAGE_CORRUPTIONS,
    SPECTRUM_CORRUPTIONS,
    Function,
)
from sklvision.utils._images import (
    get_dtype_range,
    measure_value_range,
    resolve_pixel_range,
)
from sklvision.utils._lazy import is_collection
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import as_samples
from sklvision.utils._suggest import did_you_mean


def check_fitted(estimators: Any) -> dict[str, Any]:
    """Return a name to fitted classifier mapping; the classifiers themselves, no clones."""
    named: dict[str, Any] = {}
    for name, estimator in _as_pairs(estimators):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of estimators must be non-empty strings, got {name!r}.")
        if name in named:
            raise ValueError(f"Names of estimators must be unique; used more than once: {name!r}.")
        _check_one(name, estimator)
        named[name] = estimator
    if not named:
        raise ValueError("estimator is empty: there is nothing to try.")
    return named


def _check_one(name: str, estimator: Any) -> None:
    if inspect.isclass(estimator):
        raise TypeError(f"{name!r} is the class {estimator.__name__}, not a fitted instance of it.")
    if not hasattr(estimator, "fit") or not is_classifier(estimator):
        raise TypeError(f"{name!r} is not a scikit-learn classifier: got {estimator!r}.")
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise NotFittedError(
            f"{name!r} is not fitted: robustness_curve tries fitted classifiers, on data they "
            "were not trained on. Call fit first."
        ) from error
    if not hasattr(estimator, "predict"):
        raise TypeError(f"{name!r} cannot predict: got {estimator!r}.")


def check_labels(estimators: Mapping[str, Any], y: np.ndarray) -> None:
    """Refuse labels of which an estimator knows none, warn where it knows some only."""
    for name, estimator in estimators.items():
        known = getattr(estimator, "classes_", None)
        if known is None:
            continue
        labels, known = np.unique(y).tolist(), np.asarray(known).tolist()
        unknown = [label for label in labels if label not in known]
        if len(unknown) == len(labels):
            raise ValueError(
                f"y holds none of the classes that {name!r} was trained on: y has {labels[:10]}, "
                f"it knows {known[:10]}."
            )
        if unknown:
            warnings.warn(
                f"y holds {int(np.isin(y, unknown).sum())} samples of classes that {name!r} was "
                f"not trained on and cannot recognise: {unknown[:10]}.",
                UserWarning,
                stacklevel=3,
            )


def check_data(X: Any, y: Any) -> tuple[Any, np.ndarray, bool]:
    """Return the samples, the labels, and whether the samples are images."""
    if not is_collection(X):
        checked = check_array(X, allow_nd=True, input_name="X", estimator="robustness_curve")
        X = X if isinstance(X, pd.DataFrame) else checked
    X, y = check_samples(X, y)
    n_dimensions = len(X.shape)
    if n_dimensions not in ((1, 3, 4) if is_collection(X) else (2, 3, 4)):
        raise ValueError(
            "X must be spectra of shape (n, n_bands) or images of shape (n, height, width) or "
            f"(n, height, width, channels), got shape {tuple(X.shape)}."
        )
    return X, y, n_dimensions != 2


def check_severities(severities: Any) -> list[float]:
    """Turn a number of steps, or a list, into severities in ascending order."""
    if isinstance(severities, Integral) and not isinstance(severities, bool):
        if severities < 1:
            raise ValueError(f"severities must be at least 1 step, got {severities}.")
        n_steps = int(severities)
        return [step / n_steps for step in range(1, n_steps + 1)]
    if isinstance(severities, (str, bool)) or not isinstance(severities, Iterable):
        raise TypeError(
            f"severities must be an integer or a list of numbers in (0, 1], got {severities!r}."
        )
    values: list[Any] = list(severities)
    wrong = [v for v in values if not (_is_number(v) and 0 < v <= 1)]
    if wrong or not values:
        raise ValueError(
            f"severities must lie above 0 and not above 1, got {wrong if wrong else values}. "
            "The clean data, severity 0, are always scored."
        )
    if len(set(values)) < len(values):
        raise ValueError(f"severities must differ, got {values}.")
    return sorted(float(value) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_corruptions(corruptions: Any, images: bool) -> dict[str, tuple[Function, str, bool]]:
    """Turn names and callables into functions, what severity 1 means, and whose they are."""
    known, other = IMAGE_CORRUPTIONS, SPECTRUM_CORRUPTIONS
    if not images:
        known, other = other, known
    chosen: dict[str, tuple[Function, str, bool]] = {}
    for name, value in _as_named(list(known) if corruptions is None else corruptions):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of corruptions must be non-empty strings, got {name!r}.")
        if name in chosen:
            raise ValueError(f"corruptions names {name!r} twice.")
        if isinstance(value, str):
            if value not in known:
                raise ValueError(_unknown(value, known, other, images))
            if value == "jpeg":
                import_optional("PIL.Image", extra="images")
            chosen[name] = (*known[value], False)
        elif callable(value):
            chosen[name] = (value, "", True)
        else:
            raise TypeError(
                f"corruptions[{name!r}] must be a name or a callable (X, severity, rng) -> X, "
                f"got {value!r}."
            )
    if not chosen:
        raise ValueError("corruptions is empty: name at least one, or pass None for all that fit.")
    return chosen


def _as_named(corruptions: Any) -> list[tuple[Any, Any]]:
    if isinstance(corruptions, Mapping):
        return list(corruptions.items())
    if isinstance(corruptions, str):
        corruptions = [corruptions]
    if not isinstance(corruptions, Iterable):
        raise TypeError(
            "corruptions must be None, names, or a mapping of names to names or callables, got "
            f"{corruptions!r}."
        )
    names = list(corruptions)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(
                f"A list of corruptions holds names, got {name!r}; callables need names of their "
                "own: pass a mapping of names to callables."
            )
    return [(name, name) for name in names]


def _unknown(name: str, known: Iterable[str], other: Iterable[str], images: bool) -> str:
    if name in other:
        kinds = ("spectra", "images") if images else ("images", "spectra")
        hint = "" if images else "; reshape flattened images to (n, height, width)"
        return (
            f"corruptions: {name!r} is for {kinds[0]}, and X holds {kinds[1]}{hint}. "
            f"For {kinds[1]} there are: {', '.join(known)}."
        )
    return f"corruptions: {name!r} is unknown. {did_you_mean(name, known)}"


def check_pixel_range(pixel_range: Any, X: Any) -> tuple[float, float]:
    """Return the values of black and of white: a parameter, or by the dtype or the values."""
    samples = as_samples(X)
    black, white = resolve_pixel_range(pixel_range, samples)
    if not isinstance(pixel_range, str):
        if not samples.is_lazy and (X.min() < black or X.max() > white):
            raise ValueError(
                f"X has values from {X.min():g} to {X.max():g}, beyond pixel_range={pixel_range!r}."
            )
    elif get_dtype_range(samples.dtype) is None and white == 255:
        _, high = measure_value_range(samples)
        if high < 128:
            warnings.warn(
                f"The {samples.dtype} images have values up to {high:g} and are taken for images "
                "of the range 0 to 255; give pixel_range=(black, white) if it is another.",
                UserWarning,
                stacklevel=3,
            )
    return black, white
