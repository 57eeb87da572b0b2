"""What is to be classified: image files, and files of rows, batch by batch."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.cli._data import in_terms_of_options, refuse_gaps, rows_to_images
from sklvision.cli._inspect import image_mode, image_shape, takes_images

TABLES = (".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz")


@dataclass(frozen=True)
class Batch:
    """Some samples: what names each, and those that can be read, at which places."""

    names: list[tuple[Any, ...]]
    X: Any
    places: np.ndarray


def find_files(paths: list[Path]) -> list[Path]:
    """Files in the order given; those of a folder, in natural order, in its place."""
    from sklvision.datasets._reader import SUFFIXES

    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = [file for file in _walk(path) if file.suffix.lower() in SUFFIXES]
            if not found:
                raise ValueError(f"{path}: holds no images ({', '.join(SUFFIXES)}).")
            files += sorted(found, key=natural)
        elif not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file or folder.")
        elif path.name.lower().endswith((*SUFFIXES, *TABLES)):
            files.append(path)
        else:
            known = ", ".join([*SUFFIXES, *TABLES])
            raise ValueError(f"{path}: suffix {path.suffix!r} is not among {known}.")
    n_tables = sum(map(is_table, files))
    if 0 < n_tables < len(files):
        raise ValueError(
            f"{n_tables} of {len(files)} files hold rows, such as "
            f"{next(filter(is_table, files))}, the others are images; ask for one kind at a time."
        )
    return files


def is_table(file: Path) -> bool:
    """Whether a file holds one sample per row, of spectra or images."""
    return file.name.lower().endswith(TABLES)


def natural(file: Path) -> list[Any]:
    """Key that sorts 2.png before 10.png."""
    parts = re.split(r"(\d+)", file.as_posix().lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)]


def read_images(files: list[Path], model: Any, batch_size: int, on_error: str) -> Iterator[Batch]:
    """Read image files as the model takes them, a batch at a time."""
    from sklvision.datasets import ImageCollection

    if not takes_images(model):
        raise ValueError(f"{files[0]}: is an image, and the model takes rows of numbers.")
    names = list(map(str, files))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if on_error == "skip" else "default")
        images = ImageCollection(names, mode=image_mode(model), on_error=on_error)
    if images.skipped:
        shown = ", ".join(images.skipped[:10]) + (", …" if len(images.skipped) > 10 else "")
        warnings.warn(
            f"{len(images.skipped)} of {len(names)} images cannot be read, and get no label: "
            f"{shown}",
            stacklevel=2,
        )
    skipped = set(images.skipped)
    done = 0
    for start in range(0, len(names), batch_size):
        some = names[start : start + batch_size]
        places = np.array([i for i, name in enumerate(some) if name not in skipped], dtype=int)
        yield Batch([(name,) for name in some], images[done : done + len(places)], places)
        done += len(places)


def read_tables(files: list[Path], model: Any, batch_size: int) -> Iterator[Batch]:
    """Read files of rows, or of arrays of images, and hand out a batch at a time."""
    for file in files:
        X = _fitting(file, _read_table(file), model)
        for start in range(0, len(X), batch_size):
            part = X[start : start + batch_size]
            names = [(str(file), start + i + 1) for i in range(len(part))]
            yield Batch(names, part, np.arange(len(part)))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _read_table(file: Path) -> np.ndarray:
    from sklvision.datasets import load_spectra
    from sklvision.datasets._load_spectra import read_npz

    with in_terms_of_options():
        if file.suffix.lower() != ".npz":
            return load_spectra(file).data
        try:
            return read_npz(file, False, ["X"])["X"]
        except KeyError:
            raise ValueError(f"{file}: no array 'X'.") from None


def _fitting(file: Path, X: np.ndarray, model: Any) -> np.ndarray:
    """Bring the samples of a file into the shape that the model takes, or say why not."""
    if X.ndim not in (2, 3, 4) or X.dtype.kind not in "fiub" or 0 in X.shape:
        raise ValueError(
            f"{file}: X must be numbers of 2 (rows), 3 or 4 (images) dimensions, "
            f"got {X.dtype} of shape {X.shape}."
        )
    refuse_gaps(file, X, lambda place: f"value {', '.join(str(i + 1) for i in place)}")
    if takes_images(model):
        if X.ndim > 2:
            return X
        shape = image_shape(model)
        if shape is None:
            raise ValueError(
                f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of many "
                "sizes; give it image files, or an npz of images."
            )
        if X.shape[1] != np.prod(shape):
            raise ValueError(
                f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of "
                f"{' × '.join(map(str, shape))}, {np.prod(shape)} numbers."
            )
        return rows_to_images(X, shape)
    if X.ndim > 2:
        raise ValueError(f"{file}: holds images, and the model takes rows of numbers.")
    n_features = getattr(model, "n_features_in_", X.shape[1])
    if X.shape[1] != n_features:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes rows of {n_features}."
        )
    return X
