"""Relatives: samples that are nearer to each other than evenly spread samples are by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sklvision.model_selection._leaks.neighbors import find_neighbors, find_points_with_neighbors

N_NEIGHBORS = 40
MAX_RELATIVES = 10  # of a sample: more are a series
MIN_GAP = 1.4  # distance to the nearest stranger, in terms of that to the farthest relative
MAX_DISTANCE = 0.6  # of relatives, in terms of the usual one to the eleventh neighbor
EXPECTED_SAMPLES = 0.05  # with relatives by chance, in a whole data set
MIN_SAMPLES = 15
N_REFERENCES = 1000
_MIN_DISTANCE = 1e-12


class Links(NamedTuple):
    """Pairs of points, each perhaps in both directions."""

    first: np.ndarray  # (n_links,)
    second: np.ndarray  # (n_links,)
    relative_distance: np.ndarray  # (n_links,): divided by that to the nearest stranger


def find_relatives(
    points: np.ndarray, queries: np.ndarray, references: np.ndarray, n_threads: int
) -> Links:
    """Find links of some points with relatives among all points, by the scale of references."""
    # By the spacings of sorted distances (Renyi): exponential among evenly spread samples, larger
    # between the last relative and the first stranger, however many samples have relatives.
    n = len(points)
    k = min(N_NEIGHBORS, n // 3)
    distances, _ = find_neighbors(points, references[:N_REFERENCES], np.arange(n), k)
    dimension = estimate_dimension(distances)
    max_distance = MAX_DISTANCE * float(np.median(distances[:, _count_ranks(k)]))
    # Only points with a neighbor within reach of a relative are looked at further.
    rows = find_points_with_neighbors(points, queries, max_distance, n_threads)
    if not len(rows):
        return Links(rows, rows, np.empty(0))
    distances, neighbors = find_neighbors(points, rows, np.arange(n), k)
    n_relatives = count_relatives(distances, dimension, n)
    stranger = distances[np.arange(len(rows)), n_relatives]
    is_relative = np.arange(k) < n_relatives[:, np.newaxis]
    row, place = np.nonzero(is_relative & (distances <= max_distance))
    relative_distance = distances[row, place] / np.maximum(stranger[row], _MIN_DISTANCE)
    return Links(rows[row], neighbors[row, place], relative_distance)


def estimate_dimension(distances: np.ndarray) -> float:
    """Estimate the dimension of data from the sorted distances of neighbors.

    The median of the spacings of an exponential distribution is ln 2 / m. Those of the nearest
    neighbors, where relatives are, do not count.
    """
    spacings = _compute_spacings(distances)[:, _count_ranks(distances.shape[1]) :]
    return float(np.log(2) / max(np.median(spacings), 1e-9))


def count_relatives(distances: np.ndarray, dimension: float, n_samples: int) -> np.ndarray:
    """Count the neighbors of each sample before the last gap that is wider than by chance."""
    # Where samples are spread evenly in m dimensions, the numbers j m ln(d[j + 1] / d[j]) of the
    # sorted distances d[1], d[2], ... are independent and exponentially distributed (Rényi's
    # normalized spacings): each exceeds x with probability exp(-x), so that with the x below,
    # EXPECTED_SAMPLES of all samples have such a gap by chance.
    n_ranks = _count_ranks(distances.shape[1])
    spacings = _compute_spacings(distances[:, : n_ranks + 1])
    widest_by_chance = np.log(n_samples * n_ranks / EXPECTED_SAMPLES)
    ranks = np.arange(1, n_ranks + 1)
    is_gap = (dimension * spacings > widest_by_chance) & (spacings / ranks > np.log(MIN_GAP))
    return np.where(is_gap, ranks, 0).max(axis=1)


def _count_ranks(n_neighbors: int) -> int:
    return min(MAX_RELATIVES, n_neighbors // 2)


def _compute_spacings(distances: np.ndarray) -> np.ndarray:
    logarithms = np.log(np.maximum(distances, _MIN_DISTANCE))
    return np.arange(1, distances.shape[1]) * np.diff(logarithms, axis=1)
