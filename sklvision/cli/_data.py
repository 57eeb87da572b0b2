"""Labelled data from whatever the user points at."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.cli._errors import CommandError

LAZY_BEYOND = 2**30  # bytes of pixels that are read at once


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
        return len(self.X.shape) > 2

    def __str__(self) -> str:
        kind = "images" if self.is_images else "spectra"
        size = " × ".join(map(str, self.X.shape[1:])) + (" pixels" if self.is_images else " bands")
        grouped = f", grouped by {self.grouped_by}" if self.groups is not None else ""
        n_classes = len(np.unique(self.y))
        return f"{self.name}: {len(self.y)} {kind} of {size}, {n_classes} classes{grouped}"


def load_digits() -> Data:
    """scikit-learn's real digits, which need no download."""
    from sklearn import datasets

    digits = datasets.load_digits()
    return Data("digits", digits.images, digits.target)


def load_data(
    path: Path, *, target: str | None, groups: str | None, image_size: int, allow_pickle: bool
) -> Data:
    """Load a folder of images, or a file of images or spectra."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder.")
    file = Path(groups) if groups and Path(groups).is_file() else None
    column = None if file else groups
    if path.is_dir():
        if column:
            raise ValueError(f"--groups {column}: there is no such file; a folder has no columns.")
        data, names = _load_folder(path, image_size)
    elif path.suffix.lower() == ".npz" and _n_dims_in_npz(path) in (3, 4):
        data, names = _load_image_npz(path, target, column), None
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


def _load_folder(path: Path, image_size: int) -> tuple[Data, list[str]]:
    from sklvision.datasets import load_image_folder

    headers = load_image_folder(path)
    size = _reduced_size(headers.data.shape[1:], image_size)
    folder = load_image_folder(path, size=size) if size else headers
    n_bytes = np.prod(folder.data.shape, dtype=np.float64)
    X = folder.data if n_bytes > LAZY_BEYOND else np.asarray(folder.data)
    names = [Path(name).relative_to(path).as_posix() for name in folder.filenames]
    return Data(path.name or str(path), X, folder.target), names


def _reduced_size(shape: tuple[int, ...], longest: int) -> tuple[int, int] | None:
    """Size to read images at: never enlarged, proportions kept where all agree."""
    if not shape:
        return longest, longest
    height, width = shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
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


def _load_image_npz(path: Path, target: str | None, column: str | None) -> Data:
    with np.load(path) as archive:
        others = [name for name in archive.files if name != "X"]
        y_name = target or "y"
        group_name = column or ("group" if "group" in others else None)
        for option, name in (("--target", y_name), ("--groups", group_name)):
            if name is not None and name not in others:
                raise ValueError(f"{path}: {option} {name}: no such array among {others}.")
        groups = archive[group_name] if group_name else None
        X, y = archive["X"], archive[y_name]
    if not np.issubdtype(X.dtype, np.number):
        raise ValueError(f"{path}: X must hold numbers, got {X.dtype}.")
    return Data(path.stem, X, y, groups, group_name or "")


def _load_spectra(path: Path, target: str | None, column: str | None, allow_pickle: bool) -> Data:
    from sklvision.datasets import load_spectra

    try:
        spectra = load_spectra(path, target=target, group=column, allow_pickle=allow_pickle)
    except ValueError as error:
        raise CommandError(_in_terms_of_options(str(error))) from error
    if spectra.target is None:
        others = ", ".join(spectra.metadata) or "none"
        raise ValueError(f"{path}: no labels found; name them by --target (there are: {others}).")
    missing = np.argwhere(np.isnan(spectra.data))
    if len(missing):
        row, band = missing[0]
        raise ValueError(
            f"{path}: {len(missing)} values are missing, the first in sample {row + 1}, band "
            f"{spectra.feature_names[band]!r}. Fill them in or drop those spectra first."
        )
    named = column or "group"
    return Data(path.stem, spectra.data, spectra.target, spectra.groups, named)


def _in_terms_of_options(message: str) -> str:
    for keyword, option in (
        ("allow_pickle=True", "--allow-pickle"),
        ("target=", "--target "),
        ("group=", "--groups "),
    ):
        message = message.replace(keyword, option)
    return message


def _read_groups(path: Path, n_samples: int, names: list[str] | None) -> np.ndarray:
    """Read one group per sample, in their order, or lines of file name and group."""
    if path.suffix.lower() == ".npy":
        groups = np.load(path)
        if groups.shape != (n_samples,):
            raise ValueError(f"{path}: has shape {groups.shape}, expected ({n_samples},).")
        return groups
    from sklvision.datasets._csv import find_delimiter

    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = find_delimiter(file.readline())
        file.seek(0)
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
