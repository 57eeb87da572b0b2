"""Mean profile of the training samples, by which new ones in another order are recognized."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_MOST_PLACES = 64
_FEWEST_PLACES = 8
_FEWEST_SAMPLES = 5
# Correlation with the mean of the others that 95 % of the training samples must have, and the
# one below which new samples are of another kind.
_LEAST_AGREEMENT = 0.5
_MOST_DISAGREEMENT = -0.2


def make_profile(rows: np.ndarray) -> list[float] | None:
    """Make the mean profile of samples that resemble each other.

    Every sample is correlated with the mean of all others, so that noise agrees with nothing.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_values)
        Samples.

    Returns
    -------
    profile : list of float or None
        At most 127 values of mean 0 and norm 1, rounded; None where samples do not resemble each
        other, or are too few.
    """
    values = _standardize(_select_places(rows))
    if len(values) < _FEWEST_SAMPLES or values.shape[1] < _FEWEST_PLACES:
        return None
    total = values.sum(axis=0)
    other_samples = total - values  # of mean 0, as the values are
    norms = np.linalg.norm(other_samples, axis=1)
    if not norms.all():
        return None
    agreement = (values * other_samples).sum(axis=1) / norms
    if np.quantile(agreement, 0.05) < _LEAST_AGREEMENT:
        return None
    return [round(float(value), 6) for value in total / np.linalg.norm(total)]


def compute_profile_correlation(profile: Sequence[float], rows: np.ndarray) -> float | None:
    """Compute the median correlation of samples with a profile, where it is that of others.

    Parameters
    ----------
    profile : sequence of float
        Profile of the training samples.
    rows : ndarray of shape (n_samples, n_values)
        New samples.

    Returns
    -------
    correlation : float or None
        From −1 to −0.2; None where samples resemble the training data or are constant, or have
        another number of values.
    """
    values = _select_places(rows)
    if values.shape[1] != len(profile):
        return None
    values = _standardize(values)
    if not len(values):
        return None
    correlation = float(np.median(values @ np.array(profile)))
    return correlation if correlation < _MOST_DISAGREEMENT else None


def is_along_profile(profile: Sequence[float], values: np.ndarray) -> bool:
    """Whether one sample certainly has no correlation below zero with a profile."""
    selected = values[:: _compute_step(len(values))]
    return len(selected) != len(profile) or float(np.dot(selected, _get_array(profile))) >= 0


# The last profiles as arrays, which take most of the time of a comparison to make.
_arrays: dict[int, tuple[Sequence[float], np.ndarray]] = {}
_MOST_ARRAYS = 16


def _get_array(profile: Sequence[float]) -> np.ndarray:
    entry = _arrays.get(id(profile))
    if entry is not None and entry[0] is profile:
        return entry[1]
    if len(_arrays) >= _MOST_ARRAYS:
        _arrays.clear()
    array = np.array(profile, dtype=np.float32)  # as nets take samples: another type takes longer
    _arrays[id(profile)] = profile, array  # with the profile, so that its id stays its own
    return array


def _compute_step(n_values: int) -> int:
    return max(1, n_values // _MOST_PLACES)


def _select_places(rows: np.ndarray) -> np.ndarray:
    return rows[:, :: _compute_step(rows.shape[1])].astype(np.float64)


def _standardize(values: np.ndarray) -> np.ndarray:
    """Scale rows to mean 0 and norm 1; those that are constant or not finite are left out."""
    with np.errstate(invalid="ignore", over="ignore"):
        values = values - values.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(values, axis=1, keepdims=True)
    is_good = np.isfinite(norms[:, 0]) & (norms[:, 0] > 0)
    return values[is_good] / norms[is_good]
