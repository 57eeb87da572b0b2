"""Spectra from the files that people keep them in."""

from __future__ import annotations

import csv
import os
import pickle
import zlib
from collections.abc import Mapping
from gzip import BadGzipFile
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._csv import GROUP_NAMES, TARGET_NAMES, find_name, read_csv
from sklvision.utils._sklearn import validate_params

_PICKLES = {".pkl", ".pickle", ".p"}
_TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_WAVELENGTH_NAMES = ("wavelengths", "wavelength")


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
          ``sep=;`` above them is obeyed. Columns whose names are numbers, with or without a unit
          (``900``, ``900 nm``, ``900 cm-1``), are the bands, and their names the wavelengths.
          Where there is no such name, every column that holds numbers is a band. Where nothing
          names the labels, they are the only column of text.
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
    Missing values are kept as NaN: whether to impute or to drop them is a step of a Pipeline,
    and the classifiers of this package name the trouble. A label or a group must not be missing.

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
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file.")
    if path.is_dir():
        raise ValueError(f"{path}: a folder, where a file of spectra was expected.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty.")

    suffix = path.suffix.lower()
    if path.name.lower().endswith(_TABLES):
        try:
            fields = read_csv(path, target=target, group=group)
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a text file in UTF-8 ({error}).") from error
        except (BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: not a gzip file, or one cut short ({error}).") from error
    elif suffix == ".npz":
        fields = _from_arrays(path, read_npz(path, allow_pickle), target=target, group=group)
    elif suffix in _PICKLES:
        fields = _from_arrays(path, _read_pickle(path, allow_pickle), target=target, group=group)
    else:
        known = ", ".join([".npz", *_TABLES, *sorted(_PICKLES)])
        raise ValueError(f"{path}: suffix {path.suffix!r} is not among {known}.")

    if return_X_y:
        if fields["target"] is None:
            others = ", ".join(map(repr, fields["metadata"])) or "none"
            raise ValueError(
                f"{path}: no labels found; name them by target= (other columns: {others})."
            )
        return fields["data"], fields["target"]
    n_samples, n_bands = fields["data"].shape
    return Bunch(
        **fields,
        filename=str(path),
        DESCR=f"{n_samples} spectra of {n_bands} bands from {path.name}.",
    )


def read_npz(
    path: Path, allow_pickle: bool, wanted: list[str] | None = None
) -> dict[str, NDArray[Any]]:
    """Read the wanted arrays, or all; an error names the file."""
    if not is_zipfile(path):
        raise ValueError(f"{path}: not an npz file, or one cut short.")
    try:
        with np.load(path, allow_pickle=allow_pickle) as archive:
            return {name: archive[name] for name in wanted or archive.files}
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise _pickle_refusal(path, "holds pickled objects") from error
        raise ValueError(f"{path}: not a readable npz file ({error}).") from error
    except (BadZipFile, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: not a readable npz file ({error}).") from error


def _read_pickle(path: Path, allow_pickle: bool) -> Mapping[str, Any]:
    if not allow_pickle:
        raise _pickle_refusal(path, "is a pickle")
    try:
        with path.open("rb") as file:
            content = pickle.load(file)
    except Exception as error:  # whatever the code in the file raises
        raise ValueError(f"{path}: cannot be unpickled ({error}).") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: expected a dict with 'X' and 'Y', got {type(content).__name__}.")
    return content


def _pickle_refusal(path: Path, what: str) -> ValueError:
    return ValueError(
        f"{path}: {what}, and unpickling runs any code its author put there. Pass "
        f"allow_pickle=True if you trust the author, or keep the arrays in an npz file."
    )


def _from_arrays(
    path: Path, arrays: Mapping[str, Any], *, target: str | None, group: str | None
) -> dict[str, Any]:
    """Tell apart the named arrays of an npz or a dict, and check that they fit together."""
    names = list(map(str, arrays))
    if "X" not in names:
        raise ValueError(f"{path}: no array 'X' among {', '.join(map(repr, names)) or 'nothing'}.")
    rest = {str(name): np.asarray(value) for name, value in arrays.items()}
    X = rest.pop("X")
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}: X must be numbers of shape (n_samples, n_bands), "
            f"got {X.dtype} of shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"{path}: X is empty, its shape is {X.shape}.")

    def take(role: str, asked: str | None, usual: tuple[str, ...], length: int) -> Any:
        name = find_name(path, role, asked, list(rest), usual)
        if name is None:
            return None
        values = rest.pop(name)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values.ravel()
        if values.shape != (length,):
            raise ValueError(
                f"{path}: {name} has shape {values.shape}, X {X.shape} asks for ({length},)."
            )
        return values

    n_samples, n_bands = X.shape
    labels = take("target", target, TARGET_NAMES, n_samples)
    groups = take("group", group, GROUP_NAMES, n_samples)
    wavelengths = take("wavelengths", None, _WAVELENGTH_NAMES, n_bands)
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
