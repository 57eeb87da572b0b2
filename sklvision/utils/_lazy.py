"""Data that are read when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from sklvision.utils._array_collection import BUFFER_BYTES, ArrayCollection
from sklvision.utils._chunks import Order
from sklvision.utils._samples import Samples, as_samples


class LazySamples:
    """A collection seen in the shape and type that a net takes.

    Parameters
    ----------
    collection : ImageCollection or ArrayCollection
        Its samples are of one shape.
    shape : tuple of int
        Shape of one sample: ``(height, width, channels)`` or ``(n_bands,)``.
    dtype : dtype
        Type that samples are converted to, unless they are images of ``uint8``.
    """

    def __init__(self, collection: Any, shape: tuple[int, ...], dtype: Any) -> None:
        self._collection = collection
        self._sample_shape = shape
        is_kept = collection.dtype == np.uint8 and len(shape) > 1
        self._dtype = np.uint8 if is_kept else dtype

    @property
    def collection(self) -> Any:
        """The collection that samples are read from."""
        return self._collection

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples and shape of one."""
        return (len(self), *self._sample_shape)

    def __len__(self) -> int:
        return len(self._collection)

    def __getitem__(self, index: Any) -> LazySamples:
        """Select samples by an index array or a mask."""
        return LazySamples(self._collection[np.asarray(index)], self._sample_shape, self._dtype)

    def batches(self, batch_size: int) -> Iterator[np.ndarray]:
        """Read all samples in order; the next are read while these are in use."""
        return self._convert(self._collection.batches(batch_size))

    def draw_order(self, permute: Callable[[int], np.ndarray]) -> Order:
        """Draw the order of an epoch; `permute` draws a permutation of a number of items."""
        if isinstance(self._collection, ArrayCollection):
            return self._collection.draw_order(permute)
        return Order(permute(len(self)))

    def read_order(self, order: Order, batch_size: int) -> Iterator[np.ndarray]:
        """Read samples in an order that was drawn."""
        if isinstance(self._collection, ArrayCollection):
            return self._convert(self._collection.read_order(order, batch_size))
        return self._convert(self._collection[order.positions].batches(batch_size))

    def read_few(self, n_samples: int) -> np.ndarray:
        """Read some samples, of a few places where reading one costs its whole chunk."""
        if isinstance(self._collection, ArrayCollection):
            rows = self._collection.sample_rows(n_samples, n_blocks=8)
            return next(self._convert(iter([rows])))
        step = max(1, len(self) // n_samples)
        return next(self[np.arange(0, len(self), step)[:n_samples]].batches(n_samples))

    def _convert(self, batches: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Convert batches, and raise where values are not finite."""
        n_before = 0
        for batch in batches:
            with np.errstate(over="ignore"):  # what becomes infinite is refused
                samples = batch.astype(self._dtype, copy=False).reshape(-1, *self._sample_shape)
            if samples.dtype.kind == "f" and not np.isfinite(samples).all():
                raise ValueError(self._describe_invalid(samples, n_before))
            n_before += len(samples)
            yield samples

    def _describe_invalid(self, samples: np.ndarray, n_before: int) -> str:
        if len(self._sample_shape) > 1:
            return "Input X contains NaN or infinity: an image has such pixels."
        is_invalid = ~np.isfinite(samples).all(axis=1)
        row = n_before + int(np.argmax(is_invalid))
        return (
            f"Input X contains NaN, infinity or a value too large for {np.dtype(self._dtype)}, the "
            f"first in sample {row} of those that are read."
        )


def open_samples(samples: Samples, dtype: Any) -> Samples:
    """Return samples as a net reads them: block by block, or from memory where that holds them.

    Parameters
    ----------
    samples : Samples
        Large arrays that are mapped from a file become a collection; collections of arrays that
        fit into the buffer of a shuffle are read.
    dtype : dtype
        Type that samples will be converted to.
    """
    data = samples.data
    if isinstance(data, ArrayCollection) and data.fits_buffer:
        return as_samples(data.load())
    if isinstance(data, np.memmap) and data.dtype.kind in "fiub":
        itemsize = 1 if data.dtype == np.uint8 else np.dtype(dtype).itemsize
        if prod(data.shape) * itemsize > BUFFER_BYTES:
            return as_samples(ArrayCollection(data))
    return samples


def read_blocks(X: np.ndarray | LazySamples, size: int) -> Iterator[np.ndarray]:
    """Yield samples in order, at most `size` at a time."""
    if isinstance(X, LazySamples):
        return X.batches(size)
    return (X[start : start + size] for start in range(0, len(X), size))
