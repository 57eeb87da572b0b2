"""Description of the samples that a user passes, made once, at the public door."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from numbers import Number
from typing import Any, Protocol, TypeGuard, runtime_checkable

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_numeric_dtype,
)

from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._chunks import is_stored_array
from sklvision.utils._columns import check_column_names, check_values, get_columns
from sklvision.utils._sample_lists import is_nested_series, to_array, to_host
from sklvision.utils._sklearn import get_column_names, index_samples

# Key of the attributes of a table of pandas under which its reader leaves notes.
ORIGIN = "sklvision"


@runtime_checkable
class Collection(Protocol):
    """Samples that are read when they are needed, such as an ``ImageCollection``.

    Besides these methods a collection has a `shape`, which is ``(n,)`` where its images
    differ in size, and a `dtype`.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any) -> Any: ...

    def map(self, func: Callable[[np.ndarray], np.ndarray]) -> Any:
        """Return the collection with a function of one image appended."""

    def batches(self, batch_size: int, *, n_threads: int | None = None) -> Iterator[np.ndarray]:
        """Read all images in order, in batches."""


def is_collection(X: Any) -> TypeGuard[Collection]:
    """Whether `X` is a collection of images; known by its class, and so in a microsecond."""
    return _is_collection_class(type(X))  # type: ignore[arg-type]


