"""Advice about columns: rows that are numbered, columns that tell the class, possible groups."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._tables.axis import find_bands
from sklvision.datasets._tables.times import has_dates

# Names of what samples are taken from.
_GROUP_NAMES = re.compile(
    r"(patient|subject|person|donor|animal|plant|tree|plot|field|batch|lot|plate|series|session|"
    r"block|part|sample|specimen|object)[\s_.-]*(id|nr|no|num|number|name|code)?",
    re.IGNORECASE,
)
_FEWEST_GROUPS = 3
_FEWEST_IN_ORDER = 20  # bands
_FAR_STEPS = 20.0
_PLACEHOLDERS = (-9999.0, -99999.0, -999.0, 9999.0, 99999.0, -32768.0, -1.23e34, 1e30, -1e30)
_FAR_FACTOR = 10.0
# Part of the values that must be of one class each for a column of another name to be groups.
_LEAST_PURE = 0.9


def find_numbered_rows(names: list[str], X: NDArray[Any]) -> list[str]:
    """Find bands without a pattern in their names that only number the rows.

    Parameters
    ----------
    names : list of str
        Names of the bands.
    X : ndarray of shape (n_samples, n_bands)
        The spectra.

    Returns
    -------
    numbered : list of str
        Names of columns of whole numbers that rise or fall strictly.
    """
    bands = find_bands(names)
    if len(X) < _FEWEST_GROUPS or (bands is not None and len(bands.names) == len(names)):
        return []
    with np.errstate(invalid="ignore", over="ignore"):  # values that are infinite or huge
        steps = np.diff(X, axis=0)
        is_monotonic = (steps > 0).all(axis=0) | (steps < 0).all(axis=0)
        is_permutation = (np.diff(np.sort(X, axis=0), axis=0) == 1).all(axis=0)
        is_whole = (X % 1 == 0).all(axis=0)
    return [names[place] for place in np.flatnonzero((is_monotonic | is_permutation) & is_whole)]


def find_misplaced_bands(names: list[str], axis: Sequence[float] | None) -> list[str]:
    """Find a few bands whose positions are not in the order of all others, or far from them.

    The longest part of the axis that rises, or falls, is in order; where it is less than 95 % of
    the axis, the columns were shuffled, and none is misplaced. In order, the first and the last
    band are misplaced if they are twenty times as far from the next one as bands usually are.
    """
    if axis is None or len(axis) < _FEWEST_IN_ORDER:
        return []
    positions = list(axis)
    places_in_order = max(
        _find_rising(positions), _find_rising([-value for value in positions]), key=len
    )
    misplaced = sorted(set(range(len(positions))) - set(places_in_order))
    if not misplaced:
        steps = np.abs(np.diff(positions))
        ends = np.array([0, len(axis) - 1])
        misplaced = ends[steps[[0, -1]] > _FAR_STEPS * np.median(steps)].tolist()
    return [names[place] for place in misplaced] if len(misplaced) <= len(axis) / 20 else []


def _find_rising(values: list[float]) -> list[int]:
    """Find the places of the longest rising subsequence, by the smallest end of every length."""
    ends: list[float] = []
    places: list[int] = []
    previous: list[int] = []
    for place, value in enumerate(values):
        length = bisect_left(ends, value)
        previous.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(value)
            places.append(place)
        else:
            ends[length], places[length] = value, place
    rising = []
    place = places[-1]
    while place >= 0:
        rising.append(place)
        place = previous[place]
    return rising


def find_placeholder(X: NDArray[Any]) -> tuple[float, int] | None:
    """Find a number that instruments write for a missing value, far beyond all other values.

    Returns
    -------
    value, n_values : float, int
        The number, and how often it occurs; None if there is none.
    """
    finite = X[np.isfinite(X)]
    for value in _PLACEHOLDERS:
        is_placeholder = finite == value
        n_values = int(is_placeholder.sum())
        if not 0 < n_values < finite.size:
            continue
        if abs(value) > _FAR_FACTOR * np.abs(finite[~is_placeholder]).max():
            return value, n_values
    return None


def find_advice(
    metadata: Mapping[str, NDArray[Any]],
    target: NDArray[Any] | None,
    has_groups: bool,
    *,
    has_times: bool = False,
) -> list[str]:
    """Find columns outside the bands that determine the class, or look like groups or dates.

    Parameters
    ----------
    metadata : mapping of str to ndarray
        Columns without a role.
    target : ndarray of shape (n_samples,) or None
        The labels.
    has_groups : bool
        Whether groups are named already.
    has_times : bool, default=False
        Whether times are named already.

    Returns
    -------
    advice : list of str
        Sentences; keywords in them are those of :func:`load_spectra`.
    """
    if target is None:
        return []
    advice, groups = [], []
    classes = np.unique(target)
    dates = []
    for name, values in metadata.items():
        if values.shape != target.shape:
            continue
        if has_dates(values):
            dates.append(name)
        members = {value: target[values == value] for value in np.unique(values)}
        n_values = len(members)
        pure_fraction = np.mean([len(np.unique(labels)) == 1 for labels in members.values()])
        recurs = n_values <= len(target) / 2
        if recurs and pure_fraction == 1 and 2 <= n_values <= 2 * len(classes):
            advice.append(
                f"column {name!r} alone tells the class: each of its {n_values} values occurs in "
                "one class only. Where it says how samples were measured, spectra may tell that"
            )
            continue
        is_likely = _GROUP_NAMES.fullmatch(name.strip()) or pure_fraction >= _LEAST_PURE
        if recurs and n_values >= _FEWEST_GROUPS and is_likely:
            groups.append((name, n_values))
    if groups and not has_groups:
        group_texts = ", ".join(f"{name} ({n_values} values)" for name, n_values in groups)
        advice.append(f"possible groups: {group_texts}; use group={groups[0][0]!r}")
    if dates and not has_times:
        advice.append(f"dates: {', '.join(dates)}; for folds in their order use time={dates[0]!r}")
    return advice
