"""Folders of instrument files, labeled by their subfolders or by a table of file names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.listing import (
    describe_other_files,
    make_natural_key,
    walk_files,
)
from sklvision.datasets._files.roles import find_roles
from sklvision.datasets._instruments.jcamp import JCAMP_SUFFIXES, read_jcamp
from sklvision.datasets._instruments.opus import is_opus, read_opus
from sklvision.datasets._instruments.spectrum import Spectrum
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.read import is_table, read_raw_table
from sklvision.datasets._tables.table import Table

# Name of the labels that subfolders give.
FOLDER_LABEL = "folder"


class InstrumentFiles(NamedTuple):
    """Instrument files, and one value for each of every column that describes them.

    Attributes
    ----------
    files : list of Path
        The files.
    columns : dict of str to ndarray
        Values by name of the column.
    target, group : str or None
        Names of the columns of labels and of groups.
    """

    files: list[Path]
    columns: dict[str, NDArray[Any]]
    target: str | None
    group: str | None


def is_instrument_file(path: Path) -> bool:
    """Whether a file is of JCAMP-DX by its suffix, or of OPUS by its suffix and first bytes."""
    return path.suffix.lower() in JCAMP_SUFFIXES or is_opus(path)


def read_instrument_file(path: Path) -> list[Spectrum]:
    """Read all spectra of an instrument file."""
    return read_jcamp(path) if path.suffix.lower() in JCAMP_SUFFIXES else read_opus(path)


def list_instrument_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """List instrument files, and all others, of a folder and its folders in natural order."""
    files: list[Path] = []
    other_files: list[Path] = []
    for name, _ in walk_files(folder):
        path = Path(name)
        (files if is_instrument_file(path) else other_files).append(path)
    return sorted(files, key=make_natural_key), sorted(other_files, key=make_natural_key)


def has_mostly_instrument_files(folder: Path) -> bool:
    """Whether a folder holds more instrument files than images."""
    n_files = n_images = 0
    for name, is_image_file in walk_files(folder):
        if is_image_file:
            n_images += 1
        else:
            n_files += is_instrument_file(Path(name))
    return n_files > n_images


def find_labels_of_folder(folder: Path, options: TableOptions) -> InstrumentFiles:
    """Find the instrument files of a folder and their labels.

    A table in the folder that names instrument files describes them; without one the subfolders
    are the classes, if there are any. All other files are counted in one warning.

    Raises
    ------
    ValueError
        If there are no such files, several tables name them, or files lie next to the subfolders.
    """
    files, other_files = list_instrument_files(folder)
    if not files:
        content = describe_other_files(other_files) or "nothing"
        raise ValueError(
            f"{folder}: holds no instrument files ({', '.join(JCAMP_SUFFIXES)}, or OPUS files such "
            f"as .0), but {content}."
        )
    description_of_file = {}
    for path in other_files:
        if path.parent == folder and is_table(path):
            table = read_raw_table(path, options)
            if find_file_column(table) is not None:
                description_of_file[path] = find_labels_of_table(table, options)
    if len(description_of_file) > 1:
        names = ", ".join(path.name for path in description_of_file)
        raise ValueError(
            f"{folder}: several tables name its files ({names}). Name one as the path."
        )
    other_names = [path for path in other_files if path not in description_of_file]
    if description_of_file:
        (labeled,) = description_of_file.values()
        used_files = {path.resolve() for path in labeled.files}
        other_names += [path for path in files if path.resolve() not in used_files]
    else:
        labeled = _label_by_subfolders(folder, files)
    if other_names:
        text = describe_other_files(other_names)
        warnings.warn(f"{folder}: left out: {text}.", stacklevel=2)
    return labeled


def _label_by_subfolders(folder: Path, files: list[Path]) -> InstrumentFiles:
    parts = [path.relative_to(folder).parts for path in files]
    loose_files = [path for path, names in zip(files, parts, strict=True) if len(names) == 1]
    if len(loose_files) == len(files):
        return InstrumentFiles(files, {}, None, None)
    if loose_files:
        raise ValueError(
            f"{loose_files[0]} lies next to the folders of the classes. Move it into one of them."
        )
    return InstrumentFiles(
        files, {FOLDER_LABEL: np.array([names[0] for names in parts])}, FOLDER_LABEL, None
    )


def find_file_column(table: Table) -> int | None:
    """Find the first column of which at least half the texts name instrument files."""
    for place in range(len(table.names)):
        values = table.columns[place].dropna()
        if not len(values) or not isinstance(values.iloc[0], str):
            continue
        names = table.get_text(place)
        n_files = sum(is_instrument_file(table.path.parent / name) for name in names if name)
        if n_files and n_files >= len(names) / 2:
            return place
    return None


def find_labels_of_table(table: Table, options: TableOptions) -> InstrumentFiles:
    """Find the files that a table names, and their labels: the usual names or the only text."""
    place = find_file_column(table)
    if place is None:
        raise ValueError(f"{table.path}: no column names instrument files.")
    files = [table.path.parent / name for name in table.get_text(place)]
    for row, path in enumerate(files):
        if not path.is_file():
            raise FileNotFoundError(
                f"{table.path}: column {table.names[place]!r}, row {row + 1}: there is no file "
                f"{path}."
            )
    columns = {
        name: table.read_text(i)
        for i, name in enumerate(table.names)
        if i != place and not table.is_empty(i)
    }
    target, group = find_roles(
        table.path, list(columns), target=options.target, group=options.group
    )
    if target is None:
        other_names = [name for name in columns if name not in (group, options.split)]
        texts = [name for name in other_names if columns[name].dtype.kind == "U"]
        candidates = texts if len(other_names) > 1 else other_names
        target = candidates[0] if len(candidates) == 1 else None
    return InstrumentFiles(files, columns, target, group)
