"""From JPEG files of nails to labels, against decoding those files.

    python -m benchmarks nails

The reference decodes whole files to gray, by the fastest decoder that is installed. It and ours
take turns: image by image on one core, and folder by folder on two. On a machine that is busy with
other work the clock says little, so the processor's time is given beside it.
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
    """What can be chosen."""
    parser.add_argument("--repeats", type=int, default=7, help="default: 7; times are medians")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train both recipes, time them and score the fast one."""
    torch.set_num_threads(1)
    train, test, everything = (fetch_nails(subset=part) for part in ("train", "test", "all"))
    fast = nails(fast=True).fit(_small(train.filenames), train.target)
    accurate = nails().fit(train.data[::4], train.target[::4])
    # The published crop, of 112 pixels, in images of half the size.
    at_half = ForegroundCrop(center_crop=480, crop_size=224).fit(_half(train.filenames))
    with _cores(1):
        name, decode = _fastest_decoder(train.filenames[:20])
        one = _in_turns(
            {
                "decode": decode,
                "fast": lambda file: fast.predict(_small([file])),
                **_stages(fast),
            },
            test.filenames[::2],
            args.repeats,
        )
        # In turns of its own: a large net leaves nothing of the others in the processor's caches.
        large = _in_turns(
            {
                "decode": decode,
                "accurate": lambda file: accurate.predict(ImageCollection([file])),
            },
            test.filenames[::2],
            args.repeats,
        )
    with _cores(2):
        folder = _in_turns(
            {
                "decode": lambda files: _in_threads(decode, files),
                "read": lambda files: _all_batches(ImageCollection(files)),
                "crop": lambda files: _all_batches(fast[0].transform(_small(files))),
                "features": lambda files: fast[:-1].transform(_small(files)),
                "published": lambda files: _all_batches(at_half.transform(_half(files))),
            },
            [train.filenames],
            args.repeats,
        )
    reference, whole = one.pop("decode"), folder.pop("decode")
    n = len(train.filenames)
    rows = [
        _row("decode: a file, one core", reference),
        _row("fast: a file to its label, one core", one.pop("fast"), reference, 2.5, 200),
        *(_row(f"  {stage}", one[stage], reference) for stage in _stages(fast)),
        _row("accurate: a file to its label, one core", large["accurate"], large["decode"]),
        _row("decode: a folder, two cores", whole, n=n),
        _row("read: a folder as arrays, two cores", folder["read"], whole, n=n),
        _row("published crop: a folder, two cores", folder["published"], whole, 1.3, n=n),
        _row("fast: a folder cropped, two cores", folder["crop"], whole, 1.3, n=n),
        _row("fast: a folder to features, two cores", folder["features"], whole, 1.3, n=n),
    ]
    return f"Nails, against decoding by {name}; fast: {_accuracy(fast, test, everything)}", rows


def _small(files: Sequence[str]) -> ImageCollection:
    return ImageCollection(files, reduce=REDUCE)


def _half(files: Sequence[str]) -> ImageCollection:
    return ImageCollection(files, reduce=2, mode="L")


def _stages(fast: Any) -> dict[str, Step]:
    """The parts of the fast recipe, each on what the part before it made of a file."""
    made: dict[str, Any] = {}

    def read(file: str) -> None:
        made["image"] = np.asarray(_small([file]))

    def crop(file: str) -> None:
        made["mask"] = fast[0].transform(made["image"])

    def describe(file: str) -> None:
        made["features"] = fast[1].transform(made["mask"])

    return {
        "read at a quarter": read,
        "crop": crop,
        "features": describe,
        "classify": lambda file: fast[2].predict(made["features"]),
    }


def _decoders() -> dict[str, Step]:
    """Every decoder that can be imported, from a file to gray pixels."""

    def pillow(file: str) -> None:
        with Image.open(file) as image:
            image.draft("L", None)
            image.load()

    found: dict[str, Step] = {"Pillow": pillow}
    try:
        import simplejpeg

        found["simplejpeg"] = lambda file: simplejpeg.decode_jpeg(_content(file), "gray")
    except ImportError:
        pass
    try:
        import cv2

        cv2.setNumThreads(1)
        found["OpenCV"] = lambda file: cv2.imdecode(np.frombuffer(_content(file), np.uint8), 0)
    except ImportError:
        pass
    try:
        from torchvision.io import ImageReadMode, decode_jpeg, read_file

        found["torchvision"] = lambda file: decode_jpeg(read_file(file), ImageReadMode.GRAY)
    except (ImportError, RuntimeError):  # it may not fit the torch that is installed
        pass
    return found


def _content(file: str) -> bytes:
    with open(file, "rb") as stream:  # noqa: PTH123 - a Path would add to what is timed
        return stream.read()


def _fastest_decoder(files: Sequence[str]) -> tuple[str, Step]:
    decoders = _decoders()
    seconds = _in_turns(decoders, files, 3)
    name = min(seconds, key=lambda name: seconds[name]["processor"])
    return name, decoders[name]


def _in_turns(
    steps: dict[str, Step], inputs: Sequence[Any], repeats: int
) -> dict[str, dict[str, float]]:
    """Median seconds by the clock and of the processor, after one warm-up, in turns."""
    clock: dict[str, list[float]] = {name: [] for name in steps}
    processor: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(repeats + 1):
        for one in inputs:
            for name, step in steps.items():
                start = perf_counter(), process_time()
                step(one)
                if repeat:
                    clock[name].append(perf_counter() - start[0])
                    processor[name].append(process_time() - start[1])
    return {
        name: {"clock": median(clock[name]), "processor": median(processor[name])} for name in steps
    }


def _in_threads(step: Step, files: Sequence[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(step, files):
            pass


def _all_batches(images: ImageCollection) -> None:
    for _ in images.batches(n_threads=2):
        pass


@contextmanager
def _cores(n: int) -> Iterator[None]:
    """Run on so many cores, where the system lets a process choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:n])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _accuracy(fast: Any, test: Any, everything: Any) -> str:
    correct = (fast.predict(_small(test.filenames)) == test.target).sum()
    X, y, groups = _small(everything.filenames), everything.target, everything.groups
    folds = cross_val_predict(nails(fast=True), X, y, groups=groups, cv=LeaveOneGroupOut())
    return (
        f"{correct} of {len(test.target)} on the official split, {(folds == y).sum()} of {len(y)} "
        "in folds by capture series"
    )


def _row(
    case: str,
    seconds: dict[str, float],
    reference: dict[str, float] | None = None,
    bar: float | None = None,
    rate_bar: int | None = None,
    n: int = 1,
) -> dict[str, object]:
    """A row about n images at once; the ratios are to the same number of decoded images."""
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
        "bar": bar or "",
        "images/s": 1 / clock,
        "per processor second": 1 / processor,
        "at least": rate_bar or "",
    }
