"""Spectra read from a file of any kind, with the role of every column or array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as list_fields
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.arrays import check_column, check_labels, read_npz, read_pickle
from sklvision.datasets._files.content import describe_file
from sklvision.datasets._files.roles import WAVELENGTH_NAMES, find_roles, find_usual_name
from sklvision.datasets._files.stores import (
    is_array_store,
    load_array,
    open_labeled_arrays,
)
from sklvision.datasets._instruments.folder import (
    find_file_column,
    find_labels_of_table,
    is_instrument_file,
)
from sklvision.datasets._instruments.jcamp import JCAMP_SUFFIXES
from sklvision.datasets._instruments.read import (
    InstrumentFiles,
    find_instrument_files,
    read_instruments,
)
from sklvision.datasets._tables.axis import Bands, is_count
from sklvision.datasets._tables.options import TableOptions, check_different_columns
from sklvision.datasets._tables.read import (
    TABLE_SUFFIXES,
    list_table_files,
    read_raw_table,
    read_table,
)
from sklvision.datasets._tables.roles import Roles, select_range
from sklvision.datasets._tables.times import parse_times
from sklvision.utils._files import PARQUET_SUFFIXES
from sklvision.utils._samples import ORIGIN
from sklvision.utils._suggest import did_you_mean

PICKLE_SUFFIXES = (".p", ".pickle", ".pkl")
# Advice about files of other programs that are not recognized by their first bytes.
_SUFFIX_HINTS = {
    ".spc": " Export spectra as JCAMP-DX or csv.",
    ".spa": " Export spectra as JCAMP-DX or csv.",
    ".asd": " Export spectra as text, or read them with the package spectral.",
    ".json": " Save the table as csv.",
}
_ARRAY_OPTIONS = {"target", "group", "split", "time", "bands", "drop"}


def read_spectra(
    path: Path, options: TableOptions, *, allow_pickle: bool = False, needs_labels: bool = True
) -> tuple[dict[str, Any], Roles]:
    """Read the attributes of :func:`load_spectra`'s Bunch, and the roles of columns or arrays.

    Parameters
    ----------
    path : Path
        File of a known suffix, or a folder of instrument files.
    options : TableOptions
        Options of the user.
    allow_pickle : bool, default=False
        Whether to unpickle.
    needs_labels : bool, default=True
        Whether missing labels and groups are an error; new samples need none.
    """
    check_file(path)
    if is_array_store(path):
        _refuse_resample(path, options)
        arrays, target = open_labeled_arrays(path, options.target)
        arrays["X"] = load_array(path, arrays["X"])
        return assign_arrays(path, arrays, replace(options, target=target))
    table_files = list_table_files(path)
    if (path.is_dir() and not table_files) or is_instrument_file(path):
        return _assign_instruments(path, find_instrument_files(path, options), options)
    if table_files:
        table = read_raw_table(path, options, table_files)
        if find_file_column(table) is not None:
            if not needs_labels:
                options = replace(
                    options, target=None, group=None, split=None, time=None, bands=None, drop=()
                )
            return _assign_instruments(path, find_labels_of_table(table, options), options)
        _refuse_resample(path, options)
        return read_table(table, options, needs_labels=needs_labels)
    _refuse_resample(path, options)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return assign_arrays(path, read_npz(path, allow_pickle=allow_pickle), options)
    if suffix in PICKLE_SUFFIXES:
        return assign_arrays(path, read_pickle(path, allow_pickle=allow_pickle), options)
    suffixes = [*TABLE_SUFFIXES, ".npy", ".zarr", *PARQUET_SUFFIXES, *JCAMP_SUFFIXES]
    expected = ", ".join([".npz", *suffixes, *PICKLE_SUFFIXES])
    opus = " OPUS files, such as .0, begin in another way." if path.suffix[1:].isdigit() else ""
    content = describe_file(path)
    hint = f" It {content}" if content else _SUFFIX_HINTS.get(suffix, "")
    raise ValueError(
        f"{path}: has the suffix {path.suffix!r}, expected one of {expected}.{opus}{hint}"
    )


def _assign_instruments(
    path: Path, labeled: InstrumentFiles, options: TableOptions
) -> tuple[dict[str, Any], Roles]:
    arrays, options, unit, quantity = read_instruments(labeled, options)
    fields, roles = assign_arrays(path, arrays, options, unit=unit)
    return fields, replace(roles, quantity=quantity or None)


def _refuse_resample(path: Path, options: TableOptions) -> None:
    if options.resample:
        raise ValueError(f"{path}: resample= is for instrument files, each with its own axis.")


def make_frame(data: NDArray[Any], roles: Roles, options: TableOptions) -> Any:
    """Make a DataFrame of spectra that carries the roles of its columns, and how it was read."""
    import pandas as pd

    frame = pd.DataFrame(data, columns=roles.bands.names)
    frame.attrs[ORIGIN] = roles.to_origin() | {"table": options.to_reading()}
    return frame


def check_file(path: Path) -> None:
    """Raise unless a file or folder exists and holds anything."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file.")
    if path.is_file() and path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty.")


