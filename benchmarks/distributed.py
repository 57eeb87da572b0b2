"""Searches on Dask and Ray: overhead over two processes, bytes sent per task, cost by workers.

    python -m benchmarks distributed

Needs the extra distributed. All engines have two workers of one thread; the search of digits runs
on them in turn, and medians are reported. Ray starts new workers for every search, so it has
fewer repeats.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV

from benchmarks._harness import interleave
from benchmarks._network import count_worker_bytes
from sklvision.datasets import ImageCollection
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier
from sklvision.utils._parallel import run_tasks

N_EMPTY_TASKS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeats", type=int, default=5, help="repeats per engine (default: 5)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of a fit (default: 5)")
    parser.add_argument("--no-ray", action="store_true", help="leave Ray out")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, Any]]]:
    os.environ["OMP_NUM_THREADS"] = "1"  # of workers that start from here on
    search = _make_search(args.epochs)
    rows = _measure_dask(search, args.repeats)
    if not args.no_ray:
        rows += _measure_ray(search, max(1, args.repeats // 2))
    rows += [_measure_workers(search, n) for n in (1, 2, 4)]
    # Every row has all columns.
    names = dict.fromkeys(name for row in rows for name in row)
    return "Searches on engines of joblib", [names | row for row in rows]


def _make_search(epochs: int) -> Callable[..., Any]:
    X, y = load_digits(return_X_y=True)
    clf = SpectrumClassifier(max_epochs=epochs, random_state=0)
    grid = {"lr": [1e-3, 1e-2], "label_smoothing": [0.0, 0.1]}

    def search(n_jobs: int | None = None) -> Any:
        return GridSearchCV(clf, grid, cv=5, refit=False, n_jobs=n_jobs).fit(X, y)

    return search


def _run_empty_tasks(n_jobs: int | None = None) -> None:
    list(run_tasks(divmod, [(i, 2) for i in range(N_EMPTY_TASKS)], n_jobs=n_jobs))


@contextmanager
def _open_dask(n_workers: int) -> Iterator[Any]:
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _measure_dask(search: Callable[..., Any], repeats: int) -> list[dict[str, Any]]:
    with _open_dask(2) as client:

        def use_dask(function: Callable[..., Any]) -> None:
            with joblib.parallel_config("dask"):
                function()

        seconds = interleave({"jobs": lambda: search(2), "dask": lambda: use_dask(search)}, repeats)
        empty = interleave(
            {"jobs": lambda: _run_empty_tasks(2), "dask": lambda: use_dask(_run_empty_tasks)},
            repeats,
        )
        rows = [
            _make_row("processes, n_jobs=2", seconds["jobs"], seconds["jobs"], empty["jobs"]),
            _make_row("Dask, 2 workers", seconds["dask"], seconds["jobs"], empty["dask"]),
        ]
        for name, (X, y) in _make_data().items():
            rows += [_measure_bytes(client, name, X, y, n_tasks) for n_tasks in (10, 100)]
    return rows


def _make_row(engine: str, seconds: float, reference: float, empty: float) -> dict[str, Any]:
    return {
        "case": f"search of digits, {engine}",
        "seconds": round(seconds, 2),
        "relative to n_jobs=2": round(seconds / reference, 2),
        "ms per empty task": round(1000 * empty / N_EMPTY_TASKS, 2),
    }


def _make_data() -> dict[str, tuple[Any, np.ndarray]]:
    """Make an array and a collection of files, of 20 MB each."""
    generator = np.random.default_rng(0)
    folder = Path(tempfile.mkdtemp())
    files = [folder / f"{i}.png" for i in range(500)]
    for file in files:
        Image.fromarray(generator.integers(0, 256, (200, 200), dtype=np.uint8)).save(file)
    array = generator.normal(size=(5000, 500))
    return {
        "array of 20 MB": (array, np.arange(5000) % 2),
        "collection of 500 files, 20 MB": (ImageCollection(files), np.arange(500) % 2),
    }


def _measure_bytes(client: Any, name: str, X: Any, y: Any, n_tasks: int) -> dict[str, Any]:
    """Compare classifiers that read no samples, and count what the workers receive."""
    candidates = {f"model {i}": DummyClassifier(random_state=i) for i in range(n_tasks // 2)}
    n_before = count_worker_bytes(client)
    with joblib.parallel_config("dask"):
        compare_estimators(candidates, X, y, cv=2, baselines=False, check_leaks=False)
    n_bytes = (count_worker_bytes(client) - n_before) / n_tasks
    return {"case": f"{name}, {n_tasks} tasks on Dask", "kB per task": round(n_bytes / 1000, 1)}


def _measure_ray(search: Callable[..., Any], repeats: int) -> list[dict[str, Any]]:
    import ray
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, object_store_memory=2**28, include_dashboard=False, log_to_driver=False)
    register_ray()

    def use_ray(function: Callable[..., Any]) -> None:
        with joblib.parallel_config("ray", n_jobs=2):
            function()

    try:
        seconds = interleave({"jobs": lambda: search(2), "ray": lambda: use_ray(search)}, repeats)
        empty = interleave({"ray": lambda: use_ray(_run_empty_tasks)}, 1)
    finally:
        ray.shutdown()
    row = _make_row("Ray, 2 workers", seconds["ray"], seconds["jobs"], empty["ray"])
    rows = [row]
    for name, (X, _) in _make_data().items():
        n_bytes = len(pickle.dumps(X))  # Ray's pool pickles the arguments of every task
        rows.append({"case": f"{name}, any task on Ray", "kB per task": round(n_bytes / 1000, 1)})
    return rows


def _measure_workers(search: Callable[..., Any], n_workers: int) -> dict[str, Any]:
    if n_workers == 1:  # joblib computes in the calling process where the cluster has one thread
        seconds = interleave({"one": lambda: search(1)}, 1)["one"]
        return {"case": "search of digits, 1 worker", "seconds": round(seconds, 2)}
    with _open_dask(n_workers), joblib.parallel_config("dask"):
        seconds = interleave({"dask": search}, 1)["dask"]
    case = f"search of digits, Dask, {n_workers} workers on {os.cpu_count()} cores"
    return {"case": case, "seconds": round(seconds, 2)}
