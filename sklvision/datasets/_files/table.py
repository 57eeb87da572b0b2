"""Tables of spectra in text files: columns become bands, labels, groups and the rest."""

from __future__ import annotations

import csv
import gzip
import math
import re
import zlib
from gzip import BadGzipFile
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.roles import find_roles

TABLE_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")

_EXCEL_SEP = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_WITH_UNIT = re.compile(
    r"(-?\d+(?:[.,]\d+)?)\s*[\[(]?"
    r"(?:nm|[\u00b5\u03bcu]m|(?:1/cm|cm\s*(?:\^?-1|\u207b\u00b9|\*\*-1)))?[\])]?",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?")


def is_table(path: Path) -> bool:
    """Whether the suffix of a file is that of a table of text."""
    return path.name.lower().endswith(TABLE_SUFFIXES)


def read_table(path: Path, *, target: str | None, group: str | None) -> dict[str, Any]:
    """Read a table as the attributes of :func:`load_spectra`'s Bunch.

    Raises
    ------
    ValueError
        If the file is not such a table; the message names the place.
    """
    try:
        return _read_table(path, target, group)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: is not a text file in UTF-8 ({error}).") from error
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: is not a gzip file, or was cut short ({error}).") from error


def _read_table(path: Path, target: str | None, group: str | None) -> dict[str, Any]:
    import pandas as pd

    names, layout = _read_header(path)
    table = pd.read_csv(path, **layout, low_memory=False)
    table.columns = names
    if table.empty:
        raise ValueError(f"{path}: holds no spectra, only the line of column names.")

    target, group = _find_roles(path, names, target, group)
    excluded = [name for name in (target, group) if name is not None]
    if names[0] == "" and np.array_equal(table[""], np.arange(len(table))):
        excluded.append("")  # the row index that DataFrame.to_csv writes
    others = [name for name in names if name not in excluded]
    bands = [name for name in others if to_wavelength(name) is not None]
    if not bands:
        bands = [name for name in others if _holds_numbers(table[name])]
    if target is None:
        texts = [n for n in others if n not in bands and _holds_text(table[n])]
        target = texts[0] if len(texts) == 1 else None
    if not bands:
        raise ValueError(f"{path}: has no column of numbers among {_format_names(names)}.")
    as_text = _read_as_text(path, layout, names, [n for n in names if n not in bands])
    for kind, name in (("label", target), ("group", group)):
        if name is not None:
            _refuse_empty(path, kind, name, as_text[name])
    columns = {name: _convert_column(values) for name, values in as_text.items()}
    return {
        "data": _to_numbers(path, table, bands),
        "target": columns.pop(target) if target is not None else None,
        "groups": columns.pop(group) if group is not None else None,
        "wavelengths": _find_wavelengths(bands),
        "feature_names": bands,
        "metadata": {name or "unnamed": values for name, values in columns.items()},
    }


def _find_roles(
    path: Path, names: list[str], target: str | None, group: str | None
) -> tuple[str | None, str | None]:
    # Where only a wavelength is requested, all names are considered: a column may be numbered.
    eligible = [name for name in names if to_wavelength(name) is None or name in (target, group)]
    return find_roles(path, eligible, target=target, group=group)


def _find_delimiter(line: str) -> str:
    """Find comma, semicolon or tab in the first line; a comma where it holds none of them."""
    # Between digits, a comma may be a decimal comma: the other delimiters decide.
    line = _DECIMAL_COMMA.sub(".", line)
    delimiter = max(";\t,", key=line.count)
    return delimiter if delimiter in line else ","


def is_number(text: str) -> bool:
    """Whether a column name is a finite number, and so a wavelength."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def to_wavelength(name: str) -> float | None:
    """Convert a column name such as "900", "900,5", "900nm" or "900 cm-1", or return None."""
    if is_number(name):
        return float(name)
    match = _WITH_UNIT.fullmatch(name)
    return float(match[1].replace(",", ".")) if match else None


def skip_to_rows(file: TextIO) -> tuple[str, int]:
    """Return the delimiter, and the number of lines before the rows: Excel's "sep=;", or none.

    The file is left at the first row.
    """
    first = file.readline()
    declaration = _EXCEL_SEP.fullmatch(first.strip("\r\n"))
    if declaration:
        return declaration[1], 1
    file.seek(0)
    return _find_delimiter(first), 0


def _open_text(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read_header(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Read the column names, and the options for pandas; every line must have as many fields."""
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
        raise ValueError(f"{path}: has more than one column named {repeated[0]!r}.")
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


def _convert_column(values: NDArray[np.str_]) -> NDArray[Any]:
    """Convert to integers or floats where every value is written as one, else keep the text."""
    if all(map(_INTEGER.fullmatch, values)):
        try:
            return values.astype(np.int64)
        except OverflowError:  # long codes are names, and as floats several would become one
            return values
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
    """Convert the bands to numbers; an error names the first text among them."""
    import pandas as pd

    for name in bands:
        if pd.api.types.is_numeric_dtype(table[name]):
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        texts = np.flatnonzero(numbers.isna() & table[name].notna())
        if texts.size:
            value = str(table[name].iloc[texts[0]])
            hint = " (decimals need a point)" if is_number(value.replace(",", ".")) else ""
            raise ValueError(
                f"{path}: column {name!r}, row {texts[0] + 1}: "
                f"expected a number, got {value!r}{hint}."
            )
    return table[bands].to_numpy(dtype=np.float64)


def _find_wavelengths(bands: list[str]) -> NDArray[np.float64] | None:
    """Convert column names to wavelengths; None where some are not, or only count the columns."""
    numbers = [to_wavelength(band) for band in bands]
    if None in numbers:
        return None
    wavelengths = np.array(numbers, dtype=np.float64)
    return None if np.array_equal(wavelengths, np.arange(len(bands))) else wavelengths


def _format_names(names: list[str]) -> str:
    text = ", ".join(map(repr, names[:5]))
    return f"{text}, …" if len(names) > 5 else text
