"""Labeled samples from a folder, a file or a public data set."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from sklvision.datasets._files.arrays import list_npz_arrays
from sklvision.datasets._files.stores import is_array_store, open_samples
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._images.folder import load_image_folder
from sklvision.datasets._instruments.folder import has_mostly_instrument_files
from sklvision.datasets._labeled.checks import (
    check_spectra,
    convert_rows_to_images,
)
from sklvision.datasets._labeled.groups import extract_groups, read_groups
from sklvision.datasets._labeled.image_arrays import load_image_npz, load_stored_arrays
from sklvision.datasets._labeled.image_table import has_image_names, read_image_table
from sklvision.datasets._labeled.pack import make_target_error, pack_labeled
from sklvision.datasets._remote.cifar10 import fetch_cifar10
from sklvision.datasets._remote.flowers17 import fetch_flowers17
from sklvision.datasets._remote.mnist import fetch_mnist
from sklvision.datasets._remote.nails import fetch_nails
from sklvision.datasets._spectra.load import load_spectra
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.parquet import is_parquet_table
from sklvision.datasets._tables.read import is_table
from sklvision.datasets._texts import document
from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._images import check_image_shape, compute_reduced_size
from sklvision.utils._memory import FILE_ADVICE, convert_memory_errors
from sklvision.utils._samples import ORIGIN
from sklvision.utils._sklearn import StrOptions, validate_params
from sklvision.utils._suggest import did_you_mean

_FETCHERS: dict[str, Callable[[], Bunch]] = {
    "mnist": fetch_mnist,
    "cifar10": fetch_cifar10,
    "nails": fetch_nails,
    "flowers17": fetch_flowers17,
}
_NAMES = ("digits", *_FETCHERS)
_TABLE_OPTIONS = {option.name for option in fields(TableOptions)} - {"target", "group"}


@document
@validate_params(
    {
        "source": [str, os.PathLike],
        "target": [str, None],
        "groups": [str, os.PathLike, None],
        "groups_from_name": [str, None],
        "image_shape": ["array-like", None],
        "max_side": [int, None],
        "allow_pickle": ["boolean"],
        "on_error": [StrOptions({"raise", "skip"})],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_labeled(
    source: str | os.PathLike[str],
    *,
    target: str | None = None,
    groups: str | os.PathLike[str] | None = None,
    groups_from_name: str | None = None,
    image_shape: tuple[int, ...] | None = None,
    max_side: int | None = None,
    allow_pickle: bool = False,
    on_error: str = "raise",
    as_frame: bool = False,
    return_X_y: bool = False,
    **table_options: Any,
) -> Bunch | tuple[Any, NDArray[Any]]:
    """Load labeled images or spectra from a folder, a file or a public data set.

    The commands ``sklvision compare`` and ``sklvision train`` use this function.

    .. versionadded:: 0.1

    Parameters
    ----------
    source : str or path-like
        One of

        - a folder of images with one subfolder per class, see :func:`load_image_folder`
        - a folder of more instrument files than images, see :func:`load_spectra`
        - an ``.npz`` file with arrays ``X`` and ``y``; `X` of 2 dimensions holds spectra, of 3 or
          4 dimensions images
        - a zarr store of such arrays, or of one array, or an ``.npy`` file; images, and spectra of
          more than 512 MiB, are read when they are needed
        - a Parquet file or a folder of them
        - a table whose columns name image files, relative to its folder, and their labels; a
          column named split is the official split
        - a file of spectra, see :func:`load_spectra`
        - the name of a public data set, whose training set is fetched: "digits", "mnist",
          "cifar10", "nails" or "flowers17"; a file or folder of that name has priority
    target : str, default=None
        Name of the column or array of labels; of a zarr store or an ``.npy`` file also a file
        with one label per line. ``None`` finds it by the usual names.
    groups : str or path-like, default=None
        Name of the column or array of groups (`group` of :func:`load_spectra`), or a file of
        groups: one value per line in the order of the samples, or, for a folder, lines of file
        name and group. ``None`` takes a column or array named group or groups, if there is one.
    groups_from_name : str, default=None
        Regular expression to search for in the name of each sample's file, relative to the folder.
        Its first group is the group of the sample, or the whole match if it has none:
        ``"part([0-9]+)"`` of "ok/part12_3.png" is "12".
    image_shape : tuple of int, default=None
        Height and width in pixels, and the number of channels if it is not 1. Rows with that many
        numbers become images.
    max_side : int, default=None
        Longest height or width in pixels; larger images of a folder are reduced to it when they
        are read. ``None`` keeps their sizes.
    allow_pickle : bool, default=False
        Whether to unpickle. Unpickling can run any code in the file.
    on_error : {"raise", "skip"}, default="raise"
        Whether an image of a folder that cannot be read is an error, or left out with a warning.
    as_frame : bool, default=False
        Whether spectra with named bands are returned as a DataFrame, which passes the roles of the
        columns to the model that is fitted on it.
    %(return_X_y)s
    **table_options : dict
        Keywords of :func:`load_spectra` about the columns of a file: `split`, `time`, `bands`,
        `drop`, `transpose`, `decimal`, `header_line`, `has_header`, `encoding`, `sheet` and
        `resample`.

    %(bunch)s

        data : ndarray, DataFrame, ImageCollection or ArrayCollection
            Spectra of shape (n_samples, n_bands), or images of shape (n_samples, height, width)
            or (n_samples, height, width, n_channels).
        target : ndarray of shape (n_samples,)
            The labels.
        groups : ndarray of shape (n_samples,) or None
            The groups, None if there are none.
        grouped_by : str
            Name of the column, array or file of the groups; "" if there are none.
        split : ndarray of shape (n_samples,) or None
            The official split, None if no column of it was named.
        times : ndarray of shape (n_samples,) or None
            The times as floats or datetime64, None if no column of them was named.
        files : list of str or None
            Name of the file of each sample, None if one file holds them all.
        roles : str
            The roles of the columns of a table in one line; "" for everything else.
        advice : list of str
            Columns of a table that look like groups, or that determine the class on their own.
        kind : {"images", "spectra"}
            Kind of the samples.
        name : str
            Name of the folder, file or data set.
        DESCR : str
            One line about the data.

    (data, target) : tuple if ``return_X_y=True``
        The samples and the labels.

    Raises
    ------
    FileNotFoundError
        If `source` is neither a path nor the name of a data set.
    TypeError
        If a keyword does not exist.
    ValueError
        If a keyword does not fit the samples, or these cannot be read, have no labels, or hold
        missing or infinite values.

    See Also
    --------
    load_image_folder : Images in one folder per class, with more options.
    load_spectra : Spectra, with wavelengths and metadata.
    read_samples : Samples without labels, as a fitted model takes them.

    Examples
    --------
    >>> from sklvision.datasets import load_labeled
    >>> digits = load_labeled("digits")
    >>> digits.DESCR
    'digits: 1797 images of 8 × 8 pixels, 10 classes'
    >>> digits.data.shape, digits.kind
    ((1797, 8, 8), 'images')
    """
    path = Path(source)
    is_image_folder = _is_image_folder(path)
    _check_table_options(path, table_options, path.exists() and not is_image_folder)
    shape = None if image_shape is None else check_image_shape("image_shape", image_shape)
    if groups is not None and groups_from_name is not None:
        raise ValueError(f"Pass groups={os.fspath(groups)!r} or groups_from_name, but not both.")
    if path.exists():
        if str(source) in _NAMES:
            warnings.warn(f"Reading {path.resolve()}, not the data set of that name.", stacklevel=2)
        with convert_memory_errors(f"{path}: reading it", FILE_ADVICE):
            labeled = _load_path(
                path,
                target,
                groups,
                max_side,
                allow_pickle,
                on_error,
                table_options,
                is_image_folder=is_image_folder,
            )
    elif str(source) in _NAMES:
        for name, value in (("groups", groups), ("target", target)):
            if value is not None:
                raise ValueError(f"{name}={value!r}: the data set {source} has no columns.")
        labeled = _fetch(str(source))
    else:
        hint = "" if path.suffix or len(path.parts) > 1 else f" {did_you_mean(str(source), _NAMES)}"
        raise FileNotFoundError(
            f"{source}: does not exist as a file or folder, and is not the name of a data set."
            f"{hint}"
        )
    if groups_from_name is not None:
        labeled.groups = extract_groups(labeled.files, groups_from_name)
        labeled.grouped_by = "file names"
    if shape is not None:
        labeled.data = _reshape_rows(labeled, shape)
    elif isinstance(labeled.data, pd.DataFrame) and not as_frame:
        labeled.data = labeled.data.to_numpy()
    if return_X_y:
        return labeled.data, labeled.target
    return _describe(labeled)


def _load_path(
    path: Path,
    target: str | None,
    groups: str | os.PathLike[str] | None,
    max_side: int | None,
    allow_pickle: bool,
    on_error: str,
    table_options: dict[str, Any],
    *,
    is_image_folder: bool,
) -> Bunch:
    group_file = Path(groups) if groups and Path(groups).is_file() else None
    group_name = None if group_file or groups is None else str(groups)
    if is_array_store(path) and not _has_rows_for_memory(path):
        options = TableOptions(target=target, group=group_name, **table_options)
        labeled = load_stored_arrays(path, options)
    elif is_image_folder:
        if target is not None:
            raise ValueError(
                f"target={target!r}: a folder has no columns; its subfolders name the labels."
            )
        if group_name is not None:
            raise ValueError(
                f"groups={group_name!r}: does not exist as a file, and a folder has no columns."
            )
        labeled = _load_folder(path, max_side, on_error)
    elif path.suffix.lower() == ".npz" and len(list_npz_arrays(path).get("X") or ()) in (3, 4):
        options = TableOptions(target=target, group=group_name, **table_options)
        labeled = load_image_npz(path, options, allow_pickle)
    elif has_image_names(path):
        options = TableOptions(target=target, group=group_name, **table_options)
        labeled = _load_image_table(path, options, max_side, on_error)
    else:
        labeled = _load_spectra(path, target, group_name, allow_pickle, table_options)
    if group_file is not None:
        names = labeled.files if isinstance(labeled.data, ImageCollection) else None
        labeled.groups = read_groups(group_file, len(labeled.target), names)
        labeled.grouped_by = group_file.name
    return labeled


def _is_image_folder(path: Path) -> bool:
    """Whether a path is a folder of images, and not of instrument or Parquet files, or a store.

    All files of the folder may be walked, so ask once.
    """
    if not path.is_dir() or is_array_store(path):
        return False
    return not is_parquet_table(path) and not has_mostly_instrument_files(path)


def _has_rows_for_memory(path: Path) -> bool:
    """Whether a store holds rows that every step can have in memory."""
    X = open_samples(path)
    return X.ndim == 2 and ArrayCollection(X).fits_buffer


def _load_folder(path: Path, max_side: int | None, on_error: str) -> Bunch:
    """Load the images of a folder, and their file names relative to it."""
    folder = load_image_folder(path, on_error=on_error)
    images = _reduce_images(folder.data, max_side)
    labeled = pack_labeled(path.resolve().name or str(path), images, folder.target)
    labeled.files = [Path(name).relative_to(path).as_posix() for name in folder.filenames]
    return labeled


def _load_image_table(
    path: Path, options: TableOptions, max_side: int | None, on_error: str
) -> Bunch:
    """Load the images that a table names, and their file names in it."""
    table = read_image_table(path, options, on_error=on_error)
    images = _reduce_images(table.data, max_side)
    labeled = pack_labeled(path.stem, images, table.target, table.groups, table.grouped_by)
    for field in ("split", "times", "roles", "files", "advice"):
        labeled[field] = table[field]
    return labeled


def _reduce_images(images: ImageCollection, max_side: int | None) -> ImageCollection:
    """Read images no larger than a longest side."""
    size = None if max_side is None else compute_reduced_size(images.shape[1:], max_side)
    if size is None:
        return images
    return ImageCollection(images.files, **images.origin["reading"] | {"size": size})


def _load_spectra(
    path: Path,
    target: str | None,
    group: str | None,
    allow_pickle: bool,
    table_options: dict[str, Any],
) -> Bunch:
    spectra = load_spectra(
        path, target=target, group=group, allow_pickle=allow_pickle, as_frame=True, **table_options
    )
    if spectra.target is None:
        group = spectra.data.attrs[ORIGIN]["roles"]["group"]
        raise make_target_error(path, [*([group] if group else []), *spectra.metadata])
    check_spectra(path, spectra.data.to_numpy(), spectra.feature_names)
    group = spectra.data.attrs[ORIGIN]["roles"]["group"]
    # A folder without an axis is of Parquet files, or a store.
    is_parquet_folder = path.is_dir() and not is_array_store(path)
    has_names = spectra.wavelengths is not None or is_parquet_folder or is_table(path)
    data = spectra.data if has_names else spectra.data.to_numpy()
    labeled = pack_labeled(path.stem, data, spectra.target, spectra.groups, group or "")
    for field in ("split", "times", "roles", "advice"):
        labeled[field] = spectra[field]
    files = [str(name) for name in spectra.metadata.get("file", ())]
    labeled.files = files if len(set(files)) > 1 else None
    return labeled


def _check_table_options(path: Path, table_options: dict[str, Any], has_bands: bool) -> None:
    """Raise for options that do not exist, or that samples other than tables do not have."""
    unknown = sorted(set(table_options) - _TABLE_OPTIONS)
    if unknown:
        raise TypeError(
            f"load_labeled has no parameter {unknown[0]!r}. "
            f"{did_you_mean(unknown[0], _TABLE_OPTIONS)}"
        )
    default = TableOptions()
    for name, value in table_options.items():
        if value != getattr(default, name) and not has_bands:
            raise ValueError(f"{name}={value!r} is for spectra, and {path} holds images.")


def _fetch(name: str) -> Bunch:
    """Fetch the training set of a public data set."""
    if name == "digits":
        digits = load_digits()
        return pack_labeled(name, digits.images, digits.target)
    fetched = _FETCHERS[name]()
    target = fetched.target
    if name == "cifar10":
        target = np.array(fetched.target_names)[target]
    return pack_labeled(name, fetched.data, target, fetched.get("groups"), "capture series")


def _reshape_rows(labeled: Bunch, shape: tuple[int, ...]) -> NDArray[Any]:
    n_values = math.prod(shape)
    if len(labeled.data.shape) != 2 or labeled.data.shape[1] != n_values:
        raise ValueError(
            f"image_shape={shape} needs rows of {n_values} numbers, got {_describe(labeled).DESCR}."
        )
    return convert_rows_to_images(np.asarray(labeled.data), shape)


def _describe(labeled: Bunch) -> Bunch:
    """Add the kind of the samples and a description."""
    sample_shape = labeled.data.shape[1:]
    is_images = isinstance(labeled.data, ImageCollection) or len(sample_shape) > 1
    labeled.kind = "images" if is_images else "spectra"
    unit = "pixels" if is_images else "bands"
    size = f"{' × '.join(map(str, sample_shape))} {unit}" if sample_shape else "many sizes"
    groups = f", grouped by {labeled.grouped_by}" if labeled.groups is not None else ""
    labeled.DESCR = (
        f"{labeled.name}: {len(labeled.target)} {labeled.kind} of {size}, "
        f"{len(np.unique(labeled.target))} classes{groups}"
    )
    return labeled
