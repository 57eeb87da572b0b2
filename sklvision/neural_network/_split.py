"""The part of the training data that early stopping holds out."""

from __future__ import annotations

import numpy as np


def split_validation(
    y: np.ndarray,
    fraction: float,
    rng: np.random.RandomState,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Split indices for early stopping, stratified by class, down to two samples a class.

    With groups, whole groups are held out that together are as near as can be to the fraction
    of each class, and that leave some of every class for training.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Encoded labels.
    fraction : float
        Fraction of each class that is held out: at least one sample, and never all of them.
        A class of one sample stays in training.
    rng : RandomState
        Draws the samples.
    groups : ndarray of shape (n_samples,), default=None
        Samples of one group are all held out or all trained on.

    Returns
    -------
    train, validation : ndarray of int
        Sorted indices.

    Raises
    ------
    ValueError
        If no class has two samples, or no group can be held out.
    """
    held_out = (
        _draw_samples(y, fraction, rng)
        if groups is None
        else _draw_groups(y, fraction, rng, groups)
    )
    return np.setdiff1d(np.arange(len(y)), held_out), held_out


def _draw_samples(y: np.ndarray, fraction: float, rng: np.random.RandomState) -> np.ndarray:
    # By class, with at least one sample of each on both sides: scikit-learn's stratified split may
    # leave a rare class out of the smaller side.
    parts = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) > 1:
            n_valid = min(max(1, round(fraction * len(members))), len(members) - 1)
            parts.append(rng.permutation(members)[:n_valid])
    if not parts:
        raise ValueError(
            "early_stopping=True holds samples out for validation, but no class has 2 samples "
            f"(n_samples={len(y)})."
        )
    return np.sort(np.concatenate(parts))


def _draw_groups(
    y: np.ndarray, fraction: float, rng: np.random.RandomState, groups: np.ndarray
) -> np.ndarray:
    # Greedy choice: groups in random order, each held out if that brings the fractions of the
    # classes nearer to the one wanted. An exact choice is a knapsack problem, and not needed.
    names, group_of = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), y.max() + 1))
    np.add.at(counts, (group_of, y), 1)
    totals = counts.sum(axis=0)
    parts = counts[:, totals > 0] / totals[totals > 0]  # of each class, in each group
    order = [group for group in rng.permutation(len(names)) if (parts[group] < 1).all()]
    if not order:
        raise ValueError(
            "early_stopping=True holds groups out for validation, but every group has a class "
            f"that no other group has (n_groups={len(names)}). Pass no groups, or more of them."
        )

    def compute_error(part: np.ndarray) -> float:
        return float(((part - fraction) ** 2).sum())

    selection: list[int] = []
    total = np.zeros(parts.shape[1])
    for group in order:
        sum_with_group = total + parts[group]
        leaves_some = (sum_with_group < 1 - 1e-9).all()  # of every class
        if leaves_some and compute_error(sum_with_group) < compute_error(total):
            total, selection = sum_with_group, [*selection, group]
    if not selection:  # every group is much larger than the fraction
        selection = [min(order, key=lambda group: compute_error(parts[group]))]
    return np.flatnonzero(np.isin(group_of, selection))
