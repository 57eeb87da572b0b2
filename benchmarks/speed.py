"""Speed, size and memory relative to references, each with a goal.

    python -m benchmarks speed
    python -m benchmarks speed --only predict-row import

Functions to be compared run alternately, in one process or in new processes. "torch" is one eager
float32 forward pass of the same net, or a training loop over slices of shuffled tensors with the
same net, optimizer, schedule and numbers of batches and epochs. Against MLPClassifier, processor
time is measured.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

from benchmarks import _speed_cases as cases
from benchmarks import _speed_processes as processes
from benchmarks._harness import interleave, limit_threads

_LOOP = "torch, a loop"


@dataclass(frozen=True)
class Row:
    """A case, its reference, and the largest ratio of both that meets the goal.

    `make` returns the functions to be timed or, with a `unit` other than seconds, the two figures.
    `repeats` limits the number of repeats of slow cases; `clock` returns the seconds.
    """

    case: str
    reference: str
    goal: float
    make: Callable[[], Any]
    unit: str = "s"
    repeats: int = 99
    clock: Callable[[], float] = perf_counter


def _make_perceptron_row(
    n: int, n_features: int, batch_size: int, widths: tuple, epochs: int
) -> Row:
    name = f"fit {n:,} × {n_features}, batch {batch_size}, hidden {'-'.join(map(str, widths))}"
    make = partial(cases.prepare_perceptron, n, n_features, batch_size, widths, epochs)
    return Row(name, "MLPClassifier, processor time", 1.0, make, clock=process_time)


def _make_single_row(name: str, kind: str) -> Row:
    make = partial(cases.prepare_prediction_of_row, kind)
    return Row(f"probabilities of {name}, auto", "torch, the same module", 1.0, make)


ROWS: dict[str, Row] = {
    "predict-spectra": Row(
        "predict 10,000 × 502, auto",
        "torch",
        0.5,
        partial(cases.prepare_prediction_of_spectra, "auto"),
    ),
    "predict-spectra-float32": Row(
        "predict 10,000 × 502, float32",
        "torch",
        0.8,
        partial(cases.prepare_prediction_of_spectra, "float32"),
    ),
    "predict-spectra-int8": Row(
        "predict 10,000 × 502, int8 by onnxruntime", "torch", 0.2, cases.prepare_int8_prediction
    ),
    "predict-row": _make_single_row("one row of 502, net alone", "spectrum"),
    "predict-row-digits": _make_single_row("one row of 64, net alone", "digits"),
    "predict-row-image": _make_single_row("one image of 28 × 28, recipe for digits", "image"),
    "predict-28": Row(
        "predict 10,000 × 28 × 28, resnet8, auto",
        "torch, best batch size",
        0.6,
        partial(cases.prepare_prediction_of_images, "resnet8", 10_000, (28, 28)),
        repeats=5,
    ),
    "predict-32": Row(
        "predict 10,000 × 32 × 32 × 3, cifar_cnn, auto",
        "torch, best batch size",
        0.6,
        partial(cases.prepare_prediction_of_images, "cifar_cnn", 10_000, (32, 32, 3)),
        repeats=5,
    ),
    "fit-32": Row(
        "fit 1,000 × 20, batch 32",
        _LOOP,
        1.1,
        partial(cases.prepare_fit, 1000, (20,), 32, 5, "float32"),
    ),
    "fit-128": Row(
        "fit 1,000 × 20, batch 128",
        _LOOP,
        1.1,
        partial(cases.prepare_fit, 1000, (20,), 128, 10, "float32"),
    ),
    "fit-1024": Row(
        "fit 100,000 × 10, batch 1,024",
        _LOOP,
        1.1,
        partial(cases.prepare_fit, 100_000, (10,), 1024, 1, "float32"),
    ),
    "fit-502": Row(
        "fit 2,000 × 502, batch 128",
        _LOOP,
        1.1,
        partial(cases.prepare_fit, 2000, (502,), 128, 3, "float32"),
    ),
    "perceptron-32": _make_perceptron_row(1000, 20, 32, (100,), 20),
    "perceptron-200": _make_perceptron_row(1000, 20, 200, (100,), 20),
    "perceptron-500": _make_perceptron_row(2000, 500, 128, (100,), 10),
    "perceptron-64": _make_perceptron_row(50_000, 100, 64, (100,), 2),
    "perceptron-512": _make_perceptron_row(50_000, 100, 512, (100,), 3),
    "perceptron-deep-500": _make_perceptron_row(2000, 500, 128, (512, 128, 64), 4),
    "perceptron-deep-512": _make_perceptron_row(50_000, 100, 512, (512, 128, 64), 1),
    "fit-images": Row(
        "fit 10,000 × 28 × 28, resnet8, float32",
        _LOOP,
        1.1,
        partial(cases.prepare_fit, 10_000, (28, 28), 128, 1, "float32"),
        repeats=5,
    ),
    "fit-images-auto": Row(
        "fit 10,000 × 28 × 28, resnet8, auto",
        _LOOP,
        0.6,
        partial(cases.prepare_fit, 10_000, (28, 28), 128, 1, "auto"),
        repeats=5,
    ),
    "fit-cnn-auto": Row(
        "fit 10,000 × 28 × 28, cifar_cnn, auto",
        _LOOP,
        0.6,
        partial(cases.prepare_fit, 10_000, (28, 28), 128, 1, "auto", "cifar_cnn"),
        repeats=5,
    ),
    "search": Row(
        "GridSearchCV, digits, 24 × 5 fits, n_jobs=2, default net",
        "skorch",
        0.5,
        partial(cases.prepare_search, (512, 128, 64), False),
        repeats=5,
    ),
    "search-batched": Row(
        "the same default net, BatchedGridSearchCV",
        "skorch",
        0.5,
        partial(cases.prepare_search, (512, 128, 64), True),
        repeats=5,
    ),
    "search-small": Row(
        "the same, one hidden layer of 64",
        "skorch",
        0.33,
        partial(cases.prepare_search, (64,), False),
        repeats=5,
    ),
    "search-small-batched": Row(
        "the same small net, BatchedGridSearchCV",
        "skorch",
        0.33,
        partial(cases.prepare_search, (64,), True),
        repeats=5,
    ),
    "augment": Row(
        "flip, rotate and shift 28 × 28",
        "an epoch of cifar_cnn, auto",
        0.15,
        cases.prepare_augmentation,
        repeats=5,
    ),
    "import": Row(
        "import sklvision",
        "import sklearn.preprocessing",
        1.2,
        partial(processes.prepare_import, "sklvision"),
    ),
    "import-spectral": Row(
        "import sklvision.spectral",
        "import sklearn.preprocessing",
        1.2,
        partial(processes.prepare_import, "sklvision.spectral"),
    ),
    "load": Row(
        "load and predict a row, new process",
        "import torch, weights",
        1.3,
        partial(processes.prepare_loading, False),
    ),
    "load-sklearn": Row(
        "load and predict a row",
        "import torch and sklearn.base",
        1.1,
        partial(processes.prepare_loading, False, reads_weights=False),
    ),
    "load-onnx": Row(
        "the same, OnnxClassifier",
        "import torch, weights",
        1.3,
        partial(processes.prepare_loading, True),
    ),
    "file": Row(
        "joblib file, spectrum_mlp", "its weights", 1.05, processes.measure_file_size, unit="bytes"
    ),
    "memory": Row(
        "peak of fit, 50,000 × 32 × 32 × 3, above 500",
        "the pixels",
        1.5,
        processes.measure_memory_of_fit,
        unit="bytes",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=7, help="default: 7; slow rows take 5")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")
    parser.add_argument(
        "--only", nargs="+", choices=list(ROWS), metavar="NAME", help=f"some of: {', '.join(ROWS)}"
    )


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure the rows."""
    rows = measure_rows(args.repeats, args.threads, args.only)
    return f"Medians of {args.repeats} interleaved repeats, {args.threads} threads", rows


def measure_rows(
    repeats: int, threads: int, names: list[str] | None = None
) -> list[dict[str, object]]:
    """Measure the rows with these names, or all."""
    with limit_threads(threads):
        return [_measure_row(ROWS[name], repeats) for name in names or ROWS]


def _measure_row(row: Row, repeats: int) -> dict[str, object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = row.make()
        if row.unit == "s":
            figures = interleave(result, min(repeats, row.repeats), row.clock)
        else:
            figures = dict(zip(("ours", "reference"), result, strict=True))
    ratio, skorch = figures["ours"] / figures["reference"], figures.get("skorch")
    print(f"{row.case}: {ratio:.3g}, goal {row.goal}", file=sys.stderr, flush=True)
    return {
        "what": row.case,
        "reference": row.reference,
        "unit": row.unit,
        "ours": figures["ours"],
        "theirs": figures["reference"],
        "ratio": ratio,
        "bar": row.goal,
        "met": ratio <= row.goal,
        "skorch's ratio": "–" if skorch is None else skorch / figures["reference"],
    }
