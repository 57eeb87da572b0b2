"""Predictions on their way to a file: parts, which an interrupted run leaves to the next one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from sklvision._version import __version__
from sklvision.cli._prediction_table import (
    PredictionTable,
    Row,
    format_csv,
    make_arrow_table,
    write_parquet,
)
from sklvision.utils._files import atomic_write, is_parquet
from sklvision.utils._optional import import_optional

# A part is written after as many samples, or seconds.
_MOST_SAMPLES, _MOST_SECONDS = 10_000, 15.0
_JOB_NAME, _LOCK_NAME = "job.json", "lock"
_ERROR_HEADER = ["file", "row", "error"]


class PredictionParts:
    """Parts of one file of predictions, in a folder next to it.

    Every part is written whole. The folder also says which model, files and options they are of.

    Parameters
    ----------
    out : Path
        The file of predictions.
    table : PredictionTable
        Its columns.
    """

    def __init__(self, out: Path, table: PredictionTable) -> None:
        self.table, self.out = table, out.resolve()  # where a link leads, on the same disk
        out = self.out
        self.folder = out.with_name(f"{out.name}.parts")
        self.errors_path = out.with_name(f"{out.stem}.errors.csv")
        self._schema = table.make_schema() if is_parquet(out) else None
        self._rows: list[Row] = []
        self._errors: list[Row] = []
        self._start = monotonic()

    @contextmanager
    def open(self, job: dict[str, Any], *, restart: bool) -> Iterator[int]:
        """Open the folder, and yield the number of samples that earlier runs have predicted.

        What this run has predicted is kept when it ends early; an empty folder is removed.
        """
        self.folder.mkdir(exist_ok=True)
        with _open_lock(self.folder / _LOCK_NAME):
            try:
                if restart:
                    (self.folder / _JOB_NAME).unlink(missing_ok=True)
                self._check_job(job)
                yield self.count_samples()
            finally:
                self.write_part()
                if not self._list_parts():
                    shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, rows: list[Row], errors: Iterable[Row]) -> None:
        """Add the rows of a batch, and those that say why samples have no prediction."""
        self._rows += rows
        self._errors += errors
        if len(self._rows) >= _MOST_SAMPLES or monotonic() - self._start >= _MOST_SECONDS:
            self.write_part()

    def write_part(self) -> None:
        """Write the rows that were added as a part."""
        if self._rows:
            number = len(self._list_parts())
            path = self.folder / f"{number:08}-{len(self._rows)}"
            if self._errors:  # first: a part is complete when its rows are there
                with atomic_write(path.with_suffix(".errors"), text=True) as file:
                    file.write(format_csv(self._errors))
            self._write_rows(path.with_suffix(".part"))
        self._rows, self._errors, self._start = [], [], monotonic()

    def _write_rows(self, path: Path) -> None:
        if self._schema is None:
            with atomic_write(path, text=True) as file:
                file.write(format_csv(self._rows))
        else:
            table = make_arrow_table(self._rows, self._schema)
            with atomic_write(path) as file:
                write_parquet(file, iter([table]), self._schema)

    def join(self) -> list[Row]:
        """Join all parts to the file, and remove them; return the rows of errors."""
        self.write_part()
        parts = self._list_parts()
        errors = [line for path in parts for line in _read_errors(path.with_suffix(".errors"))]
        if errors:
            with atomic_write(self.errors_path, text=True) as file:
                file.write(format_csv([_ERROR_HEADER, *errors]))
        else:
            self.errors_path.unlink(missing_ok=True)  # of an earlier run
        joined_path = self.folder / "joined"  # not next to the file, where a kill would leave it
        with atomic_write(joined_path) as file:
            if self._schema is not None:
                parquet = import_optional("pyarrow.parquet", extra="distributed")
                write_parquet(file, map(parquet.read_table, parts), self._schema)
            else:
                file.write(format_csv([self.table.header]).encode())
                for path in parts:
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, file)
        joined_path.replace(self.out)
        (self.folder / _JOB_NAME).unlink()  # first: without it, no run goes on with what is left
        shutil.rmtree(self.folder, ignore_errors=True)
        return errors

    def count_samples(self) -> int:
        """Count the samples in parts that are complete."""
        return sum(int(path.stem.partition("-")[2]) for path in self._list_parts())

    def _list_parts(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.part"))

    def _check_job(self, job: dict[str, Any]) -> None:
        """Raise if the folder holds parts of another model, other files or other options."""
        path = self.folder / _JOB_NAME
        if path.exists():
            previous = json.loads(path.read_text(encoding="utf-8"))
            changes = [
                f"{name} (before: {previous.get(name)})" if "option" in name else name
                for name in job
                if previous.get(name) != job[name]
            ]
            if changes and self._list_parts():
                raise ValueError(
                    f"{self.folder}: holds {self.count_samples()} predictions of an earlier run "
                    f"that did not end, and {' and '.join(changes)} changed since. Run it as "
                    "before to go on, or with --restart to begin again."
                )
        for leftover in self.folder.iterdir():
            if not path.exists() and leftover.name != _LOCK_NAME:
                leftover.unlink()
        with atomic_write(path, text=True) as file:
            file.write(json.dumps(job, indent=1, sort_keys=True) + "\n")


def describe_job(model: Path, contents: Iterable[str], options: dict[str, Any]) -> dict[str, Any]:
    """Describe what predictions depend on: the model, the files as they are now, and options.

    Parameters
    ----------
    model : Path
        File of the model.
    contents : iterable of str
        Names of files, or of folders that are stores.
    options : dict
        Plain values.
    """
    with model.open("rb") as file:
        model_digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "the model": model_digest,
        "the version of sklvision": __version__,
        "the files": _digest_files(contents),
        **{f"the option {name}": value for name, value in options.items()},
    }


def _digest_files(contents: Iterable[str]) -> str:
    """Digest names, sizes and times of change of files; their content is not read."""
    digest = hashlib.sha256()
    for name in contents:
        names = _walk_names(name) if os.path.isdir(name) else [name]  # noqa: PTH112
        for file in names:
            try:
                status = os.stat(file)  # noqa: PTH116 - a Path for each of a million files
                text = f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n"
            except OSError:  # it is reported when it is to be read
                text = f"{file}\0\n"
            digest.update(text.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _walk_names(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield os.path.join(place, name)  # noqa: PTH118


def _read_errors(path: Path) -> list[Row]:
    import csv

    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.reader(file))


@contextmanager
def _open_lock(path: Path) -> Iterator[None]:
    """Hold a lock, which ends with the process however it ends, or raise if another one has it."""
    with suppress(ImportError):
        import fcntl

        with path.open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ValueError(
                    f"{path.parent}: another process is writing these predictions now."
                ) from None
            yield
        return
    yield