@lru_cache(maxsize=128)
def _is_collection_class(cls: type) -> bool:
    return issubclass(cls, Collection)


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples in the container that the user passed, and what there is to know of them.

    Made by :func:`as_samples` where data come in, and handed inward: inner functions read its
    attributes instead of examining the data again. Estimators of others receive `data`.

    Attributes
    ----------
    data : array, table or collection
        The samples in the user's own type. Lists become arrays, and tensors of torch become
        arrays on the host.
    n_samples : int
        Number of samples.
    sample_shape : tuple of int or None
        Shape of one sample; None for a collection of images that differ in size.
    kind : {"images", "table", "other"}
        ``"images"`` are samples of two or three dimensions and every collection of images,
        ``"table"`` rows of numbers or of anything else, ``"other"`` the rest, such as a list of
        texts.
    """

    data: Any
    n_samples: int
    sample_shape: tuple[int, ...] | None
    kind: str

    def __len__(self) -> int:
        return self.n_samples

    def __sizeof__(self) -> int:
        return int(getattr(self.data, "nbytes", None) or sys.getsizeof(self.data))

    @property
    def is_lazy(self) -> bool:
        """Whether the samples are read when they are needed."""
        return is_collection(self.data)

    @property
    def is_images(self) -> bool:
        """Whether every sample is an image."""
        return self.kind == "images"

    @property
    def is_table(self) -> bool:
        """Whether every sample is a row of a table."""
        return self.kind == "table"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples and shape of one; the number alone where they differ in size."""
        return (self.n_samples, *(self.sample_shape or ()))

    @cached_property
    def dtype(self) -> np.dtype:
        """Type of the values, for a table that of an array that holds them all."""
        dtype = getattr(self.data, "dtype", None)
        if isinstance(dtype, np.dtype):
            return dtype
        return np.asarray(index_samples(self.data, slice(0, 1))).dtype

    @cached_property
    def names(self) -> np.ndarray | None:
        """Names of the columns of a table; None where it has none, or not all are strings."""
        return get_column_names(self.data) if self.is_table else None

    @property
    def files(self) -> np.ndarray | None:
        """Names of the files of a collection; None for everything else."""
        return getattr(self.data, "files", None) if self.is_lazy else None

    @property
    def origin(self) -> dict[str, Any]:
        """Notes of the reader of files: axis and roles of a table, reading of images."""
        if self.is_lazy:
            return getattr(self.data, "origin", {})
        attributes = getattr(self.data, "attrs", None)  # of a table of pandas
        return attributes.get(ORIGIN, {}) if isinstance(attributes, dict) else {}

    @property
    def image_mode(self) -> str | None:
        """Mode in which a collection reads its files; None for everything else."""
        return getattr(self.data, "mode", None) if self.is_lazy else None

    @cached_property
    def is_numeric(self) -> bool:
        """Whether all values are numbers."""
        dtypes = getattr(self.data, "dtypes", None)  # of a table of pandas
        if dtypes is not None and np.ndim(dtypes) == 1 and hasattr(self.data, "iloc"):
            return all(is_numeric_dtype(dtype) for dtype in dtypes)
        return is_numeric_dtype(self.dtype)

    def check_numbers(self) -> None:
        """Raise if values cannot be numbers; of a table, the message names the column.

        Everything else is left to the checks of scikit-learn.

        Raises
        ------
        ValueError
            If values are dates, columns of a table hold text or share a name.
        """
        check_column_names(self.data)
        check_values(self.data)

    def take(self, indices: Any) -> Samples:
        """Select samples by index array, mask or slice; the container keeps its type."""
        data = self.data[indices] if self.is_lazy else index_samples(self.data, indices)
        return as_samples(data)

    def to_array(self) -> np.ndarray:
        """Return all samples as one array; a collection is read."""
        return np.asarray(self.data)

    def to_frame(self) -> pd.DataFrame | None:
        """Return a table of any library as one of pandas; None for arrays and sparse matrices."""
        if isinstance(self.data, pd.DataFrame):
            return self.data
        columns = get_columns(self.data)
        if columns is None:
            return None
        return pd.DataFrame({i: np.asarray(column) for i, (_, column) in enumerate(columns)})

    def fill(self, values: np.ndarray) -> Any:
        """Return an array of the same shape in a container of the type of these samples."""
        if isinstance(self.data, pd.DataFrame):
            return pd.DataFrame(values, index=self.data.index, columns=self.data.columns)
        columns = get_columns(self.data)
        if columns is None:
            return values
        columns_by_name = {
            name: np.ascontiguousarray(values[:, i]) for i, (name, _) in enumerate(columns)
        }
        # A table of polars is made of columns, one of pyarrow by a function of its type.
        make = getattr(type(self.data), "from_pydict", type(self.data))
        return make(columns_by_name)

    def blocks(self, size: int) -> Iterator[np.ndarray]:
        """Yield the samples in order as arrays of at most `size` of them."""
        if self.is_lazy:
            yield from self.data.batches(size)
            return
        for start in range(0, self.n_samples, size):
            yield np.asarray(index_samples(self.data, slice(start, start + size)))

    def images(self) -> Iterator[np.ndarray]:
        """Yield one sample after another as an array."""
        if self.is_lazy:
            yield from self.data
            return
        yield from self.to_array()

    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> Any:
        """Apply a function of one sample to each: now, or for a collection when it is read."""
        if self.is_lazy:
            return self.data.map(function)
        return np.stack([function(sample) for sample in self.to_array()])


