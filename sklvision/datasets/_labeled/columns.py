"""Columns of new tables, brought to those that a model was trained on."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets._files.arrays import list_npz_arrays, read_npz
from sklvision.datasets._files.roles import WAVELENGTH_NAMES
from sklvision.datasets._instruments.folder import is_instrument_file
from sklvision.datasets._labeled.checks import check_finite, describe_value
from sklvision.datasets._spectra.read import make_bands, read_spectra
from sklvision.datasets._tables.axis import Bands, can_convert, convert_axis, find_bands
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.read import is_table
from sklvision.datasets._tables.roles import Roles
from sklvision.datasets._tables.table import WordErrors, make_word_error
from sklvision.utils._bands import interpolate_bands, match_columns
from sklvision.utils._contract import Contract
from sklvision.utils._nested import find_contract


def read_rows(
    path: Path,
    model: Any,
    options: TableOptions,
    *,
    resample: bool = False,
    keep_invalid: bool = False,
) -> tuple[NDArray[Any] | pd.DataFrame, WordErrors]:
    """Read the rows of a file as a model takes them, without their labels.

    Parameters
    ----------
    path : Path
        A table, an npz file or an instrument file.
    model : estimator
        A fitted model. Its contract says which columns it takes.
    options : TableOptions
        Options of the user; the others are those of the training file.
    resample : bool, default=False
        Whether spectra on another axis are interpolated to that of the model.
    keep_invalid : bool, default=False
        Whether to keep rows with values that are missing or infinite; words become NaN.

    Returns
    -------
    rows : ndarray or DataFrame of shape (n_samples, n_features)
        The training columns in their order, with their names where the model knows them; all
        columns where the model knows nothing of its samples, or takes images.
    word_errors : dict of int to tuple
        The rows that hold a word instead of a number: the name of its column, and what is wrong.

    Raises
    ------
    ValueError
        If columns are missing, or values of those that the model takes.
    """
    contract = find_table_contract(model)
    options = _complete_options(options, contract)
    fields, roles = _read(path, options, contract)
    X, word_errors = fields["data"], fields.get("word_errors", {})
    if word_errors and not keep_invalid:
        raise make_word_error(path, word_errors)
    if X.ndim != 2 or contract is None or contract["kind"] == "images":
        return X, word_errors
    _check_quantity(path, roles, contract)
    bands = None if roles is None else roles.bands
    rows = select_columns(path, X, bands, contract, resample, keep_invalid=keep_invalid)
    if X.dtype.kind in "fiub" and not keep_invalid:
        check_finite(path, rows, _describe_column(contract))
    return add_names(rows, contract), word_errors


def name_rows(rows: NDArray[Any] | pd.DataFrame, model: Any) -> NDArray[Any] | pd.DataFrame:
    """Give rows in memory the names of the training columns, where the model knows them.

    Rows of another length stay without names; the comparison with the model reports them.
    """
    contract = find_table_contract(model)
    if contract is None or contract["kind"] == "images" or rows.ndim != 2:
        return rows
    if isinstance(rows, pd.DataFrame):
        return rows
    return add_names(rows, contract) if [rows.shape[1]] == contract.get("shape") else rows


def add_names(rows: NDArray[Any], contract: Contract) -> NDArray[Any] | pd.DataFrame:
    """Make a table of rows whose columns have names in the contract."""
    names = contract.get("names")
    return rows if names is None else pd.DataFrame(rows, columns=names)


def find_table_contract(model: Any) -> Contract | None:
    """Find the contract of a model, or make that of another package's that has names of columns."""
    contract = find_contract(model)
    if contract is not None:
        return contract
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return None
    bands = find_bands(names)
    has_axis = bands is not None and len(bands.names) == len(names)
    return {
        "kind": "spectra",
        "names": list(names),
        "shape": [len(names)],
        "axis": bands.axis if has_axis else None,  # type: ignore[union-attr]
    }


def _complete_options(options: TableOptions, contract: Contract | None) -> TableOptions:
    """Complete the options of a user by what the model knows of its table."""
    if contract is None:
        return options
    table_options, default = dict(contract.get("table") or {}), TableOptions()
    if options.header_line is not None:
        table_options.pop("has_header", None)
    if not options.has_header:
        table_options.pop("header_line", None)
    table_options = {
        name: value
        for name, value in table_options.items()
        if getattr(options, name) == getattr(default, name)
    }
    roles = contract.get("roles") or {}
    column_names = contract["names"] if contract.get("axis") is None else None
    return replace(
        options,
        **table_options,
        target=roles.get("target"),
        group=roles.get("group"),
        split=roles.get("split"),
        time=roles.get("time"),
        bands=column_names if roles else None,
        drop=roles.get("left_out", ()) if not table_options.get("has_header", True) else (),
    )


