"""Peak memory and time of training on image files, read lazily or held in an array.

    python -m benchmarks memory

Every fit runs in a process of its own. All take as many steps: 20 epochs over some images, one over
20 times more. The files are JPEG windows of scikit-learn's two photographs, the classes which
photograph a window is from.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.pipeline import make_pipeline

from benchmarks._harness import peak_memory
from sklvision.datasets import ImageCollection
from sklvision.image import Resize
from sklvision.neural_network import ImageClassifier

FILE_SIDE, SIDE, BATCH = 160, 128, 64
TIMES_MORE = 20


def _write(folder: Path, n_images: int) -> None:
    rng = np.random.RandomState(0)
    photographs = load_sample_images().images
    for i in range(n_images):
        photograph = photographs[i % 2]
        top, left = (rng.randint(side - FILE_SIDE + 1) for side in photograph.shape[:2])
        window = photograph[top : top + FILE_SIDE, left : left + FILE_SIDE]
        Image.fromarray(window).save(folder / f"{i:06}.jpg", quality=90)


def _fit(folder: Path, n_images: int, epochs: int, lazy: bool) -> dict[str, float]:
    torch.set_num_threads(1)
    files = ImageCollection(sorted(folder.iterdir())[:n_images])
    y = np.arange(n_images) % 2
    classifier = ImageClassifier("nail_cnn", max_epochs=epochs, batch_size=BATCH, random_state=0)
    model = make_pipeline(Resize(SIDE), classifier)
    before = peak_memory() / 1e6
    X = files if lazy else np.asarray(files)
    start = perf_counter()
    model.fit(X, y)
    return {"before": before, "peak": peak_memory() / 1e6, "seconds": perf_counter() - start}


def _read(folder: Path, n_images: int) -> float:
    """Seconds of one pass over the images, as a lazy fit makes it."""
    files = ImageCollection(sorted(folder.iterdir())[:n_images])
    start = perf_counter()
    for _ in Resize(SIDE).fit_transform(files).batches(BATCH):
        pass
    return perf_counter() - start


def _alone(function: Callable[..., Any], *args: Any) -> Any:
    # Not forked: a fork starts with the memory of its parent.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--images", type=int, default=250, help="default: 250, and 20 times more")
    parser.add_argument("--repeats", type=int, default=1, help="default: 1; times are medians")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Fit on few and on many images."""
    rows = measure(args.images, args.repeats)
    return "Training on images, each fit in a process of its own", rows


def measure(n_images: int, repeats: int) -> list[dict[str, object]]:
    """Fit on some images and on 20 times more, from files and from an array, in turns."""
    rows: list[dict[str, object]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, TIMES_MORE * n_images)
        for n, epochs in ((n_images, TIMES_MORE), (TIMES_MORE * n_images, 1)):
            reading: list[float] = []
            fits: dict[bool, list[dict[str, float]]] = {True: [], False: []}
            for _ in range(repeats):
                reading.append(_alone(_read, folder, n))
                for lazy, found in fits.items():
                    found.append(_alone(_fit, folder, n, epochs, lazy))
            for lazy, found in fits.items():
                rows.append(
                    {
                        "images in": "files" if lazy else "an array",
                        "images": n,
                        "epochs": epochs,
                        "pixels, MB": round(n * FILE_SIDE**2 * 3 / 1e6),
                        "before, MB": round(max(fit["before"] for fit in found)),
                        "peak, MB": round(max(fit["peak"] for fit in found)),
                        "fit, s": median(fit["seconds"] for fit in found),
                        "one pass of reading, s": median(reading),
                    }
                )
    return rows