def as_samples(X: Any) -> Samples:
    """Describe samples in any container.

    Parameters
    ----------
    X : array-like, table, collection, or Samples
        A NumPy array, list, memmap or tensor; a table of pandas, polars or pyarrow; a sparse
        matrix; an :class:`~sklvision.datasets.ImageCollection`; an array of zarr, Dask or
        h5py, which becomes an :class:`~sklvision.datasets.ArrayCollection`. Values are not
        checked.

    Returns
    -------
    samples : Samples
        The description; `X` itself if it is one.

    Raises
    ------
    TypeError
        If `X` is a path, the content of a file or an image of Pillow.
    ValueError
        If `X` has no first axis, or is a list of arrays of different shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._samples import as_samples
    >>> samples = as_samples(np.zeros((10, 28, 28), dtype=np.uint8))
    >>> samples.kind, samples.n_samples, samples.sample_shape
    ('images', 10, (28, 28))
    >>> samples.take([3, 1]).shape
    (2, 28, 28)
    """
    if isinstance(X, Samples):
        return X
    if is_image_file(X):
        raise TypeError(make_files_message(X))
    if is_stored_array(X):
        X = ArrayCollection(X)
        if len(X.shape) == 2 and X.fits_buffer:  # few steps for tables read blocks
            X = X.load()
    if is_collection(X):
        sample_shape = tuple(X.shape[1:]) or None  # type: ignore[attr-defined]
        is_table = isinstance(X, ArrayCollection) and len(X.shape) == 2
        return Samples(X, len(X), sample_shape, "table" if is_table else "images")
    X = to_host(X)
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        # NumPy would take whatever is below the mask.
        raise ValueError(
            f"{int(np.ma.getmaskarray(X).sum())} values of X are masked, and so missing: fill them "
            "in, or leave those samples out."
        )
    if not hasattr(X, "shape") or is_series_of_arrays(X):
        X = to_array(X)
    if isinstance(X, np.ndarray) and X.dtype.kind == "f" and X.dtype.itemsize > 8:
        X = X.astype(np.float64)  # pandas and torch know no wider type
    shape = tuple(X.shape)
    if not shape:
        hint = _suggest_container(X[()])
        raise ValueError(
            f"X must hold samples along its first axis, got {hint or f'a single value: {X!r}'}."
        )
    kind = {2: "table", 3: "images", 4: "images"}.get(len(shape), "other")
    return Samples(X, int(shape[0]), shape[1:], kind)


def _suggest_container(value: Any) -> str:
    """Describe a value that holds samples in another way than an array; "" of everything else."""
    is_number = isinstance(value, Number | str | np.generic)
    if hasattr(value, "collect"):
        return f"a single value of type {type(value).__name__}. Read it first, by collect()"
    if isinstance(value, Mapping):
        return "a dict. Make a table of it, by pandas.DataFrame(X), or pass one of its values"
    if isinstance(value, Iterator | set | frozenset):
        return f"a {type(value).__name__}, which has no order or is read once. Pass list(X)"
    if not is_number and value is not None:
        return f"a {type(value).__name__}. Pass an array, a table, a list or a collection"
    return ""


_LONGEST_PATH = 200  # that a message shows whole
# Ends of names of files that hold many samples, most often spectra.
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".parquet", ".npz", ".npy", ".zarr")


def is_image_file(X: Any) -> bool:
    """Whether `X` is a path, the content of a file, or an image of Pillow."""
    return isinstance(X, str | os.PathLike | bytes) or (
        hasattr(X, "getexif") and hasattr(X, "draft")
    )


def make_files_message(X: Any) -> str:
    """Make the message about files that were passed in place of their samples."""
    if isinstance(X, str | os.PathLike) and str(os.fspath(X)).lower().endswith(_TABLE_SUFFIXES):
        return (
            f"Expected spectra or images, got {_describe_files(X)}. Read it first: by load_spectra "
            "or load_labeled to fit and, to read new samples as the training data, by "
            "read_samples([path], classifier) to predict (sklvision.datasets)."
        )
    return (
        f"Expected images, got {_describe_files(X)}. Files are passed as a collection: "
        "ImageCollection(files) to fit and, to read new ones as the training images, "
        'ImageCollection(files, **classifier.input_contract_["reading"]) to predict '
        "(sklvision.datasets)."
    )


def _describe_files(X: Any) -> str:
    if isinstance(X, bytes):
        return "bytes"
    if isinstance(X, str | os.PathLike):
        path = str(os.fspath(X))  # or the content of a file as text
        return f"the path {path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + '…'!r}"
    if is_image_file(X):
        return "an image of Pillow"
    if hasattr(X, "read"):
        return "an open file"
    return f"a list of {len(X)}, the first of them {_describe_files(next(iter(X)))}"


def is_series_of_arrays(X: Any) -> bool:
    """Whether `X` is a Series of pandas or polars that holds one array or list for each sample."""
    if is_nested_series(X):
        return True
    return isinstance(X, pd.Series) and X.dtype == object and len(X) > 0 and np.ndim(X.iloc[0]) > 0
