"""Spectra read from files of arrays, tables and instruments."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._spectra.read import make_frame, read_spectra
from sklvision.datasets._tables.advice import (
    find_advice,
    find_misplaced_bands,
    find_numbered_rows,
    find_placeholder,
)
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.roles import Roles
from sklvision.datasets._texts import document
from sklvision.utils._labels import warn_of_similar_labels
from sklvision.utils._memory import FILE_ADVICE, convert_memory_errors
from sklvision.utils._sklearn import Interval, StrOptions, validate_params


@document
@validate_params(
    {
        "path": [str, os.PathLike],
        "target": [str, None],
        "group": [str, None],
        "split": [str, None],
        "time": [str, None],
        "bands": [str, list, None],
        "drop": [list, tuple],
        "transpose": ["boolean"],
        "decimal": [StrOptions({".", ","}), None],
        "header_line": [Interval(Integral, 1, None, closed="left"), None],
        "has_header": ["boolean"],
        "encoding": [str, None],
        "sheet": [str, None],
        "resample": ["boolean"],
        "allow_pickle": ["boolean"],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_spectra(
    path: str | os.PathLike[str],
    *,
    target: str | None = None,
    group: str | None = None,
    split: str | None = None,
    time: str | None = None,
    bands: str | list[str] | None = None,
    drop: Sequence[str] = (),
    transpose: bool = False,
    decimal: str | None = None,
    header_line: int | None = None,
    has_header: bool = True,
    encoding: str | None = None,
    sheet: str | None = None,
    resample: bool = False,
    allow_pickle: bool = False,
    as_frame: bool = False,
    return_X_y: bool = False,
) -> Bunch | tuple[Any, NDArray[Any]]:
    """Load spectra and their labels from a file, or from a folder of instrument files.

    .. versionadded:: 0.1

    Parameters
    ----------
    path : str or path-like
        File or folder to read; its suffix determines how:

        - ``.npz``: arrays ``X`` and, where known, ``y``, ``wavelengths`` and ``group``.
        - ``.csv``, ``.tsv`` and ``.txt``, also compressed as ``.csv.gz``: one spectrum per row
          under a line of column names, separated by commas, semicolons, tabs, bars or spaces, with
          decimal points or commas. Columns whose names are numbers, with or without a unit or a
          word before them (``900``, ``900 nm``, ``X900``, ``WL900``), are the bands, and the
          numbers their positions. Without a line of names, every column of numbers is a band. If
          nothing names the labels, they are the only column of text. See Notes.
        - ``.xlsx`` and ``.xlsm``: a sheet of an Excel workbook, laid out in the same ways. Needs
          the extra ``instruments``.
        - ``.jdx``, ``.dx`` and ``.jcm``: JCAMP-DX, one spectrum for each block. Files with a number
          as the suffix, such as ``.0``, are Bruker OPUS: the first result, such as absorbance, is
          read. Both need the extra ``instruments``.
        - a folder of instrument files: one subfolder per class, or with a table of file names and
          labels in it. The table itself can be the path as well.
        - ``.pkl``, ``.pickle``, ``.p``: a dict with ``X`` and ``Y``.
    target : str, default=None
        Name of the column or array of labels. ``None`` looks for one named y, label, labels,
        class or target, in any case.
    group : str, default=None
        Name of the column or array of groups, such as patients or batches, that
        cross-validation keeps together; :func:`load_labeled` calls it `groups`. ``None`` looks
        for one named group or groups, in any case.
    split : str, default=None
        Name of the column of the official split into training and test set.
    time : str, default=None
        Name of the column of times: numbers, or dates such as 2026-03-04 or 04.03.2026.
    bands : str or list of str, default=None
        Bands to read from a table: a range of positions such as ``"900:1300"``, or names of
        columns. By default all.
    drop : list of str, default=()
        Names of columns of a table to leave out.
    transpose : bool, default=False
        Whether every column of a table is one spectrum, and the first column their positions.
    decimal : {".", ","}, default=None
        Decimal sign in a table. None detects it.
    header_line : int, default=None
        Number of the line of column names, counted from 1. None detects it.
    has_header : bool, default=True
        Whether a table has a line of column names.
    encoding : str, default=None
        Encoding of a table. None reads UTF-8, and UTF-16 that begins with a byte order mark.
    sheet : str, default=None
        Name of the sheet of an Excel workbook. None reads the first.
    resample : bool, default=False
        Whether to interpolate the spectra of several instrument files linearly to one axis: those
        positions of the first file that lie within the axes of all others. Nothing is extrapolated.
    allow_pickle : bool, default=False
        Whether to unpickle. Unpickling can run any code in the file: allow it only for files whose
        author you trust.
    as_frame : bool, default=False
        Whether the spectra are a DataFrame with the names of the bands. It passes the roles of the
        columns to the model that is fitted on it.
    %(return_X_y)s

    %(bunch)s

        data : ndarray or DataFrame of shape (n_samples, n_bands)
            The spectra, of the dtype in the file; float64 from a table.
        target : ndarray of shape (n_samples,) or None
            The labels, None if the file has none.
        wavelengths : ndarray of shape (n_bands,) or None
            Wavelengths, wavenumbers or shifts, in the unit of the file.
        groups : ndarray of shape (n_samples,) or None
            The groups, None if the file has none.
        split : ndarray of shape (n_samples,) or None
            The official split, None if none was named.
        times : ndarray of shape (n_samples,) or None
            The times as floats or datetime64, None if none were named.
        feature_names : list of str
            Names of the bands.
        metadata : dict of str to ndarray
            Every other array or column of the file.
        filename : str
            The path.
        roles : str
            The roles of the columns, in one line.
        advice : list of str
            Columns that look like groups, and those that determine the class on their own.
        DESCR : str
            One line about the data.

    (data, target) : tuple if ``return_X_y=True``
        The spectra and the labels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read as spectra; the message says where and why.

    Warns
    -----
    UserWarning
        If a band is probably not one, values probably mark missing ones, names of classes differ
        only in case or spaces, or files of a folder are left out.

    See Also
    --------
    make_spectra : Simulated spectra.

    Notes
    -----
    A first column without a name that holds whole numbers, or strings that are all different, names
    the rows and is not a band. Columns next to bands whose names are numbers, and columns such as
    ``id`` or ``rep``, are metadata. Lines above the names, a second axis under them, and blank
    lines, rows and columns are left out; `roles` lists what was left out.

    Missing values are kept as NaN. The classifiers of this package do not accept them: impute or
    drop them in a step of a Pipeline. Labels and groups must not be missing.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> from sklvision.datasets import load_spectra, make_spectra
    >>> X, y = make_spectra(9, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "line.npz")
    ...     np.savez(path, X=X, y=y)
    ...     spectra = load_spectra(path)
    >>> spectra.data.shape, spectra.target.shape
    ((9, 502), (9,))
    """
    path = Path(path)
    options = TableOptions(
        target=target,
        group=group,
        split=split,
        time=time,
        bands=bands,
        drop=drop,
        transpose=transpose,
        decimal=decimal,
        header_line=header_line,
        has_header=has_header,
        encoding=encoding,
        sheet=sheet,
        resample=resample,
    )
    with convert_memory_errors(f"{path}: reading it", FILE_ADVICE):
        fields, roles = read_spectra(path, options, allow_pickle=allow_pickle)
    if as_frame:
        fields["data"] = make_frame(fields["data"], roles, options)
    if return_X_y and fields["target"] is None:
        other_fields = ", ".join(map(repr, fields["metadata"])) or "none"
        raise ValueError(
            f"{path}: has no labels; name them with target= (other columns: {other_fields})."
        )
    numbered_rows = find_numbered_rows(roles.bands.names, np.asarray(fields["data"]))
    if numbered_rows:
        warnings.warn(
            f"{path}: column {numbered_rows[0]!r} only numbers the rows, and was read as a band. "
            f"Leave it out with drop={numbered_rows}.",
            stacklevel=2,
        )
    _warn_of_doubts(path, fields, roles)
    if return_X_y:
        return fields["data"], fields["target"]
    n_samples, n_bands = fields["data"].shape
    return Bunch(
        **fields,
        roles=roles.describe(),
        advice=find_advice(
            fields["metadata"],
            fields["target"],
            fields["groups"] is not None,
            has_times=fields["times"] is not None,
        ),
        filename=str(path),
        DESCR=f"{n_samples} spectra of {n_bands} bands from {path.name}.",
    )


def _warn_of_doubts(path: Path, fields: dict[str, Any], roles: Roles) -> None:
    """Warn of columns, values and labels that are probably not what they are read as."""
    misplaced_bands = find_misplaced_bands(roles.bands.names, roles.bands.axis)
    if misplaced_bands:
        warnings.warn(
            f"{path}: column {misplaced_bands[0]!r} is not in the order of the other bands or far "
            "from them, and was read as a band. If it is not a band, leave it out with "
            f"drop={misplaced_bands}.",
            stacklevel=3,
        )
    placeholder = find_placeholder(np.asarray(fields["data"], dtype=np.float64))
    if placeholder is not None:
        value, n_values = placeholder
        warnings.warn(
            f"{path}: {n_values} values are {value:g}, far from all others: such values usually "
            "mark missing ones. Replace them, or leave out these samples.",
            stacklevel=3,
        )
    if fields["target"] is not None:
        warn_of_similar_labels(np.unique(fields["target"]).tolist(), path)
