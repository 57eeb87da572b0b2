"""Spectra of instrument files as named arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.datasets._instruments.folder import (
    FOLDER_LABEL,
    InstrumentFiles,
    find_labels_of_folder,
    is_instrument_file,
    read_instrument_file,
)
from sklvision.datasets._instruments.spectrum import stack_spectra
from sklvision.datasets._tables.options import TableOptions

# Options about the layout of a table; once it was read they are done with.
_LAYOUT = {
    name: getattr(TableOptions(), name)
    for name in ("transpose", "decimal", "header_line", "has_header", "encoding", "sheet")
}


def find_instrument_files(path: Path, options: TableOptions) -> InstrumentFiles:
    """Find the instrument files that a path stands for: itself, or those of a folder."""
    if path.is_dir():
        return find_labels_of_folder(path, options)
    if not is_instrument_file(path):
        raise ValueError(f"{path}: is not an instrument file.")
    return InstrumentFiles([path], {}, None, None)


def read_instruments(
    labeled: InstrumentFiles, options: TableOptions
) -> tuple[dict[str, Any], TableOptions, str | None, str]:
    """Read instrument files as arrays like those of an npz file.

    Parameters
    ----------
    labeled : InstrumentFiles
        Files and the columns that describe them.
    options : TableOptions
        Options of the user.

    Returns
    -------
    arrays : dict of str to ndarray
        ``X``, ``wavelengths``, ``file``, ``title`` and the columns.
    options : TableOptions
        Options with the names of labels and groups.
    unit : str or None
        Unit of the positions.
    quantity : str
        Kind of the values.
    """
    spectra, rows = [], []
    for row, path in enumerate(labeled.files):
        spectra_of_file = read_instrument_file(path)
        spectra += spectra_of_file
        rows += [row] * len(spectra_of_file)
    axis, X = stack_spectra(spectra, resample=options.resample)
    arrays = {
        "X": X,
        "wavelengths": axis,
        **{name: values[rows] for name, values in labeled.columns.items()},
        "file": np.array([str(spectrum.path) for spectrum in spectra]),
        "title": np.array([spectrum.title for spectrum in spectra]),
    }
    is_by_table = bool(labeled.columns) and labeled.target != FOLDER_LABEL
    options = replace(
        options,
        target=options.target or labeled.target,
        group=options.group or labeled.group,
        resample=False,
        **(_LAYOUT if is_by_table else {}),
    )
    return arrays, options, spectra[0].unit, spectra[0].quantity
