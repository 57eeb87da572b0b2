"""One value per sample in a file of its own, such as labels or groups."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_EXCEL_SEPARATOR = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)


def read_values(
    path: Path, n_samples: int, noun: str, *, rows: list[list[str]] | None = None, hint: str = ""
) -> NDArray[np.generic]:
    """Read one value per sample, in their order.

    Parameters
    ----------
    path : Path
        An npy file, or a text file with one value per line, also under a header.
    n_samples : int
        Number of samples.
    noun : str
        Name of a value in messages, such as "group".
    rows : list of list of str, default=None
        Fields of the lines, where they were read before.
    hint : str, default=""
        Other content that a line may have, for messages.

    Raises
    ------
    ValueError
        If the file holds more or fewer values, or several fields a line.
    """
    if path.suffix.lower() == ".npy":
        values = np.load(path)
        if values.shape != (n_samples,):
            raise ValueError(f"{path}: has shape {values.shape}, expected ({n_samples},).")
        return values
    rows = read_fields(path, noun) if rows is None else rows
    if any(len(row) != 1 for row in rows):
        raise ValueError(f"{path}: expected one {noun} per line{hint}.")
    if len(rows) == n_samples + 1:
        rows = rows[1:]  # under a header
    if len(rows) != n_samples:
        raise ValueError(f"{path}: holds {len(rows)} {noun}s for {n_samples} samples.")
    return np.array([row[0] for row in rows])


def read_fields(path: Path, noun: str) -> list[list[str]]:
    """Read the fields of all lines that are not blank.

    Not as a table: a value may be a word with spaces, or a number with a decimal comma.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: is not UTF-8 text (byte {error.start}). Save the {noun}s as UTF-8."
        ) from error
    declaration = _EXCEL_SEPARATOR.fullmatch(lines[0]) if lines else None
    if declaration:
        delimiter, lines = declaration[1], lines[1:]
    else:
        delimiter = max(";\t,", key=lines[0].count) if lines else ","
    rows = [[field.strip() for field in row] for row in csv.reader(lines, delimiter=delimiter)]
    return [row for row in rows if any(row)]
