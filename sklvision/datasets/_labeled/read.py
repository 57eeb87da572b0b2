"""Samples without labels, read as a fitted model takes them, a batch at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets._files.listing import (
    IMAGE_SUFFIXES,
    describe_other_files,
    is_image,
    list_images,
    make_natural_key,
)
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._instruments.folder import (
    has_mostly_instrument_files,
    is_instrument_file,
    list_instrument_files,
)
from sklvision.datasets._instruments.jcamp import JCAMP_SUFFIXES
from sklvision.datasets._labeled.checks import (
    check_finite,
    convert_rows_to_images,
    describe_value,
)
from sklvision.datasets._labeled.columns import name_rows, read_rows
from sklvision.datasets._labeled.image_table import has_image_names, list_named_images
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.read import TABLE_SUFFIXES, is_table
from sklvision.utils._nested import can_take_images, find_image_reading, find_input_shape
from sklvision.utils._samples import as_samples

_ROW_SUFFIXES = (".npz", *TABLE_SUFFIXES, *JCAMP_SUFFIXES)

# A file, the content of an image file, or rows in memory.
Content = Path | bytes | np.ndarray


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
    """

    names: list[tuple[Any, ...]]
    data: Any
    positions: NDArray[np.intp]


class SampleReader:
    """Files of samples for a model, read in batches; made by :func:`read_samples`.

    Attributes
    ----------
    files : list of Path, bytes or ndarray
        The files, or what stands in their place, in the order of the samples.
    has_rows : bool
        Whether the files hold samples in rows, rather than one image each.
    n_samples : int or None
        Number of samples; None for files of rows, which are counted when they are read.
    """

    def __init__(
        self,
        files: Sequence[Content],
        model: Any,
        batch_size: int,
        on_error: str,
        read_file: Callable[[Any], Any],
    ) -> None:
        self.files = files
        self.has_rows = _has_rows(files[0])
        self.n_samples = None if self.has_rows else len(files)
        self._model = model
        self._batch_size = batch_size
        self._on_error = on_error
        self._read_file = read_file

    def __iter__(self) -> Iterator[SampleBatch]:
        return self._iterate_rows() if self.has_rows else self._iterate_images()

    def _iterate_images(self) -> Iterator[SampleBatch]:
        names = [_name_content(file, place, "image") for place, file in enumerate(self.files)]
        if not can_take_images(self._model):
            raise ValueError(f"{names[0]}: is an image, and the model takes rows of numbers.")
        images = _open_images(self.files, find_image_reading(self._model), self._on_error)
        skipped_files = set(images.skipped)
        n_read = 0
        for start in range(0, len(names), self._batch_size):
            batch = names[start : start + self._batch_size]
            positions = np.array(
                [i for i, name in enumerate(batch) if name not in skipped_files], int
            )
            data = images[n_read : n_read + len(positions)]
            yield SampleBatch([(name,) for name in batch], data, positions)
            n_read += len(positions)

    def _iterate_rows(self) -> Iterator[SampleBatch]:
        for place, file in enumerate(self.files):
            name = _name_content(file, place, "array")
            rows: Any = file if isinstance(file, np.ndarray) else self._read_file(file)
            X: Any = _fit_shape(name, rows, self._model)
            if isinstance(file, np.ndarray):
                X = name_rows(X, self._model)
            for start in range(0, len(X), self._batch_size):
                data = X[start : start + self._batch_size]
                names = [(name, start + i + 1) for i in range(len(data))]
                yield SampleBatch(names, data, np.arange(len(data)))


def read_samples(
    paths: Sequence[str | os.PathLike[str] | bytes | np.ndarray],
    model: Any,
    *,
    batch_size: int = 256,
    on_error: str = "raise",
    sort: bool = False,
    resample: bool = False,
    follow_names: bool = True,
    **table_options: Any,
) -> SampleReader:
    """Read samples without labels as a fitted model takes them, in batches.

    This is the reader behind the commands ``sklvision predict`` and ``sklvision serve``.

    .. versionadded:: 0.1

    Parameters
    ----------
    paths : sequence of str, path-like, bytes or ndarray
        Contents of image files; or arrays of rows, in the order of the columns of training; or
        image files, tables that name image files, folders that are searched at all depths for
        images or instrument files, or files of rows:
        ``.npz`` with an array ``X``, ``.csv`` or ``.tsv`` with a line of column names, also
        compressed as ``.gz``, workbooks and instrument files. Columns are matched by wavelength or
        name where the model knows those of its training; all others, such as labels and groups, are
        ignored.
    model : estimator
        A fitted estimator. It decides whether samples are images or rows of numbers, and the
        shape of images in rows. Image files are read as those of training were: in their mode,
        with their value of white, background and reduction, and at the size they were read at.
    batch_size : int, default=256
        Number of samples in each batch but the last of a file.
    on_error : {"raise", "skip"}, default="raise"
        Whether an image that cannot be read is an error, or left out with a warning. To find such
        images, each is then read twice.
    sort : bool, default=False
        Whether to sort all files in natural order, 2.png before 10.png. Otherwise they have the
        order of `paths`, and only those inside folders are sorted.
    resample : bool, default=False
        Whether spectra on another axis are interpolated linearly to that of the model, and
        positions converted between nm, um and cm-1, with a warning. Nothing is extrapolated, and
        values stay as they are.
    follow_names : bool, default=True
        Whether a table that names image files stands for these files. A table from somebody
        else should not say which files are read.
    **table_options : dict
        Keywords of :func:`load_spectra` about the layout of a table: `transpose`, `decimal`,
        `header_line`, `has_header` and `encoding`. By default those of the table of training.

    Returns
    -------
    reader : iterable of SampleBatch
        Every batch has ``names``, ``data`` and ``positions``. Attributes of the reader are
        ``files``, ``has_rows`` and ``n_samples``.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If a folder holds no images, files of both kinds are mixed, columns that the model takes
        are missing, or samples do not have the shape that it takes; the message names the file.

    See Also
    --------
    load_labeled : Samples with labels.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklvision.datasets import make_spectra, read_samples
    >>> X, y = make_spectra(30, random_state=0)
    >>> model = LogisticRegression().fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder, "today.npz"), X=X)
    ...     for batch in read_samples([Path(folder, "today.npz")], model, batch_size=20):
    ...         print(model.predict(batch.data).shape)
    (20,)
    (10,)
    """
    if not isinstance(batch_size, Integral) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, got {batch_size!r}.")
    options = TableOptions(**table_options)
    paths = list(paths)
    files: Sequence[Content]
    if paths and isinstance(paths[0], bytes | np.ndarray):
        files = _check_contents(paths)
    else:
        files = _list_files([Path(path) for path in paths], options, follow_names)
        if sort:
            files.sort(key=make_natural_key)
    read_file = partial(read_rows, model=model, options=options, resample=resample)
    return SampleReader(files, model, int(batch_size), on_error, read_file)


