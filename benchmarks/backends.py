"""The recipes as pipeline, ONNX file, 8-bit file and service: parity, size, latency, accuracy.

    python -m benchmarks backends --out benchmarks/results/backends.json

Every recipe is trained a little (see `_backend_tasks`): backends are compared, not recipes. A
step that ONNX cannot express, the crop of nails, runs before the files. The first prediction is
timed in a new process, of the pipeline and of the ONNX file, which needs no torch.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import warnings
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import joblib
import numpy as np
from sklearn.pipeline import make_pipeline

from benchmarks._backend_service import measure_service
from benchmarks._backend_tasks import TASKS, BackendTask
from benchmarks._harness import limit_threads
from sklvision.export import OnnxClassifier, compare_backends, quantize, save, to_onnx
from sklvision.utils._predictions import predict_with_probabilities
from sklvision.utils._samples import as_samples

_REPEATS = 5
_STARTS = 3
_START = {
    "pipeline": "import joblib; model = joblib.load(sys.argv[1])",
    "ONNX": "from sklvision.export import OnnxClassifier; model = OnnxClassifier(sys.argv[1])",
}
_PREDICT = "import sys; import numpy as np; {}; model.predict(np.load(sys.argv[2]))"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    add = parser.add_argument
    add("--recipes", nargs="+", choices=TASKS, default=list(TASKS), metavar="RECIPE")
    add("--no-service", action="store_true", help="leave out the rows of the service")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train, export, quantize, serve and measure."""
    rows: list[dict[str, object]] = []
    with limit_threads(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in args.recipes:
            with TemporaryDirectory() as folder:
                task = TASKS[name](Path(folder))
                rows += _measure(name, task, Path(folder), has_service=not args.no_service)
            print(f"{name} done", file=sys.stderr, flush=True)
    return f"One thread; times are medians of {_REPEATS} interleaved repeats", rows


def _measure(
    name: str, task: BackendTask, folder: Path, *, has_service: bool
) -> list[dict[str, object]]:
    """Measure the backends of one recipe."""
    joblib.dump(task.model, folder / "pipeline.joblib")
    n_skipped = len(task.skip_steps)
    inputs = task.model[:n_skipped].transform(task.X_train) if n_skipped else task.X_train
    path = to_onnx(
        task.model, folder / "model.onnx", samples=task.X_train, skip_steps=task.skip_steps
    )
    small = quantize(path, inputs, folder / "int8.onnx")
    files: dict[str, Any] = {"ONNX": path, "8 bits": small}
    if n_skipped:  # the files are the last step of a pipeline
        steps = task.model[:n_skipped]
        models = {key: make_pipeline(steps, OnnxClassifier(file)) for key, file in files.items()}
    else:
        models = files
    models = {"pipeline": task.model, **models}
    table = compare_backends(models, task.X_test, task.y_test, n_repeats=_REPEATS).to_frame()
    table["bytes"] = [(folder / "pipeline.joblib").stat().st_size, *_get_sizes(files)]
    table["first_seconds"] = np.nan
    for key, seconds in _time_first_predictions(task, path, folder).items():
        table.loc[key, "first_seconds"] = seconds
    if has_service:
        _add_service(table, task, path, folder)
    return [
        {"recipe": name, "backend": str(key), "samples": len(task.y_test)} | _format_row(row)
        for key, row in table.iterrows()
    ]


def _get_sizes(files: dict[str, Path]) -> list[int]:
    return [file.stat().st_size for file in files.values()]


def _format_row(row: Any) -> dict[str, object]:
    return {
        "accuracy": round(float(row["accuracy"]), 4),
        "equal labels": round(float(row["equal_labels"]), 4),
        "probability difference": float(f"{row['probability_difference']:.1e}"),
        "kB": round(row["bytes"] / 1000),
        "ms, one sample": float(row["ms_one"]),
        "ms per sample, all": float(row["ms_per_sample"]),
        "first prediction, s": "" if np.isnan(row["first_seconds"]) else row["first_seconds"],
    }


def _time_first_predictions(task: BackendTask, path: Path, folder: Path) -> dict[str, float]:
    """Time new processes, from their start to the first prediction."""
    n_skipped = len(task.skip_steps)
    sample = as_samples(task.X_test).take(slice(0, 1)).to_array()
    np.save(folder / "sample.npy", sample)
    arguments: dict[str, tuple[Path, Path]] = {
        "pipeline": (folder / "pipeline.joblib", folder / "sample.npy"),
        "ONNX": (path, folder / "sample.npy"),
    }
    starts = dict(_START)
    if n_skipped:
        onnx_model = make_pipeline(task.model[:n_skipped], OnnxClassifier(path))
        joblib.dump(onnx_model, folder / "shipped.joblib")
        arguments["ONNX"] = (folder / "shipped.joblib", folder / "sample.npy")
        starts["ONNX"] = starts["pipeline"]
    seconds: dict[str, list[float]] = {key: [] for key in starts}
    for repeat in range(_STARTS + 1):  # the first reads what is not in memory yet
        for key, code in starts.items():
            start = perf_counter()
            command = [sys.executable, "-c", _PREDICT.format(code), *map(str, arguments[key])]
            subprocess.run(command, check=True)
            if repeat:
                seconds[key].append(perf_counter() - start)
    return {key: median(values) for key, values in seconds.items()}


def _add_service(table: Any, task: BackendTask, path: Path, folder: Path) -> None:
    """Add the row of a service, which runs the ONNX file or else an archive."""
    if task.skip_steps:
        path = save(task.model, folder / "model.sklv")
    answers = measure_service(path, task.X_test, task.files)
    labels, probabilities = predict_with_probabilities(task.model, task.X_test)
    assert probabilities is not None
    table.loc["service"] = {
        "accuracy": float(np.mean(answers["labels"] == task.y_test)),
        "equal_labels": float(np.mean(answers["labels"] == labels)),
        "probability_difference": float(np.abs(answers["probabilities"] - probabilities).max()),
        "bytes": path.stat().st_size,
        "ms_one": answers["ms_one"],
        "ms_per_sample": answers["ms_per_sample"],
        "first_seconds": np.nan,
    }
