"""Weights of classes, set on every parameter named ``class_weight``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.utils.multiclass import unique_labels

from sklvision.recipes._texts import document
from sklvision.utils._class_weight import match_class_weights
from sklvision.utils._labels import convert_labels
from sklvision.utils._nested import check_estimator
from sklvision.utils._samples import to_host

_PARAMETER = "class_weight"
# These pass the positions of labels, 0, 1, ..., to their members instead of the labels.
_ENCODING_ENSEMBLES = (BaggingClassifier, StackingClassifier, VotingClassifier)


@document
def set_class_weight(estimator: BaseEstimator, class_weight: Any, y: Any) -> BaseEstimator:
    """Set the weights of classes in an estimator and in all estimators inside it.

    Parameters
    ----------
    estimator : estimator
        A classifier, or a pipeline, search or ensemble of classifiers.
    class_weight : "balanced", dict or None
        "balanced" weighs a class by the inverse of its frequency. A dict names weights by label, or
        by its string form; other classes have weight 1.
    y : array-like of shape (n_samples,)
        The labels, by which names are checked.

    Returns
    -------
    estimator : estimator
        The estimator itself.

    Raises
    ------
    ValueError
        If no parameter of the estimator is named ``class_weight``, a label does not occur in `y`,
        or a weight is not a positive number.

    See Also
    --------
    sklearn.utils.class_weight.compute_class_weight : Formula of "balanced".

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import set_class_weight, spectra
    >>> y = ["good"] * 90 + ["foreign"] * 10
    >>> set_class_weight(spectra(vote=False), {"foreign": 9}, y)[-1].class_weight
    {'foreign': 9.0}
    """
    check_estimator(estimator)
    parameters = estimator.get_params(deep=True)
    keys = [key for key in parameters if key.rpartition("__")[2] == _PARAMETER]
    if not keys:
        raise ValueError(
            f"class_weight={class_weight!r}: {type(estimator).__name__} has no parameter "
            "class_weight, and no step or member of it has one."
        )
    labels = unique_labels(convert_labels(to_host(y)))
    if not len(labels):
        raise ValueError("y holds no labels.")
    weights = _check_weights(class_weight, labels)
    values = {key: _encode(weights, labels, estimator, parameters, key) for key in keys}
    return estimator.set_params(**values)


def _check_weights(class_weight: Any, labels: np.ndarray) -> Any:
    """Return "balanced", None, or weights by label."""
    if class_weight is None or (isinstance(class_weight, str) and class_weight == "balanced"):
        return class_weight
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            f"class_weight={class_weight!r} must be 'balanced' or weights by label, such as "
            f"{{{labels.tolist()[0]!r}: 5}}."
        )
    return match_class_weights(class_weight, labels, allows_zero=False, matches_text=True)


def _encode(
    weights: Any, labels: np.ndarray, estimator: Any, parameters: Mapping[str, Any], key: str
) -> Any:
    """Name weights by position where an ensemble around the parameter encodes the labels."""
    parts = key.split("__")[:-1]
    prefixes = ["__".join(parts[:n]) for n in range(1, len(parts) + 1)]
    owners = [estimator, *(parameters[prefix] for prefix in prefixes if prefix in parameters)]
    # The last owner has the parameter itself.
    is_encoded = any(isinstance(owner, _ENCODING_ENSEMBLES) for owner in owners[:-1])
    if not isinstance(weights, dict) or not is_encoded:
        return weights
    positions = {label: position for position, label in enumerate(labels.tolist())}
    return {positions[label]: weight for label, weight in weights.items()}
