"""Traits of image files that tell the class on their own: color, size and format."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._images.reader import read_header

_FEWEST = 3  # images of every class, below which a trait may agree by chance
_SUFFIXES = {".jpg": ".jpeg", ".jpe": ".jpeg", ".jfif": ".jpeg", ".tif": ".tiff"}


def warn_of_telling_traits(collection: ImageCollection, target: Any) -> None:
    """Warn where every class has its own color, size or format of files.

    Parameters
    ----------
    collection : ImageCollection
        The images, in files.
    target : ndarray of shape (n_images,), dtype str
        Their classes.
    """
    files_by_class: dict[str, list[str]] = {}
    for file, label in zip(collection.files, target.tolist(), strict=True):
        files_by_class.setdefault(label, []).append(file)
    if min(map(len, files_by_class.values())) < _FEWEST:
        return
    for noun, function in (("format", _get_format), ("color", _get_color), ("size", _get_size)):
        values = _find_values(files_by_class, function)
        if values is not None:
            texts = ", ".join(f"{label!r}: {value}" for label, value in [*values.items()][:3])
            warnings.warn(
                f"The {noun} of the files reveals the class ({texts}"
                f"{', …' if len(values) > 3 else ''}). A model can learn that instead of the "
                "content: save all images in one way.",
                stacklevel=4,
            )


def _find_values(
    files_by_class: dict[str, list[str]], function: Callable[[str], str]
) -> dict[str, str] | None:
    """Return the value that all files of each class have; None unless the classes differ."""
    # The first files alone first: headers are read from disk.
    values = {label: function(files[0]) for label, files in files_by_class.items()}
    if len(set(values.values())) == 1:
        return None
    is_constant = all(
        function(file) == values[label] for label, files in files_by_class.items() for file in files
    )
    return values if is_constant else None


def _get_format(file: str) -> str:
    suffix = Path(file).suffix.lower()
    return _SUFFIXES.get(suffix, suffix)


def _get_color(file: str) -> str:
    return "in color" if read_header(file).kind == "color" else "gray"


def _get_size(file: str) -> str:
    header = read_header(file)
    return f"{header.width} × {header.height}"
