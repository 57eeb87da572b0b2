"""From JPEG files of nails to labels, relative to decoding those files.

    python -m benchmarks nails

The reference decodes full files to gray with the fastest decoder that is installed. The recipe and
the reference run alternately: image by image on one core, and folder by folder on two. Wall time is
unreliable on a busy machine, so processor time is reported as well.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from PIL import Image
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from sklvision.datasets import ImageCollection, fetch_nails
from sklvision.image import ForegroundCrop
from sklvision.recipes import nails

REDUCE = 4
Step = Callable[[Any], object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=7, help="default: 7; times are medians")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train both recipes, time them and score the fast recipe."""
    torch.set_num_threads(1)
    train, test, all_nails = (fetch_nails(subset=part) for part in ("train", "test", "all"))
    fast_recipe = nails(fast=True).fit(_open_reduced(train.filenames), train.target)
    accurate_recipe = nails().fit(train.data[::4], train.target[::4])
    # The published crop of 112 pixels, on images of half the size.
    published_crop = ForegroundCrop(center_crop=480, crop_size=224).fit(
        _open_halved(train.filenames)
    )
    with _limit_cores(1):
        name, decode = _find_fastest_decoder(train.filenames[:20])
        file_times = _interleave(
            {
                "decode": decode,
                "fast": lambda file: fast_recipe.predict(_open_reduced([file])),
                **_make_stages(fast_recipe),
            },
            test.filenames[::2],
            args.repeats,
        )
        # Timed separately, because a large net evicts the data of others from the caches.
        large_times = _interleave(
            {
                "decode": decode,
                "accurate": lambda file: accurate_recipe.predict(ImageCollection([file])),
            },
            test.filenames[::2],
            args.repeats,
        )
    with _limit_cores(2):
        folder_times = _interleave(
            {
                "decode": lambda files: _run_in_threads(decode, files),
                "read": lambda files: _read_batches(ImageCollection(files)),
                "crop": lambda files: _read_batches(fast_recipe[0].transform(_open_reduced(files))),
                "features": lambda files: fast_recipe[:-1].transform(_open_reduced(files)),
                "published": lambda files: _read_batches(
                    published_crop.transform(_open_halved(files))
                ),
            },
            [train.filenames],
            args.repeats,
        )
    reference, folder_reference = file_times.pop("decode"), folder_times.pop("decode")
    n = len(train.filenames)
    rows = [
        _format_row("decode: a file, one core", reference),
        _format_row(
            "fast: a file to its label, one core", file_times.pop("fast"), reference, 2.5, 200
        ),
        *(
            _format_row(f"  {stage}", file_times[stage], reference)
            for stage in _make_stages(fast_recipe)
        ),
        _format_row(
            "accurate: a file to its label, one core",
            large_times["accurate"],
            large_times["decode"],
        ),
        _format_row("decode: a folder, two cores", folder_reference, n=n),
        _format_row(
            "read: a folder as arrays, two cores", folder_times["read"], folder_reference, n=n
        ),
        _format_row(
            "published crop: a folder, two cores",
            folder_times["published"],
            folder_reference,
            1.3,
            n=n,
        ),
        _format_row(
            "fast: a folder cropped, two cores", folder_times["crop"], folder_reference, 1.3, n=n
        ),
        _format_row(
            "fast: a folder to features, two cores",
            folder_times["features"],
            folder_reference,
            1.3,
            n=n,
        ),
    ]
    accuracy = _describe_accuracy(fast_recipe, test, all_nails)
    return f"Nails, relative to decoding by {name}; fast: {accuracy}", rows


def _open_reduced(files: Sequence[str]) -> ImageCollection:
    return ImageCollection(files, reduce=REDUCE)


def _open_halved(files: Sequence[str]) -> ImageCollection:
    return ImageCollection(files, reduce=2, mode="L")


def _make_stages(fast_recipe: Any) -> dict[str, Step]:
    """Make the steps of the fast recipe; each takes the output of the step before it."""
    outputs: dict[str, Any] = {}

    def read(file: str) -> None:
        outputs["image"] = np.asarray(_open_reduced([file]))

    def crop(file: str) -> None:
        outputs["mask"] = fast_recipe[0].transform(outputs["image"])

    def describe(file: str) -> None:
        outputs["features"] = fast_recipe[1].transform(outputs["mask"])

    return {
        "read at a quarter": read,
        "crop": crop,
        "features": describe,
        "classify": lambda file: fast_recipe[2].predict(outputs["features"]),
    }


