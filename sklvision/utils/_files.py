"""Files that are written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

# Suffixes of files of models: archives, and pickles, which run the code that they hold.
ARCHIVE_SUFFIX = ".sklv"
PICKLE_SUFFIXES = (".joblib", ".pkl", ".pickle")


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a temporary file that replaces `path` when the block ends without an error.

    Parameters
    ----------
    path : str or path-like
        The file to write. A symbolic link stays one: its target is replaced.
    text : bool, default=False
        Whether to write text, in UTF-8, instead of bytes.

    Yields
    ------
    file : file object
        The temporary file, in the same directory.

    Raises
    ------
    IsADirectoryError
        If `path` is a directory.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f"'{path}' is a directory, expected the name of a file to write.")
    temporary = temporary_path(path)
    # Names of files may hold bytes that are not UTF-8: they are written unchanged.
    text_options: dict[str, Any] = {
        "encoding": "utf-8",
        "newline": "",
        "errors": "surrogateescape",
    }
    try:
        with temporary.open("w" if text else "wb", **(text_options if text else {})) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(Path(path).resolve())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a hidden temporary file in the directory of `path`."""
    path = Path(path).resolve()
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether a file of a model is an archive, by its name or its first bytes, and not a pickle."""
    path = Path(path)
    if path.suffix.lower() == ARCHIVE_SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\3\4"
    except OSError:
        return False
