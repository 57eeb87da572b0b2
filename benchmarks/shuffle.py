"""Accuracy after training through the buffer of a shuffle, compared with a full shuffle.

    python -m benchmarks shuffle

The data lie in chunks of a twentieth of the rows, sorted by class, which is the worst order, or in
a random one. The buffer holds some of them; the smallest is a single chunk, so that
nothing is mixed but the order of the chunks. MNIST is fetched; without it the digits are all.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklvision.datasets import ArrayCollection, fetch_mnist
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

N_CHUNKS = 20
N_BUFFERED_CHUNKS = (20, 10, 5, 2, 1)


class ChunkedArray:
    """An array in memory that is read as one in chunks is, without what a file costs."""

    def __init__(self, values: np.ndarray, n_rows: int) -> None:
        self._values = values
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim
        self.chunks = (n_rows, *values.shape[1:])

    def __getitem__(self, key: Any) -> np.ndarray:
        return self._values[key]


def _load_tasks(n_images: int) -> Iterator[tuple[str, Any, np.ndarray, np.ndarray]]:
    X, y = load_digits(return_X_y=True)
    yield "digits, spectrum_mlp", SpectrumClassifier(max_epochs=20), X.astype(np.float32), y
    if not n_images:
        return
    try:
        images, y = fetch_mnist(return_X_y=True)
    except (OSError, ImportError) as error:
        print(f"MNIST is left out: {error}")
        return
    classifier = ImageClassifier("mlp", max_epochs=5)
    yield "MNIST, mlp", classifier, images[:n_images], y[:n_images]


def _order_rows(y: np.ndarray, order: str, seed: int) -> np.ndarray:
    rows = np.random.RandomState(seed).permutation(len(y))
    return rows[np.argsort(y[rows], kind="stable")] if order == "by class" else rows


def _measure_accuracy(
    estimator: Any, X: np.ndarray, y: np.ndarray, order: str, n_chunks: int, seed: int
) -> float:
    split = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
    X_train, X_test, y_train, y_test = split
    rows = _order_rows(y_train, order, seed)
    n_rows = -(-len(rows) // N_CHUNKS)
    array = ChunkedArray(X_train[rows], n_rows)
    n_buffered = len(rows) if n_chunks == N_CHUNKS else n_chunks * n_rows
    collection = ArrayCollection(array, buffer_size=n_buffered)
    classifier = estimator.set_params(random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a buffer of few chunks is what is measured
        classifier.fit(collection, y_train[rows])
    return float(classifier.score(X_test, y_test))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--mnist", type=int, default=5000, help="images of MNIST, default: 5000")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Fit with every buffer and order."""
    rows: list[dict[str, object]] = []
    for task, estimator, X, y in _load_tasks(args.mnist):
        for n_chunks in N_BUFFERED_CHUNKS:
            row: dict[str, object] = {"task": task, "chunks in buffer": n_chunks}
            for order in ("random", "by class"):
                scores = [
                    _measure_accuracy(estimator, X, y, order, n_chunks, seed)
                    for seed in range(args.seeds)
                ]
                row[f"accuracy, rows {order}"] = round(float(np.mean(scores)), 4)
                row[f"lowest, rows {order}"] = round(min(scores), 4)
            rows.append(row)
            print(row, flush=True)
    title = f"Accuracy by chunks of {N_CHUNKS} in the buffer of the shuffle, {args.seeds} seeds"
    return title, rows
