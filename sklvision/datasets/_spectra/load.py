"""Spectra read from npz, csv and pickle files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._files.arrays import read_npz, read_pickle
from sklvision.datasets._files.roles import WAVELENGTH_NAMES, find_roles, find_usual_name
from sklvision.datasets._files.table import TABLE_SUFFIXES, is_table, read_table
from sklvision.utils._sklearn import validate_params

PICKLE_SUFFIXES = (".p", ".pickle", ".pkl")


@validate_params(
    {
        "path": [str, os.PathLike],
        "target": [str, None],
        "group": [str, None],
        "allow_pickle": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_spectra(
    path: str | os.PathLike[str],
    *,
    target: str | None = None,
    group: str | None = None,
    allow_pickle: bool = False,
    return_X_y: bool = False,
) -> Bunch | tuple[NDArray[Any], NDArray[Any]]:
    """Load spectra and their labels from an npz, csv or pickle file.

    Parameters
    ----------
    path : str or path-like
        File to read; its suffix says how:

        - ``.npz``: arrays ``X`` and, where known, ``y``, ``wavelengths`` and ``group``.
        - ``.csv`` and ``.tsv``, also as ``.csv.gz`` and ``.tsv.gz``: one spectrum per row under a
          line of column names, separated by commas, semicolons or tabs; a line such as
          ``sep=;`` above them sets the separator. Columns whose names are numbers, with or without
          a unit (``900``, ``900 nm``, ``900 cm-1``), are the bands, and their names the
          wavelengths. Where there is no such name, every column that holds numbers is a band.
          Where nothing names the labels, they are the only column of text.
        - ``.pkl``, ``.pickle``, ``.p``: a dict with ``X`` and ``Y``.
    target : str, default=None
        Name of the column or array of labels. ``None`` looks for one named y, label, labels,
        class or target, in any case.
    group : str, default=None
        Name of the column or array of groups, such as patients or batches, that
        cross-validation keeps together. ``None`` looks for one named group or groups.
    allow_pickle : bool, default=False
        Whether to unpickle. Unpickling runs whatever code the file holds: allow it only for
        files whose author you trust.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples, n_bands)
            The spectra, of the dtype in the file; float64 from a csv.
        target : ndarray of shape (n_samples,) or None
            The labels, None where the file has none.
        wavelengths : ndarray of shape (n_bands,) or None
            Wavelengths, wavenumbers or shifts, in the unit of the file.
        groups : ndarray of shape (n_samples,) or None
            The groups, None where the file has none.
        feature_names : list of str
            Names of the bands.
        metadata : dict of str to ndarray
            Every other array or column of the file.
        filename : str
            The path.
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

    See Also
    --------
    make_spectra : Simulated spectra.

    Notes
    -----
    Missing values are kept as NaN: to impute or to drop them is a step of a Pipeline, and the
    classifiers of this package refuse them. A label or a group must not be missing.

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
    check_file(path)
    suffix = path.suffix.lower()
    if is_table(path):
        fields = read_table(path, target=target, group=group)
    elif suffix == ".npz":
        arrays: Mapping[str, Any] = read_npz(path, allow_pickle=allow_pickle)
        fields = _assign_arrays(path, arrays, target=target, group=group)
    elif suffix in PICKLE_SUFFIXES:
        arrays = read_pickle(path, allow_pickle=allow_pickle)
        fields = _assign_arrays(path, arrays, target=target, group=group)
    else:
        expected = ", ".join([".npz", *TABLE_SUFFIXES, *PICKLE_SUFFIXES])
        raise ValueError(f"{path}: has the suffix {path.suffix!r}, expected one of {expected}.")

    if return_X_y:
        if fields["target"] is None:
            others = ", ".join(map(repr, fields["metadata"])) or "none"
            raise ValueError(
                f"{path}: has no labels; name them by target= (other columns: {others})."
            )
        return fields["data"], fields["target"]
    n_samples, n_bands = fields["data"].shape
    return Bunch(
        **fields,
        filename=str(path),
        DESCR=f"{n_samples} spectra of {n_bands} bands from {path.name}.",
    )


def check_file(path: Path) -> None:
    """Raise unless a file exists and holds anything."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file.")
    if path.is_dir():
        raise ValueError(f"{path}: is a directory, expected a file.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty.")


def flatten_column(values: NDArray[Any]) -> NDArray[Any]:
    """Return a column of shape (n, 1) as an array of shape (n,), and anything else unchanged."""
    return values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values


def _assign_arrays(
    path: Path, arrays: Mapping[str, Any], *, target: str | None, group: str | None
) -> dict[str, Any]:
    """Assign the named arrays of an npz or a dict to their roles, and check that they agree."""
    rest = {str(name): np.asarray(value) for name, value in arrays.items()}
    if "X" not in rest:
        names = ", ".join(map(repr, rest)) or "none"
        raise ValueError(f"{path}: has no array 'X'; it holds {names}.")
    X = rest.pop("X")
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}: X must be numbers of shape (n_samples, n_bands), "
            f"got {X.dtype} of shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"{path}: X is empty, its shape is {X.shape}.")
    n_samples, n_bands = X.shape
    target, group = find_roles(path, list(rest), target=target, group=group)
    axis = find_usual_name(path, "wavelengths", list(rest), WAVELENGTH_NAMES)
    labels, groups, wavelengths = (
        _pop_column(path, rest, name, n_values, X.shape)
        for name, n_values in ((target, n_samples), (group, n_samples), (axis, n_bands))
    )
    if wavelengths is None:
        feature_names = [f"band{i}" for i in range(n_bands)]
    else:
        feature_names = [str(wavelength) for wavelength in wavelengths]
    return {
        "data": X,
        "target": labels,
        "groups": groups,
        "wavelengths": wavelengths,
        "feature_names": feature_names,
        "metadata": rest,
    }


def _pop_column(
    path: Path,
    arrays: dict[str, NDArray[Any]],
    name: str | None,
    n_values: int,
    shape: tuple[int, ...],
) -> NDArray[Any] | None:
    """Remove a named array, which must hold one value for each sample or band."""
    if name is None:
        return None
    values = flatten_column(arrays.pop(name))
    if values.shape != (n_values,):
        raise ValueError(
            f"{path}: {name} has shape {values.shape}, expected ({n_values},) beside X of shape "
            f"{shape}."
        )
    return values
