"""Labelled data from whatever the user points at."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.cli._errors import CommandError
from sklvision.utils._lazy import is_collection

LAZY_BEYOND = 2**30  # bytes of pixels that are read at once
NAMED = ("digits", "mnist", "cifar10", "nails", "flowers17")


@dataclass(frozen=True)
class Data:
    """Samples, labels and what belongs together."""

    name: str
    X: Any
    y: Any
    groups: np.ndarray | None = None
    grouped_by: str = ""

    @property
    def is_images(self) -> bool:
        return is_collection(self.X) or len(self.X.shape) > 2

    @property
    def mode(self) -> str | None:
        """Mode of images on disk, "L", "RGB" or "F"."""
        return self.X.mode if is_collection(self.X) else None

    def __str__(self) -> str:
        kind = "images" if self.is_images else "spectra"
        size = " × ".join(map(str, self.X.shape[1:])) + (" pixels" if self.is_images else " bands")
        if len(self.X.shape) == 1:
            size = "many sizes"
        grouped = f", grouped by {self.grouped_by}" if self.groups is not None else ""
        n_classes = len(np.unique(self.y))
        return f"{self.name}: {len(self.y)} {kind} of {size}, {n_classes} classes{grouped}"


def load_named(name: str) -> Data:
    """Load the training part of a public data set, downloaded where it is not there yet."""
    from sklearn.datasets import load_digits

    from sklvision import datasets

    if name == "digits":
        digits = load_digits()
        return Data(name, digits.images, digits.target)
    bunch = getattr(datasets, f"fetch_{name}")()
    if name == "cifar10":
        return Data(name, bunch.data, np.array(bunch.target_names)[bunch.target])
    return Data(name, bunch.data, bunch.target, bunch.get("groups"), "capture series")


def rows_to_images(data: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of pixels as images, of one byte per pixel where the values allow it."""
    if data.dtype.kind == "f" and ((data == np.rint(data)) & (data >= 0) & (data <= 255)).all():
        data = data.astype(np.uint8)
    return data.reshape(-1, *shape)


def load_data(
    path: Path,
    *,
    target: str | None,
    groups: str | None,
    image_size: int | None,
    allow_pickle: bool,
    on_error: str = "raise",
) -> Data:
    """Load a folder of images, or a file of images or spectra.

    The images of a folder are reduced to `image_size`, or stay as they are, and on disk, if it
    is None.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder.")
    file = Path(groups) if groups and Path(groups).is_file() else None
    column = None if file else groups
    if path.is_dir():
        if column:
            raise ValueError(f"--groups {column}: there is no such file; a folder has no columns.")
        data, names = _load_folder(path, image_size, on_error)
    elif path.suffix.lower() == ".npz" and _n_dims_in_npz(path) in (3, 4):
        data, names = _load_image_npz(path, target, column, allow_pickle), None
    else:
        data, names = _load_spectra(path, target, column, allow_pickle), None
    if file:
        values = _read_groups(file, len(data.y), names)
        if len(np.unique(values)) == len(values):
            raise ValueError(
                f"{file}: all {len(values)} groups differ, such as {str(values[0])!r}, and so "
                f"keep nothing together."
            )
        return Data(data.name, data.X, data.y, values, file.name)
    return data


def _load_folder(path: Path, image_size: int | None, on_error: str) -> tuple[Data, list[str]]:
    from sklvision.datasets import ImageCollection, load_image_folder

    folder = load_image_folder(path, on_error=on_error)
    names = [Path(name).relative_to(path).as_posix() for name in folder.filenames]
    images = folder.data
    size = reduced_size(images.shape[1:], image_size) if image_size else None
    if size:
        images = ImageCollection(images.files, size=size, mode=images.mode)
    keep_on_disk = image_size is None or math.prod(images.shape) > LAZY_BEYOND
    X = images if keep_on_disk else np.asarray(images)
    return Data(path.resolve().name or str(path), X, folder.target), names


def reduced_size(
    shape: tuple[int, ...], longest: int, *, enlarge: bool = False
) -> tuple[int, int] | None:
    """Size to read images at: proportions kept where all agree, None to leave them as they are."""
    if not shape:
        return longest, longest
    height, width = shape[:2]
    factor = longest / max(height, width)
    if factor >= 1 and not enlarge:
        return None
    return max(1, round(height * factor)), max(1, round(width * factor))


def _n_dims_in_npz(path: Path) -> int | None:
    """Dimensions of X by its header alone; None leaves the complaint to the loader."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("X.npy") as file:
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                return len(np.lib.format.read_array_header_1_0(file)[0])
            return len(np.lib.format.read_array_header_2_0(file)[0])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _load_image_npz(path: Path, target: str | None, column: str | None, allow_pickle: bool) -> Data:
    from sklvision.datasets._csv import GROUP_NAMES, TARGET_NAMES, find_name
    from sklvision.datasets._load_spectra import read_npz

    with np.load(path) as archive:
        others = [name for name in archive.files if name != "X"]
    with in_terms_of_options():
        y_name = find_name(path, "target", target, others, TARGET_NAMES)
        group_name = find_name(path, "group", column, others, GROUP_NAMES)
        if y_name is None:
            raise _no_labels(path, others)
        wanted = ["X", y_name, *([group_name] if group_name else [])]
        arrays = read_npz(path, allow_pickle, wanted)
    X, y = arrays["X"], arrays[y_name]
    if not np.issubdtype(X.dtype, np.number):
        raise ValueError(f"{path}: X must hold numbers, got {X.dtype}.")
    refuse_gaps(path, X, lambda place: f"pixel {', '.join(map(str, place))}")
    y = y.ravel() if y.shape == (len(X), 1) else y
    return Data(path.stem, X, y, arrays[group_name] if group_name else None, group_name or "")


