"""Rows and images in files that are read in blocks: zarr stores, Parquet files and npy files."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets._files.roles import GROUP_NAMES, TARGET_NAMES
from sklvision.datasets._files.stores import is_array_store, open_samples
from sklvision.datasets._labeled.columns import add_names, find_table_contract, select_columns
from sklvision.datasets._tables.axis import Bands, find_bands
from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._files import PARQUET_SUFFIXES, is_parquet
from sklvision.utils._nested import can_take_images, find_input_shape
from sklvision.utils._optional import import_optional

STORE_SUFFIXES = (".npy", ".zarr", *PARQUET_SUFFIXES)


class Store(Protocol):
    """A file of samples that is read block by block.

    Attributes
    ----------
    n_samples : int
        Number of samples.
    """

    n_samples: int

    def read(self, start: int, size: int) -> Iterator[NDArray[Any] | pd.DataFrame]:
        """Yield the samples from `start` on, `size` at a time."""


def is_store(path: Path) -> bool:
    """Whether a path is a zarr store, a Parquet file or an npy file."""
    return is_array_store(path) or (is_parquet(path) and not path.is_dir())


def open_store(path: Path, model: Any, *, resample: bool = False) -> Store:
    """Open a file of samples for a model, and check what can be known before it is read.

    Parameters
    ----------
    path : Path
        Zarr store, Parquet file or npy file.
    model : estimator
        A fitted model.
    resample : bool, default=False
        Whether spectra on another axis are interpolated to that of the model.

    Raises
    ------
    ValueError
        If the file is damaged, holds no numbers, or not the columns that the model takes.
    """
    if is_parquet(path):
        return ParquetStore(path, model, resample)
    return ArrayStore(path, open_samples(path))


class ArrayStore:
    """Samples in an array of zarr or of a file, along its first axis."""

    def __init__(self, path: Path, array: Any) -> None:
        shape = tuple(map(int, array.shape))
        if array.dtype.kind not in "fiub" or len(shape) not in (2, 3, 4) or 0 in shape:
            raise ValueError(
                f"{path}: expected numbers of 2 (rows), 3 or 4 (images) dimensions, got "
                f"{array.dtype} of shape {shape}."
            )
        self.n_samples = shape[0]
        self._array = array
        self._path = path

    def read(self, start: int, size: int) -> Iterator[NDArray[Any]]:
        """Yield the samples from `start` on, `size` at a time."""
        try:
            yield from ArrayCollection(self._array)[start:].batches(size)
        except (MemoryError, OSError):
            raise
        except Exception as error:  # codecs raise nearly anything on damaged chunks
            raise ValueError(
                f"{self._path}: is damaged ({type(error).__name__}: {error})."
            ) from error


class ParquetStore:
    """Rows of a Parquet file, the columns as a model takes them."""

    def __init__(self, path: Path, model: Any, resample: bool) -> None:
        parquet = import_optional("pyarrow.parquet", extra="distributed")
        try:
            self._file = parquet.ParquetFile(path)
        except OSError:
            raise
        except Exception as error:
            raise ValueError(f"{path}: cannot be read as a Parquet file ({error}).") from error
        self.n_samples = int(self._file.metadata.num_rows)
        self._path, self._resample = path, resample
        self._contract = find_table_contract(model)
        self._is_image_model = can_take_images(model)
        self._shape = find_input_shape(model)
        self._bands = self._find_bands()
        self._convert(np.zeros((1, len(self._bands.names))))  # raises where columns are missing

    def _find_bands(self) -> Bands:
        """Find the columns of numbers that may be samples, and their positions."""
        schema = self._file.schema_arrow
        names = [field.name for field in schema if _is_number(field.type)]
        contract = self._contract or {}
        if contract.get("axis") is None and set(contract.get("names") or [None]) <= set(names):
            return Bands(list(contract["names"]))
        bands = find_bands(names)
        n_expected = prod(self._shape) if self._shape else (contract.get("shape") or [0])[0]
        is_axis_known = contract.get("axis") is not None and bands is not None
        if is_axis_known or (bands is not None and len(bands.names) == n_expected):
            return bands  # type: ignore[return-value]
        roles = (*TARGET_NAMES, *GROUP_NAMES, *filter(None, _list_roles(contract)))
        return Bands([name for name in names if name.lower() not in roles])

    def read(self, start: int, size: int) -> Iterator[NDArray[Any] | pd.DataFrame]:
        """Yield the rows from `start` on, `size` at a time."""
        rows: NDArray[Any] | None = None
        for block in self._read_blocks(start, size):
            rows = block if rows is None or not len(rows) else np.concatenate([rows, block])
            while len(rows) >= size:
                yield self._convert(rows[:size])
                rows = rows[size:]
        if rows is not None and len(rows):
            yield self._convert(rows)

    def _read_blocks(self, start: int, size: int) -> Iterator[NDArray[Any]]:
        """Yield rows from `start` on; groups of rows before it are not read."""
        metadata = self._file.metadata
        counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        ends = np.cumsum(counts)
        first = int(np.searchsorted(ends, start, side="right"))
        if first == len(counts):
            return
        n_left_out = start - int(ends[first] - counts[first])
        batches = self._file.iter_batches(
            size, row_groups=range(first, len(counts)), columns=self._bands.names, use_threads=False
        )
        try:
            for batch in batches:
                columns = [batch.column(batch.schema.names.index(n)) for n in self._bands.names]
                rows = np.column_stack([_convert_column(column) for column in columns])
                n_dropped = min(n_left_out, len(rows))
                n_left_out -= n_dropped
                yield rows[n_dropped:]
        except OSError as error:  # pyarrow's word for damaged pages
            raise ValueError(f"{self._path}: is damaged ({error}).") from error

    def _convert(self, rows: NDArray[Any]) -> NDArray[Any] | pd.DataFrame:
        if self._is_image_model or self._contract is None:
            return rows
        selected = select_columns(
            self._path, rows, self._bands, self._contract, self._resample, keep_invalid=True
        )
        return add_names(selected, self._contract)


def _convert_column(column: Any) -> NDArray[Any]:
    values = column.to_numpy(zero_copy_only=False)
    return values.astype(np.float64) if values.dtype == object else values  # bools with gaps


def _list_roles(contract: dict[str, Any]) -> list[str | None]:
    roles = contract.get("roles") or {}
    return [roles.get(name) for name in ("target", "group", "split", "time")]


def _is_number(kind: Any) -> bool:
    types = import_optional("pyarrow.types", extra="distributed")
    return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
