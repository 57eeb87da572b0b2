"""Divisions of samples into series that the names and times of their files suggest."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import numpy as np

LONG_PAUSE = 50  # times the usual interval between two shots
MIN_PAUSE = 60.0  # seconds
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


def parse_capture_times(
    files: np.ndarray, exif_times: np.ndarray | None = None
) -> np.ndarray | None:
    """Return the seconds at which images were taken, by name or EXIF; None unless all are known."""
    stems = [PurePath(file).stem for file in files]
    for parse in (_parse_date_and_time, _parse_unix_time):
        times = [parse(stem) for stem in stems]
        if all(time is not None for time in times):
            return np.array(times, dtype=np.float64)
    if exif_times is not None:
        times = [_parse_date_and_time(text) for text in exif_times]
        if all(time is not None for time in times):
            return np.array(times, dtype=np.float64)
    return None


def _parse_date_and_time(text: str) -> float | None:
    gap = r"[-_.: T]?"
    fields = gap.join([r"((?:19|20)\d\d)", *[r"(\d\d)"] * 5])
    match = re.search(rf"(?<!\d){fields}", text)
    if match is None:
        return None
    try:
        time = datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S")
    except ValueError:
        return None
    return time.replace(tzinfo=UTC).timestamp()


def _parse_unix_time(text: str) -> float | None:
    match = re.search(r"(?<!\d)(1\d{9})(\d{3})?(?!\d)", text)
    return float(match[1]) + float(match[2] or 0) / 1000 if match else None


def rank_files(files: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    """Return the position of every file in the order of times, or of names with numbers."""
    keys = times if times is not None else [_split_numbers(file) for file in files]
    positions = np.empty(len(files), dtype=np.intp)
    positions[sorted(range(len(files)), key=keys.__getitem__)] = np.arange(len(files))
    return positions


def _split_numbers(file: str) -> list[tuple[int, Any]]:
    return [(0, int(t)) if t.isdigit() else (1, t) for t in re.split(r"([0-9]+)", file) if t]


def list_divisions(
    files: np.ndarray, labels: np.ndarray, times: np.ndarray | None, positions: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """List codes and evidence of possible series, whether or not the images agree."""
    # Codes number the series; pauses are long in terms of the median interval between shots.
    divisions = []
    if times is not None:
        order = np.argsort(positions)
        intervals = np.diff(times[order])
        pause = max(LONG_PAUSE * float(np.median(intervals)), MIN_PAUSE) if len(intervals) else 0
        codes = np.empty(len(files), dtype=np.intp)
        codes[order] = np.concatenate([[0], np.cumsum(intervals > pause)])
        divisions.append((codes, f"separated by pauses of more than {_format_duration(pause)}"))
    # Every level of directories, unless it is a division into training and test files.
    paths = [PurePath(file) for file in files]
    depth = min(len(path.parts) for path in paths) - 1
    for level in range(1, depth + 1):
        folders = [path.parts[-1 - level] for path in paths]
        if any(folder.lower() not in _SPLIT_NAMES for folder in folders):
            codes = np.unique(folders, return_inverse=True)[1]
            divisions.append((codes, f"by directories such as {folders[0]}"))
    # Names without their last number.
    prefixes = [re.sub(r"[\W_]*\d+\D*$", "", path.stem) for path in paths]
    codes = np.unique(prefixes, return_inverse=True)[1]
    divisions.append((codes, f"by names such as {prefixes[0]}…"))
    classes = np.unique(labels, return_inverse=True)[1]
    return [
        (codes, evidence)
        for codes, evidence in divisions
        if 1 < codes.max() + 1 <= len(files) / 2 and not _is_same_division(codes, classes)
    ]


def _is_same_division(a: np.ndarray, b: np.ndarray) -> bool:
    n_both = len(np.unique(a * (b.max() + 1) + b))
    return n_both == len(np.unique(a)) == len(np.unique(b))


def _format_duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def name_ranges(files: np.ndarray, codes: np.ndarray, positions: np.ndarray) -> list[str]:
    """Name every series by its first and its last file."""
    names = []
    for code in range(codes.max() + 1):
        members = np.flatnonzero(codes == code)
        members = members[np.argsort(positions[members])]
        ends = [PurePath(files[i]).name for i in (members[0], members[-1])]
        names.append(f"{ends[0]} to {ends[1]}")
    return names
