"""Exact copies and near-duplicates: pairs that are closer than different samples are by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sklvision.model_selection._leaks.fingerprints import Fingerprints
from sklvision.model_selection._leaks.neighbors import find_neighbors, find_points_with_neighbors

MAX_SIMILAR = 50
N_NEIGHBORS = 10
N_REFERENCES = 500
EXPECTED_PAIRS = 0.05  # pairs as close as that are expected this often in a whole data set
MAX_RELATIVE_RADIUS = 0.45
MIN_SIMILARITY = 0.85  # below it, nobody would call two samples copies
_MAX_FLOAT64 = 10_000  # samples


@dataclass(frozen=True)
class Duplicates:
    """Exact copies as clusters, near-duplicates as pairs of clusters."""

    cluster: np.ndarray  # (n_samples,)
    first: np.ndarray  # (n_clusters,): a sample of each
    pairs: np.ndarray  # (n_pairs, 2) of clusters
    similarity: np.ndarray  # (n_pairs,)
    relative_distance: np.ndarray  # (n_pairs,): distance divided by that to the tenth neighbor
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Limits:
    """Distances up to which a pair counts, in terms of the neighborhood of its samples."""

    radius: float  # of the search
    relative: float  # fraction of the typical distance of a pair
    typical: float  # most that the typical distance of a pair may be
    n_neighbors: int
    similarity: float


def find_duplicates(
    prints: Fingerprints,
    points: np.ndarray,
    *,
    similarity: float | None,
    max_samples: int,
    n_threads: int,
) -> Duplicates:
    """Find exact copies among all samples, near-duplicates of up to ``max_samples`` among all.

    A pair counts as near-duplicates if its distance is below a fraction of the distance to the
    tenth neighbor of either, which counts for no more than the median of all. If near samples
    are spread evenly in m dimensions, the nearest of ten lies within the fraction t of the tenth
    with a probability of at most 9 t^m: the fraction is chosen so that ``EXPECTED_PAIRS`` pairs
    are expected in the whole data set, with m estimated from the data.
    """
    _, first, cluster = np.unique(prints.digests, return_index=True, return_inverse=True)
    cluster = cluster.ravel()
    candidates = first[prints.is_comparable[first]]
    n = len(candidates)
    if n < 2 or (n // 5 < 3 and similarity is None):
        note = f"Only {n} different {prints.unit}: too few to tell near-duplicates from neighbors."
        return _make_without_pairs(cluster, first, (note,))

    points = points[candidates]
    points = points.astype(np.float64) if n <= _MAX_FLOAT64 else points
    # Samples are chosen by content, so that their order does not matter.
    by_digest = np.argsort(prints.digests[candidates], kind="stable")
    if similarity is None:
        limits = _measure_limits(points, by_digest[:N_REFERENCES])
    else:
        radius = float(np.sqrt(2 * prints.values.shape[1] * (1 - similarity)))
        limits = _Limits(radius, np.inf, np.inf, min(MAX_SIMILAR, n - 1), similarity)
    notes: tuple[str, ...] = ()
    queries = np.arange(n)
    if n > max_samples:
        queries = by_digest[:max_samples]
        fraction = 1 - (1 - max_samples / n) ** 2  # of the pairs: a query in either is enough
        notes = (
            f"Near-duplicates were sought of {max_samples:,} of {n:,} different {prints.unit}, "
            f"among all: expect about {1 / fraction:.1f} times as many.",
        )
    rows = find_points_with_neighbors(points, queries, limits.radius, n_threads)
    if not len(rows):
        return _make_without_pairs(cluster, first, notes)
    pairs, similarities, relative_distances = _find_pairs(prints, points, candidates, rows, limits)
    return Duplicates(cluster, first, cluster[pairs], similarities, relative_distances, notes)


def _make_without_pairs(
    cluster: np.ndarray, first: np.ndarray, notes: tuple[str, ...]
) -> Duplicates:
    return Duplicates(cluster, first, np.empty((0, 2), np.intp), np.empty(0), np.empty(0), notes)


def _measure_limits(points: np.ndarray, references: np.ndarray) -> _Limits:
    """Set the limits by the neighborhoods of some samples."""
    n = len(points)
    k = min(N_NEIGHBORS, n // 5)
    distances = find_neighbors(points, references, np.arange(n), k)[0]
    typical = float(np.median(distances[:, -1]))
    relative = _compute_relative_radius(distances, n)
    return _Limits(relative * typical, relative, typical, k, MIN_SIMILARITY)


def _compute_relative_radius(distances: np.ndarray, n: int) -> float:
    """Return the fraction of the k-th neighbor's distance that chance hardly ever undercuts.

    The dimension is estimated from the outer half of the neighbors: copies are in the inner one.
    """
    k = distances.shape[1]
    half = (k + 1) // 2
    growth = np.log(np.maximum(distances[:, -1], 1e-12) / np.maximum(distances[:, half - 1], 1e-12))
    dimension = (1 / np.arange(half, k)).sum() / max(float(growth.mean()), 1e-3)
    return min(float((EXPECTED_PAIRS / n / (k - 1)) ** (1 / dimension)), MAX_RELATIVE_RADIUS)


def _find_pairs(
    prints: Fingerprints,
    points: np.ndarray,
    candidates: np.ndarray,
    rows: np.ndarray,
    limits: _Limits,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of samples, their similarity and relative distance, the most similar first."""
    all_points, k = np.arange(len(points)), limits.n_neighbors
    distances, neighbors = find_neighbors(points, rows, all_points, k)
    kth_distance = np.full(len(points), np.nan)
    kth_distance[rows] = distances[:, -1]
    row, place = np.nonzero(distances <= limits.radius * (1 + 1e-6))
    pairs = np.unique(np.sort(np.column_stack([rows[row], neighbors[row, place]]), axis=1), axis=0)
    partners = np.setdiff1d(pairs, rows)
    if len(partners):
        kth_distance[partners] = find_neighbors(points, partners, all_points, k)[0][:, -1]
    # A second look, at the whole fingerprints and not only at their first components.
    samples = candidates[pairs]
    similarity = prints.compute_similarity(samples[:, 0], samples[:, 1])
    distance = np.linalg.norm(points[pairs[:, 0]].astype(float) - points[pairs[:, 1]], axis=1)
    typical = np.minimum(kth_distance[pairs].max(axis=1), limits.typical)
    relative_distance = distance / np.maximum(typical, 1e-300)
    is_duplicate = (similarity >= limits.similarity) & (relative_distance <= limits.relative)
    order = np.flatnonzero(is_duplicate)
    order = order[np.argsort(-similarity[order], kind="stable")]
    return samples[order], similarity[order], relative_distance[order]
