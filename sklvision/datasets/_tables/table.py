"""Columns of a table: numbers as numbers, everything else to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets._tables.axis import find_unit, is_count
from sklvision.datasets._tables.layout import Layout, is_missing, to_number
from sklvision.datasets._tables.number_text import suggest_number_format

# Name of the column of labels that a transposed table gains.
SPECTRUM_LABEL = "label"

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?")

# Rows that hold a word instead of a number: the name of its column, and what is wrong.
WordErrors = dict[int, tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """A table before its columns have roles.

    Attributes
    ----------
    path : Path
        File it comes from, for messages.
    names : list of str
        Names of the columns.
    columns : DataFrame
        The columns in order, numbered; of numbers where the whole column is.
    get_text : callable
        Returns the fields of a column, by its number, as text.
    decimal : {".", ","}
        Sign before the decimals.
    notes : list of str
        Sentences about lines that were left out.
    unit : str or None
        Unit of the bands, where a line says it.
    """

    path: Path
    names: list[str]
    columns: pd.DataFrame
    get_text: Callable[[int], pd.Series]
    decimal: str
    notes: list[str]
    unit: str | None = None

    def has_numbers(self, place: int) -> bool:
        """Whether at least one value of a column is a number, and none is a word."""
        column = self.columns[place]
        if pd.api.types.is_bool_dtype(column):
            return False
        if pd.api.types.is_numeric_dtype(column):
            return bool(column.notna().any())
        numbers = [text for text in self.get_text(place) if not is_missing(text)]
        return bool(numbers) and bool(np.isfinite([self.to_number(text) for text in numbers]).any())

    def is_empty(self, place: int) -> bool:
        """Whether a column holds no value at all."""
        return bool(self.columns[place].isna().all())

    def is_whole(self, place: int) -> bool:
        """Whether a column holds whole numbers and nothing else."""
        column = self.columns[place]
        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            return False
        return bool(column.notna().all() and (column % 1 == 0).all())

    def to_number(self, text: str) -> float:
        """Return the number that a field holds, NaN where it holds none."""
        return to_number(text, self.decimal)

    def read_numbers(self, places: list[int]) -> NDArray[np.float64]:
        """Return columns as numbers; an error names the first word among them."""
        values, word_errors = self.read_numbers_and_words(places)
        if word_errors:
            raise make_word_error(self.path, word_errors)
        return values

    def read_numbers_and_words(self, places: list[int]) -> tuple[NDArray[np.float64], WordErrors]:
        """Return columns as numbers, NaN for words, and the first word of every such row."""
        values = np.empty((len(self.columns), len(places)))
        word_errors: WordErrors = {}
        for i, place in enumerate(places):
            column = self.columns[place]
            if pd.api.types.is_numeric_dtype(column):
                values[:, i] = column
                continue
            fields = self.get_text(place)
            values[:, i] = [self.to_number(text) for text in fields]
            for row in np.flatnonzero(np.isnan(values[:, i])).tolist():
                text = fields.iloc[row]
                if row not in word_errors and not is_missing(text):
                    problem = f"expected a number, got {text!r}{self._format_hint(text)}"
                    word_errors[row] = (self.names[place], problem)
        return values, word_errors

    def _format_hint(self, text: str) -> str:
        other_sign = "," if self.decimal == "." else "."
        if np.isfinite(to_number(text, other_sign)):
            return f" (the decimal sign was taken to be {self.decimal!r}; decimal={other_sign!r})."
        return f".{suggest_number_format(text)}"

    def read_text(self, place: int) -> NDArray[Any]:
        """Return a column to the letter; whole numbers and floats where all are written so."""
        return convert_texts(self.get_text(place).to_numpy().astype(str))


def make_word_error(path: Path, word_errors: WordErrors) -> ValueError:
    """Make the error that names the first word among numbers."""
    row, (name, problem) = next(iter(word_errors.items()))
    return ValueError(f"{path}: column {name!r}, row {row + 1}: {problem}")


def convert_texts(values: NDArray[Any]) -> NDArray[Any]:
    """Convert texts to whole numbers or floats, where all are written so."""
    if all(map(_INTEGER.fullmatch, values)):
        return values.astype(np.int64)
    # Long codes are names: as floats several would become one. Decimals are not codes.
    if all(map(_NUMBER.fullmatch, values)) and all(len(v) < 18 or "." in v for v in values):
        return values.astype(np.float64)
    return values


def read_columns(path: Path, layout: Layout) -> Table:
    """Read the rows of a text file."""
    read = partial(_read_places, path, layout)
    columns = read(list(range(len(layout.names))), decimal=layout.decimal, low_memory=False)

    def read_text(place: int) -> pd.Series:
        # A class named "NA" is a class, so text is read once more, as it stands.
        return read([place], dtype=str, keep_default_na=False)[place].str.strip()

    return Table(path, layout.names, columns, read_text, layout.decimal, layout.notes, layout.unit)


def _read_places(path: Path, layout: Layout, places: list[int], **options: Any) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path,
            sep=r"\s+" if layout.delimiter == " " else layout.delimiter,
            skiprows=[line - 1 for line in layout.skipped_lines],
            header=None,
            names=list(range(len(layout.names))),
            usecols=places,
            index_col=False,
            encoding=layout.encoding,
            compression="gzip" if path.suffix.lower() == ".gz" else None,
            skipinitialspace=True,
            skip_blank_lines=False,
            **options,
        )
    except pd.errors.ParserError as error:  # such as a quote that nothing closes
        raise ValueError(f"{path}: the table cannot be read ({error}).") from error
    return frame.drop(index=layout.blank_rows).reset_index(drop=True)


def make_table(path: Path, names: list[str], rows: list[list[str]], **fields: Any) -> Table:
    """Make a table of fields that are text, such as those of a spreadsheet."""
    text = pd.DataFrame(rows, columns=range(len(names)), dtype=str)
    decimal = fields.get("decimal", ".")
    columns = pd.DataFrame(
        {place: _convert(text[place], decimal) for place in text}, index=text.index
    )
    return Table(
        path, names, columns, text.__getitem__, decimal, fields.get("notes", []), fields.get("unit")
    )


def _convert(text: pd.Series, decimal: str) -> pd.Series:
    missing = text.map(is_missing)
    numbers = text.map(partial(to_number, decimal=decimal)).astype(np.float64)
    return numbers if np.isfinite(numbers[~missing]).all() else text.mask(missing)


def is_numbering(table: Table) -> bool:
    """Whether the first of more than two columns has no name, and counts the rows."""
    first = table.names[0]
    is_unnamed = not first or re.fullmatch(r"Unnamed: \d+", first) is not None
    if not is_unnamed or len(table.names) < 3 or not table.is_whole(0):
        return False
    return is_count(table.read_numbers([0])[:, 0].tolist())


def transpose_table(table: Table) -> Table:
    """Transpose a table whose first column holds the names of the bands.

    Labels are taken from the names of the spectra, without the number at their end, where that
    leaves several names that recur.
    """
    start = int(is_numbering(table))
    fields = [table.get_text(place).tolist() for place in range(start, len(table.names))]
    spectra = table.names[start + 1 :]
    labels = [re.sub(r"[\W_]*\d*$", "", name) for name in spectra]
    names, columns = (
        ["", *fields[0]],
        [spectra, *map(list, zip(*fields[1:], strict=True))],
    )
    notes = list(table.notes)
    if 1 < len(set(labels)) <= len(labels) / 2 and all(labels):
        names, columns = [SPECTRUM_LABEL, *names], [labels, *columns]
        notes.append("labels from the names of the columns")
    rows = [list(row) for row in zip(*columns, strict=True)]
    unit = table.unit or find_unit(table.names[start])
    return make_table(table.path, names, rows, decimal=table.decimal, notes=notes, unit=unit)
