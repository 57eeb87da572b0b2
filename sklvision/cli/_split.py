"""Official split of samples into a training and a test set, named in a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_TRAINING_NAMES = {"train", "training", "cal", "calibration", "learn", "learning"}
_TEST_NAMES = {"test", "testing"}
_VALIDATION_NAMES = {"val", "valid", "validation", "prediction", "dev"}


def find_split(values: NDArray[Any], column: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the training and the test samples among the values of a column.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Names of sets, such as train and test, in any case. Validation samples are the test set
        where no others are, and else belong to neither.
    column : str
        Name of the column, for messages.

    Returns
    -------
    train, test : ndarray of int
        Positions of the samples.

    Raises
    ------
    ValueError
        If the names are not those of a training and a test set.
    """
    names = np.array([str(value).strip().lower() for value in values])
    known_names = _TRAINING_NAMES | _TEST_NAMES | _VALIDATION_NAMES
    unknown = sorted(set(names) - known_names)
    train = np.flatnonzero(np.isin(names, list(_TRAINING_NAMES)))
    test = np.flatnonzero(np.isin(names, list(_TEST_NAMES)))
    if not test.size:
        test = np.flatnonzero(np.isin(names, list(_VALIDATION_NAMES)))
    if unknown or not train.size or not test.size:
        found_names = ", ".join(map(repr, sorted(set(map(str, values)))[:5]))
        raise ValueError(
            f"--split {column}: holds {found_names}; expected 'train' and 'test', and no others "
            "but 'validation'."
        )
    return train, test
