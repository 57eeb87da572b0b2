"""Samples on their way into the net, and their moments."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import torch
from skorch.dataset import Dataset
from torch import Tensor

from sklvision.utils._lazy import LazySamples, read_blocks

# Values per step when statistics of a large array are taken.
_MOMENT_VALUES = 2**22

_SAMPLE_DTYPES = (np.uint8, np.float32, np.float64)

Data = np.ndarray | LazySamples


def as_tensor(X: np.ndarray) -> Tensor:
    """Return an array as a tensor that shares its memory, or a copy where torch cannot read it."""
    is_readable = X.flags.writeable and min(X.strides, default=0) >= 0
    return torch.from_numpy(X if is_readable else X.copy())


def move_data(data: Any, device: str) -> Any:
    """Move a tensor, what becomes one, or a dict of these to a device."""
    if isinstance(data, Mapping):
        return {name: move_data(part, device) for name, part in data.items()}
    return (data if isinstance(data, Tensor) else as_tensor(np.asarray(data))).to(device)


class TrainingSet(Dataset):
    """Samples, encoded labels and weights of equal length, as a dataset of skorch.

    Parameters
    ----------
    X : array-like, Tensor, LazySamples or dict
        Samples. skorch's form of weighted samples is a dict of ``"X"`` and ``"sample_weight"``.
    y : array-like or Tensor of shape (n_samples,), default=None
        Encoded labels; None for prediction.
    weights : Tensor of shape (n_samples,), default=None
        Weights of the samples.
    """

    X: Tensor | LazySamples
    y: Tensor

    def __init__(self, X: Any, y: Any = None, weights: Tensor | None = None) -> None:
        if isinstance(X, Mapping):
            X, weights = X["X"], X.get("sample_weight")
        X = X if isinstance(X, LazySamples) else _make_samples(X)
        y = y if y is None or isinstance(y, Tensor) else torch.as_tensor(np.asarray(y)).long()
        if weights is not None:
            weights = torch.as_tensor(weights)
        lengths = [len(part) for part in (X, y, weights) if part is not None]
        if len(set(lengths)) > 1:
            raise ValueError(f"X, y and weights have different lengths: {lengths}.")
        super().__init__(X, y, length=len(X))
        self.weights = weights

    @classmethod
    def from_arrays(
        cls, X: Data, y: np.ndarray, weights: np.ndarray | None, dtype: torch.dtype
    ) -> TrainingSet:
        """Make tensors of arrays; the weights are brought to a mean of 1."""
        if weights is None:
            return cls(X, y)
        return cls(X, y, torch.from_numpy(weights / weights.mean()).to(dtype))

    def __getitem__(self, index: int) -> tuple[Any, Tensor]:
        """Return one sample, as a DataLoader asks for it."""
        X: Any = self.X
        X = next(X[[index]].batches(1))[0] if isinstance(X, LazySamples) else X[index]
        if self.weights is not None:
            X = {"X": X, "sample_weight": self.weights[index]}
        return X, torch.zeros(()) if self.y is None else self.y[index]

    def take(self, index: np.ndarray) -> TrainingSet:
        """Select samples."""
        rows = torch.from_numpy(index)
        y, weights = (None if part is None else part[rows] for part in (self.y, self.weights))
        return TrainingSet(self.X[rows], y, weights)

    def compute_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Compute weighted mean and standard deviation over samples, and over pixels of images.

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
        sum_squares: Any = 0.0  # weighted, of differences from the mean
        # Pairwise update of mean and sum of squares, block by block: one pass over data that may
        # not fit into memory, without the cancellation of a difference of large sums.
        total, start = 0.0, 0
        for batch in read_blocks(X, n_rows):
            rows = np.asarray(batch, dtype=np.float64)
            row_weights = weights[start : start + len(rows)]
            weight = row_weights.sum()
            block_mean = row_weights @ _average_pixels(rows) / weight
            difference = block_mean - mean
            sum_squares = sum_squares + row_weights @ _average_pixels((rows - block_mean) ** 2)
            # Blocks differ in their means as well.
            sum_squares = sum_squares + difference**2 * total * weight / (total + weight)
            mean = mean + difference * weight / (total + weight)
            total, start = total + weight, start + len(rows)
        scale = np.sqrt(sum_squares / total)
        # Rounding leaves a constant band with a spread of a few ulps of its value.
        is_constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        return mean, np.where(is_constant, 1.0, scale)


def _make_samples(X: Any) -> Tensor:
    """Return samples as a tensor of a type that torch slices and the net converts."""
    if isinstance(X, Tensor):
        return X
    X = np.asarray(X)
    return as_tensor(X if X.dtype in _SAMPLE_DTYPES else X.astype(np.float32))


def _average_pixels(rows: np.ndarray) -> np.ndarray:
    """Average each channel of an image over its pixels; bands of spectra stay as they are."""
    if rows.ndim == 2:
        return rows
    pixels = rows.reshape(len(rows), -1, rows.shape[-1])
    return np.einsum("npc->nc", pixels) / pixels.shape[1]  # mean is slow over a middle axis
