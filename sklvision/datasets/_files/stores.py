"""Arrays of zarr stores and npy files, which stay where they are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.values import read_values
from sklvision.utils._optional import import_optional

_ZARR_METADATA = ("zarr.json", ".zarray", ".zgroup")


def is_zarr(path: Path) -> bool:
    """Whether a path is a zarr store: a folder with its metadata, or a zip file so named."""
    if path.name.lower().endswith(".zarr.zip"):
        return True
    return path.is_dir() and any((path / name).exists() for name in _ZARR_METADATA)


def is_array_store(path: Path) -> bool:
    """Whether a path is a zarr store or an npy file."""
    return is_zarr(path) or (path.suffix.lower() == ".npy" and not path.is_dir())


def open_samples(path: Path) -> Any:
    """Open the array of a store; of several, the one named X."""
    arrays = _open_arrays(path)
    if "X" not in arrays:
        names = ", ".join(map(repr, sorted(arrays))) or "none"
        raise ValueError(f"{path}: has no array 'X'; it holds {names}.")
    return arrays["X"]


def open_labeled_arrays(path: Path, target: str | None) -> tuple[dict[str, Any], str | None]:
    """Open the samples of a store, read its other arrays, and labels from a file of their own.

    Parameters
    ----------
    path : Path
        The store.
    target : str or None
        Name of the array of labels, or of a file with one label per line.

    Returns
    -------
    arrays : dict of str to array
        Arrays by name; the samples, ``X``, are not read.
    target : str or None
        Name of the labels among them; None if none were named.
    """
    X = open_samples(path)
    arrays = {
        name: X if name == "X" else load_array(path, array)
        for name, array in _open_arrays(path).items()
    }
    if target is not None and target not in arrays and Path(target).is_file():
        from sklvision.datasets._tables.table import convert_texts

        labels = read_values(Path(target), int(X.shape[0]), "label")
        arrays[Path(target).name] = convert_texts(labels) if labels.dtype.kind == "U" else labels
        target = Path(target).name
    return arrays, target


def load_array(path: Path, array: Any) -> NDArray[Any]:
    """Read an array of a store as a whole."""
    try:
        return np.asarray(array[...])
    except (MemoryError, OSError):
        raise
    except Exception as error:  # codecs raise nearly anything on damaged chunks
        raise ValueError(f"{path}: is damaged ({type(error).__name__}: {error}).") from error


def _open_arrays(path: Path) -> dict[str, Any]:
    if not is_zarr(path):
        return {"X": _open_npy(path)}
    zarr = import_optional("zarr", extra="distributed")
    try:
        node = zarr.open(str(path), mode="r")
    except Exception as error:  # damaged metadata and unknown codecs raise nearly anything
        raise ValueError(f"{path}: cannot be read as a zarr store ({error}).") from error
    return {"X": node} if hasattr(node, "shape") else dict(node.arrays())


def _open_npy(path: Path) -> NDArray[Any]:
    try:
        return np.load(path, mmap_mode="r")
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"{path}: cannot be read as an npy file ({error}).") from error
