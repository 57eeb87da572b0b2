"""Batches as slices of tensors: skorch's iterators in place of a DataLoader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from sklvision.neural_network._data import TrainingSet
from sklvision.utils._lazy import LazySamples

# Weighted samples come as a dict, which is the form that skorch has for them.
Inputs = Tensor | dict[str, Tensor]


class Batches:
    """Batches of nearly equal size, none larger than `batch_size`.

    So no short last batch, with its noisy gradient, weighs as much as the others.

    Parameters
    ----------
    dataset : TrainingSet
        Samples in memory, or samples that are read when they are needed.
    batch_size : int
        Largest number of samples of a batch.
    shuffle : bool, default=False
        Whether to draw a new order, from torch's default generator, at every iteration.
    """

    def __init__(self, dataset: TrainingSet, batch_size: int, shuffle: bool = False) -> None:
        self.dataset, self.shuffle = dataset, shuffle
        self.n_batches = ceil(len(dataset) / batch_size)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[tuple[Inputs, Tensor | None]]:
        X, y, weights = self.dataset.X, self.dataset.y, self.dataset.weights
        if self.n_batches == 1 and isinstance(X, Tensor):
            # One batch holds everything: no order to draw, nothing to copy.
            yield join_weights(X, weights), y
            return
        n_samples = len(self.dataset)
        size = ceil(n_samples / self.n_batches)
        samples: Iterator[Tensor]
        parts: tuple[Tensor, ...]
        if isinstance(X, LazySamples) and self.shuffle:
            lazy_order = X.draw_order(_draw_permutation)
            parts = torch.from_numpy(lazy_order.positions).split(size)
            samples = map(torch.from_numpy, X.read_order(lazy_order, size))
        elif isinstance(X, LazySamples):
            parts = torch.arange(n_samples).split(size)
            samples = map(torch.from_numpy, X.batches(size))
        else:
            parts = self.draw_rows()
            samples = (X[part] for part in parts)
        for rows, part in zip(samples, parts, strict=True):
            inputs = rows if weights is None else join_weights(rows, weights[part])
            yield inputs, None if y is None else y[part]

    def draw_rows(self) -> tuple[Tensor, ...]:
        """Draw the rows of every batch of samples in memory; a single batch needs no draw."""
        n_samples = len(self.dataset)
        draws = self.shuffle and self.n_batches > 1
        order = torch.randperm(n_samples) if draws else torch.arange(n_samples)
        return order.split(ceil(n_samples / self.n_batches))


def _draw_permutation(n_items: int) -> np.ndarray:
    return torch.randperm(n_items).numpy()


def make_batches(dataset: Dataset, batch_size: int, shuffle: bool = False) -> Any:
    """Return batches of a dataset: slices of a TrainingSet, or a DataLoader of any other.

    This is the ``iterator_train`` and the ``iterator_valid`` of the net.
    """
    if isinstance(dataset, Subset) and isinstance(dataset.dataset, TrainingSet):
        dataset = dataset.dataset.take(np.asarray(dataset.indices))
    if isinstance(dataset, TrainingSet):
        return Batches(dataset, batch_size, shuffle)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)


def resolve_batch_size(batch_size: int, n_samples: int) -> int:
    """Return the largest number of samples of a batch; -1 stands for all of them."""
    return n_samples if batch_size == -1 else min(batch_size, n_samples)


def join_weights(X: Tensor, weights: Tensor | None) -> Inputs:
    """Return samples and their weights as one input of skorch."""
    return X if weights is None else {"X": X, "sample_weight": weights}


def split_weights(inputs: Any) -> tuple[Any, Tensor | None]:
    """Return samples and, where the input is a dict of both, their weights."""
    if isinstance(inputs, Mapping):
        return inputs["X"], inputs.get("sample_weight")
    return inputs, None
