"""Tables of spectra read from text files: columns become bands, labels, groups and the rest."""

from __future__ import annotations

import csv
import zlib
from gzip import BadGzipFile
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.datasets._files.content import describe_file
from sklvision.datasets._tables.layout import read_layout
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.parquet import list_parquet_files, read_parquet
from sklvision.datasets._tables.roles import Roles, decide_roles
from sklvision.datasets._tables.spreadsheet import (
    SPREADSHEET_SUFFIXES,
    is_spreadsheet,
    read_spreadsheet,
)
from sklvision.datasets._tables.table import Table, read_columns, transpose_table
from sklvision.datasets._tables.times import parse_times
from sklvision.utils._files import is_parquet

_TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
TABLE_SUFFIXES = (*_TEXT_SUFFIXES, *SPREADSHEET_SUFFIXES)


def is_table(path: Path) -> bool:
    """Whether a path is a table: of text, in a workbook, or in Parquet files.

    The suffix tells it of a file. All files of a folder are walked.
    """
    return bool(list_table_files(path))


def list_table_files(path: Path) -> list[Path]:
    """List the files of a table: a path itself, or the Parquet files in a folder.

    The list is empty for what is not a table. All files of a folder are walked, so ask once.
    """
    if not path.is_dir() and path.name.lower().endswith(TABLE_SUFFIXES):
        return [path]
    return list_parquet_files(path)


def read_table(
    table: Table, options: TableOptions, *, needs_labels: bool = True
) -> tuple[dict[str, Any], Roles]:
    """Read a table as the attributes of :func:`load_spectra`'s Bunch, and the roles of its columns.

    Parameters
    ----------
    table : Table
        Columns without roles.
    options : TableOptions
        Options of the user.
    needs_labels : bool, default=True
        Whether missing labels and groups are an error; new samples need none.

    Raises
    ------
    ValueError
        If the columns do not make up spectra; the message names the place.
    """
    roles = decide_roles(
        table,
        target=options.target if needs_labels or options.target in table.names else None,
        group=options.group if needs_labels or options.group in table.names else None,
        bands=_keep_bands(table, options.bands, needs_labels),
        drop=[name for name in options.drop if needs_labels or name in table.names],
        split=options.split if needs_labels or options.split in table.names else None,
        time=options.time if needs_labels or options.time in table.names else None,
    )
    return _assign_columns(table, roles, needs_labels), roles


def _keep_bands(table: Table, bands: Any, needs_labels: bool) -> Any:
    """Return the bands that were named; those of new samples need not all be there."""
    is_matched_later = not needs_labels and isinstance(bands, list)
    return None if is_matched_later and not set(bands) <= set(table.names) else bands


def read_raw_table(path: Path, options: TableOptions, files: list[Path] | None = None) -> Table:
    """Read a table before its columns have roles; an error says why the file is not one.

    The files of a folder are listed unless they are given.
    """
    if path.is_dir() or is_parquet(path):
        files = list_parquet_files(path) if files is None else files
        return read_parquet(path, files, options)
    if is_spreadsheet(path):
        table = read_spreadsheet(path, options)
    else:
        table = read_text_file(path, options)
    return transpose_table(table) if options.transpose else table


def read_text_file(path: Path, options: TableOptions) -> Table:
    """Read a file of text before its columns have roles; an error says why it is not one."""
    if options.sheet is not None:
        raise ValueError(f"{path}: sheet= is for Excel workbooks, but this is a text file.")
    content = describe_file(path)
    if content is not None and path.suffix.lower() != ".gz":
        raise ValueError(f"{path}: is not a table of text, but {content.removeprefix('is ')}")
    try:
        return read_columns(path, read_layout(path, options))
    except (UnicodeError, LookupError, csv.Error) as error:
        raise ValueError(
            f"{path}: is not a text file in {options.encoding or 'UTF-8'} ({error}). Name its "
            "encoding with encoding=, such as encoding='cp1252'."
        ) from error
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: is not a gzip file, or was cut short ({error}).") from error


def _assign_columns(table: Table, roles: Roles, needs_labels: bool) -> dict[str, Any]:
    """Read the columns by their roles."""
    places = {name: place for place, name in enumerate(table.names)}
    read = {
        role: None if name is None else table.read_text(places[name])
        for role, name in (
            ("target", roles.target),
            ("groups", roles.group),
            ("split", roles.split),
            ("times", roles.time),
        )
    }
    for role, name in (("target", roles.target), ("groups", roles.group)):
        values = read[role]
        if name is None or values is None:
            continue
        is_empty = values == ""
        if not needs_labels:
            read[role] = None if np.all(is_empty) else values
        elif np.any(is_empty):
            kind = "label" if role == "target" else "group"
            raise ValueError(
                f"{table.path}: column {name!r}, row {np.flatnonzero(is_empty)[0] + 1}: the {kind} "
                "is missing."
            )
    if needs_labels and roles.time is not None:
        read["times"] = parse_times(read["times"], table.path, roles.time)  # type: ignore[arg-type]
    other_names = [*roles.left_out, *([roles.index] if roles.index is not None else [])]
    axis = roles.bands.axis
    band_places = [places[name] for name in roles.bands.names]
    fields: dict[str, Any] = {}
    if needs_labels:
        fields["data"] = table.read_numbers(band_places)
    else:
        fields["data"], fields["word_errors"] = table.read_numbers_and_words(band_places)
    return {
        **fields,
        **read,
        "wavelengths": None if axis is None else np.array(axis, dtype=np.float64),
        "feature_names": roles.bands.names,
        "metadata": {name or "unnamed": table.read_text(places[name]) for name in other_names},
    }
