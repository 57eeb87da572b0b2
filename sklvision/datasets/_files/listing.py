"""Image files in folders: the one place that lists them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

IMAGE_SUFFIXES = (".bmp", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def is_image(path: Path) -> bool:
    """Whether the suffix of a file is that of an image, in any case."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def list_folder(path: Path) -> tuple[list[Path], list[Path]]:
    """List folders and image files in a folder, sorted by name, without the hidden ones."""
    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    folders = [entry for entry in entries if entry.is_dir()]
    return folders, [entry for entry in entries if is_image(entry) and entry.is_file()]


def list_images(path: Path) -> list[Path]:
    """List the image files of a folder and its folders, at all depths, in natural order."""
    return sorted(filter(is_image, _walk(path)), key=make_natural_key)


def make_natural_key(path: Path) -> list[Any]:
    """Make a key that sorts 2.png before 10.png."""
    parts = re.split(r"(\d+)", path.as_posix().lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)]


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))
