"""Speed of fit and predict as ratios to plain torch, and of skorch beside it.

    python -m benchmarks speed

"torch" is a net of the same layers: at prediction one eager float32 forward pass, in training a
loop over slices of shuffled tensors with the same optimizer, schedule and numbers of batches and
epochs.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import torch
from skorch import NeuralNetClassifier
from torch import nn

from benchmarks._harness import interleave
from sklvision.nets import build
from sklvision.neural_network import ImageClassifier, SpectrumClassifier


def _standardised(X: np.ndarray) -> torch.Tensor:
    tensor = torch.from_numpy(X.reshape(len(X), 1, *X.shape[1:]) if X.ndim == 3 else X)
    return (tensor - tensor.mean(0)) / (tensor.std(0) + 1e-6)


def _predict_cases(rng: np.random.RandomState) -> dict[str, dict[str, Callable[[], object]]]:
    X = rng.normal(size=(10_000, 502)).astype(np.float32)
    y = rng.randint(3, size=10_000)
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit(X, y)
    skorch = NeuralNetClassifier(
        build("spectrum_mlp", (502,), 3),
        criterion=nn.CrossEntropyLoss,
        train_split=None,
        max_epochs=1,
        verbose=0,
    ).fit(X, y)
    net, tensor, row = clf.module_.net, torch.from_numpy(X), torch.from_numpy(X[:1])

    @torch.inference_mode()
    def forward(batch: torch.Tensor) -> np.ndarray:
        return net(batch).argmax(1).numpy()

    return {
        "predict 10,000 × 502": {
            "ours": lambda: clf.predict(X),
            "torch": lambda: forward(tensor),
            "skorch": lambda: skorch.predict(X),
        },
        "predict one row": {
            "ours": lambda: [clf.predict(X[:1]) for _ in range(100)],
            "torch": lambda: [forward(row) for _ in range(100)],
            "skorch": lambda: [skorch.predict(X[:1]) for _ in range(100)],
        },
    }


def _raw_loop(
    X: torch.Tensor, y: torch.Tensor, net: nn.Module, batch_size: int, epochs: int
) -> None:
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, fused=True)
    n_batches = -(-len(X) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * n_batches)
    net.train()
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            index = order[start : start + batch_size]
            loss = nn.functional.cross_entropy(net(X[index]), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _fit_case(
    X: np.ndarray, y: np.ndarray, architecture: str, batch_size: int, epochs: int
) -> dict[str, Callable[[], object]]:
    image = X.ndim == 3
    shape = (*X.shape[1:], 1) if image else X.shape[1:]
    n_classes = int(y.max()) + 1
    tensor, labels = _standardised(X), torch.from_numpy(y)
    Classifier = ImageClassifier if image else SpectrumClassifier
    settings = {"max_epochs": epochs, "batch_size": batch_size, "random_state": 0}
    skorch = NeuralNetClassifier(
        lambda: build(architecture, shape, n_classes),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        train_split=None,
        max_epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )
    return {
        "ours": lambda: Classifier(architecture, precision="float32", **settings).fit(X, y),
        "torch": lambda: _raw_loop(
            tensor, labels, build(architecture, shape, n_classes), batch_size, epochs
        ),
        "skorch": lambda: skorch.fit(tensor, labels),
    }


def _fit_cases(rng: np.random.RandomState) -> dict[str, dict[str, Callable[[], object]]]:
    small = rng.normal(size=(1000, 20)).astype(np.float32), rng.randint(3, size=1000)
    long = rng.normal(size=(100_000, 10)).astype(np.float32), rng.randint(3, size=100_000)
    spectra = rng.normal(size=(2000, 502)).astype(np.float32), rng.randint(3, size=2000)
    images = rng.normal(size=(1000, 28, 28)).astype(np.float32), rng.randint(10, size=1000)
    return {
        "fit 1,000 × 20, batch 32": _fit_case(*small, "spectrum_mlp", 32, 5),
        "fit 1,000 × 20, batch 128": _fit_case(*small, "spectrum_mlp", 128, 10),
        "fit 100,000 × 10, batch 1,024": _fit_case(*long, "spectrum_mlp", 1024, 1),
        "fit 2,000 × 502, batch 128": _fit_case(*spectra, "spectrum_mlp", 128, 3),
        "fit 1,000 × 28 × 28, resnet8, batch 128": _fit_case(*images, "resnet8", 128, 1),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--repeats", type=int, default=7, help="default: 7")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Time all cases."""
    rows = measure(args.repeats, args.threads)
    return f"Medians of {args.repeats} interleaved repeats", rows


def measure(repeats: int, threads: int) -> list[dict[str, object]]:
    """Time every case."""
    rng = np.random.RandomState(0)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    rows: list[dict[str, object]] = []
    try:
        for name, functions in (_predict_cases(rng) | _fit_cases(rng)).items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seconds = interleave(functions, repeats)
            rows.append(
                {
                    "case": name,
                    "ours, s": seconds["ours"],
                    "torch, s": seconds["torch"],
                    "skorch, s": seconds["skorch"],
                    "ours / torch": seconds["ours"] / seconds["torch"],
                    "skorch / torch": seconds["skorch"] / seconds["torch"],
                }
            )
    finally:
        torch.set_num_threads(before)
    return rows
