"""Advice about columns: rows that are numbered, columns that tell the class, possible groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        is_whole = (X % 1 == 0).all(axis=0)
    return [names[place] for place in np.flatnonzero(is_monotonic & is_whole)]


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
