"""Augmentation of arrays, once: augmenters as steps of a pipeline."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch import Generator, Tensor

from sklvision.utils._images import round_to_dtype

# Values augmented at a time: few enough that intermediate results stay small.
_CHUNK_VALUES = 2**20


def augment_array(
    augment: Callable[[Tensor, Generator], Tensor], X: np.ndarray, seed: int
) -> np.ndarray:
    """Augment all samples once, in their own dtype.

    Whole numbers are rounded, and clipped to the range of their dtype.

    Parameters
    ----------
    augment : callable (Tensor, Generator) -> Tensor
        An augmenter.
    X : ndarray or collection of shape (n, ...)
        Samples.
    seed : int
        Seed of the generator.

    Raises
    ------
    ValueError
        If values become infinite, as settings and samples of extreme size make them.
    """
    generator = torch.Generator().manual_seed(seed)
    is_single = X.dtype.kind == "b" or np.can_cast(X.dtype, np.float32)
    result = np.empty(X.shape, X.dtype)
    for rows in gen_batches(len(X), max(1, _CHUNK_VALUES // math.prod(X.shape[1:]))):
        # A copy, for read-only arrays and lazy collections of images alike.
        samples = np.array(X[rows], dtype=np.float32 if is_single else np.float64)
        values = augment(torch.from_numpy(samples), generator).numpy()
        if not np.isfinite(values).all():
            raise ValueError(
                f"{augment!r} made values of X that are not finite: its settings, or the values "
                f"of X, are too large for {values.dtype}."
            )
        result[rows] = round_to_dtype(values, X.dtype)
    return result
