"""Data that are read when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def is_collection(X: Any) -> bool:
    """Whether `X` is a collection that reads images when they are needed, like ImageCollection.

    It is recognized by its methods, so that rooms of one floor need not import each other.
    """
    return hasattr(X, "map") and hasattr(X, "batches")


def check_one_size(X: Any, name: str) -> None:
    """Raise unless a collection holds images, all of one size."""
    if len(X) == 0:
        raise ValueError(f"Found a collection of 0 images; {name} needs some.")
    if len(X.shape) < 3:
        raise ValueError(
            "X is a collection of images that differ in size; bring them to one size first, "
            "with sklvision.image.Resize or the collection's own size."
        )


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
