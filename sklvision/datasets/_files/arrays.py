"""Arrays in npz files and pickles."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray


def read_npz(
    path: Path, *, names: Sequence[str] | None = None, allow_pickle: bool = False
) -> dict[str, NDArray[Any]]:
    """Read the arrays of some names, or all of them.

    Raises
    ------
    ValueError
        If the file is damaged or encrypted, lacks an array, or holds pickled objects that may not
        be read. The message names the file.
    """
    if not is_zipfile(path):
        raise ValueError(f"{path}: is not an npz file, or was cut short.")
    try:
        # Opened here: of a damaged archive, NumPy would leave its own file open.
        with path.open("rb") as file, np.load(file, allow_pickle=allow_pickle) as archive:
            present = list(archive.files)
            missing = [name for name in names or () if name not in present]
            if not missing:
                return {name: archive[name] for name in names or present}
    except MemoryError:
        raise
    except Exception as error:  # damaged or encrypted archives and headers raise nearly anything
        if "allow_pickle" in str(error):
            raise make_pickle_error(path, "holds pickled objects") from error
        raise ValueError(f"{path}: cannot be read as an npz file ({error}).") from error
    raise ValueError(
        f"{path}: has no array {missing[0]!r}; it holds {', '.join(map(repr, present)) or 'none'}."
    )


def check_column(
    path: Path, name: str, values: NDArray[Any], n_values: int, shape: tuple[int, ...]
) -> None:
    """Raise unless an array holds one value for each sample or band of X."""
    if values.shape != (n_values,):
        raise ValueError(
            f"{path}: {name} has shape {values.shape}, expected ({n_values},) for X of shape "
            f"{shape}."
        )


def check_labels(path: Path, name: str, labels: NDArray[Any]) -> None:
    """Raise if a label is missing."""
    is_missing = [label is None or label != label for label in labels.tolist()]
    if any(is_missing):
        raise ValueError(
            f"{path}: {name} has no label for {sum(is_missing)} of {len(labels)} samples, first "
            f"in row {is_missing.index(True) + 1}. Label these samples, or leave them out."
        )


def list_npz_arrays(path: Path) -> dict[str, tuple[int, ...] | None]:
    """List the arrays of an npz file with their shapes, which are read from the headers alone.

    A shape is None where the header cannot be read, and nothing is listed where the file is not
    an npz file: the errors are those of :func:`read_npz`.
    """
    try:
        with path.open("rb") as file, np.load(file) as archive:
            return {name: _read_shape(archive, name) for name in archive.files}
    except MemoryError:
        raise
    except Exception:
        return {}


def _read_shape(archive: Any, name: str) -> tuple[int, ...] | None:
    try:
        with archive.zip.open(f"{name}.npy") as file:
            version = np.lib.format.read_magic(file)
            read: Callable[[Any], tuple[Any, ...]] = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            return read(file)[0]
    except MemoryError:
        raise
    except Exception:
        return None


def read_pickle(path: Path, *, allow_pickle: bool) -> Mapping[str, Any]:
    """Read a pickled dict of arrays."""
    if not allow_pickle:
        raise make_pickle_error(path, "is a pickle")
    try:
        with path.open("rb") as file:
            content = pickle.load(file)
    except Exception as error:  # whatever the code in the file raises
        raise ValueError(f"{path}: cannot be unpickled ({error}).") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: expected a dict with 'X' and 'Y', got {type(content).__name__}.")
    return content


def make_pickle_error(path: Path, problem: str) -> ValueError:
    """Make the error about a file that could run code when it is read."""
    return ValueError(
        f"{path}: {problem}, and unpickling runs any code its author put there. Pass "
        "allow_pickle=True if you trust the author, or keep the arrays in an npz file."
    )
