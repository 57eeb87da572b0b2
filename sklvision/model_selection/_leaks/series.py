"""Capture series: samples taken in one session, recognized although nobody recorded it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from sklearn.cluster import AgglomerativeClustering

from sklvision.model_selection._leaks.file_names import (
    list_divisions,
    name_ranges,
    parse_capture_times,
    rank_files,
)
from sklvision.model_selection._leaks.fingerprints import Fingerprints
from sklvision.model_selection._leaks.neighbors import find_neighbors
from sklvision.model_selection._splits import Split

MIN_DEVIATIONS = 4.0
MAX_ADJACENT_DISTANCE = 0.9  # of adjacent samples, in terms of that of any two of a class
MAX_QUERIES = 1000
MAX_STEPS = 4000
MAX_LAG = 200
N_SHUFFLES = 20


@dataclass(frozen=True)
class Series:
    """A division of the samples into series, and the evidence for it."""

    codes: np.ndarray  # (n_samples,)
    names: list[str]
    evidence: str
    sequence: np.ndarray | None = None  # of samples, if their order alone is the evidence


class NeighborRate(NamedTuple):
    """Fraction of nearest neighbors that are of the same series, and the null expectation."""

    observed: float
    expected: float
    deviations: float  # from the null expectation, in standard deviations


def find_series(points: np.ndarray, labels: np.ndarray, prints: Fingerprints) -> Series | None:
    """Find series by pauses, directories or prefixes of files; otherwise by the order of samples.

    Names alone prove nothing: a division counts if the nearest neighbors of samples, within
    their class, are of the same series more often than by chance.
    """
    if prints.files is None:
        return _find_series_by_order(points, labels, np.arange(len(labels)), prints.is_comparable)
    times = parse_capture_times(prints.files, prints.exif_times)
    positions = rank_files(prints.files, times)
    rows = _skip_rows(np.flatnonzero(prints.is_comparable))
    searches = [(rows, np.arange(len(labels)))]
    best: tuple[float, np.ndarray, str] | None = None
    for codes, evidence in list_divisions(prints.files, labels, times, positions):
        rate = measure_neighbor_rate(points, labels, codes, searches)
        is_series = rate.deviations >= MIN_DEVIATIONS and rate.observed >= min(
            1.2 * rate.expected, (1 + rate.expected) / 2
        )
        if is_series and (best is None or rate.deviations > best[0]):
            best = rate.deviations, codes, evidence
    if best is not None:
        _, codes, evidence = best
        return Series(codes, name_ranges(prints.files, codes, positions), evidence)
    return _find_series_by_order(points, labels, positions, prints.is_comparable)


def measure_neighbor_rate(
    points: np.ndarray,
    labels: np.ndarray,
    codes: np.ndarray,
    searches: Sequence[tuple[np.ndarray, np.ndarray]],
) -> NeighborRate:
    """Measure how often the nearest neighbor within the class is of the same series.

    Every search is a pair of arrays: samples, and the candidates for their neighbors.
    """
    # Schilling's nearest-neighbor statistic (JASA 81, 1986), within classes. If series did not
    # matter, a neighbor would be of the same series with the probability p of any candidate: their
    # number has the mean Σ p and, as for independent trials, the variance Σ p (1 - p).
    classes = np.unique(labels, return_inverse=True)[1]
    is_same, expected = [], []
    for queries, candidates in searches:
        for label in np.unique(classes[queries]):
            rows = queries[classes[queries] == label]
            members = candidates[classes[candidates] == label]
            is_candidate = np.isin(rows, members)
            n_members = len(members) - is_candidate
            rows, is_candidate = rows[n_members > 0], is_candidate[n_members > 0]
            if not len(rows):
                continue
            neighbors = find_neighbors(points, rows, members, 1)[1].ravel()
            n_same = np.bincount(codes[members], minlength=codes.max() + 1)[codes[rows]]
            is_same.append(codes[rows] == codes[neighbors])
            expected.append((n_same - is_candidate) / (len(members) - is_candidate))
    if not is_same:
        return NeighborRate(0.0, 0.0, 0.0)
    observed, chances = np.concatenate(is_same), np.concatenate(expected)
    deviation = np.sqrt(max((chances * (1 - chances)).sum(), 1e-12))
    deviations = (observed.sum() - chances.sum()) / deviation
    return NeighborRate(float(observed.mean()), float(chances.mean()), float(deviations))


def measure_rate_in_training(
    points: np.ndarray,
    labels: np.ndarray,
    splits: list[Split],
    codes: np.ndarray,
    is_comparable: np.ndarray,
) -> NeighborRate:
    """Measure how often the nearest training sample of the class is of the test sample's series."""
    fold = np.full(len(codes), -1)
    for i, (_, test) in enumerate(splits):
        fold[test] = i
    rows = _skip_rows(np.flatnonzero(is_comparable & (fold >= 0)))
    searches = [(rows[fold[rows] == i], np.unique(train)) for i, (train, _) in enumerate(splits)]
    return measure_neighbor_rate(points, labels, codes, searches)


