"""Images that a table names, one a row, with their labels, groups and official split."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._files.listing import is_image
from sklvision.datasets._files.roles import TARGET_NAMES, find_roles, find_usual_name
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._tables.advice import find_advice
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.read import read_text_file
from sklvision.datasets._tables.table import Table
from sklvision.datasets._tables.times import parse_times
from sklvision.utils._suggest import did_you_mean

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_SPLIT_NAMES = ("split", "set", "subset", "partition", "fold")
_N_LINES_TO_SEARCH = 20


def has_image_names(path: Path) -> bool:
    """Whether the first lines of a text file name an image file that exists next to it."""
    if path.suffix.lower() not in _TEXT_SUFFIXES:
        return False
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = [line for line, _ in zip(file, range(_N_LINES_TO_SEARCH), strict=False)]
    fields = [
        field.strip()
        for delimiter in ",;\t"
        for row in csv.reader(lines, delimiter=delimiter)
        for field in row
    ]
    return any(is_image(Path(field)) and (path.parent / field).is_file() for field in fields)


def read_image_table(path: Path, options: TableOptions, *, on_error: str = "raise") -> Bunch:
    """Read a table of file names and labels.

    Parameters
    ----------
    path : Path
        The table; names of files are relative to its folder.
    options : TableOptions
        Names of the columns of labels, groups and split, and the layout of the file.
    on_error : {"raise", "skip"}, default="raise"
        Whether an image that cannot be read is an error, or left out with a warning.

    Returns
    -------
    images : Bunch
        Its attributes are ``data``, ``target``, ``groups``, ``grouped_by``, ``split``, ``times``,
        ``roles`` and ``files``, the names in the table.

    Raises
    ------
    ValueError
        If there is no column of labels, or a label or group is missing.
    FileNotFoundError
        If some of the files do not exist.
    """
    table = read_text_file(path, options)
    columns = _find_columns(table, options)
    values: dict[str, Any] = {
        role: None if name is None else table.read_text(table.names.index(name))
        for role, name in columns.items()
    }
    files = [str(name) for name in values.pop("images")]
    _check_files(path, files)
    images = ImageCollection([path.parent / name for name in files], on_error=on_error)
    skipped_files = set(images.skipped)
    is_read = np.array([str(path.parent / name) not in skipped_files for name in files])
    for role in values:
        values[role] = _select(path, columns[role], values[role], is_read)
    if columns["time"] is not None:
        values["time"] = parse_times(values["time"], path, columns["time"])
    return Bunch(
        data=images,
        target=values["labels"],
        groups=values["groups"],
        grouped_by=columns["groups"] or "",
        split=values["split"],
        times=values["time"],
        roles=_describe_roles(table, columns),
        advice=find_advice(
            _read_metadata(table, columns, is_read),
            values["labels"],
            values["groups"] is not None,
            has_times=values["time"] is not None,
        ),
        files=[name for name, is_kept in zip(files, is_read, strict=True) if is_kept],
    )


def _read_metadata(
    table: Table, columns: dict[str, str | None], is_read: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Read the columns without a role."""
    return {
        name: table.read_text(place)[is_read]
        for place, name in enumerate(table.names)
        if name and name not in columns.values()
    }


def list_named_images(path: Path, options: TableOptions) -> list[Path]:
    """List the image files that a table names; they need no labels."""
    table = read_text_file(path, options)
    files = list(map(str, table.get_text(table.names.index(_find_file_column(table)))))
    _check_files(path, files)
    return [path.parent / name for name in files]


def _find_columns(table: Table, options: TableOptions) -> dict[str, str | None]:
    """Find the columns of images, labels, groups, split and times."""
    files = _find_file_column(table)
    names = [name for name in table.names if name != files and name not in options.drop]
    split = options.split or find_usual_name(table.path, "split", names, _SPLIT_NAMES)
    if options.time is not None and options.time not in names:
        hint = did_you_mean(options.time, names)
        raise ValueError(f"{table.path}: there is no time={options.time!r}. {hint}")
    candidates = [name for name in names if name not in (split, options.time)]
    target, group = find_roles(table.path, candidates, target=options.target, group=options.group)
    label_candidates = [name for name in candidates if name != group]
    if target is None and len(label_candidates) == 1:
        target = label_candidates[0]
    if target is None:
        raise ValueError(
            f"{table.path}: names images, and has no labels: expected a column named "
            f"{', '.join(TARGET_NAMES)}, or one named with target= (there are: "
            f"{', '.join(label_candidates) or 'none'})."
        )
    roles = {"labels": target, "groups": group, "split": split, "time": options.time}
    return {"images": files, **roles}


def _find_file_column(table: Table) -> str:
    """Find the column with the most names of image files that exist."""
    counts = [
        sum(
            is_image(Path(text)) and (table.path.parent / text).is_file()
            for text in map(str, table.get_text(place))
        )
        for place in range(len(table.names))
    ]
    return table.names[int(np.argmax(counts))]


def _check_files(path: Path, files: list[str]) -> None:
    missing = [i for i, name in enumerate(files) if not (path.parent / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{path}: {len(missing)} of {len(files)} image files do not exist, such as "
            f"{files[missing[0]]!r} in row {missing[0] + 1}. Names are relative to {path.parent}."
        )


def _select(
    path: Path, name: str | None, values: NDArray[Any] | None, is_read: NDArray[np.bool_]
) -> NDArray[Any] | None:
    """Select the values of images that were read, or raise an error that names an empty one."""
    if values is None:
        return None
    is_empty = np.array([str(value).strip() == "" for value in values])
    if is_empty.any():
        row = np.flatnonzero(is_empty)[0] + 1
        raise ValueError(f"{path}: column {name!r}, row {row}: the value is missing.")
    return values[is_read]


def _describe_roles(table: Table, columns: dict[str, str | None]) -> str:
    """Describe the roles of the columns in one line."""
    roles = [f"{role}: {name}" for role, name in columns.items() if name is not None]
    left_out = [name for name in table.names if name not in columns.values()]
    return "; ".join([*roles, *([f"left out: {', '.join(left_out)}"] if left_out else [])])
