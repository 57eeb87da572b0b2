"""A grid search of 24 candidates in 5 folds on digits: batched, one by one, and with skorch.

    python -m benchmarks search

All three train the same nets with the same optimizer and the same number of epochs and batches.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from torch import nn

from benchmarks._harness import build_plain_net, limit_threads
from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier

LRS, DECAYS, SMOOTHINGS, DROPOUTS = [1e-3, 3e-3, 1e-2], [0.0, 0.1], [0.0, 0.1], [0.1, 0.3]
# Hidden layers and epochs; the wide net takes longer.
NETS = {"64": ((64,), 10), "512-128-64": ((512, 128, 64), 3)}


def _make_own(widths: tuple[int, ...], epochs: int) -> tuple[Any, dict[str, list]]:
    clf = SpectrumClassifier(max_epochs=epochs, lr_schedule="constant", random_state=0)
    nets = [{"hidden_layer_sizes": widths, "dropout": dropout} for dropout in DROPOUTS]
    return clf, {
        "architecture_params": nets,
        "label_smoothing": SMOOTHINGS,
        "lr": LRS,
        "weight_decay": DECAYS,
    }


def _make_skorch(widths: tuple[int, ...], epochs: int) -> tuple[Any, dict[str, list]]:
    net = NeuralNetClassifier(
        partial(build_plain_net, "spectrum_mlp", (64,), 10),
        module__hidden_layer_sizes=widths,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        iterator_train__shuffle=True,
        train_split=None,
        max_epochs=epochs,
        batch_size=64,
        verbose=0,
    )
    return make_pipeline(StandardScaler(), net), {
        "neuralnetclassifier__module__dropout": DROPOUTS,
        "neuralnetclassifier__criterion__label_smoothing": SMOOTHINGS,
        "neuralnetclassifier__lr": LRS,
        "neuralnetclassifier__optimizer__weight_decay": DECAYS,
    }


def _make_searches(widths: tuple[int, ...], epochs: int) -> dict[str, Any]:
    settings = {"cv": 5, "refit": False}
    return {
        "batched": BatchedGridSearchCV(*_make_own(widths, epochs), **settings),
        "one by one": GridSearchCV(*_make_own(widths, epochs), **settings),
        "skorch": GridSearchCV(*_make_skorch(widths, epochs), **settings),
    }


def _collect_scores(search: GridSearchCV) -> np.ndarray:
    """Collect the mean scores of the candidates, in the same order for every search."""
    order = []
    for params in search.cv_results_["params"]:
        params = params | params.get("architecture_params", {})
        values = {name.split("__")[-1]: value for name, value in params.items()}
        order.append(
            [values[name] for name in ("dropout", "label_smoothing", "lr", "weight_decay")]
        )
    return search.cv_results_["mean_test_score"][sorted(range(len(order)), key=order.__getitem__)]


def _measure_row(widths: tuple[int, ...], epochs: int, repeats: int) -> dict[str, object]:
    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    for search in _make_searches(widths, 1).values():  # a warm-up
        search.set_params(param_grid={}).fit(X, y)
    seconds: dict[str, list[float]] = {}
    scores: dict[str, list[np.ndarray]] = {}
    for _ in range(repeats):
        for name, search in _make_searches(widths, epochs).items():
            start = perf_counter()
            search.fit(X, y)
            seconds.setdefault(name, []).append(perf_counter() - start)
            scores.setdefault(name, []).append(_collect_scores(search))
    median_seconds = {name: median(values) for name, values in seconds.items()}
    mean_scores = {name: np.mean(values, axis=0) for name, values in scores.items()}
    row: dict[str, object] = {"hidden layers": "-".join(map(str, widths)), "epochs": epochs}
    row |= {f"{name}, s": value for name, value in median_seconds.items()}
    for name in ("one by one", "skorch"):
        row[f"{name} / batched"] = median_seconds[name] / median_seconds["batched"]
    row |= {f"best, {name}": float(values.max()) for name, values in mean_scores.items()}
    for name in ("one by one", "skorch"):
        difference = np.abs(mean_scores[name] - mean_scores["batched"]).mean()
        row[f"mean difference to {name}"] = float(difference)
    return row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=3, help="default: 3")
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS), help="default: all")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Run all searches."""
    with limit_threads(args.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [_measure_row(*NETS[name], args.repeats) for name in args.nets]
    return f"Digits, 24 candidates × 5 folds: medians of {args.repeats} interleaved repeats", rows
