"""Data that are read when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class LazyImages:
    """A collection of images seen as ``(n, height, width, channels)``.

    Parameters
    ----------
    collection : ImageCollection
        Its images are of one shape, ``(height, width)`` or ``(height, width, channels)``.
    shape : tuple of int
        Shape of one image, ``(height, width, channels)``.
    dtype : dtype
        Type that images are converted to, unless they are ``uint8``.
    """

    def __init__(self, collection: Any, shape: tuple[int, ...], dtype: Any) -> None:
        self._collection = collection
        self._image_shape = shape
        self._dtype = np.uint8 if collection.dtype == np.uint8 else dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of images and shape of one."""
        return (len(self), *self._image_shape)

    def __len__(self) -> int:
        return len(self._collection)

    def __getitem__(self, index: Any) -> LazyImages:
        """Select images by an index array or a mask."""
        return LazyImages(self._collection[np.asarray(index)], self._image_shape, self._dtype)

    def batches(self, batch_size: int) -> Iterator[np.ndarray]:
        """Read all images in order; the next are decoded while these are in use."""
        for batch in self._collection.batches(batch_size):
            images = batch.astype(self._dtype, copy=False).reshape(-1, *self._image_shape)
            if images.dtype.kind == "f" and not np.isfinite(images).all():
                raise ValueError("Input X contains NaN or infinity: an image has such pixels.")
            yield images


def read_blocks(X: np.ndarray | LazyImages, size: int) -> Iterator[np.ndarray]:
    """Yield samples in order, at most `size` at a time."""
    if isinstance(X, LazyImages):
        return X.batches(size)
    return (X[start : start + size] for start in range(0, len(X), size))
