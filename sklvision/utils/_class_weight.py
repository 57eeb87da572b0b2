"""Weights of classes that a user gives by label."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np


def read_class_weights(
    class_weight: Mapping[Any, Any], classes: np.ndarray, *, allows_zero: bool
) -> np.ndarray:
    """Read the weight of each class; classes that are not named weigh 1.

    scikit-learn's own function converts labels to integers first, which fails for dates.

    Parameters
    ----------
    class_weight : dict
        Weights by label.
    classes : ndarray of shape (n_classes,)
        Labels of the classes.
    allows_zero : bool
        Whether a weight may be zero.

    Returns
    -------
    weights : ndarray of shape (n_classes,)
        Weights in the order of the classes.

    Raises
    ------
    ValueError
        If a weight is not a finite number of at least zero, or if a name is wrong.
    """
    weights = match_class_weights(class_weight, classes, allows_zero=allows_zero)
    return np.array([weights.get(label, 1.0) for label in classes.tolist()], dtype=np.float64)


def match_class_weights(
    class_weight: Mapping[Any, Any],
    classes: np.ndarray,
    *,
    allows_zero: bool,
    matches_text: bool = False,
) -> dict[Any, float]:
    """Match given weights with the labels of classes.

    Parameters
    ----------
    class_weight : dict
        Weights by label.
    classes : ndarray of shape (n_classes,)
        Labels of the classes.
    allows_zero : bool
        Whether a weight may be zero.
    matches_text : bool, default=False
        Whether a label may be named by its text, as in a terminal, where all names are texts. Then
        every name must be that of a class. Otherwise a class may be absent from `classes`, as from
        some folds, if all classes that are there have a weight.

    Returns
    -------
    weights : dict of label to float
        The weights by label, of Python's types, of those classes that are named.

    Raises
    ------
    ValueError
        If a weight is not a finite number of at least zero, or if a name is wrong.
    """
    labels = classes.tolist()
    label_by_text = {str(label): label for label in labels} if matches_text else {}
    weights: dict[Any, float] = {}
    unknown = []
    for name, weight in class_weight.items():
        _check_weight(name, weight, allows_zero)
        # NumPy's scalars as those of Python: a date of either kind is the same label.
        label = name.item() if isinstance(name, np.generic) else name
        if label not in labels:
            label = label_by_text.get(str(name), label)
        if label not in labels:
            unknown.append(name)
        elif label in weights:
            raise ValueError(f"class_weight has two weights for the label {label!r}.")
        else:
            weights[label] = float(weight)
    if unknown and (matches_text or len(weights) < len(labels)):
        close = get_close_matches(str(unknown[0]), map(str, labels), n=1, cutoff=0.5)
        nearest = [repr(label) for label in labels if str(label) in close]
        hint = f"Did you mean {nearest[0]}? " if nearest else ""
        raise ValueError(
            f"class_weight has {unknown[0]!r}, which no sample is labeled as. {hint}"
            f"The labels are {', '.join(map(repr, labels))}."
        )
    return weights


def _check_weight(name: Any, weight: Any, allows_zero: bool) -> None:
    is_number = isinstance(weight, Real) and not isinstance(weight, bool)
    is_number = is_number and 0 <= float(weight) < np.inf
    if not is_number or (weight == 0 and not allows_zero):
        kind = "finite number that is not negative" if allows_zero else "positive finite number"
        raise ValueError(
            f"class_weight must give each class a {kind}, got {weight!r} for {name!r}."
        )
