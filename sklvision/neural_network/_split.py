"""The part of the training data that early stopping holds out."""

from __future__ import annotations

import numpy as np


def split_validation(
    y: np.ndarray, fraction: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Split indices for early stopping, stratified by class, down to two samples a class.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Encoded labels.
    fraction : float
        Part of each class that goes to validation: at least one sample, and never all of them.
        A class of one sample stays in training.
    rng : RandomState
        Draws the samples.

    Returns
    -------
    train, validation : ndarray of int
        Sorted indices.

    Raises
    ------
    ValueError
        If no class has two samples.
    """
    chosen = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) > 1:
            n_valid = min(max(1, round(fraction * len(members))), len(members) - 1)
            chosen.append(rng.permutation(members)[:n_valid])
    if not chosen:
        raise ValueError(
            "early_stopping=True holds samples out for validation, but no class has 2 samples "
            f"(n_samples={len(y)})."
        )
    validation = np.sort(np.concatenate(chosen))
    train = np.setdiff1d(np.arange(len(y)), validation)
    return train, validation
