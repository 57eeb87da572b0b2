"""Cases of readers of files, and of collections of images."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._fuzz import files, models
from benchmarks._fuzz.arguments import SHAPES, draw_arguments
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.judge import FaultError
from benchmarks._fuzz.samples import JUNK
from sklvision import datasets
from sklvision.datasets import ImageCollection

# Options of tables that every reader of tables passes on.
TABLE_OPTIONS: dict[str, tuple[Any, ...]] = {
    "target": ("label", "y", "x", "", None, "900", "date"),
    "group": ("group", "y", "x", ""),
    "split": ("split", "label", "x"),
    "time": ("date", "label", "900", "x"),
    "bands": ("900:905", "900,902", ["900", "902"], "x", ":", "905:900", "0:3", "", []),
    "drop": (["label"], ["note", "id"], [], ["x"], ["900"], "label", [1]),
    "transpose": (True, False),
    "decimal": (".", ",", ";", ""),
    "header_line": (1, 2, 0, 99, -1, 1.5),
    "has_header": (True, False),
    "encoding": ("utf-8", "cp1252", "utf-16", "x", "", "rot13", "hex"),
    "sheet": ("Sheet1", "x", 0, ""),
    "resample": (True, "nm", "x"),
    "allow_pickle": (True, False),
}


def draw_table_options(case: Case) -> dict[str, Any]:
    """Draw options of tables: none in half of the cases."""
    names = case.random.sample(list(TABLE_OPTIONS), case.pick((0, 0, 0, 0, 0, 1, 1, 2, 4)))
    return {name: case.pick_early(TABLE_OPTIONS[name]) for name in names}


def try_reader(case: Case, reader: Callable[..., Any]) -> None:
    """Write a file of any kind, read it, and look at what was read."""
    name = reader.__name__
    options: dict[str, Callable[[], Any]] = {
        "lazy": lambda: case.pick((True, False)),
        "mode": lambda: case.pick_early((None, "L", "RGB", "F", "x")),
        "reduce": lambda: case.pick_early((1, 2, 4, 8, 3, "x")),
        "on_error": lambda: case.pick_early(("raise", "skip", "raise", "skip", "skip", "x")),
        "background": lambda: case.pick_early(("white", "black", "x")),
        "image_shape": lambda: case.pick(SHAPES),
        "groups": lambda: case.pick(("group", "x", "groups", str(case.folder), "suggested")),
        "groups_from_name": lambda: case.pick(("(.)", "x", "(", "(a)|b", "", "()")),
        "model": lambda: case.pick(
            [*models.fit_models("spectra").values(), models.fit_models("images")["net"]]
        ),
    }
    options |= {key: lambda key=key: case.pick_early(TABLE_OPTIONS[key]) for key in TABLE_OPTIONS}  # type: ignore[misc]
    if name.startswith("fetch"):
        options["data_home"] = lambda: case.pick((str(case.folder), case.folder / "x"))
        files.write_any(case)
        kwargs = draw_arguments(case, reader, options) | {"download_if_missing": False}
        kwargs.setdefault("data_home", case.folder)
        case.call(reader, **kwargs)
        return
    path = (
        files.write_image_folder(case, case.folder) if "folder" in name else files.write_any(case)
    )
    if case.has_luck(0.03):
        path = case.pick((*JUNK, path / "x", str(path) + "\0"))
    kwargs = draw_arguments(case, reader, options, skip=("path", "paths", "source", "files"))
    if case.has_luck(
        0.7 if case.is_calm else 0.3
    ):  # at their defaults, so that more files are read to their end
        kwargs = {}
    elif name in ("load_labeled", "read_samples"):
        kwargs |= {
            k: v for k, v in draw_table_options(case).items() if k not in ("group", "target")
        }
    if name == "read_samples":
        paths: Any = case.pick_early(([path], [str(path)], [path, path], path, []))
        contents: tuple[Any, ...] = (
            b"x",
            np.zeros((8, 8), np.uint8),
            files.encode_image(case),
            "x",
            3,
        )
        if case.has_luck(0.3) and not case.is_calm:
            paths = [case.pick(contents) for _ in range(case.pick((1, 2, 3)))]
        kwargs.setdefault("model", models.fit_models(case.pick(("spectra", "images")))["net"])
        reader_result = case.call(reader, paths, **kwargs)
        case.call(lambda: _use_samples(case, reader_result))
        return
    result = case.call(reader, path, **kwargs)
    if isinstance(result, tuple) or "target" in result:
        case.call(lambda: _use_data(case, result, reader))


def _use_samples(case: Case, reader: Any) -> None:
    for batch in islice(reader, 6):
        X = getattr(batch, "data", batch[0] if isinstance(batch, tuple) else batch)
        _check_values(case, X)


def _use_data(case: Case, result: Any, reader: Callable[..., Any]) -> None:
    if isinstance(result, tuple):
        X, y = result
    else:
        X, y = result["data"], result["target"]
    if isinstance(X, ImageCollection):
        _use_collection(case, X)
    else:
        case.check(y is None or len(X) == len(y), "wrong shape", "X and y differ in length")
        if reader.__name__ != "load_spectra":  # which reads spectra with missing values as they are
            _check_values(case, X)
    if y is not None:
        missing = pd.isna(np.asarray(y, dtype=object)).sum()
        case.check(not missing, "missing label", f"{missing} of {len(y)}")


def _check_values(case: Case, X: Any) -> None:
    if isinstance(X, ImageCollection):
        _use_collection(case, X)
    elif not isinstance(X, list):
        case.check_finite(X, "values that were read")


def _use_collection(case: Case, X: ImageCollection) -> None:
    """Read images in several ways, which must give the same."""
    images = list(X)
    for image in images:
        case.check_finite(image, "pixels")
    if len(X) and X.shape[1:]:
        is_same = all((a == b).all() for a, b in zip(np.asarray(X), images, strict=True))
        case.check(is_same, "other pixels in an array than alone")


def try_collection(case: Case, cls: type[ImageCollection]) -> None:
    """Make a collection of files, contents and junk, index it and read it."""
    contents: list[Any] = [files.encode_image(case) for _ in range(case.pick((1, 2, 3, 4, 0)))]
    if case.has_luck(0.3) and contents:
        contents[0] = bytes(files.change_bytes(contents[0], case.random))
    if case.has_luck(0.1):
        contents.append(case.pick(JUNK))
    paths = []
    for i, content in enumerate(contents):
        if isinstance(content, bytes) and case.has_luck(0.5):
            path = case.folder / f"{i}.png"
            path.write_bytes(content)
            content = case.pick((str, lambda path: path))(path)
        paths.append(content)
    options = {
        "mode": lambda: case.pick_early((None, "L", "RGB", "F", "x")),
        "reduce": lambda: case.pick((1, 2, 4, 8, 3, "x", True)),
        "on_error": lambda: case.pick(("raise", "skip", "skip", "x")),
        "background": lambda: case.pick_early(("white", "black", "x")),
        "white": lambda: case.pick_early(
            (None, 1, 255, 65535.0, 0, -1, "x", float("inf"), 1e-300, 1e300)
        ),
    }
    kwargs = draw_arguments(case, cls, options, skip=("files",))
    collection = case.call(cls, case.pick((list, list, tuple, _to_objects))(paths), **kwargs)
    case.call(repr, collection)
    case.call(lambda: _use_collection(case, collection))
    key = case.pick(
        (0, -1, 99, slice(1, None), [0], [True], np.array([0, 0]), "x", None, 1.5, [], [-9])
    )
    try:
        part = case.call(lambda: collection[key])
    except FaultError as fault:
        if "raw IndexError" in fault.kind and "out of bounds" in fault.message:
            return  # by which loops over a sequence end
        raise
    if isinstance(part, ImageCollection):
        case.call(lambda: _use_collection(case, part))
    size = case.pick_early((1, 2, 99, 0, -1, 1.5, "x"))
    case.call(lambda: list(collection.batches(size)))


def _to_objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def list_readers() -> dict[str, Callable[..., Any]]:
    """List the public readers of files."""
    return {
        name: getattr(datasets, name)
        for name in datasets.__all__
        if name.startswith(("load_", "read_", "fetch_"))
    }
