"""Samples without labels, read as a fitted model takes them, a batch at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.datasets._files.content import describe_file
from sklvision.datasets._files.listing import (
    IMAGE_SUFFIXES,
    describe_other_files,
    is_image,
    make_natural_key,
    walk_files,
)
from sklvision.datasets._instruments.folder import is_instrument_file
from sklvision.datasets._instruments.jcamp import JCAMP_SUFFIXES
from sklvision.datasets._labeled.columns import read_rows
from sklvision.datasets._labeled.image_table import has_image_names, list_named_images
from sklvision.datasets._labeled.reader import Content, FileReaders, SampleReader, has_rows
from sklvision.datasets._labeled.stores import (
    STORE_SUFFIXES,
    is_store,
    open_store,
)
from sklvision.datasets._tables.options import TableOptions, make_table_options
from sklvision.datasets._tables.read import TABLE_SUFFIXES
from sklvision.utils._files import is_parquet
from sklvision.utils._validation import is_option

_TREATMENTS = ("raise", "skip", "record")
_ROW_SUFFIXES = (".npz", *TABLE_SUFFIXES, *JCAMP_SUFFIXES, *STORE_SUFFIXES)


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

    The commands ``sklvision predict`` and ``sklvision serve`` use this function.

    .. versionadded:: 0.1

    Parameters
    ----------
    paths : sequence of str, path-like, bytes or ndarray
        Contents of image files; or arrays of rows, in the order of the training columns; or image
        files, tables that name image files, folders that are searched at all depths for images or
        instrument files, or files of rows: ``.npz`` with an array ``X``, ``.npy``, zarr stores (the
        array, or of a group that named ``X``), Parquet files and folders of them, ``.csv`` or
        ``.tsv`` with a line of column names, also compressed as ``.gz``, workbooks and instrument
        files. Columns are matched by wavelength or name where the model knows those of its
        training; all others, such as labels and groups, are ignored.
    model : estimator
        A fitted estimator. It determines whether samples are images or rows of numbers, and the
        shape of images in rows. Image files are read like the training images: with the same mode,
        white level, background, reduction and size.
    batch_size : int, default=256
        Number of samples in each batch but the last of a file.
    on_error : {"raise", "skip", "record"}, default="raise"
        "raise": an image that cannot be read is an error, and so is a row whose values are missing,
        infinite or no numbers. "skip": such an image is left out with a warning, and each image is
        read twice. "record": ``reader.apply(function)`` leaves out both, images and rows, and names
        them in ``errors`` of the batch.
    sort : bool, default=False
        Whether to sort all files in natural order, 2.png before 10.png. Otherwise they have the
        order of `paths`, and only those inside folders are sorted.
    resample : bool, default=False
        Whether spectra on another axis are interpolated linearly to that of the model, and
        positions converted between nm, um and cm-1, with a warning. Nothing is extrapolated, and
        values are not changed.
    follow_names : bool, default=True
        Whether a table that names image files stands for these files. Use False for tables from
        other people, so that they cannot choose which files are read.
    **table_options : dict
        Keywords of :func:`load_spectra` about the layout of a table: `transpose`, `decimal`,
        `header_line`, `has_header` and `encoding`. By default those of the training table.

    Returns
    -------
    reader : iterable of SampleBatch
        Every batch has ``names``, ``data``, ``positions`` and ``errors``. Attributes of the reader
        are ``files``, ``has_rows`` and ``n_samples``; ``iterate(start)`` leaves out the first
        samples, and ``apply(function, start)`` yields every batch with the function's result.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    TypeError
        If `paths` is not a list, or mixes files, bytes and arrays, or a keyword does not exist.
    ValueError
        If a folder holds no images, files of both kinds are mixed, columns that the model needs are
        missing, or samples do not have the shape that it expects; the message names the file.

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
    if not is_option(on_error, _TREATMENTS):
        treatments = ", ".join(map(repr, _TREATMENTS))
        raise ValueError(f"on_error must be one of {treatments}; got {on_error!r}.")
    options = make_table_options("read_samples", table_options)
    flags = {"sort": sort, "resample": resample, "follow_names": follow_names}
    for name, value in flags.items():
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {value!r}.")
    paths = _check_paths(paths)
    files: Sequence[Content]
    if paths and isinstance(paths[0], bytes | np.ndarray):
        files = paths
    else:
        files = _list_files([Path(path) for path in paths], options, follow_names)
        if sort:
            files.sort(key=make_natural_key)
    readers = FileReaders(
        partial(
            read_rows,
            model=model,
            options=options,
            resample=resample,
            keep_invalid=on_error == "record",
        ),
        partial(open_store, model=model, resample=resample),
    )
    return SampleReader(files, model, int(batch_size), on_error, readers)


def _check_paths(paths: Any) -> list[Any]:
    """Return names of files, contents or arrays, of which all must be of one type."""
    expected = "files, contents of files (bytes) or arrays of rows"
    if isinstance(paths, str | bytes | os.PathLike) or not np.iterable(paths):
        raise TypeError(f"paths must be a list of {expected}, got {paths!r}.")
    paths = list(paths)
    for path in paths:
        if not isinstance(path, str | os.PathLike | bytes | np.ndarray):
            raise TypeError(f"paths must hold {expected}, got {path!r}.")
    for path_type in (str | os.PathLike, bytes, np.ndarray):
        if all(isinstance(path, path_type) for path in paths):
            return paths
    raise TypeError("paths must be all files, all bytes or all arrays; got a mixture of them.")


def _list_files(paths: list[Path], options: TableOptions, follow_names: bool) -> list[str]:
    """List files in their order; those of a folder (in natural order) or a table in its place."""
    files: list[str] = []
    for path in paths:
        if is_store(path) and path.exists():
            files.append(str(path))
        elif path.is_dir():
            files += _list_folder(path)
        elif not path.exists():
            raise FileNotFoundError(f"{path}: does not exist.")
        elif follow_names and has_image_names(path):
            files += map(str, list_named_images(path, options))
        elif is_image(path) or has_rows(path):
            files.append(str(path))
        else:
            expected = ", ".join([*IMAGE_SUFFIXES, *_ROW_SUFFIXES])
            content = describe_file(path)
            raise ValueError(
                f"{path}: has the suffix {path.suffix!r}, expected one of {expected}."
                f"{f' It {content}' if content else ''}"
            )
    if not files:
        raise ValueError("paths must name at least one file or folder, got none.")
    n_row_files = sum(map(has_rows, files))
    if 0 < n_row_files < len(files):
        raise ValueError(
            f"{n_row_files} of {len(files)} files hold rows, such as "
            f"{next(filter(has_rows, files))}, the others are images; pass one kind at a time."
        )
    return files


def _list_folder(folder: Path) -> list[str]:
    """List the images of a folder in natural order, or what it holds more of: one pass over it."""
    by_kind: dict[str, list[str]] = {"images": [], "Parquet files": [], "instrument files": []}
    other_files: list[str] = []
    for name, is_image_file in walk_files(folder):
        if is_image_file:
            by_kind["images"].append(name)
        elif is_parquet(Path(name)):
            by_kind["Parquet files"].append(name)
        elif is_instrument_file(Path(name)):
            by_kind["instrument files"].append(name)
        else:
            other_files.append(name)
    kind = max(by_kind, key=lambda kind: len(by_kind[kind]))
    files = by_kind.pop(kind)
    if not files:
        suffixes = ", ".join(IMAGE_SUFFIXES)
        raise ValueError(
            f"{folder}: holds no images ({suffixes}), Parquet files or instrument files."
        )
    other_files += [name for names in by_kind.values() for name in names]
    if other_files:
        files_text = describe_other_files(list(map(Path, other_files)))
        warnings.warn(
            f"{folder}: left out because they are not {kind}: {files_text}.",
            stacklevel=4,
        )
    files.sort(key=make_natural_key)
    return files
