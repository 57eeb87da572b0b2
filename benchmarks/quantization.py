"""Nets in ONNX files, with weights of 32 and of 8 bits: accuracy, size and time.

    python -m benchmarks quantization

Every net is trained, exported and quantized on training samples alone, and scored on test samples
of five folds, which keep groups together if a set has groups, or of one split.
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
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks._harness import interleave, limit_threads
from benchmarks._spectrum_peers import make_derivative
from benchmarks.precision import N_TEST, N_TRAIN, load_cifar10
from benchmarks.spectra import load_spectrum_set
from sklvision.datasets import make_spectra
from sklvision.export import OnnxClassifier, quantize, to_onnx
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

Split = tuple[Any, np.ndarray, Any, np.ndarray]
_REPEATS = 5


def _split_folds(X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> Iterator[Split]:
    Folds = StratifiedKFold if groups is None else StratifiedGroupKFold
    for train, test in Folds(5, shuffle=True, random_state=0).split(X, y, groups):
        yield X[train], y[train], X[test], y[test]


def _make_spectra() -> Iterator[Split]:
    X, y = make_spectra(11_500, random_state=0, return_X_y=True)
    yield X[:1500], y[:1500], X[1500:], y[1500:]


def _load_digits() -> Iterator[Split]:
    X, y = load_digits(return_X_y=True)
    return _split_folds(X.reshape(-1, 8, 8).astype(np.uint8), y)


def _load_cifar10() -> Iterator[Split]:
    data = load_cifar10(N_TRAIN + N_TEST)
    if data is None:
        raise FileNotFoundError(
            "CIFAR-10 was not found. Set SKLVISION_DATA to the folder that contains cifar10/."
        )
    X, y = data
    yield X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:]


def _load_spectrum_set(name: str) -> Iterator[Split]:
    return _split_folds(*load_spectrum_set(name))


_SPECTRA = make_pipeline(*make_derivative(), SpectrumClassifier(random_state=0))
CASES: dict[str, tuple[Callable[[], Iterator[Split]], Pipeline]] = {
    "make_spectra": (_make_spectra, make_pipeline(SpectrumClassifier(random_state=0))),
    **{
        name: (partial(_load_spectrum_set, name), _SPECTRA)
        for name in (
            "plastics_nir_avantes",
            "saliva_raman_pd_ad",
            "salinas_a_hsi",
            "fruit_puree_mir",
        )
    },
    "digits, resnet8": (
        _load_digits,
        make_pipeline(ImageClassifier("resnet8", max_epochs=20, random_state=0)),
    ),
    "CIFAR-10, cifar_cnn": (
        _load_cifar10,
        make_pipeline(
            ImageClassifier(
                "cifar_cnn", optimizer="adamax", lr=0.0035, max_epochs=5, random_state=0
            )
        ),
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--sets", nargs="+", choices=CASES, default=list(CASES), metavar="SET")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train, export, quantize and score."""
    with limit_threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [_measure_row(name) for name in args.sets]
    return f"One thread; times are medians of {_REPEATS} interleaved repeats", rows


def _measure_row(name: str) -> dict[str, object]:
    splits, model = CASES[name]
    is_correct: dict[str, list[np.ndarray]] = {"net": [], "ONNX": [], "int8": []}
    with TemporaryDirectory() as folder:
        net_file, int8_file = Path(folder) / "net.onnx", Path(folder) / "int8.onnx"
        for X_train, y_train, X_test, y_test in splits():
            fitted_model = clone(model).fit(X_train, y_train)
            steps, net = fitted_model[:-1], fitted_model[-1]
            # The input of the net; a pipeline without steps cannot transform.
            train_inputs = steps.transform(X_train) if len(steps) else X_train
            test_inputs = steps.transform(X_test) if len(steps) else X_test
            quantize(to_onnx(net, net_file), train_inputs, int8_file)
            models = {
                "net": net,
                "ONNX": OnnxClassifier(net_file),
                "int8": OnnxClassifier(int8_file),
            }
            for kind, values in is_correct.items():
                values.append(models[kind].predict(test_inputs) == y_test)
        seconds = interleave(
            {kind: partial(classifier.predict, test_inputs) for kind, classifier in models.items()},
            _REPEATS,
        )
        sizes = net_file.stat().st_size, int8_file.stat().st_size
    outcomes = {kind: np.concatenate(values) for kind, values in is_correct.items()}
    accuracy = {kind: float(values.mean()) for kind, values in outcomes.items()}
    return {
        "set": name,
        "samples": len(outcomes["net"]),
        **{f"accuracy, {kind}": round(value, 4) for kind, value in accuracy.items()},
        "int8 minus net, points": 100 * (accuracy["int8"] - accuracy["net"]),
        "file, kB": round(sizes[0] / 1000),
        "int8 file, kB": round(sizes[1] / 1000),
        "net / ONNX": seconds["net"] / seconds["ONNX"],
        "net / int8": seconds["net"] / seconds["int8"],
    }