def _read(
    path: Path, options: TableOptions, contract: Contract | None
) -> tuple[dict[str, Any], Roles | None]:
    """Read numbers and, where the file has names or an axis, the roles of their columns."""
    if is_table(path):
        if not options.has_header:
            return _read_without_names(path, options, contract), None
        return read_spectra(path, options, needs_labels=False)
    if is_instrument_file(path):
        return read_spectra(path, TableOptions())
    axis_names = [name for name in list_npz_arrays(path) if name.lower() in WAVELENGTH_NAMES]
    arrays = read_npz(path, names=["X", *axis_names[:1]])
    X = arrays["X"]
    if not axis_names or X.ndim != 2 or arrays[axis_names[0]].size != X.shape[1]:
        return {"data": X}, None
    return {"data": X}, Roles(make_bands(arrays[axis_names[0]].ravel(), X.shape[1]))


def _read_without_names(
    path: Path, options: TableOptions, contract: Contract | None
) -> dict[str, Any]:
    """Read a table without names, whose columns have the roles of training or are all bands."""
    fields, _ = read_spectra(path, _remove_roles(options), needs_labels=False)
    if contract is None or [fields["data"].shape[1]] == contract.get("shape"):
        return fields
    return read_spectra(path, replace(options, bands=None), needs_labels=False)[0]


def _remove_roles(options: TableOptions) -> TableOptions:
    return replace(options, target=None, group=None, split=None, time=None, bands=None, drop=())


def _check_quantity(path: Path, roles: Roles | None, contract: Contract) -> None:
    quantity = None if roles is None else roles.quantity
    expected = contract.get("quantity")
    if quantity and expected and quantity != expected:
        raise ValueError(
            f"{path}: its values are {quantity}, and the model was trained on {expected}. Convert "
            "them first."
        )


def select_columns(
    path: Path,
    X: NDArray[Any],
    bands: Bands | None,
    contract: Contract,
    resample: bool,
    *,
    keep_invalid: bool = False,
) -> NDArray[Any]:
    """Select the training columns, by position on the axis, by name, or all of them."""
    n_columns = (contract.get("shape") or [X.shape[1]])[0]
    if bands is None or (contract.get("axis") is None and contract.get("names") is None):
        if X.shape[1] != n_columns:
            raise ValueError(
                f"{path}: holds rows of {X.shape[1]} numbers, and the model takes rows of "
                f"{n_columns}."
            )
        return X
    has_axes = contract.get("axis") is not None and bands.axis is not None
    if has_axes:
        bands = _convert_unit(path, bands, contract, resample)
    try:
        return X[:, match_columns(contract, bands.names, bands.axis)]
    except ValueError as error:
        if resample and has_axes:
            if not keep_invalid:
                check_finite(path, X, describe_value)
            return _interpolate(path, X, bands, contract)
        hint = _suggest_resampling(contract, bands) if has_axes else ""
        raise ValueError(f"{path}: {error}{hint}") from None


def _convert_unit(path: Path, bands: Bands, contract: Contract, resample: bool) -> Bands:
    """Convert positions to the unit of the model, or raise an error that names both units."""
    unit = contract.get("unit")
    if unit is None or bands.unit is None or bands.unit == unit:
        return bands
    message = f"{path}: its axis is in {bands.unit}, that of the model in {unit}."
    if not can_convert(bands.unit, unit):
        raise ValueError(message)
    if not resample:
        raise ValueError(f"{message} Pass resample=True to convert it.")
    try:
        axis = convert_axis(bands.axis or [], bands.unit, unit)
        interpolate_bands(contract, np.zeros((1, len(axis))), axis)  # raises where it cannot
    except ValueError as error:
        raise ValueError(f"{message} {error}") from None
    warnings.warn(f"{path}: its axis was converted from {bands.unit} to {unit}.", stacklevel=5)
    return Bands(bands.names, axis, unit)


def _interpolate(
    path: Path, X: NDArray[Any], bands: Bands, contract: Contract
) -> NDArray[np.float64]:
    try:
        return interpolate_bands(contract, X, bands.axis or [])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _suggest_resampling(contract: Contract, bands: Bands) -> str:
    axis, new = contract["axis"], bands.axis or []
    if min(new) <= min(axis) and max(axis) <= max(new):
        return " Spectra are interpolated to the axis of the model with resample=True."
    return ""


def _describe_column(contract: Contract) -> Any:
    names = contract.get("names")
    return describe_value if names is None else lambda place: f"column {names[place[0]]!r}"
