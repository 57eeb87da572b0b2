"""Labeled samples as a Bunch, whatever they were read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from sklvision.datasets._files.stores import is_array_store


def pack_labeled(
    name: str, data: Any, target: Any, groups: Any = None, grouped_by: str = ""
) -> Bunch:
    """Pack samples, labels and groups; everything else is unknown."""
    grouped_by = grouped_by if groups is not None else ""
    return Bunch(
        data=data,
        target=target,
        groups=groups,
        grouped_by=grouped_by,
        split=None,
        times=None,
        files=None,
        roles="",
        advice=[],
        name=name,
    )


def make_target_error(path: Path, names: list[str]) -> ValueError:
    """Make the error of a file without labels."""
    file = ", or a file with one label per line," if is_array_store(path) else ""
    return ValueError(
        f"{path}: has no labels; name them{file} with target= "
        f"(there are: {', '.join(names) or 'none'})."
    )