def flatten_column(values: NDArray[Any]) -> NDArray[Any]:
    """Return a column of shape (n, 1) as an array of shape (n,), and anything else unchanged."""
    return values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values


def assign_arrays(
    path: Path, arrays: Mapping[str, Any], options: TableOptions, *, unit: str | None = None
) -> tuple[dict[str, Any], Roles]:
    """Assign the named arrays of an npz or a dict to their roles, and check that they agree."""
    _refuse_options_of_text(path, options)
    remaining_arrays = {str(name): np.asarray(value) for name, value in arrays.items()}
    X = _pop_spectra(path, remaining_arrays)
    n_samples, n_bands = X.shape
    target, group = find_roles(
        path, list(remaining_arrays), target=options.target, group=options.group
    )
    check_different_columns(
        path, target=target, group=group, split=options.split, time=options.time
    )
    for role, name in (("split", options.split), ("time", options.time)):
        if name is not None and name not in remaining_arrays:
            hint = did_you_mean(name, remaining_arrays)
            raise ValueError(f"{path}: there is no {role}={name!r}. {hint}")
    axis_name = find_usual_name(path, "wavelengths", list(remaining_arrays), WAVELENGTH_NAMES)
    labels, groups, split, times, wavelengths = (
        _pop_column(path, remaining_arrays, name, n_values, X.shape)
        for name, n_values in (
            (target, n_samples),
            (group, n_samples),
            (options.split, n_samples),
            (options.time, n_samples),
            (axis_name, n_bands),
        )
    )
    if labels is not None:
        check_labels(path, str(target), labels)
    bands = make_bands(wavelengths, n_bands, unit)
    selected_bands = _choose_bands(path, bands, options)
    places = [bands.names.index(name) for name in selected_bands.names]
    fields = {
        "data": X if len(places) == n_bands else X[:, places],
        "target": labels,
        "groups": groups,
        "split": split,
        "times": None if times is None else parse_times(times, path, str(options.time)),
        "wavelengths": None if wavelengths is None else wavelengths[places],
        "feature_names": selected_bands.names,
        "metadata": remaining_arrays,
    }
    dropped_names = [name for name in options.drop if name in bands.names]
    return fields, Roles(
        selected_bands,
        target,
        group,
        options.split,
        None,
        [*remaining_arrays, *dropped_names],
        time=options.time,
    )


def make_bands(wavelengths: NDArray[Any] | None, n_bands: int, unit: str | None = None) -> Bands:
    """Make the bands of an array, named by their wavelengths or by number."""
    if wavelengths is None:
        return Bands([f"band{i}" for i in range(n_bands)])
    names = [str(wavelength) for wavelength in wavelengths]
    try:
        axis = [float(wavelength) for wavelength in wavelengths]
    except (TypeError, ValueError):
        return Bands(names)
    return Bands(names, None, None) if is_count(axis) else Bands(names, axis, unit)


def _choose_bands(path: Path, bands: Bands, options: TableOptions) -> Bands:
    for name in options.drop:
        if name not in bands.names:
            raise ValueError(f"{path}: there is no band {name!r} to drop.")
    if isinstance(options.bands, str):
        bands = select_range(path, bands, options.bands, bands.unit)
    elif options.bands is not None:
        missing = [name for name in options.bands if name not in bands.names]
        if missing:
            raise ValueError(f"{path}: there is no band {missing[0]!r}.")
        bands = bands.take([bands.names.index(name) for name in options.bands])
    return bands.take([i for i, name in enumerate(bands.names) if name not in options.drop])


def _refuse_options_of_text(path: Path, options: TableOptions) -> None:
    default = TableOptions()
    for option in list_fields(options):
        is_set = getattr(options, option.name) != getattr(default, option.name)
        if is_set and option.name not in _ARRAY_OPTIONS:
            raise ValueError(
                f"{path}: {option.name}= is for tables of text, and this file holds arrays. Leave "
                f"{option.name}= out."
            )


def _pop_spectra(path: Path, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Take the array X out of a dict, and check that it holds spectra."""
    if "X" not in arrays:
        names = ", ".join(map(repr, arrays)) or "none"
        raise ValueError(f"{path}: has no array 'X'; it holds {names}.")
    X = arrays.pop("X")
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise ValueError(
            f"{path}: X must be numbers of shape (n_samples, n_bands), "
            f"got {X.dtype} of shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"{path}: X is empty, its shape is {X.shape}.")
    return X


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
    check_column(path, name, values, n_values, shape)
    return values
