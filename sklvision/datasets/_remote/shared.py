"""Parameters, texts and results that all fetchers of public data sets share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklvision.datasets._files.arrays import read_npz
from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._texts import BUNCH_TEXTS
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._sklearn import StrOptions, validate_params

Fetcher = TypeVar("Fetcher", bound=Callable[..., Any])

_CONSTRAINTS: dict[str, list[Any]] = {
    "subset": [StrOptions({"train", "test", "all"})],
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
}
_TEXTS = BUNCH_TEXTS | {
    "data_home": """\
data_home : str or path-like, default=None
    Folder of the data sets. ``None`` takes the one named by the environment variable
    ``SKLVISION_DATA``, else ``~/sklvision_data``.""",
    "download": """\
download_if_missing : bool, default=True
    Whether to download missing files (extra ``datasets``),""",
    "returns": """\
%(return_X_y)s

%(bunch)s
""",
    "raises": """\
    DESCR : str
        The full description.

(data, target) : tuple if ``return_X_y=True``
    The images and their labels.

Raises
------
OSError
    If a file is missing, cannot be downloaded, or differs from the published one.
ImportError
    If the extra ``datasets`` is not installed.""",
}


def complete_fetcher(function: Fetcher) -> Fetcher:
    """Validate the parameters that fetchers share, and complete the docstring."""
    names = inspect.signature(function).parameters
    constraints = {name: _CONSTRAINTS[name] for name in names}
    validate = validate_params(constraints, prefer_skip_nested_validation=True)
    return fill_docstrings(_TEXTS)(validate(function))


def read_copy(path: Path, *names: str) -> list[NDArray[Any]]:
    """Read arrays of a copy in the data home; what is wrong with it is an OSError."""
    try:
        return list(read_npz(path, names=names).values())
    except ValueError as error:
        raise OSError(str(error)) from error


def pack_arrays(
    read: Callable[[str], tuple[NDArray[Any], NDArray[Any]]],
    subset: str,
    return_X_y: bool,
    **attributes: Any,
) -> Any:
    """Read a subset, or both one after the other, and return it as a Bunch or a pair."""
    parts = [read(split) for split in (["train", "test"] if subset == "all" else [subset])]
    data, target = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    return (data, target) if return_X_y else Bunch(data=data, target=target, **attributes)


def pack_files(
    files: NDArray[np.str_], target: NDArray[np.str_], return_X_y: bool, **attributes: Any
) -> Any:
    """Return image files and their labels as a Bunch or a pair."""
    data = ImageCollection(files.tolist())
    if return_X_y:
        return data, target
    names = np.unique(target).tolist()
    return Bunch(data=data, target=target, target_names=names, filenames=files, **attributes)
