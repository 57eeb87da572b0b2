"""Samples on their way into the net: moments, batches and the validation split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor

# Rows per step when statistics of a large array are taken.
_MOMENT_ROWS = 4096


def as_tensor(X: np.ndarray) -> Tensor:
    """View an array as a tensor; torch cannot view a read-only one, so that is copied."""
    return torch.from_numpy(X if X.flags.writeable else X.copy())


def moments(X: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation over samples, and over pixels of images.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_bands) or (n_samples, height, width, channels)
        The training data.
    weights : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    mean, scale : ndarray of shape (n_bands,) or (channels,)
        In float64. A scale of zero is replaced by one, so that a constant band becomes zero.
    """
    weights = np.ones(len(X)) if weights is None else weights
    total = weights.sum()

    def average(function) -> np.ndarray:
        result = 0.0
        for start in range(0, len(X), _MOMENT_ROWS):
            rows = function(X[start : start + _MOMENT_ROWS].astype(np.float64))
            if rows.ndim > 2:
                rows = rows.mean(axis=tuple(range(1, rows.ndim - 1)))
            result = result + weights[start : start + _MOMENT_ROWS] @ rows
        return result / total

    mean = average(lambda rows: rows)
    scale = np.sqrt(average(lambda rows: (rows - mean) ** 2))
    # Rounding leaves a constant band with a spread of a few ulps of its value.
    constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(constant, 1.0, scale)


@dataclass
class Samples:
    """Data, encoded labels and weights of equal length."""

    X: Tensor
    y: Tensor
    weights: Tensor | None = None

    @classmethod
    def from_arrays(
        cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, dtype: torch.dtype
    ) -> Samples:
        """Make tensors of arrays; the weights are brought to a mean of 1."""
        if weights is None:
            return cls(as_tensor(X), torch.from_numpy(y))
        mean_one = torch.from_numpy(weights / weights.mean()).to(dtype)
        return cls(as_tensor(X), torch.from_numpy(y), mean_one)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: np.ndarray) -> Samples:
        """Select samples."""
        rows = torch.from_numpy(index)
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.X[rows], self.y[rows], weights)

    def batches(
        self, batch_size: int, *, shuffle: bool, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield batches of nearly equal size, none larger than `batch_size`.

        Equal sizes leave no short last batch, whose noisy gradient would weigh as much as
        the others', and on a single sample of which batch normalisation would fail.
        """
        n_batches = ceil(len(self) / batch_size)
        if n_batches == 1:
            # One batch holds everything: no order to draw, nothing to copy.
            yield self._on(device, slice(None))
            return
        order = torch.randperm(len(self)) if shuffle else torch.arange(len(self))
        for index in order.tensor_split(n_batches):
            yield self._on(device, index)

    def _on(
        self, device: torch.device, index: Tensor | slice
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        weights = None if self.weights is None else self.weights[index].to(device)
        return self.X[index].to(device), self.y[index].to(device), weights


def validation_split(
    y: np.ndarray, fraction: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Split indices for early stopping, stratified by class, down to two samples a class.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Encoded labels.
    fraction : float
        Part of each class that goes to validation: at least one sample, and never all of them.
        A class of one sample stays in training.
    rng : RandomState
        Draws the samples.

    Returns
    -------
    train, validation : ndarray of int
        Sorted indices.

    Raises
    ------
    ValueError
        If no class has two samples.
    """
    chosen = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) > 1:
            n_valid = min(max(1, round(fraction * len(members))), len(members) - 1)
            chosen.append(rng.permutation(members)[:n_valid])
    if not chosen:
        raise ValueError(
            "early_stopping=True holds samples out for validation, but no class has 2 samples "
            f"(n_samples={len(y)})."
        )
    validation = np.sort(np.concatenate(chosen))
    train = np.setdiff1d(np.arange(len(y)), validation)
    return train, validation