def _find_decoders() -> dict[str, Step]:
    """Find the installed decoders, as functions from a file to gray pixels."""

    def decode_with_pillow(file: str) -> None:
        with Image.open(file) as image:
            image.draft("L", None)
            image.load()

    decoders: dict[str, Step] = {"Pillow": decode_with_pillow}
    try:
        import simplejpeg

        decoders["simplejpeg"] = lambda file: simplejpeg.decode_jpeg(_read_file(file), "gray")
    except ImportError:
        pass
    try:
        import cv2

        cv2.setNumThreads(1)
        decoders["OpenCV"] = lambda file: cv2.imdecode(np.frombuffer(_read_file(file), np.uint8), 0)
    except ImportError:
        pass
    try:
        from torchvision.io import ImageReadMode, decode_jpeg, read_file

        decoders["torchvision"] = lambda file: decode_jpeg(read_file(file), ImageReadMode.GRAY)
    except (ImportError, RuntimeError):  # it may not fit the installed torch
        pass
    return decoders


def _read_file(file: str) -> bytes:
    with open(file, "rb") as stream:  # noqa: PTH123 - a Path would add to the time
        return stream.read()


def _find_fastest_decoder(files: Sequence[str]) -> tuple[str, Step]:
    decoders = _find_decoders()
    seconds = _interleave(decoders, files, 3)
    name = min(seconds, key=lambda name: seconds[name]["processor"])
    return name, decoders[name]


def _interleave(
    steps: dict[str, Step], inputs: Sequence[Any], repeats: int
) -> dict[str, dict[str, float]]:
    """Run the steps alternately; return median wall and processor seconds."""
    clock: dict[str, list[float]] = {name: [] for name in steps}
    processor: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(repeats + 1):
        for item in inputs:
            for name, step in steps.items():
                start = perf_counter(), process_time()
                step(item)
                if repeat:
                    clock[name].append(perf_counter() - start[0])
                    processor[name].append(process_time() - start[1])
    return {
        name: {"clock": median(clock[name]), "processor": median(processor[name])} for name in steps
    }


def _run_in_threads(step: Step, files: Sequence[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(step, files):
            pass


def _read_batches(images: ImageCollection) -> None:
    for _ in images.batches(n_threads=2):
        pass


@contextmanager
def _limit_cores(n: int) -> Iterator[None]:
    """Limit this process to a number of cores, if the system supports it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:n])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _describe_accuracy(fast_recipe: Any, test: Any, all_nails: Any) -> str:
    correct = (fast_recipe.predict(_open_reduced(test.filenames)) == test.target).sum()
    X, y, groups = _open_reduced(all_nails.filenames), all_nails.target, all_nails.groups
    folds = cross_val_predict(nails(fast=True), X, y, groups=groups, cv=LeaveOneGroupOut())
    return (
        f"{correct} of {len(test.target)} on the official split, {(folds == y).sum()} of {len(y)} "
        "in folds by capture series"
    )


def _format_row(
    case: str,
    seconds: dict[str, float],
    reference: dict[str, float] | None = None,
    goal: float | None = None,
    rate_goal: int | None = None,
    n: int = 1,
) -> dict[str, object]:
    """Format the row of a step on n images; ratios are to decoding as many images."""
    clock, processor = (seconds[kind] / n for kind in ("clock", "processor"))
    ratios: dict[str, object] = {"by the clock": "", "of the processor": ""}
    if reference:
        ratios = {
            "by the clock": seconds["clock"] / reference["clock"],
            "of the processor": seconds["processor"] / reference["processor"],
        }
    return {
        "case": case,
        "ms": 1e3 * clock,
        "processor, ms": 1e3 * processor,
        "ratio by the clock": ratios["by the clock"],
        "ratio of the processor": ratios["of the processor"],
        "bar": goal or "",
        "images/s": 1 / clock,
        "per processor second": 1 / processor,
        "at least": rate_goal or "",
    }