def _skip_rows(rows: np.ndarray) -> np.ndarray:
    """Skip samples at regular intervals, where there are many."""
    return rows[:: max(1, len(rows) // MAX_QUERIES)]


def _find_series_by_order(
    points: np.ndarray, labels: np.ndarray, positions: np.ndarray, is_comparable: np.ndarray
) -> Series | None:
    """Find series where adjacent samples of a class are more alike than any two of it.

    If series are b long, two samples L apart are of one series in 1 - L / b of the cases, so
    the excess of similarity over the lags adds up to b / 2 of that at lag one.
    """
    order = np.lexsort((positions, labels))
    order = order[is_comparable[order]]
    classes = np.unique(labels, return_inverse=True)[1][order]
    points = points[order]
    max_lag = min(MAX_LAG, len(order) // (2 * (classes.max(initial=0) + 1)))
    if max_lag < 3:
        return None
    # Distances are compared as logarithms; shuffling within classes gives the null distribution.
    rng = np.random.default_rng(0)
    null = [
        _compute_mean_log_distance(
            points, classes, 1, np.lexsort((rng.random(len(order)), classes))
        )
        for _ in range(N_SHUFFLES)
    ]
    null_mean, null_deviation = float(np.mean(null)), float(np.std(null))
    first_excess = null_mean - _compute_mean_log_distance(points, classes, 1)
    if (
        first_excess < MIN_DEVIATIONS * null_deviation
        or np.exp(-first_excess) > MAX_ADJACENT_DISTANCE
    ):
        return None
    # The excess is summed up to where it falls into the noise, as an autocorrelation is for the
    # length over which samples are alike.
    area = 0.0
    for lag in range(1, max_lag + 1):
        excess = null_mean - _compute_mean_log_distance(points, classes, lag)
        if excess < 0.05 * first_excess:
            break
        area += excess
    length = max(2.0, 2 * area / first_excess)
    codes = np.full(len(labels), -1, dtype=np.intp)
    codes[order] = _cut_sequence(points, classes, length)
    # Samples that cannot be compared are series of their own.
    not_comparable = np.flatnonzero(codes < 0)
    codes[not_comparable] = codes.max() + 1 + np.arange(len(not_comparable))
    evidence = (
        f"adjacent samples of a class are {1 - np.exp(-first_excess):.0%} closer than random "
        f"pairs, as if they came in series of about {length:.0f} or were sorted"
    )
    names = []
    for code in range(codes.max() + 1):
        members = positions[codes == code]
        names.append(f"samples {members.min()} to {members.max()}")
    return Series(codes, names, evidence, sequence=order)


def _compute_mean_log_distance(
    points: np.ndarray, classes: np.ndarray, lag: int, order: np.ndarray | None = None
) -> float:
    """Average over pairs of one class at a lag, possibly in another order."""
    starts = np.flatnonzero(classes[:-lag] == classes[lag:])
    starts = starts[:: max(1, len(starts) // MAX_STEPS)]
    a, b = (starts, starts + lag) if order is None else (order[starts], order[starts + lag])
    distances = np.linalg.norm(points[b] - points[a], axis=1)
    # Copies, at distance zero, must not decide alone.
    floor = 0.01 * float(np.median(distances)) if len(distances) else 0.0
    return float(np.log(np.maximum(distances, max(floor, 1e-12))).mean())


def _cut_sequence(points: np.ndarray, classes: np.ndarray, length: float) -> np.ndarray:
    """Cut the sequence of samples where it differs most, into stretches of a mean length."""
    n = len(points)
    links = np.arange(n - 1)
    chain = coo_matrix((np.ones(n - 1), (links, links + 1)), shape=(n, n))
    n_stretches = min(max(round(n / length), classes.max() + 1, 2), n)
    ward = AgglomerativeClustering(n_stretches, linkage="ward", connectivity=chain + chain.T)
    stretches = ward.fit_predict(points)
    is_border = (np.diff(stretches) != 0) | (np.diff(classes) != 0)
    return np.concatenate([[0], np.cumsum(is_border)])
