"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def written_whole(path: str | os.PathLike[str], *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a file beside its place, to be renamed into it when all went well."""
    if Path(path).is_dir():
        raise IsADirectoryError(f"'{path}' is a folder; a file was to be written there.")
    temporary = beside(path)
    # Names of files may hold bytes that are no UTF-8: they are written as they are.
    as_text = {"encoding": "utf-8", "newline": "", "errors": "surrogateescape"}
    kind: dict[str, Any] = as_text if text else {}
    try:
        with temporary.open("w" if text else "wb", **kind) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(Path(path).resolve())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def beside(path: str | os.PathLike[str]) -> Path:
    """Where a file is written before it takes its place; a link stays a link."""
    path = Path(path).resolve()
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
