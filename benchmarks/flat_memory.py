"""Peak memory of prediction and training at 1, 10 and 100 times a small base.

    python -m benchmarks flat_memory

Every row is a process of its own: ``sklvision predict --out`` on a folder of images, a zarr store
and Parquet files, and ``fit`` on a zarr array and on a memmap. Memory is the peak of what the
process itself holds; pages of a mapped file, which the system takes back as it needs them, are not
counted.
``--names`` also lists so many image files, without reading them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch
import zarr
from PIL import Image

from benchmarks._harness import run_in_new_process
from sklvision.cli import main
from sklvision.datasets import ArrayCollection, read_samples
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

FACTORS = (1, 10, 100)
N_BANDS, SIDE, N_FILES_A_FOLDER = 100, 8, 1000
N_BUFFERED = 10_000


class PeakMemory:
    """The largest anonymous memory of this process inside a with block, in bytes (Linux only)."""

    def __enter__(self) -> PeakMemory:
        self.peak, self._end = read_anonymous_memory(), Event()
        self._thread = Thread(target=self._measure, daemon=True)
        self._thread.start()
        return self

    def _measure(self) -> None:
        while not self._end.wait(0.01):
            self.peak = max(self.peak, read_anonymous_memory())

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()


def read_anonymous_memory() -> int:
    """Return the memory that is not a page of a file, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def _fit_models(folder: Path) -> None:
    rng = np.random.RandomState(0)
    y = np.arange(300) % 3
    spectra = SpectrumClassifier(max_epochs=1, random_state=0)
    joblib.dump(spectra.fit(rng.rand(300, N_BANDS), y), folder / "spectra.joblib")
    images = rng.randint(0, 256, (300, SIDE, SIDE)).astype(np.uint8)
    classifier = ImageClassifier("mlp", max_epochs=1, random_state=0)
    joblib.dump(classifier.fit(images, y), folder / "images.joblib")


def _write_images(path: Path, n_samples: int) -> None:
    rng = np.random.RandomState(0)
    for i in range(n_samples):
        folder = path / str(i // N_FILES_A_FOLDER)
        if i % N_FILES_A_FOLDER == 0:
            folder.mkdir(parents=True)
        pixels = rng.randint(0, 256, (SIDE, SIDE)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def _make_blocks(n_samples: int, size: int = 10_000) -> Any:
    rng = np.random.RandomState(0)
    for start in range(0, n_samples, size):
        yield start, rng.rand(min(size, n_samples - start), N_BANDS).astype(np.float32)


def _write_zarr(path: Path, n_samples: int) -> None:
    options: dict[str, Any] = {"chunks": (1000, N_BANDS), "dtype": "f4"}
    array = zarr.open(str(path), mode="w", shape=(n_samples, N_BANDS), **options)
    for start, block in _make_blocks(n_samples):
        array[start : start + len(block)] = block


def _write_parquet(path: Path, n_samples: int) -> None:
    path.mkdir()
    for start, block in _make_blocks(n_samples):
        frame = pd.DataFrame(block).add_prefix("band")
        frame.to_parquet(path / f"{start}.parquet")


def _write_memmap(path: Path, n_samples: int) -> None:
    shape = (n_samples, N_BANDS)
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for start, block in _make_blocks(n_samples):
        array[start : start + len(block)] = block


def _predict(model: Path, path: Path, out: Path) -> tuple[int, float]:
    torch.set_num_threads(1)
    start = perf_counter()
    with PeakMemory() as memory:
        status = main(["predict", str(model), str(path), "--out", str(out), "--quiet"])
    if status != 0:
        raise RuntimeError(f"sklvision predict ended with status {status}.")
    return memory.peak, perf_counter() - start


def _fit(path: Path, is_memmap: bool) -> tuple[int, float]:
    torch.set_num_threads(1)
    array = np.load(path, mmap_mode="r") if is_memmap else zarr.open(str(path), mode="r")
    X = ArrayCollection(array, buffer_size=N_BUFFERED)
    y = np.arange(len(X)) % 3
    classifier = SpectrumClassifier(max_epochs=1, batch_size=1024, random_state=0)
    start = perf_counter()
    with PeakMemory() as memory:
        classifier.fit(X, y)
    return memory.peak, perf_counter() - start


def _list_names(model: Path, path: Path) -> tuple[int, float]:
    start = perf_counter()
    with PeakMemory() as memory:
        reader = read_samples([path], joblib.load(model))
        assert reader.n_samples
    return memory.peak, perf_counter() - start


def _write_links(path: Path, n_samples: int) -> None:
    """Make so many names of a few files, as many as the file system allows for each."""
    per_source = 50_000
    for i in range(n_samples):
        if i % per_source == 0:
            source = path.parent / f"source-{i}.png"
            Image.new("L", (SIDE, SIDE), 100).save(source)
        folder = path / f"tray-{i // N_FILES_A_FOLDER}"
        if i % N_FILES_A_FOLDER == 0:
            folder.mkdir(parents=True)
        os.link(source, folder / f"image-{i}.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--images", type=int, default=500, help="base of images, default: 500")
    parser.add_argument("--rows", type=int, default=10_000, help="base of rows, default: 10000")
    parser.add_argument("--names", type=int, default=1_000_000, help="default: 1000000; 0: none")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Predict and fit at every factor."""
    rows: list[dict[str, object]] = []

    def measure(work: str, n: int, write: Callable[[Path, int], None], function: Any, *last: Any):
        with TemporaryDirectory() as name:
            path = Path(name) / "samples.npy"
            write(path, n)
            first = [Path(models) / last[0]] if last and isinstance(last[0], str) else []
            parameters = [path, *([Path(name) / "out.csv"] if function is _predict else [])]
            flags = [] if first else list(last)
            peak, seconds = run_in_new_process(function, *first, *parameters, *flags)
        rows.append(
            {"work": work, "samples": n, "peak, MB": round(peak / 1e6), "s": round(seconds, 1)}
        )
        print(rows[-1], flush=True)

    with TemporaryDirectory() as models:
        _fit_models(Path(models))
        for factor in FACTORS:
            n = factor * args.images
            measure("predict, folder of images", n, _write_images, _predict, "images.joblib")
        for factor in FACTORS:
            n = factor * args.rows
            measure("predict, zarr", n, _write_zarr, _predict, "spectra.joblib")
        for factor in FACTORS:
            n = factor * args.rows
            measure("predict, Parquet", n, _write_parquet, _predict, "spectra.joblib")
        for factor in FACTORS:
            measure("fit, zarr", factor * args.rows, _write_zarr, _fit, False)
        for factor in FACTORS:
            measure("fit, memmap", factor * args.rows, _write_memmap, _fit, True)
        if args.names:
            measure(
                "list, folder of images", args.names, _write_links, _list_names, "images.joblib"
            )
    return f"Peak memory; rows of {N_BANDS} bands, {SIDE} x {SIDE} pixels", rows
