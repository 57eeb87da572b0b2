"""The folder in which trainings keep their latest epoch, so that a killed one can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from sklvision.utils._files import remove_leftovers


@dataclass(frozen=True)
class FitFolder:
    """A folder with one file for each training under way.

    Attributes
    ----------
    path : Path
        The folder, which exists once the first file is written.
    files : list of Path
        Files of the trainings that ran in this context.
    """

    path: Path
    files: list[Path] = field(default_factory=list)

    def add_file(self, key: str) -> Path:
        """Return the file of a training."""
        file = self.path / f"{key}.pkl"
        self.files.append(file)
        return file


_FOLDER: ContextVar[FitFolder | None] = ContextVar("fit_folder", default=None)


def get_fit_folder() -> FitFolder | None:
    """Return the folder of the present context; None where no training is kept."""
    return _FOLDER.get()


@contextmanager
def resume_fits(path: Path | None) -> Iterator[None]:
    """Resume trainings that this block began in a process that was killed.

    The files are removed when the block ends without an error: its result stands for them.

    Parameters
    ----------
    path : Path or None
        Folder of the files. None keeps nothing.
    """
    if path is None:
        yield
        return
    remove_leftovers(path)
    folder = FitFolder(path)
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)
    for file in folder.files:
        file.unlink(missing_ok=True)
