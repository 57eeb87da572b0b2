"""Checks of estimators, samples and parameters of a robustness curve."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklvision.model_selection._checks import check_classifier, check_names, check_samples
from sklvision.model_selection._robustness.corruptions import (
    IMAGE_CORRUPTIONS,
    SPECTRUM_CORRUPTIONS,
    Function,
)
from sklvision.utils._columns import get_columns
from sklvision.utils._images import get_dtype_range, measure_value_range, resolve_pixel_range
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import Samples, as_samples
from sklvision.utils._suggest import did_you_mean


def check_fitted(estimators: Any) -> dict[str, Any]:
    """Return the fitted classifiers by unique names; they are not cloned."""
    by_name = check_names(estimators)
    for name, estimator in by_name.items():
        check_classifier(name, estimator)
        try:
            check_is_fitted(estimator)
        except NotFittedError as error:
            raise NotFittedError(
                f"{name!r} is not fitted: robustness_curve scores fitted classifiers, on data "
                "they were not trained on. Call fit first."
            ) from error
    return by_name


def check_classes(estimators: Mapping[str, Any], y: np.ndarray) -> None:
    """Refuse labels of which an estimator knows none, warn where it knows some only."""
    labels = np.unique(y).tolist()
    for name, estimator in estimators.items():
        if getattr(estimator, "classes_", None) is None:
            continue
        classes = np.asarray(estimator.classes_).tolist()
        unknown = [label for label in labels if label not in classes]
        if len(unknown) == len(labels):
            raise ValueError(
                f"y holds none of the classes that {name!r} was trained on: y has {labels[:10]}, "
                f"it knows {classes[:10]}."
            )
        if unknown:
            warnings.warn(
                f"y holds {int(np.isin(y, unknown).sum())} samples of classes that {name!r} was "
                f"not trained on and cannot recognize: {unknown[:10]}.",
                UserWarning,
                stacklevel=3,
            )


def check_data(X: Any, y: Any) -> tuple[Samples, np.ndarray]:
    """Return finite samples that are spectra or images, and their labels."""
    samples, y = check_samples(X, y)
    return _check_values(samples), y


def check_corruptible(X: Any, *, is_images: bool) -> Samples:
    """Return samples of the kind that a corruption is for."""
    samples = _check_values(as_samples(X))
    if samples.is_images != is_images:
        expected, actual = ("images", "spectra") if is_images else ("spectra", "images")
        raise ValueError(f"X must hold {expected}, as in the result; got {actual}.")
    return samples


def _check_values(samples: Samples) -> Samples:
    """Return finite samples that are spectra or images."""
    if samples.kind == "other" or (samples.is_lazy and len(samples.shape) == 2):
        raise ValueError(
            "X must be spectra of shape (n, n_bands) or images of shape (n, height, width) or "
            f"(n, height, width, channels), got shape {samples.shape}."
        )
    if samples.is_lazy:
        return samples
    samples.check_numbers()
    array = check_array(samples.data, allow_nd=True, input_name="X", estimator="robustness_curve")
    return samples if get_columns(samples.data) else as_samples(array)


def check_severities(severities: Any) -> list[float]:
    """Return severities in ascending order, of a number of steps or a list."""
    if isinstance(severities, Integral) and not isinstance(severities, bool):
        if severities < 1:
            raise ValueError(f"severities must be at least 1 step, got {severities}.")
        n_steps = int(severities)
        return [step / n_steps for step in range(1, n_steps + 1)]
    if isinstance(severities, (str, bool)) or not np.iterable(severities):
        raise TypeError(
            f"severities must be an integer or a list of numbers in (0, 1], got {severities!r}."
        )
    values: list[Any] = list(severities)
    invalid = [v for v in values if not (_is_number(v) and 0 < v <= 1)]
    if invalid or not values:
        raise ValueError(
            f"severities must be above 0 and not above 1, got {invalid or values}. "
            "The clean data, severity 0, are always scored."
        )
    if len(set(values)) < len(values):
        raise ValueError(f"severities must differ, got {values}.")
    return sorted(float(value) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_corruptions(corruptions: Any, is_images: bool) -> dict[str, tuple[Function, str, bool]]:
    """Return functions by names, with the meaning of severity 1, and whether they are custom."""
    registry, foreign = IMAGE_CORRUPTIONS, SPECTRUM_CORRUPTIONS
    if not is_images:
        registry, foreign = foreign, registry
    functions: dict[str, tuple[Function, str, bool]] = {}
    for name, value in _list_pairs(list(registry) if corruptions is None else corruptions):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of corruptions must be non-empty strings, got {name!r}.")
        if name in functions:
            raise ValueError(f"corruptions names {name!r} twice.")
        if isinstance(value, str):
            if value not in registry:
                raise ValueError(_describe_unknown(value, registry, foreign, is_images))
            if value == "jpeg":
                import_optional("PIL.Image", extra="images")
            functions[name] = (*registry[value], False)
        elif _is_corruption(value):
            functions[name] = (value, "", True)
        else:
            raise TypeError(
                f"corruptions[{name!r}] must be a name or a callable (X, severity, rng) -> X, "
                f"got {value!r}."
            )
    if not functions:
        raise ValueError("corruptions is empty: name at least one, or pass None for all that fit.")
    return functions


def _is_corruption(value: Any) -> bool:
    """Whether a value may be called with samples, a severity and a generator."""
    try:
        signature(value).bind(None, 1, None)
    except TypeError:  # not callable, or by other arguments
        return False
    except ValueError:  # a function of C that does not tell its arguments
        return True
    return True


def _list_pairs(corruptions: Any) -> list[tuple[Any, Any]]:
    if isinstance(corruptions, Mapping):
        return list(corruptions.items())
    if isinstance(corruptions, str):
        corruptions = [corruptions]
    if not np.iterable(corruptions):
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


def _describe_unknown(
    name: str, registry: Iterable[str], foreign: Iterable[str], is_images: bool
) -> str:
    if name in foreign:
        kinds = ("spectra", "images") if is_images else ("images", "spectra")
        hint = "" if is_images else "; reshape flattened images to (n, height, width)"
        return (
            f"corruptions: {name!r} is for {kinds[0]}, and X holds {kinds[1]}{hint}. "
            f"For {kinds[1]} there are: {', '.join(registry)}."
        )
    return f"corruptions: {name!r} is unknown. {did_you_mean(name, registry)}"


def check_pixel_range(pixel_range: Any, samples: Samples) -> tuple[float, float]:
    """Return the values of black and of white: a parameter, or by the dtype or the values."""
    black, white = resolve_pixel_range(pixel_range, samples)
    if isinstance(pixel_range, str):
        is_guess = get_dtype_range(samples.dtype) is None and white == 255
        if is_guess and (high := measure_value_range(samples)[1]) < 128:
            warnings.warn(
                f"The {samples.dtype} images have values up to {high:g}, and their range is "
                "assumed to be 0 to 255. Pass pixel_range=(black, white) if it is another.",
                UserWarning,
                stacklevel=3,
            )
    elif not samples.is_lazy:
        low, high = measure_value_range(samples)
        if low < black or high > white:
            raise ValueError(
                f"X has values from {low:g} to {high:g}, beyond pixel_range={pixel_range!r}."
            )
    return black, white
