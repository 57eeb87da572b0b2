"""Bands of new samples, brought to the bands of the training data by an input contract."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sklvision.utils._contract import Contract


def match_columns(
    contract: Contract, names: Sequence[str], axis: Sequence[float] | None
) -> np.ndarray:
    """Find the training columns among new ones, by position on the axis or by name.

    Parameters
    ----------
    contract : dict
        Contract of training.
    names : list of str
        Names of the new columns.
    axis : list of float or None
        Positions of the new columns, where their names say them.

    Returns
    -------
    places : ndarray of int
        For every column of training its place among the new ones.

    Raises
    ------
    ValueError
        If columns are missing; the message names them, or both axes where they differ.
    """
    training_axis = contract.get("axis")
    if training_axis is not None and axis is not None:
        return _match_axis(np.array(training_axis), np.array(axis), contract.get("unit"))
    training_names = contract.get("names")
    if training_names is None:
        expected = (contract.get("shape") or [len(names)])[0]
        if len(names) != expected:
            raise ValueError(f"found {len(names)} bands, the model takes {expected}.")
        return np.arange(expected)
    place = {name: i for i, name in enumerate(names)}
    missing = [name for name in training_names if name not in place]
    if missing:
        first_names = ", ".join(map(repr, missing[:5])) + (", …" if len(missing) > 5 else "")
        raise ValueError(
            f"{len(missing)} of the {len(training_names)} columns that the model takes are "
            f"missing: {first_names}."
        )
    return np.array([place[name] for name in training_names])


def _match_axis(training_axis: np.ndarray, new: np.ndarray, unit: str | None) -> np.ndarray:
    # Positions are the same up to rounding: a hundredth of the distance between bands.
    step = np.abs(np.diff(np.sort(training_axis))).min() if len(training_axis) > 1 else 1.0
    order = np.argsort(new)
    # The nearest new position is one of the two neighbors that a binary search finds.
    right = np.clip(np.searchsorted(new[order], training_axis), 0, len(new) - 1)
    left = np.maximum(right - 1, 0)
    is_left = np.abs(new[order][left] - training_axis) < np.abs(new[order][right] - training_axis)
    places = order[np.where(is_left, left, right)]
    is_missing = np.abs(new[places] - training_axis) > step / 100
    if not is_missing.any():
        return places
    suffix = f" {unit}" if unit else ""
    raise ValueError(
        f"{int(is_missing.sum())} of the {len(training_axis)} bands that the model takes are "
        f"missing: the model takes {training_axis[0]:g} to {training_axis[-1]:g}{suffix}, the new "
        f"samples have {new[0]:g} to {new[-1]:g}{suffix}."
    )


def interpolate_bands(contract: Contract, values: np.ndarray, axis: Sequence[float]) -> np.ndarray:
    """Interpolate spectra linearly to the training axis, where that lies within their own.

    Parameters
    ----------
    contract : dict
        Contract of training, with an ``axis``.
    values : ndarray of shape (n_samples, n_bands)
        New spectra.
    axis : list of float
        Their positions.

    Returns
    -------
    resampled : ndarray of shape (n_samples, n_trained_bands)
        The spectra at the training positions.

    Raises
    ------
    ValueError
        If training positions lie beyond those of the new spectra.
    """
    training_axis, new = np.array(contract["axis"]), np.array(axis)
    order = np.argsort(new)
    new, values = new[order], values[:, order]
    # Rounded positions may lie beyond the ends by a hundredth of the distance between bands.
    slack = np.abs(np.diff(new)).max() / 100 if len(new) > 1 else 0.0
    if training_axis.min() < new[0] - slack or training_axis.max() > new[-1] + slack:
        raise ValueError(
            f"the model takes {training_axis.min():g} to {training_axis.max():g}, beyond the "
            f"{new[0]:g} to {new[-1]:g} of the new samples: nothing is extrapolated."
        )
    return np.stack([np.interp(training_axis, new, row) for row in values])
