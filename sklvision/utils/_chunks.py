"""Arrays that are read in blocks of rows: which there are, where blocks begin, how one is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from sklvision.utils._optional import import_optional

# Packages whose arrays stay where they are stored until a part of them is read.
_PACKAGES = ("zarr", "dask", "h5py")
# Small chunks are read together: a block has at least this many bytes.
_MIN_BLOCK_BYTES = 2**20
_MIN_BUFFER_BLOCKS = 64


@dataclass(frozen=True)
class Order:
    """Order in which samples are read, and where the parts end that are read together.

    Attributes
    ----------
    positions : ndarray of int
        Positions of the samples.
    ends : ndarray of int or None
        Places in `positions`; None where every sample is read alone.
    """

    positions: np.ndarray
    ends: np.ndarray | None = None


def is_stored_array(X: Any) -> bool:
    """Whether `X` is an array of zarr, Dask or h5py; known by its class, without an import."""
    package = type(X).__module__.partition(".")[0]
    is_known = package in _PACKAGES
    if package == "h5py" and not X:
        raise ValueError("X is a data set of an HDF5 file that is closed: open the file first.")
    return is_known and hasattr(X, "shape") and hasattr(X, "dtype") and hasattr(X, "ndim")


class StoredDataset(NamedTuple):
    """Place of a data set of h5py, which itself cannot be sent to another process."""

    file: str
    name: str


def pack_array(array: Any) -> Any:
    """Return what another process can open an array by: itself, or its place in an HDF5 file."""
    if type(array).__module__.partition(".")[0] != "h5py":
        return array
    return StoredDataset(os.fspath(array.file.filename), array.name)


def unpack_array(packed: Any) -> Any:
    """Return the array that :func:`pack_array` packed."""
    if not isinstance(packed, StoredDataset):
        return packed
    h5py = import_optional("h5py", extra="distributed")
    return h5py.File(packed.file, "r")[packed.name]


def find_block_bounds(array: Any, n_buffered: int) -> np.ndarray | None:
    """Find the rows at which blocks begin, and the number of rows at the end.

    A block is one chunk, or several that follow one another where they are small. None stands
    for an array in which any row is read alone, such as one that is mapped from a file.

    Parameters
    ----------
    array : array of zarr, dask or h5py, or ndarray
        The array.
    n_buffered : int
        Number of rows in the buffer of a shuffle, of which small chunks that are read
        together are a small fraction.

    Raises
    ------
    ValueError
        If the array of Dask does not know the sizes of its chunks.
    """
    if isinstance(array, np.ndarray):
        return None
    n_rows, chunks = array.shape[0], getattr(array, "shards", None) or array.chunks
    n_row_bytes = max(1, int(np.prod(array.shape[1:], dtype=np.int64)) * array.dtype.itemsize)
    n_fewest = max(1, min(_MIN_BLOCK_BYTES // n_row_bytes, n_buffered // _MIN_BUFFER_BLOCKS))
    if chunks is not None and isinstance(chunks[0], tuple):  # of Dask: sizes of all chunks
        ends = np.cumsum(chunks[0])
    else:
        step = n_fewest if chunks is None else int(chunks[0])
        step *= -(-n_fewest // step)
        ends = np.append(np.arange(step, n_rows, step), n_rows)
    bounds = [0]
    for start, end in pairwise([0, *ends.tolist()]):
        if end - bounds[-1] >= n_fewest or end == n_rows:
            bounds.append(end)
        elif start == end:
            continue
    return np.array(bounds, dtype=np.intp)


def read_rows(array: Any, start: int, stop: int) -> np.ndarray:
    """Read the rows from `start` to before `stop` into memory."""
    block = array[start:stop]
    return np.asarray(block.compute() if hasattr(block, "compute") else block)


def draw_block_order(
    blocks: np.ndarray, n_buffered: int, permute: Callable[[int], np.ndarray]
) -> Order:
    """Draw the order of an epoch over samples that are stored in blocks.

    Parameters
    ----------
    blocks : ndarray of int, shape (n_samples,)
        Number of the block of each sample.
    n_buffered : int
        Number of samples that are shuffled together.
    permute : callable
        Draws a permutation of a number of items.

    Returns
    -------
    order : Order
        Positions of the samples; parts are those that fill the buffer.
    """
    # Every buffer is filled with blocks from all over the array: of as many neighbors as there are
    # buffers, each buffer receives one by lot, so that data sorted by class have all classes in it,
    # as far as there are blocks for them. Samples are then permuted within the buffer. A full
    # permutation would read a whole block for every sample.
    by_block = np.argsort(blocks, kind="stable")
    counts = np.bincount(blocks)
    starts = np.cumsum(counts) - counts
    present = np.flatnonzero(counts)
    n_blocks_each = max(1, n_buffered // int(counts.max()))
    n_buffers = -(-len(present) // n_blocks_each)
    parts: list[list[np.ndarray]] = [[] for _ in range(n_buffers)]
    # The last few neighbors go to some of the buffers.
    for first in range(0, len(present), n_buffers):
        neighbors = present[first : first + n_buffers]
        for block, place in zip(neighbors, permute(n_buffers), strict=False):
            parts[place].append(by_block[starts[block] : starts[block] + counts[block]])
    buffers = [np.concatenate(part) for part in parts]
    buffers = [buffer[permute(len(buffer))] for buffer in buffers]
    return Order(np.concatenate(buffers), np.cumsum(list(map(len, buffers))))


def check_array(array: Any) -> None:
    """Raise unless this is an array of samples that knows how many it has."""
    if not all(hasattr(array, name) for name in ("shape", "dtype", "__getitem__")):
        raise TypeError(
            "array must be an array of zarr, Dask or h5py, or of NumPy, got "
            f"{type(array).__name__}."
        )
    if any(side is None or side != side for side in array.shape):  # NaN
        raise ValueError(
            f"X is a Dask array of unknown size, {array.shape}: call its compute_chunk_sizes() "
            "first."
        )
    if len(array.shape) < 2:
        raise ValueError(
            f"array must hold samples of one shape along its first axis, got {array.shape}."
        )


def cut_batches(
    blocks: Generator[np.ndarray, None, None], size: int, n_samples: int
) -> Iterator[np.ndarray]:
    """Cut blocks into batches of one size, the last of which may be smaller."""
    batch: np.ndarray | None = None
    n_done = n_filled = 0
    with closing(blocks):
        for block in blocks:
            start = 0
            while start < len(block):
                if batch is None:
                    shape = (min(size, n_samples - n_done), *block.shape[1:])
                    batch, n_filled = np.empty(shape, block.dtype), 0
                n_taken = min(len(batch) - n_filled, len(block) - start)
                batch[n_filled : n_filled + n_taken] = block[start : start + n_taken]
                n_filled, start = n_filled + n_taken, start + n_taken
                if n_filled == len(batch):
                    n_done += n_filled
                    full_batch, batch = batch, None
                    yield full_batch
            del block  # before the next one is waited for
