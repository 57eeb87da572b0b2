"""Roles of the columns of a table: labels, groups, bands, index, and what is left out.

The roles are decided only here, reported in one line, and stored with the model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sklvision.datasets._files.roles import GROUP_NAMES, TARGET_NAMES, find_usual_name
from sklvision.datasets._tables.axis import (
    Bands,
    describe_axis,
    find_bands,
    find_unit,
    is_axis,
    is_count,
    parse_band_name,
)
from sklvision.datasets._tables.number_text import suggest_number_format
from sklvision.datasets._tables.options import check_different_columns
from sklvision.datasets._tables.table import Table, is_numbering
from sklvision.datasets._tables.times import has_dates
from sklvision.utils._suggest import did_you_mean

# Columns of these names describe a sample rather than measure it.
_METADATA_NAMES = re.compile(
    r"(sample|spectrum|scan|file|plate|row|rep|replicate)?[\s_.-]*"
    r"(id|ids|nr|no|num|number|index|name|sample|rep|replicate|row|date|time|timestamp|batch|lot)",
    re.IGNORECASE,
)
_AXIS_NAME = re.compile(r"wave|freq|raman|shift|lambda", re.IGNORECASE)
_FEWEST_TRANSPOSED = 8
_MOST_LONG_COLUMNS = 4  # of numbers, in a table of one value in each row


@dataclass(frozen=True)
class Roles:
    """Roles of the columns of a table, by name."""

    bands: Bands  # columns that a model takes
    target: str | None = None
    group: str | None = None
    split: str | None = None  # official split
    index: str | None = None  # column that names or numbers the rows
    left_out: list[str] = field(default_factory=list)  # without a role: metadata, or dropped
    quantity: str | None = None  # such as "absorbance", where an instrument wrote it
    notes: list[str] = field(default_factory=list)  # sentences about what was left out
    time: str | None = None  # column of times

    def to_origin(self) -> dict[str, Any]:
        """Return the roles as plain values, for the contract of the model."""
        return {
            "axis": self.bands.axis,
            "unit": self.bands.unit,
            "quantity": self.quantity,
            "roles": {
                "target": self.target,
                "group": self.group,
                "split": self.split,
                "time": self.time,
                "index": self.index,
                "left_out": self.left_out,
            },
        }

    def describe(self) -> str:
        """Describe the roles in one line."""
        axis = self.bands.axis
        size = f"{len(self.bands.names)}"
        parts = [
            f"labels: {self.target}" if self.target else "labels: none",
            f"bands: {size}, {describe_axis(axis, self.bands.unit)}"
            if axis
            else f"bands: {size}, {_list_ends(self.bands.names)}",
        ]
        if self.group:
            parts.append(f"groups: {self.group}")
        if self.split:
            parts.append(f"split: {self.split}")
        if self.time:
            parts.append(f"time: {self.time}")
        if self.index is not None:
            parts.append(f"row names: {self.index or 'the first column'}")
        if self.left_out:
            parts.append(f"left out: {_list_some(self.left_out, 8)}")
        if self.quantity:
            parts.append(f"values: {self.quantity}")
        return "; ".join([*parts, *self.notes])


def decide_roles(
    table: Table,
    *,
    target: str | None = None,
    group: str | None = None,
    bands: str | Sequence[str] | None = None,
    drop: Sequence[str] = (),
    split: str | None = None,
    time: str | None = None,
    target_needed: bool = False,
) -> Roles:
    """Decide the role of every column.

    Parameters
    ----------
    table : Table
        Columns without roles.
    target, group, split, time : str, default=None
        Names of columns that have these roles. By default labels and groups go by usual names,
        and labels else are the only column of text.
    bands : str or list of str, default=None
        Names of the bands, or the ends of their range as "900:1300".
    drop : list of str, default=()
        Names of columns to leave out.
    target_needed : bool, default=False
        Whether labels must be found.

    Returns
    -------
    roles : Roles
        The role of every column that is not empty.

    Raises
    ------
    ValueError
        If a name is not there, a role cannot be decided, or the table looks transposed.
    """
    path, names = table.path, table.names
    places = {name: place for place, name in enumerate(names) if not _is_blank(table, place)}
    _check_names(table, list(places))
    roles = {"target": target, "group": group, "split": split, "time": time}
    for role, name in roles.items():
        _check_name(path, role, name, list(places))
    for name in drop:
        _check_name(path, "drop", name, list(places))
    check_different_columns(path, **roles)
    index = _find_index(table, places, {*roles.values(), *drop})
    _refuse_transposed(table, places, index)
    used_names = {*roles.values(), index, *drop}
    free_names = [name for name in places if name not in used_names]
    target = target or find_usual_name(path, "target", free_names, TARGET_NAMES)
    group = group or find_usual_name(path, "group", free_names, GROUP_NAMES)
    free_names = [name for name in free_names if name not in (target, group)]
    all_bands = _find_bands(table, places, free_names, bands)
    other_names = [
        name
        for name in free_names
        if name not in all_bands.names and not (isinstance(bands, str) and parse_band_name(name))
    ]
    if target is None:
        target = _find_text_column(table, places, other_names)
    if target is None and target_needed:
        candidates = [name for name in [group, *other_names] if name]
        raise ValueError(_describe_missing_target(path, candidates))
    left_out = [name for name in [*other_names, *drop] if name != target]
    return Roles(
        all_bands, target, group, split, index, left_out, notes=list(table.notes), time=time
    )


def _find_text_column(table: Table, places: dict[str, int], names: list[str]) -> str | None:
    """Find the only column of text that is neither metadata by its name nor, of several, dates."""
    text_names = [name for name in names if not table.has_numbers(places[name])]
    if len(text_names) > 1:
        text_names = [n for n in text_names if not has_dates(table.get_text(places[n]).to_numpy())]
    candidates = [name for name in text_names if not _is_metadata_name(name)]
    return candidates[0] if len(candidates) == 1 else None


def _is_blank(table: Table, place: int) -> bool:
    """Whether a column has neither a name nor a value, as spreadsheets append them."""
    return not table.names[place] and table.is_empty(place)


def _check_names(table: Table, names: list[str]) -> None:
    repeated_names = sorted(
        {
            name
            for place, name in enumerate(table.names)
            if table.names.count(name) > 1 and not _is_blank(table, place)
        }
    )
    if repeated_names:
        raise ValueError(
            f"{table.path}: has more than one column named {repeated_names[0]!r}. Give every "
            "column a name of its own."
        )
    if not any(names):
        raise ValueError(
            f"{table.path}: the line of column names is blank. Write the names into it."
        )


def _check_name(path: object, role: str, name: str | None, names: list[str]) -> None:
    if name is None or name in names:
        return
    valid_names = [n for n in names if n and find_bands([n]) is None]
    hint = did_you_mean(name, valid_names) if valid_names else "It holds nothing but the spectra."
    raise ValueError(f"{path}: there is no {role}={name!r}. {hint}")


def _find_index(
    table: Table, places: dict[str, int], names_with_role: set[str | None]
) -> str | None:
    """Find the column that numbers or names the rows: one without a name of its own."""
    for name in places:
        unnamed = not name or re.fullmatch(r"Unnamed: \d+", name)
        if not unnamed or name in names_with_role:
            continue
        values = table.columns[places[name]]
        is_text = not table.has_numbers(places[name])
        if values.is_unique and (table.is_whole(places[name]) or is_text):
            return name
    return None


def _find_bands(
    table: Table,
    places: dict[str, int],
    names: list[str],
    bands: str | Sequence[str] | None,
) -> Bands:
    """Find the bands among the columns that have no other role."""
    # A column that is empty in all samples is a band by its name.
    numeric = [
        name for name in names if table.has_numbers(places[name]) or table.is_empty(places[name])
    ]
    all_bands = find_bands(numeric)
    if isinstance(bands, str):
        return select_range(table.path, all_bands, bands, table.unit)
    if bands is not None:
        for name in bands:
            _check_name(table.path, "bands", name, list(places))
        selected_bands = find_bands(bands)
        complete = selected_bands is not None and len(selected_bands.names) == len(bands)
        return selected_bands if complete and selected_bands is not None else Bands(list(bands))
    if all_bands is None:
        measured_names = [
            name
            for name in numeric
            if not table.is_empty(places[name])
            and not (_is_metadata_name(name) and table.is_whole(places[name]))
        ]
        if not measured_names:
            raise ValueError(_describe_missing_numbers(table, places))
        _refuse_long_format(table, places, measured_names)
        return Bands(measured_names)
    return Bands(
        all_bands.names, all_bands.axis, all_bands.unit or table.unit if all_bands.axis else None
    )


def select_range(path: object, all_bands: Bands | None, limits: str, unit: str | None) -> Bands:
    """Select the bands within a range of positions such as "900:1300"."""
    match = re.fullmatch(r"\s*(-?[\d.]+)?\s*:\s*(-?[\d.]+)?\s*", limits)
    if match is None or not any(match.groups()):
        raise ValueError(f"{path}: bands={limits!r} must be a range such as '900:1300'.")
    if all_bands is None or all_bands.axis is None:
        raise ValueError(f"{path}: bands={limits!r} needs columns whose names are positions.")
    low, high = (float(text) if text else None for text in match.groups())
    positions_inside = [
        i
        for i, position in enumerate(all_bands.axis)
        if (low is None or position >= low) and (high is None or position <= high)
    ]
    if not positions_inside:
        raise ValueError(
            f"{path}: bands={limits!r} holds none of the positions "
            f"{describe_axis(all_bands.axis, all_bands.unit)}."
        )
    selected_bands = all_bands.take(positions_inside)
    return Bands(selected_bands.names, selected_bands.axis, all_bands.unit or unit)


def _refuse_transposed(table: Table, places: dict[str, int], index: str | None) -> None:
    """Raise where the first column is an axis of bands, and no other column holds text."""
    first = next(iter(places))
    if is_numbering(table):  # pandas writes row numbers before the positions
        first = [*places][1]
    values = table.columns[places[first]]
    if len(values) < _FEWEST_TRANSPOSED or not table.has_numbers(places[first]):
        return
    numbers = table.read_numbers([places[first]])[:, 0]
    other_names = [name for name in places if name not in (first, index)]
    named_axis = find_unit(first) or _AXIS_NAME.search(first)
    plain = find_bands(other_names)
    spectral_names = plain is not None and plain.axis is not None and is_axis(np.array(plain.axis))
    if not is_axis(numbers) or is_count(numbers.tolist()) or not (named_axis or first == index):
        return
    if (first == index and spectral_names) or not all(
        table.has_numbers(places[name]) for name in other_names
    ):
        return
    raise ValueError(
        f"{table.path}: looks transposed: column {first or 'without a name'!r} holds positions, "
        f"{describe_axis(numbers.tolist(), find_unit(first))}, and every other column one "
        "spectrum. Read it with transpose=True."
    )


def _describe_missing_numbers(table: Table, places: dict[str, int]) -> str:
    """Describe a table without numbers by the first field of a column that is named as a band."""
    message = f"{table.path}: has no column of numbers among {_list_some(list(places))}"
    band = next((name for name in places if parse_band_name(name) is not None), None)
    if band is None:
        return f"{message}."
    text = table.get_text(places[band]).iloc[0]
    return f"{message}: column {band!r} holds {text!r}.{suggest_number_format(text)}"


def _refuse_long_format(table: Table, places: dict[str, int], bands: list[str]) -> None:
    """Raise where every row is one value at a position that recurs."""
    for name in bands if len(bands) <= _MOST_LONG_COLUMNS else ():
        if not _AXIS_NAME.search(name):
            continue
        counts = table.columns[places[name]].value_counts()
        if len(counts) > 2 and counts.iloc[-1] > 1 and counts.iloc[0] == counts.iloc[-1]:
            raise ValueError(
                f"{table.path}: looks like a table of one value in each row: column {name!r} holds "
                f"{len(counts)} positions, each {counts.iloc[0]} times. Reshape it to one spectrum "
                "per row, for example with pandas.DataFrame.pivot."
            )


def _is_metadata_name(name: str) -> bool:
    return bool(_METADATA_NAMES.fullmatch(name.strip()))


def _describe_missing_target(path: object, candidates: list[str]) -> str:
    names = ", ".join(candidates) if candidates else "none"
    return f"{path}: no labels found; name their column with target= (there are: {names})."


def _list_ends(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{names[0]} to {names[-1]}"


def _list_some(names: Sequence[str], n_most: int = 5) -> str:
    text = ", ".join(name or "''" for name in names[:n_most])
    return f"{text}, … ({len(names)} columns)" if len(names) > n_most else text
