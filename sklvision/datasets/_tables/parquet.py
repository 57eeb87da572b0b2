"""Tables in Parquet files, alone or several in a folder."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sklvision.datasets._files.listing import make_natural_key, walk_files
from sklvision.datasets._files.stores import is_zarr
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.table import Table
from sklvision.utils._files import is_parquet
from sklvision.utils._optional import import_optional

# Names that pandas gives to an index without one.
_INDEX_NAME = re.compile(r"__index_level_\d+__")
_TEXT_OPTIONS = ("decimal", "header_line", "has_header", "encoding", "sheet", "transpose")


def is_parquet_table(path: Path) -> bool:
    """Whether a path is a Parquet file, or a folder of such files without images."""
    return bool(list_parquet_files(path))


def list_parquet_files(path: Path) -> list[Path]:
    """List the Parquet files of a folder without images in natural order; a file is its own list.

    The list is empty for everything else. All files of a folder are walked, so ask once.
    """
    if not path.is_dir():
        return [path] if is_parquet(path) else []
    if is_zarr(path):  # whose chunks may be many files
        return []
    files = []
    for name, is_image_file in walk_files(path):
        if is_image_file:
            return []
        if is_parquet(Path(name)):
            files.append(Path(name))
    return sorted(files, key=make_natural_key)


def read_parquet(path: Path, files: list[Path], options: TableOptions) -> Table:
    """Read a Parquet file, or all files of a folder, before the columns have roles.

    Parameters
    ----------
    path : Path
        The file or the folder.
    files : list of Path
        The file, or the files of the folder.
    options : TableOptions
        Options of the user.

    Returns
    -------
    table : Table
        Columns without roles.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If a file is damaged, columns share a name, or files have different columns.
    """
    default = TableOptions()
    for field in fields(options):
        if field.name in _TEXT_OPTIONS and getattr(options, field.name) != getattr(
            default, field.name
        ):
            raise ValueError(
                f"{path}: {field.name}= is for tables of text, and this is a Parquet file. Leave "
                f"{field.name}= out."
            )
    frames = [_read_file(file) for file in files]
    for file, frame in zip(files, frames, strict=True):
        if list(frame.columns) != list(frames[0].columns):
            raise ValueError(
                f"{file}: has other columns than {files[0]}, expected the same columns in the same "
                "order in all files."
            )
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    names = [str(name) for name in frame.columns]
    frame = frame.set_axis(range(len(names)), axis=1)
    columns = pd.DataFrame(
        {place: _convert_column(frame[place]) for place in frame}, index=frame.index
    )

    def get_text(place: int) -> pd.Series:
        return frame[place].map(_format_value).astype(str)

    return Table(path, names, columns, get_text, ".", [])


def _read_file(path: Path) -> pd.DataFrame:
    parquet = import_optional("pyarrow.parquet", extra="distributed")
    try:
        table = parquet.ParquetFile(path).read()
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: cannot be read as a Parquet file ({error}).") from error
    names = table.column_names
    repeats = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeats:
        raise ValueError(
            f"{path}: has several columns named {repeats[0]!r}. Give every column a name of its "
            "own."
        )
    column_names = [name for name in names if not _INDEX_NAME.fullmatch(name)]
    frame = table.select(column_names).to_pandas(ignore_metadata=True)
    if frame.empty:
        raise ValueError(f"{path}: holds no rows.")
    return frame


def _convert_column(column: pd.Series) -> pd.Series:
    """Return a column of numbers as it is, and any other as text with gaps."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.map(_format_value).astype(object)
    return text.mask(text == "", np.nan)


def _format_value(value: Any) -> str:
    """Format a value as text; a missing one is empty."""
    if value is None or (np.ndim(value) == 0 and pd.isna(value)):
        return ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value).strip()
