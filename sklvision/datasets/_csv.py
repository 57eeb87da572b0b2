"""A table of spectra in a text file, taken apart into bands, labels, groups and the rest."""

from __future__ import annotations

import csv
import gzip
import math
import re
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from sklvision.utils._suggest import did_you_mean

TARGET_NAMES = ("y", "label", "labels", "class", "target")
GROUP_NAMES = ("group", "groups")

_EXCEL_SEP = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_WITH_UNIT = re.compile(
    r"(-?\d+(?:[.,]\d+)?)\s*[\[(]?"
    r"(?:nm|[\u00b5\u03bcu]m|(?:1/cm|cm\s*(?:\^?-1|\u207b\u00b9|\*\*-1)))?[\])]?",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?")


def read_csv(path: Path, *, target: str | None, group: str | None) -> dict[str, Any]:
    """Read one table; the keys are those of :func:`load_spectra`'s Bunch."""
    import pandas as pd

    names, layout = _read_header(path)
    table = pd.read_csv(path, **layout, low_memory=False)
    table.columns = names
    if table.empty:
        raise ValueError(f"{path}: no spectra, only the line of column names.")

    target = find_name(path, "target", target, names, TARGET_NAMES)
    group = find_name(path, "group", group, names, GROUP_NAMES)
    apart = [name for name in (target, group) if name is not None]
    if names[0] == "" and np.array_equal(table[""], np.arange(len(table))):
        apart.append("")  # the row index that DataFrame.to_csv writes
    others = [name for name in names if name not in apart]
    bands = [name for name in others if to_wavelength(name) is not None]
    if not bands:
        bands = [name for name in others if _holds_numbers(table[name])]
    if target is None:
        texts = [n for n in others if n not in bands and _holds_text(table[n])]
        target = texts[0] if len(texts) == 1 else None
    if not bands:
        raise ValueError(f"{path}: no column of numbers among {_some(names)}.")
    as_text = _read_as_text(path, layout, names, [n for n in names if n not in bands])
    for kind, name in (("label", target), ("group", group)):
        if name is not None:
            _refuse_empty(path, kind, name, as_text[name])
    columns = {name: _typed(values) for name, values in as_text.items()}
    return {
        "data": _to_numbers(path, table, bands),
        "target": columns.pop(target) if target is not None else None,
        "groups": columns.pop(group) if group is not None else None,
        "wavelengths": _wavelengths(bands),
        "feature_names": bands,
        "metadata": {name or "unnamed": values for name, values in columns.items()},
    }


def find_name(
    path: Path, role: str, asked: str | None, names: list[str], usual: tuple[str, ...]
) -> str | None:
    """Name of the labels or groups: the one asked for, else the only usual one, else None."""
    if asked is not None:
        if asked not in names:
            known = [name for name in names if to_wavelength(name) is None]
            hint = did_you_mean(asked, known) if known else "It holds nothing but the spectra."
            raise ValueError(f"{path}: {role}={asked!r} is not there. {hint}")
        return asked
    found = [name for name in names if name.strip().lower() in usual]
    if len(found) > 1:
        raise ValueError(
            f"{path}: {', '.join(map(repr, found))} could each be the {role}; say which by {role}=."
        )
    return found[0] if found else None


def _find_delimiter(line: str) -> str:
    """Comma, semicolon or tab, by the first line; a comma where it holds none of them."""
    # Between digits, a comma may be a decimal comma: what else there is decides.
    elsewhere = _DECIMAL_COMMA.sub(".", line)
    delimiter = max(";\t,", key=elsewhere.count)
    return delimiter if delimiter in elsewhere else ","


def is_number(text: str) -> bool:
    """Whether a column name is a finite number, and so a wavelength."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def to_wavelength(name: str) -> float | None:
    """The number in a column name such as "900", "900,5", "900nm" or "900 cm-1", else None."""
    if is_number(name):
        return float(name)
    found = _WITH_UNIT.fullmatch(name)
    return float(found[1].replace(",", ".")) if found else None


def skip_to_rows(file: TextIO) -> tuple[str, int]:
    """Delimiter, and how many lines come before the rows: one such as Excel's "sep=;", or none.

    The file is left at the rows.
    """
    first = file.readline()
    told = _EXCEL_SEP.fullmatch(first.strip("\r\n"))
    if told:
        return told[1], 1
    file.seek(0)
    return _find_delimiter(first), 0


def _open_text(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read_header(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Column names, and how pandas is to read the file.

    Every line is then known to have as many fields.
    """
    with _open_text(path) as file:
        delimiter, n_skipped = skip_to_rows(file)
        lines = filter(None, csv.reader(file, delimiter=delimiter))
        names = [name.strip() for name in next(lines, [])]
        for number, fields in enumerate(lines, start=1):
            if len(fields) != len(names):
                raise ValueError(
                    f"{path}: row {number} has {len(fields)} fields, "
                    f"the line of column names has {len(names)}."
                )
    if not any(names):
        raise ValueError(f"{path}: the first line must hold the column names, and is blank.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{path}: more than one column is named {repeated[0]!r}.")
    if all(map(is_number, names)):
        steps = np.diff([float(name) for name in names])
        if not ((steps > 0).all() or (steps < 0).all()):
            raise ValueError(
                f"{path}: the first line must hold the column names, and looks like a spectrum."
            )
    layout = {"sep": delimiter, "skiprows": n_skipped, "encoding": "utf-8-sig", "index_col": False}
    layout["compression"] = "gzip" if path.suffix.lower() == ".gz" else None
    return names, layout


def _read_as_text(
    path: Path, layout: dict[str, Any], names: list[str], wanted: list[str]
) -> dict[str, NDArray[np.str_]]:
    """Read columns to the letter: a class named "NA" is a class, not a missing value."""
    import pandas as pd

    if not wanted:
        return {}
    positions = [i for i, name in enumerate(names) if name in wanted]
    table = pd.read_csv(
        path,
        **layout,
        usecols=positions,
        dtype=str,
        keep_default_na=False,
    )
    return {
        name: np.char.strip(table.iloc[:, i].to_numpy().astype(str))
        for i, name in enumerate(wanted)
    }


def _typed(values: NDArray[np.str_]) -> NDArray[Any]:
    """Integers and floats where every value is one as a person writes it, else text."""
    if all(map(_INTEGER.fullmatch, values)):
        return values.astype(np.int64)
    if all(map(_NUMBER.fullmatch, values)):
        return values.astype(np.float64)
    return values


def _refuse_empty(path: Path, kind: str, name: str, values: NDArray[np.str_]) -> None:
    empty = np.flatnonzero(values == "")
    if empty.size:
        raise ValueError(f"{path}: column {name!r}, row {empty[0] + 1}: the {kind} is missing.")


def _holds_numbers(column: Any) -> bool:
    """Whether at least one value of a column is a number."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return False
    return bool(pd.to_numeric(column, errors="coerce").notna().any())


def _holds_text(column: Any) -> bool:
    """Whether a column has values and none of them is a number."""
    return bool(column.notna().any()) and not _holds_numbers(column)


def _to_numbers(path: Path, table: Any, bands: list[str]) -> NDArray[np.float64]:
    """The bands as numbers; an error names the first text among them."""
    import pandas as pd

    for name in bands:
        if pd.api.types.is_numeric_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = np.flatnonzero(numbers.isna() & table[name].notna())
        if wrong.size:
            value = str(table[name].iloc[wrong[0]])
            hint = " (decimals need a point)" if is_number(value.replace(",", ".")) else ""
            raise ValueError(
                f"{path}: column {name!r}, row {wrong[0] + 1}: "
                f"expected a number, got {value!r}{hint}."
            )
    return table[bands].to_numpy(dtype=np.float64)


def _wavelengths(bands: list[str]) -> NDArray[np.float64] | None:
    """Column names as wavelengths, unless they are names, or only count the columns."""
    found = [to_wavelength(band) for band in bands]
    if None in found:
        return None
    wavelengths = np.array(found, dtype=np.float64)
    return None if np.array_equal(wavelengths, np.arange(len(bands))) else wavelengths


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:5]))
    return f"{shown}, …" if len(names) > 5 else shown
