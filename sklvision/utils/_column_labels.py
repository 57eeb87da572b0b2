"""Columns of a DataFrame whose names are not strings, such as wavelengths as numbers.

scikit-learn compares names of columns only where all are strings, so that columns named by numbers
could be in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_TOLERANCE = 1e-6  # relative, of numbers that were rounded to float32

Label = float | str


def read_labels_of_columns(data: Any) -> list[Label] | None:
    """Read the names of columns of a DataFrame, numbers as floats and everything else as text.

    None stands for everything but a DataFrame, and for columns that are only counted.
    """
    if not isinstance(data, pd.DataFrame):
        return None
    labels = [_read_label(label) for label in data.columns]
    numbers = sorted(label for label in labels if isinstance(label, float))
    is_counted = len(numbers) == len(labels) and numbers in (
        [float(i) for i in range(len(labels))],
        [float(i + 1) for i in range(len(labels))],
    )
    return None if is_counted else labels


def _read_label(label: Any) -> Label:
    if isinstance(label, tuple):
        return " ".join(str(part) for part in label)
    try:
        return float(label)
    except (TypeError, ValueError):
        return str(label)


def find_axis(labels: Sequence[Label] | None) -> list[float] | None:
    """Return the names of columns as positions of bands, where all are different finite numbers."""
    if not labels:
        return None
    numbers = [label for label in labels if isinstance(label, float) and np.isfinite(label)]
    return numbers if len(set(numbers)) == len(labels) else None


def check_column_labels(training_labels: Sequence[Label], data: Any) -> None:
    """Raise if columns of a DataFrame are in another order than in training, or others.

    Parameters
    ----------
    training_labels : list of float or str
        Names of the training columns.
    data : array or table
        New samples. Only a DataFrame of as many columns, with names of its own that are not all
        strings, is compared; strings are compared by scikit-learn.

    Raises
    ------
    ValueError
        If names or their order differ.
    """
    labels = read_labels_of_columns(data)
    if labels is None or len(labels) != len(training_labels):
        return
    training_labels = [_read_label(label) for label in training_labels]
    if set(map(type, labels)) != set(map(type, training_labels)):
        return  # words and numbers: scikit-learn warns of names that were not compared
    if all(map(_is_same, labels, training_labels)):
        return
    pairs = zip(labels, training_labels, strict=True)
    place = next(i for i, pair in enumerate(pairs) if not _is_same(*pair))
    is_reordered = sorted(map(str, labels)) == sorted(map(str, training_labels))
    problem = "another order than in training" if is_reordered else "other names than in training"
    advice = (
        "Bring them into the training order."
        if is_reordered
        else "Pass the training columns, or the values alone if they are the same."
    )
    raise ValueError(
        f"The columns of X have {problem}: column {place + 1} is {_format(labels[place])}, "
        f"expected {_format(training_labels[place])}. {advice}"
    )


def _is_same(label: Label, expected: Label) -> bool:
    if isinstance(label, float) and isinstance(expected, float):
        return abs(label - expected) <= _TOLERANCE * abs(expected)
    return label == expected


def _format(label: Label) -> str:
    return f"{label:g}" if isinstance(label, float) else repr(label)
