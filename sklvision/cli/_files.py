"""Files that a command writes: refused early, and there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def check_writable(path: Path) -> None:
    """Refuse a path that cannot be written, before hours of work."""
    if path.is_dir():
        raise ValueError(f"--out {path}: is a folder, a file name was expected.")
    if path.exists() and not path.is_file():
        raise ValueError(f"--out {path}: is no ordinary file.")
    if not path.parent.is_dir():
        raise ValueError(f"--out {path}: there is no folder {path.parent}.")
    beside = _beside(path)
    try:  # permissions, quotas and read-only disks are only known for sure by writing
        with beside.open("wb") as file:
            file.write(b"\0")
    except OSError as error:
        raise ValueError(f"--out {path}: cannot be written to ({error.strerror}).") from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def written_whole(path: Path, *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a file beside its place, to be renamed into it when all went well."""
    beside = _beside(path)
    # Names of files may hold bytes that are no UTF-8: they are written as they are.
    as_text = {"encoding": "utf-8", "newline": "", "errors": "surrogateescape"}
    kind: dict[str, Any] = as_text if text else {}
    try:
        with beside.open("w" if text else "wb", **kind) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path.resolve())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _beside(path: Path) -> Path:
    path = path.resolve()  # a link stays a link
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
