"""Samples in an array that stays where it is stored until they are needed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from sklvision.utils._chunks import (
    Order,
    check_array,
    cut_batches,
    draw_block_order,
    find_block_bounds,
    pack_array,
    read_rows,
    unpack_array,
)
from sklvision.utils._threads import map_ahead
from sklvision.utils._validation import check_count

BlockFunction = Callable[[np.ndarray], np.ndarray]

# Bytes of the samples that the buffer of a shuffle holds by default.
BUFFER_BYTES = 2**29
# Fewer blocks than this in the buffer mix sorted data badly (python -m benchmarks shuffle).
_FEW_BLOCKS = 10
# Rows of an array without chunks that are read at once.
_PLAIN_ROWS = 1024


class ArrayCollection:
    """Samples of an array of zarr, Dask or HDF5, or of a memmap, read when they are needed.

    It can be used like a collection of image files: it has a length and a shape, index arrays and
    masks select samples without reading them, transformers of images accept it, and ``fit`` and
    ``predict`` of the classifiers read it block by block. Estimators of the package convert arrays
    of zarr, Dask and h5py to such a collection.

    .. versionadded:: 0.1

    Parameters
    ----------
    array : array of zarr, dask or h5py, or ndarray
        Samples along the first axis: images ``(n, height, width)`` or
        ``(n, height, width, channels)``, or rows ``(n, n_features)``.
    buffer_size : int, default=None
        Number of samples in the buffer of a shuffle. By default as many as fill 512 MiB. Data with
        at most this many samples are read once, like an array in memory.

    Raises
    ------
    TypeError
        If `array` is not an array.
    ValueError
        If `array` has less than two dimensions, or is a Dask array of unknown size, or if
        `buffer_size` is less than 1.

    See Also
    --------
    ImageCollection : The same for image files.

    Notes
    -----
    Data in chunks cannot be read efficiently in any order: to read a row, its whole chunk must be
    read. In every epoch the buffer is therefore filled with chunks that are drawn from all parts of
    the array, and the samples in it are shuffled, a development of [1]_. While a buffer is trained
    on, the next one is read, so that two are in memory. Rows of a memmap are shuffled in full.

    References
    ----------
    .. [1] L. Xu et al., Stochastic Gradient Descent without Full Data Shuffle, SIGMOD 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.datasets import ArrayCollection
    >>> images = ArrayCollection(np.zeros((10, 8, 6), dtype=np.uint8))
    >>> images.shape, images[[3, 1]].map(np.ravel).shape
    ((10, 8, 6), (2, 48))
    """

    def __init__(self, array: Any, *, buffer_size: int | None = None) -> None:
        check_array(array)
        is_count = isinstance(buffer_size, Integral) and not isinstance(buffer_size, bool)
        if buffer_size is not None and not (is_count and buffer_size > 0):
            raise ValueError(
                f"buffer_size must be None or an integer of at least 1, got {buffer_size!r}."
            )
        # A memmap as a plain array of the same memory, which is indexed faster.
        self._array = np.asarray(array) if isinstance(array, np.ndarray) else array
        self._rows: np.ndarray | None = None  # None stands for all
        self._functions: tuple[BlockFunction, ...] = ()
        self._spec: tuple[tuple[int, ...], np.dtype[Any]] | None = None
        self.buffer_size = buffer_size
        self._bounds = find_block_bounds(self._array, self.n_buffered)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of all samples."""
        return (len(self), *self._describe_sample()[0])

    @property
    def ndim(self) -> int:
        """Number of dimensions of the array of all samples."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the samples."""
        return self._describe_sample()[1]

    @property
    def nbytes(self) -> int:
        """Number of bytes of the array of all samples."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def n_buffered(self) -> int:
        """Number of samples in the buffer of a shuffle."""
        if self.buffer_size is not None:
            return int(self.buffer_size)
        return max(1, BUFFER_BYTES * len(self) // max(1, self.nbytes))

    @property
    def fits_buffer(self) -> bool:
        """Whether all samples fit into the buffer."""
        return len(self) <= self.n_buffered

    def __len__(self) -> int:
        return int(self._array.shape[0]) if self._rows is None else len(self._rows)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_array": pack_array(self._array)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _array=unpack_array(state["_array"]))

    def __repr__(self) -> str:
        return f"<ArrayCollection of {len(self)} samples of shape {self.shape[1:]}, {self.dtype}>"

    def __getitem__(self, key: Any) -> Any:
        """Select one sample as an array by an integer, or a collection of fewer samples."""
        if isinstance(key, tuple):
            key, *axis_keys = key or (slice(None),)
            if any(part is not Ellipsis and part != slice(None) for part in axis_keys):
                raise IndexError("An ArrayCollection is indexed by sample; index values by map.")
        if key is Ellipsis:
            return self
        if isinstance(key, Integral) and not isinstance(key, bool | np.bool_):
            place = range(len(self))[int(key)]
            return next(self[[place]].batches(1))[0]
        rows = np.arange(len(self)) if self._rows is None else self._rows
        if not isinstance(key, slice):
            key = np.asarray(key)
            if key.ndim != 1 or not (key.dtype.kind in "iub" or key.size == 0):
                raise IndexError(
                    "An ArrayCollection is indexed by an integer, a slice, or a one-dimensional "
                    f"array of integers or booleans; got {key.dtype} of shape {key.shape}."
                )
            key = key if key.dtype.kind == "b" else key.astype(np.intp)
        return self._copy_with(_rows=rows[key])

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._read(self._cut_runs()):
            yield from block

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if not self.fits_buffer:
            raise ValueError(
                f"{len(self)} samples of {self.nbytes / 1e9:.3g} GB, which are read block by "
                "block, would be loaded into memory at once here. Pass them to a step that reads "
                "blocks, predict with sklvision.distributed.predict_blocks, or load them by load()."
            )
        return self.load().astype(dtype or self.dtype, copy=False)

    def load(self) -> np.ndarray:
        """Read all samples into one array, whatever their size.

        Returns
        -------
        array : ndarray of shape (n_samples, ...)
            The samples.
        """
        array = np.empty(self.shape, self.dtype)
        start = 0
        for block in self._read(self._cut_runs()):
            array[start : start + len(block)] = block
            start += len(block)
        return array

    def map(self, func: Callable[[np.ndarray], np.ndarray]) -> ArrayCollection:
        """Append a function that every sample passes through once it is read.

        Parameters
        ----------
        func : callable
            Takes one sample and returns an array. It must depend on nothing but the sample.

        Returns
        -------
        samples : ArrayCollection
            A new collection; nothing is read yet.

        Raises
        ------
        TypeError
            If `func` is not callable.
        """
        if not callable(func):
            raise TypeError(f"func must be callable, got {func!r}.")
        return self.map_blocks(partial(_map_samples, func))

    def map_blocks(self, func: BlockFunction) -> ArrayCollection:
        """Append a function of several samples that treats each sample independently.

        Parameters
        ----------
        func : callable
            Takes an array of samples and returns an array of as many.

        Returns
        -------
        samples : ArrayCollection
            A new collection; nothing is read yet.
        """
        return self._copy_with(_functions=(*self._functions, func), _spec=None)

    def batches(
        self, batch_size: int = 32, *, n_threads: int | None = None
    ) -> Iterator[np.ndarray]:
        """Read all samples in order, as arrays of a few.

        While a batch is in use, a thread reads the next block.

        Parameters
        ----------
        batch_size : int, default=32
            Number of samples in each batch but the last.
        n_threads : int, default=None
            Ignored, because arrays decode their data themselves.

        Returns
        -------
        batches : iterator of ndarray of shape (batch_size, ...)
            Samples.

        Raises
        ------
        ValueError
            If `batch_size` is not an integer of at least 1.
        """
        batch_size = check_count("batch_size", batch_size)
        return cut_batches(self._read(self._cut_runs()), batch_size, len(self))

    def sample_rows(self, n_rows: int, n_blocks: int) -> np.ndarray:
        """Read some samples of a few places, spread evenly over all.

        Parameters
        ----------
        n_rows : int
            Largest number of samples.
        n_blocks : int
            Largest number of places.

        Returns
        -------
        samples : ndarray of shape (n, ...)
            The samples, in their order.
        """
        n_blocks = max(1, min(n_blocks, len(self)))
        n_each = max(1, n_rows // n_blocks)
        starts = np.linspace(0, max(0, len(self) - n_each), n_blocks).astype(np.intp)
        rows = np.unique(np.minimum(starts[:, np.newaxis] + np.arange(n_each), len(self) - 1))
        return self[rows].load()

    def draw_order(self, permute: Callable[[int], np.ndarray]) -> Order:
        """Draw the order of an epoch: of all samples, or of blocks and within the buffer.

        Parameters
        ----------
        permute : callable
            Draws a permutation of a number of items.

        Returns
        -------
        order : Order
            To be read by :meth:`read_order`.
        """
        n_samples, n_buffered = len(self), self.n_buffered
        if self._bounds is None or n_samples <= n_buffered:
            return Order(permute(n_samples))
        rows = np.arange(n_samples) if self._rows is None else self._rows
        blocks = np.searchsorted(self._bounds, rows, side="right") - 1
        n_most = int(np.bincount(blocks).max())
        if n_buffered < _FEW_BLOCKS * n_most:
            self._warn_of_large_blocks(n_most)
        return draw_block_order(blocks, n_buffered, permute)

    def read_order(self, order: Order, batch_size: int) -> Iterator[np.ndarray]:
        """Read samples in an order, as arrays of a few; the next buffer is read meanwhile.

        Parameters
        ----------
        order : Order
            As drawn by :meth:`draw_order`.
        batch_size : int
            Number of samples in each batch but the last.

        Returns
        -------
        batches : iterator of ndarray of shape (batch_size, ...)
            Samples.
        """
        if order.ends is None:
            return self[order.positions].batches(batch_size)
        rows = np.arange(len(self)) if self._rows is None else self._rows
        buffers = (rows[part] for part in np.split(order.positions, order.ends[:-1]))
        return cut_batches(self._read(buffers), batch_size, len(order.positions))

    def _warn_of_large_blocks(self, n_rows: int) -> None:
        warnings.warn(
            f"The buffer of the shuffle holds {self.n_buffered} samples, and chunks have up to "
            f"{n_rows}: data sorted by class are mixed badly. Store or rechunk them in chunks of "
            f"at most {max(1, self.n_buffered // _FEW_BLOCKS)} samples, or pass "
            f"ArrayCollection(X, buffer_size={_FEW_BLOCKS * n_rows}).",
            stacklevel=2,
        )

    def _cut_runs(self) -> Iterator[np.ndarray]:
        """Cut the rows in their order into runs that lie in one block each."""
        rows = np.arange(len(self)) if self._rows is None else self._rows
        if self._bounds is None:
            places = np.arange(_PLAIN_ROWS, len(rows), _PLAIN_ROWS)
        else:
            blocks = np.searchsorted(self._bounds, rows, side="right") - 1
            places = np.flatnonzero(np.diff(blocks)) + 1
        return iter(np.split(rows, places))

    def _read(self, parts: Iterable[np.ndarray]) -> Generator[np.ndarray, None, None]:
        """Read parts of the rows, one ahead of the consumer."""
        with closing(map_ahead(self._read_part, parts, n_threads=1, n_ahead=1)) as blocks:
            yield from blocks

    def _read_part(self, rows: np.ndarray) -> np.ndarray:
        """Read rows, each block of them once, and pass them through the functions."""
        samples = self._gather(rows)
        for function in self._functions:
            samples = np.asarray(function(samples))
        return samples

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        if self._bounds is None:
            return self._array[rows]
        if not len(rows):
            return np.empty((0, *self._array.shape[1:]), self._array.dtype)
        blocks = np.searchsorted(self._bounds, rows, side="right") - 1
        if blocks[0] == blocks[-1] and (blocks == blocks[0]).all():
            return self._read_within(rows)
        samples = np.empty((len(rows), *self._array.shape[1:]), self._array.dtype)
        for block in np.unique(blocks):
            places = np.flatnonzero(blocks == block)
            samples[places] = self._read_within(rows[places])
        return samples

    def _read_within(self, rows: np.ndarray) -> np.ndarray:
        """Read rows of one block."""
        start, stop = int(rows.min()), int(rows.max()) + 1
        block = read_rows(self._array, start, stop)
        is_range = len(rows) == stop - start and bool((np.diff(rows) == 1).all())
        return block if is_range else block[rows - start]

    def _describe_sample(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Return shape and dtype of one sample; the first is read where functions change it."""
        if not self._functions:
            return tuple(map(int, self._array.shape[1:])), np.dtype(self._array.dtype)
        if self._spec is None:
            place = np.zeros(1, dtype=np.intp) if self._rows is None else self._rows[:1]
            first = self._read_part(place)
            self._spec = first.shape[1:], first.dtype
        return self._spec

    def _copy_with(self, **changes: Any) -> ArrayCollection:
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__ | changes)
        return new


def _map_samples(function: Callable[[np.ndarray], np.ndarray], samples: np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(function(sample)) for sample in samples])
