"""Groups of samples in a file of their own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._files.values import read_fields, read_values


def read_groups(path: Path, n_samples: int, files: list[str] | None) -> NDArray[np.generic]:
    """Read one group per sample, in their order, or lines of file name and group.

    Parameters
    ----------
    path : Path
        An npy file, or a text file with one or two fields a line.
    n_samples : int
        Number of samples.
    files : list of str or None
        Names of the samples' files, for lines of file name and group.
    """
    groups = _read(path, n_samples, files)
    if len(np.unique(groups)) == len(groups):
        raise ValueError(
            f"{path}: all {len(groups)} groups differ, such as {str(groups[0])!r}, so no two "
            "samples are kept together."
        )
    return groups


def extract_groups(files: list[str] | None, pattern: str) -> NDArray[np.str_]:
    """Extract one group per sample from the names of files.

    Parameters
    ----------
    files : list of str or None
        Names of the samples' files.
    pattern : str
        Regular expression; its first group, or else the whole match, is the group.
    """
    if files is None:
        raise ValueError(
            f"groups_from_name={pattern!r}: not every sample has a file of its own, so file "
            "names cannot give the groups."
        )
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"groups_from_name={pattern!r} is not a regular expression: {error}."
        ) from None
    matches = [expression.search(file) for file in files]
    missing = [file for file, match in zip(files, matches, strict=True) if match is None]
    if missing:
        raise ValueError(
            f"groups_from_name={pattern!r} does not match the names of {len(missing)} of "
            f"{len(files)} files, such as {missing[0]!r}."
        )
    place = 1 if expression.groups else 0
    groups = np.array([match[place] or "" for match in matches if match is not None])
    n_groups = len(np.unique(groups))
    if n_groups in (1, len(groups)):
        kind = "the same" if n_groups == 1 else "different"
        raise ValueError(
            f"groups_from_name={pattern!r}: the groups of all {len(groups)} files are {kind}, such "
            f"as {str(groups[0])!r}."
        )
    return groups


def _read(path: Path, n_samples: int, files: list[str] | None) -> NDArray[np.generic]:
    if files is None or path.suffix.lower() == ".npy":
        return read_values(path, n_samples, "group")
    rows = read_fields(path, "group")
    if rows and all(len(row) == 2 for row in rows):
        return _match_groups(path, rows, files)
    hint = ", or lines of file name and group"
    return read_values(path, n_samples, "group", rows=rows, hint=hint)


def _match_groups(path: Path, rows: list[list[str]], files: list[str]) -> NDArray[np.generic]:
    group_by_name = dict(rows)
    _refuse_ambiguous_names(path, rows, group_by_name, files)
    groups = [group_by_name.get(file, group_by_name.get(Path(file).name)) for file in files]
    missing = [file for file, group in zip(files, groups, strict=True) if group is None]
    if missing:
        raise ValueError(f"{path}: no group for {len(missing)} images, such as {missing[0]}.")
    return np.array(groups)


def _refuse_ambiguous_names(
    path: Path, rows: list[list[str]], group_by_name: dict[str, str], files: list[str]
) -> None:
    """Raise where a name has two groups, or a bare name is that of files in several folders."""
    for name, group in rows:
        if group_by_name[name] != group:
            namesakes = [file for file in files if Path(file).name == name]
            hint = f" Name files with their folders: {namesakes[0]}." if len(namesakes) > 1 else ""
            raise ValueError(
                f"{path}: {name} has two groups, {group!r} and {group_by_name[name]!r}.{hint}"
            )
    first_files: dict[str, str] = {}
    for file in files:
        name = Path(file).name
        if file in group_by_name or name not in group_by_name:
            continue
        first_file = first_files.setdefault(name, file)
        if first_file != file:
            raise ValueError(
                f"{path}: {name} could be {first_file} or {file}; name files with their folders."
            )
