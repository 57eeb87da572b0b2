"""Weights of classes that a user gives by label."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np


def read_class_weights(
    class_weight: dict[Any, Any], classes: np.ndarray, *, allows_zero: bool
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
    for label, weight in class_weight.items():
        is_number = isinstance(weight, Real) and 0 <= float(weight) < np.inf
        if not is_number or (weight == 0 and not allows_zero):
            kind = "finite number that is not negative" if allows_zero else "positive finite number"
            raise ValueError(
                f"class_weight must give each class a {kind}, got {weight!r} for {label!r}."
            )
    # NumPy's scalars as those of Python: a date of either kind is the same label.
    class_weight = {
        label.item() if isinstance(label, np.generic) else label: weight
        for label, weight in class_weight.items()
    }
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    missing = [label for label in labels if label not in class_weight]
    if unknown and missing:  # a class may be absent from some data, but then none is misnamed
        raise ValueError(
            f"class_weight has weights for {unknown}, which are not in y, and none for "
            f"{missing}. Its keys must be labels: {labels}."
        )
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
