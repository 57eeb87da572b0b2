"""Signs that samples were taken in series, where nobody has said so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from sklearn.cluster import AgglomerativeClustering

from sklvision.model_selection._leaks.near_duplicates import nearest

PAUSE = 50  # times the usual interval between two shots
SHORTEST_PAUSE = 60.0  # seconds
NEARER = 0.9  # neighbours in order, in terms of the distance of any two of a class
DEVIATIONS = 4.0
MOST_QUERIES = 1000
MOST_STEPS = 4000
LONGEST_LAG = 200
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


@dataclass(frozen=True)
class Series:
    """A division of the samples into series, and what speaks for it."""

    codes: np.ndarray  # (n_samples,)
    names: list[str]
    words: str
    sequence: np.ndarray | None = None  # of samples, where their order alone told


def find_series(
    points: np.ndarray,
    labels: np.ndarray,
    comparable: np.ndarray,
    files: np.ndarray | None,
    taken: np.ndarray | None,
) -> Series | None:
    """Series by pauses in time, folders or prefixes of files; else by the order of samples.

    Names alone prove nothing: a division counts if the nearest neighbours of samples, within
    their class, are from the same series more often than chance has it.
    """
    position = np.arange(len(labels))
    if files is not None:
        times = capture_times(files, taken)
        position = np.empty(len(labels), dtype=np.intp)
        keys = times if times is not None else [_natural(file) for file in files]
        position[sorted(range(len(files)), key=keys.__getitem__)] = np.arange(len(files))
        rated = []
        for codes, what in _divisions(files, labels, times, position):
            share, expected, deviations = _company(
                points, labels, codes, np.flatnonzero(comparable)
            )
            if deviations >= DEVIATIONS and share >= min(1.2 * expected, (1 + expected) / 2):
                rated.append((deviations, codes, what))
        if rated:
            *_, codes, what = max(rated, key=lambda item: item[0])
            return Series(codes, _range_names(files, codes, position), what)
    return _series_by_order(points, labels, position, comparable)


# ---------------------------------------------------------------- names of files


def capture_times(files: np.ndarray, taken: np.ndarray | None = None) -> np.ndarray | None:
    """Seconds at which files say they were taken, by name or EXIF; None unless all do."""
    stems = [PurePath(file).stem for file in files]
    for read in (_date_and_time, _unix_time):
        found = [read(stem) for stem in stems]
        if all(time is not None for time in found):
            return np.array(found, dtype=np.float64)
    if taken is not None:
        found = [_date_and_time(text) for text in taken]
        if all(time is not None for time in found):
            return np.array(found, dtype=np.float64)
    return None


def _date_and_time(text: str) -> float | None:
    gap = r"[-_.: T]?"
    fields = gap.join([r"((?:19|20)\d\d)", *[r"(\d\d)"] * 5])
    match = re.search(rf"(?<!\d){fields}", text)
    if match is None:
        return None
    try:
        return (
            datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S")
            .replace(tzinfo=UTC)
            .timestamp()
        )
    except ValueError:
        return None


def _unix_time(text: str) -> float | None:
    match = re.search(r"(?<!\d)(1\d{9})(\d{3})?(?!\d)", text)
    return float(match[1]) + float(match[2] or 0) / 1000 if match else None


def _natural(file: str) -> list[tuple[int, Any]]:
    return [(0, int(t)) if t.isdigit() else (1, t) for t in re.split(r"([0-9]+)", file) if t]


def _divisions(
    files: np.ndarray, labels: np.ndarray, times: np.ndarray | None, position: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """What the names of files offer as series, whether or not the images agree."""
    divisions = []
    if times is not None:
        order = np.argsort(position)
        intervals = np.diff(times[order])
        pause = max(PAUSE * float(np.median(intervals)), SHORTEST_PAUSE) if len(intervals) else 0
        codes = np.empty(len(files), dtype=np.intp)
        codes[order] = np.concatenate([[0], np.cumsum(intervals > pause)])
        divisions.append((codes, f"told by pauses of more than {_duration(pause)}"))
    paths = [PurePath(file) for file in files]
    depth = min(len(path.parts) for path in paths) - 1
    for level in range(1, depth + 1):
        folders = [path.parts[-1 - level] for path in paths]
        if not {folder.lower() for folder in folders} <= _SPLIT_NAMES:
            codes = np.unique(folders, return_inverse=True)[1]
            divisions.append((codes, f"told by folders such as {folders[0]}"))
    prefixes = [re.sub(r"[\W_]*\d+\D*$", "", path.stem) for path in paths]
    divisions.append(
        (np.unique(prefixes, return_inverse=True)[1], f"told by names such as {prefixes[0]}…")
    )
    classes = np.unique(labels, return_inverse=True)[1]
    return [
        (codes, what)
        for codes, what in divisions
        if 1 < codes.max() + 1 <= len(files) / 2 and not _same_division(codes, classes)
    ]


def _same_division(a: np.ndarray, b: np.ndarray) -> bool:
    n_both = len(np.unique(a * (b.max() + 1) + b))
    return n_both == len(np.unique(a)) == len(np.unique(b))


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _range_names(files: np.ndarray, codes: np.ndarray, position: np.ndarray) -> list[str]:
    names = []
    for code in range(codes.max() + 1):
        members = np.flatnonzero(codes == code)
        members = members[np.argsort(position[members])]
        ends = [PurePath(files[i]).name for i in (members[0], members[-1])]
        names.append(f"{ends[0]} to {ends[1]}")
    return names


def _company(
    points: np.ndarray,
    labels: np.ndarray,
    codes: np.ndarray,
    rows: np.ndarray,
    forbid: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[float, float, float]:
    """Share of nearest neighbours in the class that are of one series; by chance; deviations."""
    classes = np.unique(labels, return_inverse=True)[1]
    rows = rows[:: max(1, len(rows) // MOST_QUERIES)]
    chance = np.full(len(classes), np.nan)

    def not_asked(block: np.ndarray) -> np.ndarray:
        asked = classes[block][:, None] == classes
        asked[np.arange(len(block)), block] = False
        if forbid is not None:
            asked &= ~forbid(block)
        n_same = (asked & (codes[block][:, None] == codes)).sum(axis=1)
        chance[block] = n_same / np.maximum(asked.sum(axis=1), 1)
        return ~asked

    distances, neighbours = nearest(points, rows, 1, not_asked)
    found = np.isfinite(distances[:, 0])
    rows, neighbour = rows[found], neighbours[found, 0]
    if not len(rows):
        return 0.0, 0.0, 0.0
    same, expected = codes[rows] == codes[neighbour], chance[rows]
    spread = np.sqrt(max((expected * (1 - expected)).sum(), 1e-12))
    deviations = (same.sum() - expected.sum()) / spread
    return float(same.mean()), float(expected.mean()), float(deviations)


# ---------------------------------------------------------------- order


def _series_by_order(
    points: np.ndarray, labels: np.ndarray, position: np.ndarray, comparable: np.ndarray
) -> Series | None:
    """Series where neighbours in order, within a class, resemble each other.

    If series are b long, two samples L apart are of one series in 1 - L / b of the cases, so
    the excess of likeness over the lags adds up to b / 2 of that at lag one.
    """
    order = np.lexsort((position, labels))
    order = order[comparable[order]]
    classes = np.unique(labels, return_inverse=True)[1][order]
    sorted_points = points[order]
    longest = min(LONGEST_LAG, len(order) // (2 * (classes.max(initial=0) + 1)))
    if longest < 3:
        return None
    rng = np.random.default_rng(0)
    by_chance = [
        _mean_log_distance(sorted_points, classes, 1, np.lexsort((rng.random(len(order)), classes)))
        for _ in range(20)
    ]
    usual, spread = float(np.mean(by_chance)), float(np.std(by_chance))
    at_one = usual - _mean_log_distance(sorted_points, classes, 1)
    if at_one < DEVIATIONS * spread or np.exp(-at_one) > NEARER:
        return None
    area = 0.0
    for lag in range(1, longest + 1):
        excess = usual - _mean_log_distance(sorted_points, classes, lag)
        if excess < 0.05 * at_one:
            break
        area += excess
    length = max(2.0, 2 * area / at_one)
    codes = np.full(len(labels), -1, dtype=np.intp)
    codes[order] = _cut_chain(sorted_points, classes, length)
    flat = np.flatnonzero(codes < 0)
    codes[flat] = codes.max() + 1 + np.arange(len(flat))
    words = (
        f"consecutive ones of a class lie {1 - np.exp(-at_one):.0%} nearer than any two of it, as "
        f"if they came in series of about {length:.0f} or were sorted"
    )
    names = []
    for code in range(codes.max() + 1):
        members = position[codes == code]
        names.append(f"samples {members.min()} to {members.max()}")
    return Series(codes, names, words, sequence=order)


def _mean_log_distance(
    points: np.ndarray, classes: np.ndarray, lag: int, order: np.ndarray | None = None
) -> float:
    """Over pairs of one class, so many places apart, perhaps in another order."""
    starts = np.flatnonzero(classes[:-lag] == classes[lag:])
    starts = starts[:: max(1, len(starts) // MOST_STEPS)]
    a, b = (starts, starts + lag) if order is None else (order[starts], order[starts + lag])
    distances = np.linalg.norm(points[b] - points[a], axis=1)
    least = 0.01 * float(np.median(distances)) if len(distances) else 0.0  # copies tell enough
    return float(np.log(np.maximum(distances, max(least, 1e-12))).mean())


def _cut_chain(points: np.ndarray, classes: np.ndarray, length: float) -> np.ndarray:
    """Cut the chain of samples where it differs most, into stretches of a mean length."""
    n = len(points)
    links = np.arange(n - 1)
    chain = coo_matrix((np.ones(n - 1), (links, links + 1)), shape=(n, n))
    n_stretches = min(max(round(n / length), classes.max() + 1, 2), n)
    ward = AgglomerativeClustering(n_stretches, linkage="ward", connectivity=chain + chain.T)
    stretches = ward.fit_predict(points)
    borders = (np.diff(stretches) != 0) | (np.diff(classes) != 0)
    return np.concatenate([[0], np.cumsum(borders)])


def company_in_training(
    points: np.ndarray,
    labels: np.ndarray,
    splits: list[tuple[np.ndarray, np.ndarray]],
    codes: np.ndarray,
    comparable: np.ndarray,
) -> tuple[float, float]:
    """Share of test samples whose nearest training sample is of their series, and by chance.

    Only training samples of the same class are asked.
    """
    fold = np.full(len(codes), -1)
    trained = np.zeros((len(splits), len(codes)), dtype=bool)
    for i, (train, test) in enumerate(splits):
        fold[test] = i
        trained[i, train] = True
    rows = np.flatnonzero(comparable & (fold >= 0))
    share, chance, _ = _company(points, labels, codes, rows, lambda block: ~trained[fold[block]])
    return share, chance