def _load_spectra(path: Path, target: str | None, column: str | None, allow_pickle: bool) -> Data:
    from sklvision.datasets import load_spectra

    with in_terms_of_options():
        spectra = load_spectra(path, target=target, group=column, allow_pickle=allow_pickle)
    if spectra.target is None:
        raise _no_labels(path, list(spectra.metadata))
    refuse_gaps(path, spectra.data, lambda place: f"band {spectra.feature_names[place[0]]!r}")
    named = column or "group"
    return Data(path.stem, spectra.data, spectra.target, spectra.groups, named)


def _no_labels(path: Path, others: list[str]) -> ValueError:
    there = ", ".join(others) or "none"
    return ValueError(f"{path}: no labels found; name them by --target (there are: {there}).")


def refuse_gaps(path: Path, X: np.ndarray, tell: Callable[[list[int]], str]) -> None:
    """Refuse missing and infinite values; ``tell`` puts a place in a sample into words."""
    if X.dtype.kind not in "fc":
        return
    for is_gap, what in ((np.isnan, "missing"), (np.isinf, "infinite")):
        gaps = np.flatnonzero(is_gap(X))
        if gaps.size:
            row, *place = map(int, np.unravel_index(gaps[0], X.shape))
            raise ValueError(
                f"{path}: {gaps.size} values are {what}, the first in sample {row + 1}, "
                f"{tell(place)}. Fill them in or drop those samples first."
            )


@contextmanager
def in_terms_of_options() -> Iterator[None]:
    """Errors about keywords of functions name the options of the command instead."""
    try:
        yield
    except ValueError as error:
        message = str(error)
        for keyword, option in (
            ("allow_pickle=True", "--allow-pickle"),
            ("target=", "--target "),
            ("group=", "--groups "),
        ):
            message = message.replace(keyword, option)
        raise CommandError(message) from error


def _read_groups(path: Path, n_samples: int, names: list[str] | None) -> np.ndarray:
    """Read one group per sample, in their order, or lines of file name and group."""
    if path.suffix.lower() == ".npy":
        groups = np.load(path)
        if groups.shape != (n_samples,):
            raise ValueError(f"{path}: has shape {groups.shape}, expected ({n_samples},).")
        return groups
    from sklvision.datasets._csv import skip_to_rows

    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter, _ = skip_to_rows(file)
        rows = [[field.strip() for field in row] for row in csv.reader(file, delimiter=delimiter)]
    rows = [row for row in rows if any(row)]
    if rows and all(len(row) == 2 for row in rows) and names is not None:
        return _match_groups(path, dict(rows), names)
    if any(len(row) != 1 for row in rows):
        pairs = ", or lines of file name and group" if names is not None else ""
        raise ValueError(f"{path}: expected one group per line{pairs}.")
    if len(rows) == n_samples + 1:
        rows = rows[1:]  # under a header
    if len(rows) != n_samples:
        raise ValueError(f"{path}: holds {len(rows)} groups for {n_samples} samples.")
    return np.array([row[0] for row in rows])


def _match_groups(path: Path, group_of: dict[str, str], names: list[str]) -> np.ndarray:
    groups = [group_of.get(name, group_of.get(Path(name).name)) for name in names]
    without = [name for name, group in zip(names, groups, strict=True) if group is None]
    if without:
        raise ValueError(f"{path}: no group for {len(without)} images, such as {without[0]}.")
    return np.array(groups)
