"""Training in bfloat16: time relative to a plain float32 loop, and accuracy.

    python -m benchmarks precision

``cifar_cnn``, Adamax, batches of 128. "torch" is a loop over slices of standardized float32
tensors, channels-first, with the same net and optimizer. Times are those of complete fits.
Accuracies are measured on held-out training images of CIFAR-10; the test set is not used. Without
CIFAR-10 the pixels are random, and only times are measured.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks._harness import build_plain_net, interleave, limit_threads
from benchmarks.spectra import get_data_home
from sklvision.neural_network import ImageClassifier

BATCH, LR, N_BATCHES = 128, 0.0035, 15
N_TRAIN, N_TEST, EPOCHS = 10_000, 5_000, 5
STRIP = 500  # images in one file, balanced


def load_cifar10(n_images: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Load the first training images; return None if CIFAR-10 is not available."""
    folder = get_data_home() / "cifar10"
    if not folder.is_dir():
        return None
    X = np.empty((n_images, 32, 32, 3), np.uint8)
    for i in range(n_images // STRIP):
        with Image.open(folder / f"train_{i:02}.webp") as strip:
            X[i * STRIP : (i + 1) * STRIP] = np.asarray(strip.convert("RGB")).reshape(-1, 32, 32, 3)
    return X, np.load(folder / "labels.npz")["y_train"][: len(X)].astype(np.int64)


def _make_classifier(precision: str, **params: object) -> ImageClassifier:
    return ImageClassifier(
        "cifar_cnn",
        optimizer="adamax",
        lr=LR,
        batch_size=BATCH,
        precision=precision,
        **params,
    )


def _train_in_loop(X: torch.Tensor, y: torch.Tensor) -> None:
    net = build_plain_net("cifar_cnn", (32, 32, 3), 10).train()
    optimizer = torch.optim.Adamax(net.parameters(), lr=LR)
    for start in range(0, len(X), BATCH):
        rows = slice(start, start + BATCH)
        loss = nn.functional.cross_entropy(net(X[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _measure_times(X: np.ndarray, y: np.ndarray, repeats: int) -> dict[str, float]:
    pixels = torch.from_numpy(X).float().permute(0, 3, 1, 2).contiguous()
    pixels = (pixels - pixels.mean((0, 2, 3), keepdim=True)) / pixels.std((0, 2, 3), keepdim=True)
    labels = torch.from_numpy(y)

    def fit(precision: str) -> ImageClassifier:
        return _make_classifier(precision, max_epochs=1, random_state=0).fit(X, y)

    return interleave(
        {
            "torch": lambda: _train_in_loop(pixels, labels),
            "float32": lambda: fit("float32"),
            "auto": lambda: fit("auto"),
        },
        repeats,
    )


def _measure_accuracies(X: np.ndarray, y: np.ndarray, precision: str, n_seeds: int) -> list[float]:
    return [
        _make_classifier(precision, max_epochs=EPOCHS, random_state=seed)
        .fit(X[:N_TRAIN], y[:N_TRAIN])
        .score(X[N_TRAIN:], y[N_TRAIN:])
        for seed in range(n_seeds)
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=7, help="default: 7")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")
    parser.add_argument("--seeds", type=int, default=3, help="0: times alone; default: 3")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure times and accuracies."""
    rows = measure_rows(args.repeats, args.threads, args.seeds)
    return f"Medians of {args.repeats} interleaved repeats", rows


def measure_rows(repeats: int, threads: int, n_seeds: int) -> list[dict[str, object]]:
    """Time fits of a few batches, then compare accuracies."""
    data = load_cifar10(N_TRAIN + N_TEST)
    if data is None:
        rng = np.random.RandomState(0)
        X, y = rng.randint(256, size=(2000, 32, 32, 3), dtype=np.uint8), rng.randint(10, size=2000)
    else:
        X, y = data
    with limit_threads(threads):
        n = N_BATCHES * BATCH
        seconds = _measure_times(X[:n], y[:n], repeats)
        rows: list[dict[str, object]] = []
        for name, value in seconds.items():
            row: dict[str, object] = {
                "training": name,
                "ms per batch": 1000 * value / N_BATCHES,
                "torch / this": seconds["torch"] / value,
            }
            if n_seeds:
                has_accuracy = data is not None and name != "torch"
                accuracies = _measure_accuracies(X, y, name, n_seeds) if has_accuracy else []
                row["accuracy"] = round(float(np.mean(accuracies)), 4) if accuracies else "–"
                row["by seed"] = " ".join(f"{value:.4f}" for value in accuracies)
            rows.append(row)
    return rows
