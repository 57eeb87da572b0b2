"""Nets in ONNX files, with weights of 32 and of 8 bits: accuracy, size and time.

    python -m benchmarks quantization

Every net is trained, written and quantized on training samples alone, and scored on others: those
of five folds, which keep groups together where a set has groups, or one split.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks._harness import interleave
from benchmarks.precision import N_TEST, N_TRAIN, cifar
from benchmarks.spectra import derivative, load
from sklvision.datasets import make_spectra
from sklvision.export import OnnxClassifier, quantize, to_onnx
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

Split = tuple[Any, np.ndarray, Any, np.ndarray]
_REPEATS = 5


def _folds(X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> Iterator[Split]:
    Folds = StratifiedKFold if groups is None else StratifiedGroupKFold
    for train, test in Folds(5, shuffle=True, random_state=0).split(X, y, groups):
        yield X[train], y[train], X[test], y[test]


def _made() -> Iterator[Split]:
    X, y = make_spectra(11_500, random_state=0, return_X_y=True)
    yield X[:1500], y[:1500], X[1500:], y[1500:]


def _digits() -> Iterator[Split]:
    X, y = load_digits(return_X_y=True)
    return _folds(X.reshape(-1, 8, 8).astype(np.uint8), y)


def _cifar() -> Iterator[Split]:
    data = cifar(N_TRAIN + N_TEST)
    if data is None:
        raise FileNotFoundError("CIFAR-10 is not in the data home (SKLVISION_DATA).")
    X, y = data
    yield X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:]


def _real(name: str) -> Iterator[Split]:
    return _folds(*load(name))


_SPECTRA = make_pipeline(*derivative(), SpectrumClassifier(random_state=0))
CASES: dict[str, tuple[Callable[[], Iterator[Split]], Pipeline]] = {
    "make_spectra": (_made, make_pipeline(SpectrumClassifier(random_state=0))),
    **{
        name: (partial(_real, name), _SPECTRA)
        for name in (
            "plastics_nir_avantes",
            "saliva_raman_pd_ad",
            "salinas_a_hsi",
            "fruit_puree_mir",
        )
    },
    "digits, resnet8": (
        _digits,
        make_pipeline(ImageClassifier("resnet8", max_epochs=20, random_state=0)),
    ),
    "CIFAR-10, cifar_cnn": (
        _cifar,
        make_pipeline(
            ImageClassifier(
                "cifar_cnn", optimizer="adamax", lr=0.0035, max_epochs=5, random_state=0
            )
        ),
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--sets", nargs="+", choices=CASES, default=list(CASES), metavar="SET")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train, write, quantize and score."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = [_row(name) for name in args.sets]
    finally:
        torch.set_num_threads(before)
    return f"One thread; times are medians of {_REPEATS} interleaved repeats", rows


def _row(name: str) -> dict[str, object]:
    splits, model = CASES[name]
    right: dict[str, list[np.ndarray]] = {"net": [], "ONNX": [], "int8": []}
    with TemporaryDirectory() as folder:
        whole, small = Path(folder) / "net.onnx", Path(folder) / "int8.onnx"
        for X_train, y_train, X_test, y_test in splits():
            fitted = clone(model).fit(X_train, y_train)
            steps, net = fitted[:-1], fitted[-1]
            # What the net sees; a pipeline of no steps is not there to be asked.
            seen = steps.transform(X_train) if len(steps) else X_train
            asked = steps.transform(X_test) if len(steps) else X_test
            quantize(to_onnx(net, whole), seen, small)
            models = {"net": net, "ONNX": OnnxClassifier(whole), "int8": OnnxClassifier(small)}
            for kind, found in right.items():
                found.append(models[kind].predict(asked) == y_test)
        seconds = interleave(
            {kind: partial(classifier.predict, asked) for kind, classifier in models.items()},
            _REPEATS,
        )
        sizes = whole.stat().st_size, small.stat().st_size
    hits = {kind: np.concatenate(found) for kind, found in right.items()}
    accuracy = {kind: float(found.mean()) for kind, found in hits.items()}
    return {
        "set": name,
        "samples": len(hits["net"]),
        **{f"accuracy, {kind}": round(value, 4) for kind, value in accuracy.items()},
        "int8 less net, points": 100 * (accuracy["int8"] - accuracy["net"]),
        "file, kB": round(sizes[0] / 1000),
        "int8 file, kB": round(sizes[1] / 1000),
        "net / ONNX": seconds["net"] / seconds["ONNX"],
        "net / int8": seconds["net"] / seconds["int8"],
    }
