"""Samples whose label is probably wrong, by out-of-fold probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from sklvision.model_selection._checks import check_labels
from sklvision.utils._labels import make_index, read_labels
from sklvision.utils._samples import to_host


def find_label_errors(y: Any, probabilities: Any, *, classes: Any = None) -> pd.DataFrame:
    """Find the samples whose label is probably wrong, the most doubtful first.

    The probabilities must come from models that have not been fitted on the sample itself, as
    :func:`sklearn.model_selection.cross_val_predict` gives them. Nothing is fitted here.

    .. versionadded:: 0.1

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels as they were given.
    probabilities : array-like of shape (n_samples, n_classes)
        Out-of-fold probability of each class.
    classes : array-like of shape (n_classes,), default=None
        Class of each column, as in ``classes_`` of a classifier. ``None`` stands for the sorted
        labels of ``y``.

    Returns
    -------
    errors : DataFrame of shape (n_errors, 5)
        Columns: ``sample``, its index; ``label``, as given; ``suggested``, the class to which it
        seems to belong; ``label_probability`` and ``suggested_probability``. A person who knows the
        samples should check them: a rare but correct sample may be among them.

    Raises
    ------
    ValueError
        If lengths differ, probabilities are negative, above 1, NaN or not of one column per class,
        or a label is not among the classes.

    See Also
    --------
    find_leaks : Also finds copies with contradicting labels.
    compare_estimators : Finds a classifier to make the probabilities.

    Notes
    -----
    This is confident learning [1]_. Models are more certain about some classes than about others,
    so each class has its own threshold: its mean probability among the samples with its label. A
    sample belongs to the most probable of the classes that reach their threshold, if any does. If
    that is not its label, the label is probably wrong. The order is by the difference of the two
    probabilities.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
       Dataset Labels", Journal of Artificial Intelligence Research 70, 1373-1411, 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_predict
    >>> from sklvision.model_selection import find_label_errors
    >>> X, y = load_iris(return_X_y=True)
    >>> y[10] = 2  # a mistake
    >>> model = LogisticRegression(max_iter=1000)
    >>> probabilities = cross_val_predict(model, X, y, method="predict_proba")
    >>> find_label_errors(y, probabilities)[["sample", "label", "suggested"]].head(1)
       sample  label  suggested
    0      10      2          0
    """
    y = check_labels(y)
    if not len(y):
        raise ValueError("y must hold one label per sample, got none.")
    classes = np.unique(y) if classes is None else read_labels(classes)
    probabilities = _check_probabilities(probabilities, len(y), classes)
    column_of = {label: i for i, label in enumerate(classes.tolist())}
    unknown = sorted(set(y.tolist()) - set(column_of), key=str)
    if unknown:
        raise ValueError(f"y has labels that are not among the classes: {unknown[:3]}.")
    columns = np.array([column_of[label] for label in y.tolist()])
    suggested_columns = _choose_confident_class(columns, probabilities)
    samples = np.flatnonzero((suggested_columns >= 0) & (suggested_columns != columns))
    label_probability = probabilities[samples, columns[samples]]
    suggested_probability = probabilities[samples, suggested_columns[samples]]
    errors = pd.DataFrame(
        {
            "sample": samples,
            "label": make_index(y[samples]),
            "suggested": make_index(classes[suggested_columns[samples]]),
            "label_probability": label_probability,
            "suggested_probability": suggested_probability,
        }
    )
    order = np.argsort(label_probability - suggested_probability, kind="stable")
    return errors.iloc[order].reset_index(drop=True)


def _check_probabilities(probabilities: Any, n_samples: int, classes: np.ndarray) -> np.ndarray:
    values = check_array(
        to_host(probabilities),
        dtype=np.float64,
        ensure_all_finite=False,
        ensure_2d=False,
        input_name="probabilities",
    )
    if values.shape != (n_samples, len(classes)):
        raise ValueError(
            f"probabilities must have one row per sample and one column per class, "
            f"({n_samples}, {len(classes)}), got {values.shape}. Pass classes= if y lacks some."
        )
    if not ((values >= 0) & (values <= 1 + 1e-6)).all():
        raise ValueError(
            "probabilities must be from 0 to 1 and not NaN: use method='predict_proba'."
        )
    return values


def _choose_confident_class(columns: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the most probable class that reaches its threshold, -1 where none does."""
    n_classes = probabilities.shape[1]
    counts = np.bincount(columns, minlength=n_classes)
    label_probabilities = probabilities[np.arange(len(columns)), columns]
    sums = np.bincount(columns, weights=label_probabilities, minlength=n_classes)
    # A class without labels has no threshold; rounding must not let a mean miss itself.
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1) * (1 - 1e-9), np.inf)
    confident = np.where(probabilities >= thresholds, probabilities, -np.inf)
    return np.where(confident.max(axis=1) >= 0, confident.argmax(axis=1), -1)
