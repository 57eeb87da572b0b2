"""Samples on their way into the net: their moments and batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklvision.utils._lazy import LazyImages

# Values per step when statistics of a large array are taken.
_MOMENT_VALUES = 2**22

Data = np.ndarray | LazyImages


def as_tensor(X: np.ndarray) -> Tensor:
    """View an array as a tensor; torch cannot view a read-only one, so that is copied."""
    return torch.from_numpy(X if X.flags.writeable else X.copy())


def read(X: Data, n_rows: int) -> Iterator[np.ndarray]:
    """Iterate over the samples, `n_rows` at a time."""
    if isinstance(X, LazyImages):
        return X.batches(n_rows)
    return (X[start : start + n_rows] for start in range(0, len(X), n_rows))


@dataclass
class TrainingSet:
    """Data, encoded labels and weights of equal length."""

    X: Tensor | LazyImages
    y: Tensor
    weights: Tensor | None = None

    @classmethod
    def from_arrays(
        cls, X: Data, y: np.ndarray, weights: np.ndarray | None, dtype: torch.dtype
    ) -> TrainingSet:
        """Make tensors of arrays; the weights are brought to a mean of 1."""
        rows = X if isinstance(X, LazyImages) else as_tensor(X)
        if weights is None:
            return cls(rows, torch.from_numpy(y))
        mean_one = torch.from_numpy(weights / weights.mean()).to(dtype)
        return cls(rows, torch.from_numpy(y), mean_one)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: np.ndarray) -> TrainingSet:
        """Select samples."""
        rows = torch.from_numpy(index)
        weights = None if self.weights is None else self.weights[rows]
        return TrainingSet(self.X[rows], self.y[rows], weights)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Weighted mean and standard deviation over samples, and over pixels of images.

        Everything is read once; the moments of parts are merged.

        Returns
        -------
        mean, scale : ndarray of shape (n_bands,) or (channels,)
            In float64. A scale of zero is replaced by one, so that a constant band becomes zero.

        References
        ----------
        T. F. Chan, G. H. Golub and R. J. LeVeque, Updating Formulae and a Pairwise Algorithm for
        Computing Sample Variances, Technical Report STAN-CS-79-773, Stanford University, 1979.
        """
        X = self.X.numpy() if isinstance(self.X, Tensor) else self.X
        weights = np.ones(len(self)) if self.weights is None else self.weights.double().numpy()
        n_rows = max(1, _MOMENT_VALUES // prod(X.shape[1:]))
        mean: Any = 0.0
        spread: Any = 0.0  # weighted sum of squared differences from the mean
        total, start = 0.0, 0
        for batch in read(X, n_rows):
            rows = np.asarray(batch, dtype=np.float64)
            part = weights[start : start + len(rows)]
            weight = part.sum()
            part_mean = part @ _over_pixels(rows) / weight
            difference = part_mean - mean
            spread = spread + part @ _over_pixels((rows - part_mean) ** 2)
            spread = spread + difference**2 * total * weight / (total + weight)
            mean = mean + difference * weight / (total + weight)
            total, start = total + weight, start + len(rows)
        scale = np.sqrt(spread / total)
        # Rounding leaves a constant band with a spread of a few ulps of its value.
        constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        return mean, np.where(constant, 1.0, scale)

    def batches(
        self, batch_size: int, *, shuffle: bool, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield batches of nearly equal size, none larger than `batch_size`.

        So no short last batch, with its noisy gradient, weighs as much as the others.
        """
        n_batches = ceil(len(self) / batch_size)
        n_rows = ceil(len(self) / n_batches)
        if n_batches == 1 and isinstance(self.X, Tensor):
            # One batch holds everything: no order to draw, nothing to copy.
            weights = None if self.weights is None else self.weights.to(device)
            yield self.X.to(device), self.y.to(device), weights
            return
        order = torch.randperm(len(self)) if shuffle else torch.arange(len(self))
        parts = order.split(n_rows)
        samples: Iterator[Tensor]
        if isinstance(self.X, LazyImages):
            samples = map(torch.from_numpy, self.X[order].batches(n_rows))
        else:
            samples = (self.X[part] for part in parts)
        for X, part in zip(samples, parts, strict=True):
            weights = None if self.weights is None else self.weights[part].to(device)
            yield X.to(device), self.y[part].to(device), weights


def _over_pixels(rows: np.ndarray) -> np.ndarray:
    """Mean of each sample's bands or channels."""
    if rows.ndim == 2:
        return rows
    pixels = rows.reshape(len(rows), -1, rows.shape[-1])
    return np.einsum("npc->nc", pixels) / pixels.shape[1]  # mean is slow over a middle axis
