"""Image files in folders: the one place that lists them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

# Suffixes of the formats that Pillow reads and people keep images in.
IMAGE_SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".fit", ".fits", ".gif", ".j2k", ".jfif", ".jp2", ".jpe"),
    *(".jpeg", ".jpf", ".jpg", ".jpx", ".pbm", ".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm"),
    *(".qoi", ".ras", ".sgi", ".tga", ".tif", ".tiff", ".webp"),
)
# Files that systems leave in folders.
_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}


class FolderEntries(NamedTuple):
    """Entries of a folder, sorted by name, without the hidden ones.

    Attributes
    ----------
    folders : list of Path
        Folders, and links to folders.
    images : list of Path
        Image files, by their suffix.
    others : list of Path
        All other files, and links that lead nowhere.
    """

    folders: list[Path]
    images: list[Path]
    other_files: list[Path]


def is_image(path: Path) -> bool:
    """Whether the suffix of a file is that of an image, in any case."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def list_folder(path: Path) -> FolderEntries:
    """List folders, image files and other files in a folder."""
    entries = FolderEntries([], [], [])
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_FILES:
            continue
        if entry.is_dir():
            entries.folders.append(entry)
        elif is_image(entry) and entry.is_file():
            entries.images.append(entry)
        else:
            entries.other_files.append(entry)
    return entries


def list_images(path: Path) -> tuple[list[Path], list[Path]]:
    """List the image files, and all others, of a folder and its folders, in natural order.

    Links to folders are followed, each folder once.
    """
    images: list[Path] = []
    other_files: list[Path] = []
    folders_to_visit, visited = [path], {path.resolve()}
    while folders_to_visit:
        entries = list_folder(folders_to_visit.pop())
        images += entries.images
        other_files += entries.other_files
        for folder in entries.folders:
            if folder.resolve() not in visited:
                visited.add(folder.resolve())
                folders_to_visit.append(folder)
    return sorted(images, key=make_natural_key), sorted(other_files, key=make_natural_key)


def describe_other_files(other_files: list[Path]) -> str:
    """Count files that are left out by suffix, such as "3 .txt, 1 link that leads nowhere"."""
    broken_links = [path for path in other_files if path.is_symlink() and not path.exists()]
    suffixes = Counter(
        path.suffix.lower() or "without a suffix"
        for path in other_files
        if path not in set(broken_links)
    )
    counts = [f"{n} {suffix}" for suffix, n in sorted(suffixes.items())]
    if broken_links:
        links = "link that leads" if len(broken_links) == 1 else "links that lead"
        counts.append(f"{len(broken_links)} {links} nowhere")
    return ", ".join(counts)


def make_natural_key(path: Path) -> list[Any]:
    """Make a key that sorts 2.png before 10.png."""
    parts = re.split(r"(\d+)", path.as_posix().lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)]
