"""Images as arrays of an npz file or a zarr store, with labels, groups, split and times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sklvision.datasets._files.arrays import (
    check_column,
    check_labels,
    list_npz_arrays,
    read_npz,
)
from sklvision.datasets._files.roles import find_roles
from sklvision.datasets._files.stores import open_labeled_arrays
from sklvision.datasets._labeled.checks import check_finite, describe_pixel
from sklvision.datasets._labeled.pack import make_target_error, pack_labeled
from sklvision.datasets._spectra.read import flatten_column
from sklvision.datasets._tables.options import TableOptions
from sklvision.datasets._tables.times import parse_times
from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._suggest import did_you_mean


def load_image_npz(path: Path, options: TableOptions, allow_pickle: bool) -> Bunch:
    """Load images, labels and, where they are named, groups, split and times."""
    names = list(list_npz_arrays(path))
    read = partial(read_npz, path, allow_pickle=allow_pickle)
    return _assign_arrays(path, names, read, options)


def load_stored_arrays(path: Path, options: TableOptions) -> Bunch:
    """Load samples of a zarr store or an npy file, which are read when they are needed."""
    arrays, target = open_labeled_arrays(path, options.target)
    options = replace(options, target=target)
    for name in ("bands", "drop"):
        if getattr(options, name):
            raise ValueError(
                f"{path}: {name}= is for spectra in memory, and X of shape {arrays['X'].shape} "
                f"is read in blocks. Leave {name}= out."
            )
    arrays["X"] = ArrayCollection(arrays["X"])
    return _assign_arrays(path, list(arrays), lambda names: arrays, options)


def _assign_arrays(
    path: Path, names: list[str], read: Callable[..., dict[str, Any]], options: TableOptions
) -> Bunch:
    names = [name for name in names if name != "X"]
    for role, name in (("split", options.split), ("time", options.time)):
        if name is not None and name not in names:
            raise ValueError(f"{path}: there is no {role}={name!r}. {did_you_mean(name, names)}")
    target, group = find_roles(path, names, target=options.target, group=options.group)
    if target is None:
        raise make_target_error(path, names)
    requested = ["X", target, *filter(None, [group, options.split, options.time])]
    arrays = read(names=requested)
    X = arrays["X"]
    if not np.issubdtype(X.dtype, np.number):
        raise ValueError(f"{path}: X must hold numbers, got {X.dtype}.")
    is_lazy = isinstance(X, ArrayCollection)  # whose values are checked as they are read
    if not is_lazy:
        check_finite(path, X, describe_pixel)
    if len(X.shape) not in ((2, 3, 4) if is_lazy else (3, 4)) or 0 in X.shape:
        raise ValueError(
            f"{path}: X must hold images (n, height, width[, channels]), got shape {X.shape}."
        )
    columns = {name: flatten_column(arrays[name]) for name in requested if name != "X"}
    for name, values in columns.items():
        check_column(path, name, values, len(X), X.shape)
    check_labels(path, target, columns[target])
    groups = columns[group] if group else None
    labeled = pack_labeled(path.stem, X, columns[target], groups, group or "")
    if options.split is not None:
        labeled.split = columns[options.split]
    if options.time is not None:
        labeled.times = parse_times(columns[options.time], path, options.time)
    return labeled
