"""Segmentation of the nails by our own steps, compared with those of OpenCV and of scikit-image.

    python -m benchmarks segmentation

Every step is timed on the inputs that it has while nails are cropped, by each library in turns, on
one thread each, by the time of the processor. Then crops of all nails are made with the steps of a
library in the place of ours: time, masks, centroids, crops and the recipe's predictions are
compared. A library that is not installed is left out:
pip install opencv-python-headless scikit-image
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, files
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import Pipeline

from benchmarks._harness import interleave
from benchmarks._segmentation_peers import Steps, load_steps
from sklvision.datasets import ImageCollection, fetch_nails
from sklvision.image import _background, _foreground, _window
from sklvision.image._window import crop_foreground, find_foreground
from sklvision.recipes import nails

LIBRARIES = {
    "OpenCV": ("opencv-python-headless",),
    "scikit-image": ("scikit-image", "imageio", "tifffile", "networkx", "lazy-loader"),
}
# Steps by name, and the modules that call them.
MODULES = {
    "average_squares": (_window,),
    "filter_median": (_background,),
    "compute_otsu_threshold": (_foreground,),
    "close_gaps": (_foreground,),
    "label_parts": (_foreground,),
    "take_local_maximum": (_foreground,),
    "compute_principal_axis": (_window,),
    "compute_bounding_box": (_foreground, _window),
    "crop_window": (_window,),
    "sample_window": (_window,),
}
# Decoded at a quarter of the size for the fast recipe.
REDUCE = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--repeats", type=int, default=15, help="default: 15; times are medians")
    parser.add_argument("--timed", type=int, default=22, help="images to time, default: 22")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Time the steps and the crops, and compare the results."""
    torch.set_num_threads(1)
    data = fetch_nails(subset="all")
    libraries = {name: load_steps(name) for name in LIBRARIES}
    available = {name: steps for name, steps in libraries.items() if steps is not None}
    step = max(len(data.target) // args.timed, 1)
    images = [np.asarray(image) for image in data.data[::step]]
    settings = nails()[0].fit(data.data)._settings
    rows = _compare_steps(images, settings, available, args.repeats)
    rows.append(_time_crops(images, settings, available, args.repeats))
    rows.append(_time_recipe(data, step, available, args.repeats))
    rows += _compare_crops(data, settings, available)
    rows.append(_measure_size(available))
    title = (
        f"Milliseconds of processor an image ({len(images)} timed), medians of {args.repeats} turns"
    )
    return f"{title}; differences and predictions of {len(data.target)} nails", rows


@contextmanager
def replace_steps(steps: Steps) -> Iterator[None]:
    """Put other steps in the place of ours."""
    patches = [
        patch.object(module, name, function)
        for name, function in steps.items()
        for module in MODULES[name]
    ]
    for one_patch in patches:
        one_patch.start()
    try:
        yield
    finally:
        for one_patch in patches:
            one_patch.stop()


def _compare_steps(
    images: list[np.ndarray], settings: dict[str, Any], available: dict[str, Steps], repeats: int
) -> list[dict[str, object]]:
    calls: dict[str, list[Any]] = {name: [] for name in MODULES}
    own_steps: Steps = {name: getattr(modules[0], name) for name, modules in MODULES.items()}

    def record(name: str, *args: Any, **kwargs: Any) -> Any:
        copies = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
        calls[name].append(partial(_call, args=copies, kwargs=kwargs))
        return own_steps[name](*args, **kwargs)

    with replace_steps({name: partial(record, name) for name in MODULES}):
        for image in images:
            crop_foreground(image, **settings)
    rows = []
    for name, inputs in calls.items():
        functions = {"ours": own_steps[name]} | {
            library: steps[name] for library, steps in available.items() if name in steps
        }
        seconds = interleave(
            {key: partial(_call_all, function, inputs) for key, function in functions.items()},
            repeats,
            process_time,
        )
        row = _make_row(name, {key: 1000 * s / len(images) for key, s in seconds.items()})
        for library in available:
            if library in functions:
                pairs = [(call(own_steps[name]), call(functions[library])) for call in inputs]
                row[f"{library} differs"] = f"{max(_measure_difference(*p) for p in pairs):.2g}"
        rows.append(row)
    return rows


def _call(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


def _call_all(function: Callable[..., Any], inputs: list[Any]) -> None:
    for call in inputs:
        call(function)


def _measure_difference(first: Any, second: Any) -> float:
    """Measure the largest difference; of labels, whether the parts are the same."""
    if isinstance(first, tuple) and isinstance(first[0], np.ndarray) and np.isscalar(first[1]):
        pairs = np.unique(np.stack([first[0].ravel(), second[0].ravel()]), axis=1)
        return float(first[1] != second[1] or pairs.shape[1] != first[1] + 1)
    if isinstance(first, tuple) and isinstance(first[0], slice):
        return float(first != second)
    if isinstance(first, tuple):
        return max(map(_measure_difference, first, second))
    return float(np.abs(np.asarray(first, np.float64) - np.asarray(second, np.float64)).max())


def _time_crops(
    images: list[np.ndarray], settings: dict[str, Any], available: dict[str, Steps], repeats: int
) -> dict[str, object]:
    def crop_all(steps: Steps) -> None:
        with replace_steps(steps):
            for image in images:
                crop_foreground(image, **settings)

    functions = {
        name: partial(crop_all, steps) for name, steps in {"ours": {}, **available}.items()
    }
    seconds = interleave(functions, repeats, process_time)
    return _make_row("whole crop", {name: 1000 * s / len(images) for name, s in seconds.items()})


def _time_recipe(
    data: Any, step: int, available: dict[str, Steps], repeats: int
) -> dict[str, object]:
    """Time the fast recipe from a file to its label."""
    recipe = nails(fast=True).fit(ImageCollection(data.filenames, reduce=REDUCE), data.target)
    timed_files = data.filenames[::step]

    def predict_all(steps: Steps) -> None:
        with replace_steps(steps):
            for file in timed_files:
                recipe.predict(ImageCollection([file], reduce=REDUCE))

    functions = {
        name: partial(predict_all, steps) for name, steps in {"ours": {}, **available}.items()
    }
    seconds = interleave(functions, repeats, process_time)
    milliseconds = {name: 1000 * s / len(timed_files) for name, s in seconds.items()}
    return _make_row("fast recipe, a file to its label", milliseconds)


def _compare_crops(
    data: Any, settings: dict[str, Any], available: dict[str, Steps]
) -> list[dict[str, object]]:
    """Compare masks, centroids and crops of all nails, and the fast recipe's predictions."""
    overlap, distance, difference, errors = (
        _make_row(name, {})
        for name in (
            "smallest overlap of masks",
            "largest distance of centroids, pixels",
            "mean difference of crops, gray levels",
            "fast recipe: errors in folds by series",
        )
    )
    errors["ours"] = _count_errors(data)
    search = tuple(settings[name] for name in ("center_crop", "threshold", "polarity"))
    for library, steps in available.items():
        overlaps, distances, differences = [], [], []
        for image in data.data:
            foreground = find_foreground(image, *search)
            crop = crop_foreground(image, **settings)
            with replace_steps(steps):
                library_foreground = find_foreground(image, *search)
                library_crop = crop_foreground(image, **settings)
            a, b = foreground.level > 0, library_foreground.level > 0
            overlaps.append((a & b).sum() / max((a | b).sum(), 1))
            centers = [np.argwhere(mask).mean(axis=0) * foreground.step for mask in (a, b)]
            distances.append(float(np.hypot(*(centers[0] - centers[1]))))
            differences.append(float(np.abs(crop.astype(float) - library_crop).mean()))
        overlap[library] = min(overlaps)
        distance[library] = max(distances)
        difference[library] = float(np.mean(differences))
        with replace_steps(steps):
            errors[library] = _count_errors(data)
    return [overlap, distance, difference, errors]


def _count_errors(data: Any) -> int:
    X = ImageCollection(data.filenames, reduce=REDUCE)
    recipe = nails(fast=True)
    masks = np.asarray(recipe[0].fit_transform(X))  # in this process, where steps are exchanged
    folds = LeaveOneGroupOut()
    classifier = Pipeline(recipe.steps[1:])
    predictions = cross_val_predict(classifier, masks, data.target, groups=data.groups, cv=folds)
    return int((predictions != data.target).sum())


def _measure_size(available: dict[str, Steps]) -> dict[str, object]:
    row = _make_row("installed, MB", {"ours": 0.0})
    for library in available:
        row[library] = sum(map(_measure_package, LIBRARIES[library]))
    return row


def _measure_package(package: str) -> float:
    try:
        paths = [path.locate() for path in files(package) or ()]
    except PackageNotFoundError:
        return 0.0
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _make_row(name: str, values: dict[str, float]) -> dict[str, object]:
    row: dict[str, object] = {"step": name, "ours": values.get("ours", "")}
    for library in LIBRARIES:
        row[library] = values.get(library, "")
        row[f"ours / {library}"] = values["ours"] / values[library] if library in values else ""
        row[f"{library} differs"] = ""
    return row
