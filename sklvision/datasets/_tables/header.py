"""Check that the line of column names is one, and not a spectrum."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from sklvision.datasets._tables.axis import is_axis, parse_band_name

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_FEWEST_ROWS = 3
# The smallest name by which all values are smaller is that of a band.
_LEAST_RATIO = 5.0


def check_names_are_no_spectrum(
    path: Path, line: int, names: list[str], records: list[tuple[int, list[str]]]
) -> None:
    """Raise where the line of column names looks like a spectrum, or occurs twice.

    It is a spectrum if most names are numbers that neither rise nor fall and are no larger than
    the values, or if a name that is not a number is in the same column of the rows as well, as a
    label is.

    Raises
    ------
    ValueError
        The message says what the line seems to be, and what to do.
    """
    rows = [row for _, row in records]
    repeated_lines = [number for number, row in records if row[: len(names)] == names]
    if repeated_lines:
        raise ValueError(
            f"{path}: line {repeated_lines[0]} repeats the line of column names. Remove it."
        )
    numbers = _read_numbers(names)
    if len(names) == len(numbers) == 2:
        _refuse_pairs(path, line, numbers, rows)
    if len(numbers) < 2 / 3 * len(names) or len(numbers) < 3:
        return
    repeats_label = any(
        name and parse_band_name(name) is None and any(row[i : i + 1] == [name] for row in rows)
        for i, name in enumerate(names)
    )
    if not repeats_label and (
        is_axis(np.array(numbers)) or _has_larger_names(numbers, names, rows)
    ):
        _refuse_equal_positions(path, names)
        return
    raise ValueError(
        f"{path}: line {line} must hold the column names, but looks like a spectrum. If the "
        "file has no line of names, read it with has_header=False; if the names are further "
        "down, name their line with header_line=."
    )


def _read_numbers(fields: list[str]) -> list[float]:
    return [float(text.replace(",", ".")) for text in fields if _NUMBER.fullmatch(text)]


def _has_larger_names(numbers: list[float], names: list[str], rows: list[list[str]]) -> bool:
    """Whether numbers in the line of names are larger by far than all values below them."""
    places = [i for i, name in enumerate(names) if _NUMBER.fullmatch(name)]
    values = _read_numbers([row[i] for row in rows for i in places if i < len(row)])
    largest = max(map(abs, values), default=np.inf)
    return bool(np.median(numbers) > _LEAST_RATIO * largest)


def _refuse_equal_positions(path: Path, names: list[str]) -> None:
    """Raise where two names are one number, such as 900 and 900.0."""
    name_by_number: dict[float, str] = {}
    for name in names:
        if not _NUMBER.fullmatch(name):
            continue
        number = _read_numbers([name])[0]
        first = name_by_number.setdefault(number, name)
        if first != name:
            raise ValueError(
                f"{path}: the columns {first!r} and {name!r} have the same position. Rename or "
                "remove one of them."
            )


def _refuse_pairs(path: Path, line: int, first: list[float], rows: list[list[str]]) -> None:
    """Raise where every line is a position and a value: one spectrum, without names."""
    pairs = [_read_numbers(row) for row in rows if any(row)]
    if len(pairs) < _FEWEST_ROWS or any(len(pair) != 2 for pair in pairs):
        return
    if is_axis(np.array([first[0], *[pair[0] for pair in pairs]])):
        raise ValueError(
            f"{path}: line {line} must hold the column names, but every line is a position and a "
            "value of one spectrum. Read it with transpose=True and has_header=False."
        )
