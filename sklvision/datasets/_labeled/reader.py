"""Batches of samples, read from files as a fitted model takes them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.listing import has_image_suffix
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._instruments.folder import is_instrument_file
from sklvision.datasets._labeled.columns import name_rows
from sklvision.datasets._labeled.rows import find_invalid_rows, fit_shape
from sklvision.datasets._labeled.stores import is_store
from sklvision.datasets._tables.read import is_table
from sklvision.datasets._tables.table import WordErrors
from sklvision.utils._nested import can_take_images, find_image_reading
from sklvision.utils._samples import as_samples

# A file, the content of an image file, or rows in memory. Files are names, to be many.
Content = str | bytes | np.ndarray
_MOST_NAMES = 10


@dataclass(frozen=True)
class SampleBatch:
    """Some samples of files, read as a model takes them.

    Attributes
    ----------
    names : list of tuple
        For every sample the name of its file and, in a file of rows, the number of the row.
    data : ndarray or ImageCollection
        The samples that can be read.
    positions : ndarray of int
        Position of each of these samples in `names`.
    errors : dict of int to str
        For every other position, why the sample cannot be read.
    """

    names: list[tuple[Any, ...]]
    data: Any
    positions: NDArray[np.intp]
    errors: dict[int, str] = field(default_factory=dict)


class FileReaders(NamedTuple):
    """Functions that open files of rows.

    Attributes
    ----------
    read : callable
        Reads all rows of a file, and says by row which ones hold words instead of numbers.
    open : callable
        Opens a store, whose rows are read in blocks.
    """

    read: Callable[[Path], Any]
    open: Callable[[Path], Any]


class SampleReader:
    """Files of samples for a model, read in batches; made by :func:`read_samples`.

    Attributes
    ----------
    files : list of Path, bytes or ndarray
        The files, or what stands in their place, in the order of the samples.
    has_rows : bool
        Whether the files hold samples in rows, rather than one image each.
    n_samples : int or None
        Number of samples; None for tables and the like, which are counted when they are read.
    """

    def __init__(
        self,
        contents: Sequence[Content],
        model: Any,
        batch_size: int,
        on_error: str,
        readers: FileReaders,
    ) -> None:
        self.has_rows = has_rows(contents[0])
        self._contents = contents
        self._model = model
        self._batch_size = batch_size
        self._on_error = on_error
        self._readers = readers
        self.n_samples = self._count_samples()

    @property
    def files(self) -> Sequence[Path | bytes | np.ndarray]:
        """The files, or what stands in their place."""
        return [Path(part) if isinstance(part, str) else part for part in self._contents]

    @property
    def names(self) -> Iterator[str]:
        """Names of the files; contents and arrays in memory have none."""
        return (part for part in self._contents if isinstance(part, str))

    def __iter__(self) -> Iterator[SampleBatch]:
        return self.iterate()

    def iterate(self, start: int = 0) -> Iterator[SampleBatch]:
        """Read the samples from a number on, in batches.

        Parameters
        ----------
        start : int, default=0
            Number of samples to leave out: those of the first batches.

        Yields
        ------
        batch : SampleBatch
            Samples. Those that cannot be read are not found before they are.
        """
        if self.has_rows:
            yield from self._iterate_rows(start)
        elif self._on_error == "skip":
            yield from self._iterate_readable_images(start)
        else:
            yield from self._iterate_images(start)

    def apply(
        self, function: Callable[[Any], Any], start: int = 0
    ) -> Iterator[tuple[SampleBatch, Any]]:
        """Apply a function to the samples of every batch.

        Parameters
        ----------
        function : callable
            Takes ``data`` of a batch.
        start : int, default=0
            Number of samples to leave out: those of the first batches.

        Yields
        ------
        batch : SampleBatch
            The batch. With ``on_error="record"`` its ``errors`` name the samples for which the
            function failed, or which cannot be read.
        result : object
            Result of the function for the others; None if there are none.
        """
        has_results = start > 0
        for batch in self.iterate(start):
            if self._on_error != "record":
                yield batch, function(batch.data) if len(batch.positions) else None
                continue
            result = None
            try:
                result = function(batch.data) if len(batch.positions) else None
            except (OSError, ValueError) as error:
                batch = _exclude_failures(batch, function)
                if not has_results and not len(batch.positions) and isinstance(error, ValueError):
                    raise  # not one bad sample: nothing of these files is right for the model
                result = function(batch.data) if len(batch.positions) else None
            has_results = has_results or result is not None
            yield batch, result

    def _count_samples(self) -> int | None:
        if not self.has_rows:
            return len(self._contents)
        paths = [Path(part) for part in self._contents if isinstance(part, str)]
        if len(paths) < len(self._contents) or not all(map(is_store, paths)):
            return None
        n_samples = sum(self._readers.open(path).n_samples for path in paths)
        if not n_samples:
            raise ValueError(f"{paths[0]}: holds no samples.")
        return n_samples

    def _iterate_images(self, start: int) -> Iterator[SampleBatch]:
        reading_options = self._find_reading()
        for place in range(start, len(self._contents), self._batch_size):
            contents = self._contents[place : place + self._batch_size]
            names = [(_name_content(part, place + i, "image"),) for i, part in enumerate(contents)]
            try:
                images = ImageCollection(contents, **reading_options)
                batch = SampleBatch(names, images, np.arange(len(names)))
            except OSError:
                if self._on_error == "raise":
                    raise
                batch = _open_each(contents, names, reading_options)
            yield batch

    def _find_reading(self) -> dict[str, Any]:
        """Find how images are read; where a model does not know, all headers decide the mode."""
        if not can_take_images(self._model):
            name = _name_content(self._contents[0], 0, "image")
            raise ValueError(f"{name}: is an image, and the model takes rows of numbers.")
        options = find_image_reading(self._model)
        if options.get("mode") is None:
            options["mode"] = _open_images(self._contents, options, self._on_error).mode
        return options

    def _iterate_readable_images(self, start: int) -> Iterator[SampleBatch]:
        """Read every image before it is used, and warn of those that cannot be read at the end."""
        failed_names: list[str] = []
        for batch in self._iterate_images(start):
            checked_batch = _exclude_failures(batch, np.asarray)
            failed_names += [batch.names[place][0] for place in checked_batch.errors]
            yield checked_batch
        if len(failed_names) == len(self._contents):
            raise OSError(f"None of the {len(failed_names)} files can be read.")
        if failed_names:
            names = ", ".join(failed_names[:_MOST_NAMES])
            warnings.warn(
                f"{len(failed_names)} of {len(self._contents)} images cannot be read, and get no "
                f"label: {names}{', …' if len(failed_names) > _MOST_NAMES else ''}",
                stacklevel=3,
            )

    def _iterate_rows(self, start: int) -> Iterator[SampleBatch]:
        for place, content in enumerate(self._contents):
            name = _name_content(content, place, "array")
            if isinstance(content, str) and is_store(Path(content)):
                store = self._readers.open(Path(content))
                n_samples = store.n_samples
                blocks = store.read(start, self._batch_size) if start < n_samples else iter(())
                first = start
                for block in blocks:
                    yield self._make_block(name, block, first)
                    first += len(block)
            else:
                X, is_valid, errors = self._read_file(name, content)
                n_samples = len(is_valid)
                for first in range(start, n_samples, self._batch_size):
                    last = min(first + self._batch_size, n_samples)
                    positions = np.flatnonzero(is_valid[first:last])
                    n_before = int(np.count_nonzero(is_valid[:first]))
                    yield SampleBatch(
                        [(name, row + 1) for row in range(first, last)],
                        X[n_before : n_before + len(positions)],
                        positions,
                        {row - first: errors[row] for row in range(first, last) if row in errors},
                    )
            start = max(0, start - n_samples)

    def _read_file(
        self, name: str, content: Content
    ) -> tuple[Any, NDArray[np.bool_], dict[int, str]]:
        """Read the rows of a file, or take those in memory, in the shape that the model takes.

        Returns the valid rows, which of all rows they are, and what is wrong with each other row.
        """
        rows: Any = content
        word_errors: WordErrors = {}
        if isinstance(content, str):
            rows, word_errors = self._readers.read(Path(content))
        errors: dict[int, str] = {}
        if self._on_error == "record" and rows.ndim > 1:
            errors = find_invalid_rows(rows)
            for row in errors.keys() & word_errors.keys():
                column, problem = word_errors[row]
                errors[row] = f"column {column!r}: {problem.removesuffix('.')}"
        is_valid = np.ones(len(rows), dtype=bool)
        is_valid[list(errors)] = False
        if errors:
            rows = rows[is_valid]
        if len(rows) or not errors:
            rows = fit_shape(name, rows, self._model)
        return name_rows(rows, self._model), is_valid, errors

    def _make_block(self, name: str, block: Any, start: int) -> SampleBatch:
        """Make a batch of a block of a store, whose values were not looked at before."""
        names = [(name, start + i + 1) for i in range(len(block))]
        errors = find_invalid_rows(block)
        if errors and self._on_error != "record":
            place = min(errors)
            raise ValueError(
                f"{name}: {errors[place]} in sample {start + place + 1}. Fill in such values or "
                "drop those samples first."
            )
        positions = np.array([i for i in range(len(block)) if i not in errors], dtype=np.intp)
        if errors:
            block = as_samples(block).take(positions).data
        if not len(positions):
            return SampleBatch(names, block, positions, errors)
        X: Any = fit_shape(name, block, self._model)
        return SampleBatch(names, name_rows(X, self._model), positions, errors)


def _exclude_failures(batch: SampleBatch, function: Callable[[Any], Any]) -> SampleBatch:
    """Apply a function to each sample of a batch alone, and leave out those for which it fails."""
    errors = dict(batch.errors)
    samples = as_samples(batch.data)
    for i, position in enumerate(batch.positions.tolist()):
        try:
            function(samples.take(np.array([i])).data)
        except (OSError, ValueError) as error:
            errors[position] = str(error)
    is_good = np.array([position not in errors for position in batch.positions.tolist()], bool)
    data = samples.take(np.flatnonzero(is_good)).data if is_good.any() else batch.data
    return replace(batch, data=data, positions=batch.positions[is_good], errors=errors)


def _open_each(
    contents: Sequence[Content], names: list[tuple[Any, ...]], reading_options: dict[str, Any]
) -> SampleBatch:
    """Open those images whose headers can be read."""
    errors: dict[int, str] = {}
    for i, content in enumerate(contents):
        try:
            ImageCollection([content], **reading_options)
        except OSError as error:
            errors[i] = str(error)
    positions = np.array([i for i in range(len(names)) if i not in errors], dtype=np.intp)
    data: Any = []
    if len(positions):
        data = ImageCollection([contents[i] for i in positions], **reading_options)
    return SampleBatch(names, data, positions, errors)


def _name_content(content: Content, place: int, kind: str) -> str:
    """Return the name of a file; images and arrays in memory have their kind and number."""
    return content if isinstance(content, str) else f"{kind} {place}"


def has_rows(content: Content | Path) -> bool:
    """Whether a file holds samples in rows, rather than being one image."""
    if isinstance(content, bytes | np.ndarray):
        return isinstance(content, np.ndarray)
    if has_image_suffix(os.fspath(content)):
        return False
    path = Path(content)
    is_row_file = path.suffix.lower() == ".npz" or is_table(path)
    return is_row_file or is_store(path) or is_instrument_file(path)


def _open_images(
    contents: Sequence[Content], reading_options: dict[str, Any], on_error: str
) -> ImageCollection:
    """Open all images; those that cannot be opened are left out unless that is an error."""
    is_strict = on_error == "raise"
    with warnings.catch_warnings():
        warnings.simplefilter("default" if is_strict else "ignore")
        treatment = "raise" if is_strict else "skip"
        return ImageCollection(contents, **reading_options, on_error=treatment)
