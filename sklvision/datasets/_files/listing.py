"""Image files in folders: the one place that lists them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Suffixes of the formats that Pillow reads and people keep images in.
IMAGE_SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".fit", ".fits", ".gif", ".j2k", ".jfif", ".jp2", ".jpe"),
    *(".jpeg", ".jpf", ".jpg", ".jpx", ".pbm", ".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm"),
    *(".qoi", ".ras", ".sgi", ".tga", ".tif", ".tiff", ".webp"),
)
# Files and folders that systems leave in folders, in archives and on network drives.
_SYSTEM_NAMES = {
    *("thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "lost+found"),
    "system volume information",
}
_DIGITS = re.compile(r"\d+")


class FolderEntries(NamedTuple):
    """Entries of a folder, sorted by name, without hidden ones and those of the system.

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
    return has_image_suffix(path.name)


def list_folder(path: Path) -> FolderEntries:
    """List folders, image files and other files in a folder."""
    entries = FolderEntries([], [], [])
    for entry in sorted(path.iterdir()):
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
            continue
        if entry.is_dir():
            entries.folders.append(entry)
        elif is_image(entry) and entry.is_file():
            entries.images.append(entry)
        else:
            entries.other_files.append(entry)
    return entries


def walk_files(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the files in a folder and its folders, without the hidden ones.

    Links to folders are followed, each folder once.

    Parameters
    ----------
    folder : Path
        The folder.

    Yields
    ------
    name : str
        Path of a file.
    is_image : bool
        Whether it is a file with the suffix of an image, and no link that leads nowhere.
    """
    # Names as text, from one pass of the system over each folder: a million Path objects take
    # five times the memory, and a query of every file minutes on a network.
    folders_to_visit, visited = [os.fspath(folder)], {os.path.realpath(folder)}
    while folders_to_visit:
        place = folders_to_visit.pop()
        new_folders = []
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
                    continue
                name = entry.name if place == "." else os.path.join(place, entry.name)  # noqa: PTH118
                if entry.is_dir():
                    new_folders.append(name)
                else:
                    yield name, has_image_suffix(entry.name) and entry.is_file()
        for name in sorted(new_folders):
            real_name = os.path.realpath(name)
            if real_name not in visited:
                visited.add(real_name)
                folders_to_visit.append(name)


def has_image_suffix(name: str) -> bool:
    """Whether the suffix of the name of a file is that of an image, in any case."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122


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


def make_natural_key(path: str | os.PathLike[str]) -> str:
    """Make a key that sorts 2.png before 10.png.

    It is one text, since the keys of a million files are in memory at once: a number becomes a
    character below all others, one that counts its digits, and the digits without leading zeros.
    """
    text = os.fspath(path)
    if os.sep != "/":
        text = text.replace(os.sep, "/")
    return _DIGITS.sub(_encode_number, text.lower())


def _encode_number(match: re.Match[str]) -> str:
    digits = str(int(match[0]))
    return f"\0{chr(len(digits))}{digits}"
