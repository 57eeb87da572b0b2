"""Tables in the sheets of Excel workbooks."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

from sklvision.datasets._tables.layout import find_rows
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.table import Table, make_table
from sklvision.utils._optional import import_optional

SPREADSHEET_SUFFIXES = (".xlsx", ".xlsm")


def is_spreadsheet(path: Path) -> bool:
    """Whether the suffix of a file is that of an Excel workbook."""
    return path.suffix.lower() in SPREADSHEET_SUFFIXES


def read_spreadsheet(path: Path, options: TableOptions) -> Table:
    """Read one sheet of a workbook; its lines are counted as Excel counts them.

    Parameters
    ----------
    path : Path
        The workbook.
    options : TableOptions
        Options of the user; ``sheet`` names the sheet, by default the first. The encoding, which a
        model may have kept of a file of text, does not matter here.

    Raises
    ------
    ImportError
        If python-calamine is not installed.
    ValueError
        If the file is not a workbook, or the sheet holds no table.
    """
    lines, other_sheets = _read_lines(path, options.sheet)
    records = [(i + 1, fields) for i, fields in enumerate(lines) if any(fields)]
    try:
        if not records:
            raise ValueError(f"{path}: the sheet is empty.")
        layout, rows = find_rows(path, records, options, delimiter="\t", encoding="")
    except ValueError as error:
        if other_sheets and options.sheet is None:
            names = ", ".join(map(repr, other_sheets))
            raise ValueError(f"{error} Other sheets are read with sheet=: {names}.") from None
        raise
    width = len(layout.names)
    for line, fields in rows:
        if any(fields[width:]):
            raise ValueError(
                f"{path}: line {line} has values beyond the {width} columns that have names."
            )
    texts = [(fields + [""] * width)[:width] for _, fields in rows]
    return make_table(
        path, layout.names, texts, decimal=layout.decimal, notes=layout.notes, unit=layout.unit
    )


def _read_lines(path: Path, sheet: str | None) -> tuple[list[list[str]], list[str]]:
    """Read the cells of a sheet as text, line by line, and list the names of the others."""
    calamine = import_optional("python_calamine", extra="instruments")
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            names = workbook.sheet_names
            if sheet is not None and sheet not in names:
                raise ValueError(
                    f"{path}: there is no sheet={sheet!r}; there are {', '.join(map(repr, names))}."
                )
            sheet = names[0] if sheet is None else sheet
            cells = workbook.get_sheet_by_name(sheet)
            lines = cells.to_python(skip_empty_area=False)
    except calamine.CalamineError as error:
        raise ValueError(f"{path}: is not an Excel workbook, or is damaged ({error}).") from error
    other_sheets = [name for name in names if name != sheet]
    return [[_format_cell(value) for value in line] for line in lines], other_sheets


def _format_cell(value: Any) -> str:
    """Format a cell; Excel stores whole numbers as floats, and they are written as whole ones."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()