def _check_contents(contents: Sequence[Any]) -> Sequence[bytes] | Sequence[np.ndarray]:
    for content_type in (bytes, np.ndarray):
        if all(isinstance(content, content_type) for content in contents):
            return contents
    raise TypeError("paths must be all files, all bytes or all arrays; got a mixture of them.")


def _list_files(paths: list[Path], options: TableOptions, follow_names: bool) -> list[Path]:
    """List files in their order; those of a folder (in natural order) or a table in its place."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += _list_folder(path)
        elif not path.exists():
            raise FileNotFoundError(f"{path}: does not exist.")
        elif follow_names and has_image_names(path):
            files += list_named_images(path, options)
        elif is_image(path) or _has_rows(path):
            files.append(path)
        else:
            expected = ", ".join([*IMAGE_SUFFIXES, *_ROW_SUFFIXES])
            raise ValueError(f"{path}: has the suffix {path.suffix!r}, expected one of {expected}.")
    if not files:
        raise ValueError("paths must name at least one file or folder, got none.")
    n_row_files = sum(map(_has_rows, files))
    if 0 < n_row_files < len(files):
        raise ValueError(
            f"{n_row_files} of {len(files)} files hold rows, such as "
            f"{next(filter(_has_rows, files))}, the others are images; pass one kind at a time."
        )
    return files


def _list_folder(folder: Path) -> list[Path]:
    """List the images of a folder, or its instrument files where there are more of these."""
    if has_mostly_instrument_files(folder):
        files, other_files = list_instrument_files(folder)
        kind = "instrument files"
    else:
        files, other_files = list_images(folder)
        kind = "images"
    if not files:
        raise ValueError(f"{folder}: holds no images ({', '.join(IMAGE_SUFFIXES)}).")
    if other_files:
        files_text = describe_other_files(other_files)
        warnings.warn(
            f"{folder}: left out, as they are not {kind}: {files_text}.",
            stacklevel=4,
        )
    return files


def _name_content(content: Content, place: int, kind: str) -> str:
    """Return the name of a file; images and arrays in memory have their kind and number."""
    return str(content) if isinstance(content, Path) else f"{kind} {place}"


def _has_rows(content: Content) -> bool:
    if not isinstance(content, Path):
        return isinstance(content, np.ndarray)
    path = content
    return path.suffix.lower() == ".npz" or is_table(path) or is_instrument_file(path)


def _open_images(
    files: Sequence[Content], reading_options: dict[str, Any], on_error: str
) -> ImageCollection:
    """Open image files as those of training; those that are skipped cause one warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if on_error == "skip" else "default")
        images = ImageCollection(files, **reading_options, on_error=on_error)
    if images.skipped:
        skipped_names = ", ".join(images.skipped[:10]) + (", …" if len(images.skipped) > 10 else "")
        warnings.warn(
            f"{len(images.skipped)} of {len(files)} images cannot be read, and get no label: "
            f"{skipped_names}",
            stacklevel=3,
        )
    return images


def _fit_shape(file: str, X: NDArray[Any], model: Any) -> NDArray[Any]:
    """Reshape the samples of a file to the input shape of the model, or raise an error."""
    samples = as_samples(X)
    if X.ndim not in (2, 3, 4) or not samples.is_numeric or 0 in X.shape:
        raise ValueError(
            f"{file}: X must be numbers of 2 (rows), 3 or 4 (images) dimensions, "
            f"got {samples.dtype} of shape {X.shape}."
        )
    if not isinstance(X, pd.DataFrame):
        check_finite(file, X, describe_value)
    if can_take_images(model):
        return X if X.ndim > 2 else _convert_rows(file, X, find_input_shape(model))
    if X.ndim > 2:
        raise ValueError(f"{file}: holds images, and the model takes rows of numbers.")
    n_features = getattr(model, "n_features_in_", X.shape[1])
    if X.shape[1] != n_features:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes rows of {n_features}."
        )
    return X


def _convert_rows(file: str, X: NDArray[Any], shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Convert rows of pixels to images of the shape that the model was fitted on."""
    if shape is None:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of many "
            "sizes; give it image files, or an npz of images."
        )
    n_values = int(np.prod(shape))
    if X.shape[1] != n_values:
        raise ValueError(
            f"{file}: holds rows of {X.shape[1]} numbers, and the model takes images of "
            f"{' × '.join(map(str, shape))}, {n_values} numbers."
        )
    return convert_rows_to_images(X, shape)
