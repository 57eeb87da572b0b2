"""Layout of a text file that holds a table: delimiter, decimal sign, line of names, odd lines."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from sklvision.datasets._tables.axis import describe_axis, find_unit, is_axis, parse_band_name
from sklvision.datasets._tables.header import check_names_are_no_spectrum
from sklvision.datasets._tables.number_text import find_grouped_number
from sklvision.datasets._tables.options import TableOptions

Record = tuple[int, list[str]]  # number of the line, from 1, and its fields

_EXCEL_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
_DELIMITERS = "\t;|, "
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_OTHER_COMMAS = re.compile(r"(?<!\d),|,(?!\d)")  # not decimal signs
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}
_HEAD_LINES = 200
_FEWEST_AXIS_BANDS = 5
_FEWEST_ROWS = 3


@dataclass(frozen=True)
class Layout:
    """Structure of a text file that contains a table."""

    delimiter: str  # between fields; a space stands for any white space
    decimal: str  # "." or ","
    encoding: str
    names: list[str]  # of the columns, "" where a column has none
    # Numbers, from 1, of lines that are not rows: those up to the names, and second axes.
    skipped_lines: list[int] = field(default_factory=list)
    # Positions, from 0, of rows without any value among those below.
    blank_rows: list[int] = field(default_factory=list)
    unit: str | None = None  # of the bands, where a line says it
    notes: list[str] = field(default_factory=list)  # sentences about what was left out


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text file, compressed or not, without changing its ends of lines."""
    if "\0" in encoding:
        raise LookupError(f"unknown encoding: {encoding!r}")
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def find_encoding(path: Path) -> str:
    """Return UTF-16 where the byte order mark or zeros tell it; UTF-8 else."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        start = file.read(64)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark, every other byte of Latin letters and digits in UTF-16 is zero.
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 1 and not any(zeros):
            return encoding
    return "utf-8-sig"


def read_layout(path: Path, options: TableOptions) -> Layout:
    """Find the structure of a file that contains a table.

    Parameters
    ----------
    path : Path
        File of text, also compressed by gzip.
    options : TableOptions
        Decimal sign, line of column names and encoding, where the user named them.

    Returns
    -------
    layout : Layout
        The layout of all lines, each of which was counted.

    Raises
    ------
    ValueError
        If there is no table, or lines differ in their number of fields.
    """
    encoding = options.encoding or find_encoding(path)
    with open_text(path, encoding) as file:
        head = [line for line, _ in zip(file, range(_HEAD_LINES), strict=False)]
    delimiter, n_before = _find_delimiter(head)
    records = [
        (line, fields)
        for line, fields in iterate_records(head, delimiter)
        if line > n_before and any(fields)
    ]
    if not records:
        raise ValueError(f"{path}: the file holds no table, only blank lines.")
    layout, _ = find_rows(path, records, options, delimiter=delimiter, encoding=encoding)
    blank = _count_fields(path, delimiter, encoding, layout.names, layout.skipped_lines)
    return replace(layout, blank_rows=blank)


def find_rows(
    path: Path, records: list[Record], options: TableOptions, *, delimiter: str, encoding: str
) -> tuple[Layout, list[Record]]:
    """Find the names of the columns, the decimal sign and the rows among lines of fields.

    Returns the layout, without blank rows, and the lines that are rows.
    """
    width = _find_width(records)
    notes = []
    if not options.has_header:
        names = [f"column{i + 1}" for i in range(width)]
        first = options.header_line or 1
        if first > _HEAD_LINES:
            raise _make_line_error(path, first)
        rows = [record for record in records if record[0] >= first]
        skipped_lines = list(range(1, first))
    else:
        place = _find_header(path, records, width, options.header_line)
        header, rows = records[place], records[place + 1 :]
        if place:
            lines = ", ".join(str(line) for line, _ in records[:place])
            notes.append(f"line {lines} above the column names left out")
        names = _trim(header[1])
        widths = {len(_trim(fields)) for _, fields in rows}
        if len(rows) >= _FEWEST_ROWS and widths == {len(names) + 1}:
            names = ["", *names]  # R writes no name above the names of rows
        if options.header_line is None:
            check_names_are_no_spectrum(path, header[0], names, rows)
        skipped_lines = list(range(1, header[0] + 1))
    if not rows:
        raise ValueError(f"{path}: holds no spectra, only the line of column names.")
    decimal = options.decimal or _find_decimal(path, rows, delimiter)
    unit = find_unit(names[0]) if names[0] else None
    while len(rows) > 1 and (note := _describe_odd_row(names, rows, decimal)):
        skipped_lines.append(rows[0][0])
        notes.append(f"line {rows[0][0]} left out: {note}")
        rows = rows[1:]
    layout = Layout(delimiter, decimal, encoding, names, skipped_lines, [], unit, notes)
    return layout, rows


# ---------------------------------------------------------------- lines and fields


def iterate_records(lines: Iterator[str] | list[str], delimiter: str) -> Iterator[Record]:
    """Yield the number of each line and its fields, stripped."""
    if delimiter == " ":  # columns may be aligned by any number of spaces
        lines = (line.lstrip(" ") for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter == " ")
    for fields in reader:
        yield reader.line_num, [text.strip() for text in fields]


def _trim(fields: list[str]) -> list[str]:
    """Drop empty fields at the end, as spreadsheets append them."""
    end = len(fields)
    while end and not fields[end - 1]:
        end -= 1
    return fields[:end]


def _find_delimiter(head: list[str]) -> tuple[str, int]:
    """Return the delimiter, and the number of lines before the table that name it.

    The delimiter is the first of tab, semicolon, bar, comma and space that cuts most lines into
    the same number of fields. Commas come late, as they may be decimal signs.
    """
    first = head[0].strip().lstrip("\ufeff") if head else ""
    stated = _EXCEL_SEPARATOR.fullmatch(first)
    if stated:
        return stated[1], 1
    agreement = {}
    for delimiter in _DELIMITERS:
        widths = [len(_trim(fields)) for _, fields in iterate_records(head, delimiter)]
        counts = Counter(width for width in widths if width > 1)
        n_lines = sum(width > 0 for width in widths)
        agreement[delimiter] = counts.most_common(1)[0][1] / n_lines if counts else 0.0
    if agreement[" "] >= 0.9 and all(_OTHER_COMMAS.search(line) is None for line in head):
        agreement[","] = 0.0  # every comma stands between digits, and spaces are left
    for delimiter in _DELIMITERS:
        if agreement[delimiter] >= 0.6:
            return delimiter, 0
    best = max(_DELIMITERS[:-1], key=lambda delimiter: agreement[delimiter])
    return (best if agreement[best] else ","), 0


def _find_width(records: list[Record]) -> int:
    widths = Counter(len(_trim(fields)) for _, fields in records)
    return max(widths, key=lambda width: (widths[width], width))


def _make_line_error(path: Path, header_line: int) -> ValueError:
    return ValueError(
        f"{path}: header_line={header_line} is blank or beyond the first {_HEAD_LINES} lines."
    )


def _find_header(path: Path, records: list[Record], width: int, header_line: int | None) -> int:
    """Return the place of the column names among the records."""
    if header_line is not None:
        for place, (line, _) in enumerate(records):
            if line == header_line:
                return place
        raise _make_line_error(path, header_line)
    for place, (_, fields) in enumerate(records):
        n_names = sum(map(bool, fields))
        # The first line may lack one name: that above the names of rows.
        if n_names >= 0.8 * width or (place == 0 and n_names >= width - 1):
            return place
    return 0


def _find_decimal(path: Path, rows: list[Record], delimiter: str) -> str:
    """Find the decimal sign, or raise an error where points seem to separate thousands."""
    if delimiter == ",":
        return "."
    numbers = [text for _, fields in rows for text in fields if _NUMBER.fullmatch(text)]
    n_commas = sum("," in text for text in numbers)
    decimal = "," if n_commas > sum("." in text for text in numbers) else "."
    grouped_number = find_grouped_number(numbers) if decimal == "." else None
    if grouped_number is not None:
        raise ValueError(
            f"{path}: the point in {grouped_number!r} seems to separate thousands. Export numbers "
            "without thousands separators, or read the table with decimal='.' if it is a "
            "decimal sign."
        )
    return decimal


def to_number(text: str, decimal: str = ".") -> float:
    """Return the number that a field holds, NaN where it holds none."""
    if not _NUMBER.fullmatch(text):
        return np.nan
    try:
        return float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return np.nan


def is_missing(text: str) -> bool:
    """Whether a field stands for a missing value."""
    return text.lower() in _MISSING


def _describe_odd_row(names: list[str], rows: list[Record], decimal: str) -> str | None:
    """Describe the first row if it is a second axis or a line of units, else return None."""
    fields = rows[0][1]
    bands = [(i, parsed) for i, name in enumerate(names) if (parsed := parse_band_name(name))]
    if len(bands) < _FEWEST_AXIS_BANDS or len(fields) < len(names):
        return None
    at_bands = [fields[i] for i, _ in bands]
    is_text = at_bands[0] and not is_missing(at_bands[0]) and not _NUMBER.fullmatch(at_bands[0])
    if all(find_unit(text) for text in at_bands) or (is_text and len(set(at_bands)) == 1):
        return "units"
    values = np.array([to_number(text, decimal) for text in at_bands])
    axis = np.array([parsed.value for _, parsed in bands])
    other_values = [
        abs(to_number(row[i], decimal)) for _, row in rows[1:] for i, _ in bands if i < len(row)
    ]
    if not _is_second_axis(values, axis, np.array(other_values)):
        return None
    unit = next((unit for text in fields if (unit := find_unit(text))), None)
    return f"a second axis, {describe_axis(values.tolist(), unit)}"


def _is_second_axis(values: np.ndarray, axis: np.ndarray, other_values: np.ndarray) -> bool:
    """Whether values are an axis and not a spectrum: by their product, or far above all others."""
    if not is_axis(values):
        return False
    # The product of a wavelength in nm and its wavenumber in 1/cm is 1e7.
    with np.errstate(divide="ignore", invalid="ignore"):
        is_reciprocal = bool((np.abs(values * axis / 1e7 - 1) < 0.01).all())
    largest = np.nanmax(other_values) if np.isfinite(other_values).any() else np.inf
    return is_reciprocal or bool(values.min() > 5 * largest)


def _count_fields(
    path: Path, delimiter: str, encoding: str, names: list[str], skipped_lines: list[int]
) -> list[int]:
    """Raise unless every row has as many fields as there are names; return the blank rows."""
    n_rows, blank_rows = -1, []
    with open_text(path, encoding) as file:
        for line, fields in iterate_records(file, delimiter):
            if line in skipped_lines:
                continue
            n_rows += 1
            n_filled = len(_trim(fields))
            if not n_filled:
                blank_rows.append(n_rows)
                continue
            if n_filled > len(names) or len(fields) < len(names):
                raise ValueError(
                    f"{path}: line {line} has {max(n_filled, len(fields))} fields, the line of "
                    f"column names has {len(names)}. Complete or remove it."
                )
    return blank_rows
