"""Peak memory and time of training on image files, read lazily or from an array.

    python -m benchmarks memory

Every fit runs in a process of its own. All fits take the same number of steps: 20 epochs over a few
images, or one epoch over 20 times as many. The files are JPEG windows of scikit-learn's two
photographs; the class of a window is its photograph.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.pipeline import make_pipeline

from benchmarks._harness import read_peak_memory, run_in_new_process
from sklvision.datasets import ImageCollection
from sklvision.image import Resize
from sklvision.neural_network import ImageClassifier

FILE_SIDE, SIDE, BATCH = 160, 128, 64
FACTOR = 20


def _write_files(folder: Path, n_images: int) -> None:
    rng = np.random.RandomState(0)
    photographs = load_sample_images().images
    for i in range(n_images):
        photograph = photographs[i % 2]
        top, left = (rng.randint(side - FILE_SIDE + 1) for side in photograph.shape[:2])
        window = photograph[top : top + FILE_SIDE, left : left + FILE_SIDE]
        Image.fromarray(window).save(folder / f"{i:06}.jpg", quality=90)


def _measure_fit(folder: Path, n_images: int, epochs: int, is_lazy: bool) -> dict[str, float]:
    torch.set_num_threads(1)
    files = ImageCollection(sorted(folder.iterdir())[:n_images])
    y = np.arange(n_images) % 2
    classifier = ImageClassifier("nail_cnn", max_epochs=epochs, batch_size=BATCH, random_state=0)
    model = make_pipeline(Resize(SIDE), classifier)
    memory_before = read_peak_memory() / 1e6
    X = files if is_lazy else np.asarray(files)
    start = perf_counter()
    model.fit(X, y)
    return {
        "before": memory_before,
        "peak": read_peak_memory() / 1e6,
        "seconds": perf_counter() - start,
    }


def _measure_reading(folder: Path, n_images: int) -> float:
    """Measure the seconds of reading all images once, as a lazy fit does."""
    files = ImageCollection(sorted(folder.iterdir())[:n_images])
    start = perf_counter()
    for _ in Resize(SIDE).fit_transform(files).batches(BATCH):
        pass
    return perf_counter() - start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument(
        "--images", type=int, default=250, help="default: 250, and 20 times as many"
    )
    parser.add_argument("--repeats", type=int, default=1, help="default: 1; times are medians")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Fit on a few images and on many."""
    rows = measure_fits(args.images, args.repeats)
    return "Training on images, each fit in a process of its own", rows


def measure_fits(n_images: int, repeats: int) -> list[dict[str, object]]:
    """Fit on a few images and on 20 times as many, from files and from an array."""
    rows: list[dict[str, object]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder, FACTOR * n_images)
        for n, epochs in ((n_images, FACTOR), (FACTOR * n_images, 1)):
            reading_seconds: list[float] = []
            fits: dict[bool, list[dict[str, float]]] = {True: [], False: []}
            for _ in range(repeats):
                reading_seconds.append(run_in_new_process(_measure_reading, folder, n))
                for is_lazy, measurements in fits.items():
                    measurements.append(
                        run_in_new_process(_measure_fit, folder, n, epochs, is_lazy)
                    )
            for is_lazy, measurements in fits.items():
                rows.append(
                    {
                        "images in": "files" if is_lazy else "an array",
                        "images": n,
                        "epochs": epochs,
                        "pixels, MB": round(n * FILE_SIDE**2 * 3 / 1e6),
                        "before, MB": round(max(fit["before"] for fit in measurements)),
                        "peak, MB": round(max(fit["peak"] for fit in measurements)),
                        "fit, s": median(fit["seconds"] for fit in measurements),
                        "one pass of reading, s": median(reading_seconds),
                    }
                )
    return rows
