"""Exact copies and near-duplicates: pairs that are closer than different samples are by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sklvision.model_selection._leaks.fingerprints import Fingerprints
from sklvision.model_selection._leaks.neighbors import find_neighbors, find_points_with_neighbors
from sklvision.model_selection._leaks.relatives import MIN_SAMPLES, Links, find_relatives

MAX_SIMILAR = 50
MIN_SIMILARITY = 0.85  # below it, nobody would call two samples copies
_MAX_FLOAT64 = 10_000  # samples


@dataclass(frozen=True)
class Duplicates:
    """Exact copies as clusters, near-duplicates as pairs of clusters."""

    cluster: np.ndarray  # (n_samples,)
    first: np.ndarray  # (n_clusters,): a sample of each
    pairs: np.ndarray  # (n_pairs, 2) of clusters
    similarity: np.ndarray  # (n_pairs,)
    relative_distance: np.ndarray  # (n_pairs,): distance divided by that to the nearest stranger
    notes: tuple[str, ...]


def find_duplicates(
    prints: Fingerprints,
    points: np.ndarray,
    *,
    similarity: float | None,
    max_samples: int,
    n_threads: int,
) -> Duplicates:
    """Find exact copies among all samples, near-duplicates of up to ``max_samples`` among all.

    Near-duplicates are samples of at least a given similarity; without one, relatives.
    """
    _, first, cluster = np.unique(prints.digests, return_index=True, return_inverse=True)
    cluster = cluster.ravel()
    candidates = first[prints.is_comparable[first]]
    n = len(candidates)
    if n < (MIN_SAMPLES if similarity is None else 2):
        note = (
            f"Only {n} different {prints.unit} that are not uniform: too few to tell "
            "near-duplicates from neighbors."
        )
        return Duplicates(
            cluster, first, np.empty((0, 2), np.intp), np.empty(0), np.empty(0), (note,)
        )

    points = points[candidates]
    points = points.astype(np.float64) if n <= _MAX_FLOAT64 else points
    notes: tuple[str, ...] = ()
    # Samples are chosen by content, so that their order does not matter.
    by_digest = np.argsort(prints.digests[candidates], kind="stable")
    queries = np.arange(n)
    if n > max_samples:
        queries = by_digest[:max_samples]
        fraction = 1 - (1 - max_samples / n) ** 2  # of the pairs: a query in either is enough
        notes = (
            f"Near-duplicates were sought of {max_samples:,} of {n:,} different {prints.unit}, "
            f"among all: expect about {1 / fraction:.1f} times as many.",
        )
    if similarity is None:
        links = find_relatives(points, queries, by_digest, n_threads)
    else:
        radius = float(np.sqrt(2 * prints.values.shape[1] * (1 - similarity)))
        links = _find_points_within(points, queries, radius, n_threads)
    pairs, similarities, relative_distances = _choose_pairs(
        prints, candidates, links, MIN_SIMILARITY if similarity is None else similarity
    )
    return Duplicates(cluster, first, cluster[pairs], similarities, relative_distances, notes)


def _find_points_within(
    points: np.ndarray, queries: np.ndarray, radius: float, n_threads: int
) -> Links:
    """Find links of points with the nearest others within a radius."""
    rows = find_points_with_neighbors(points, queries, radius, n_threads)
    if not len(rows):
        return Links(rows, rows, np.empty(0))
    k = min(MAX_SIMILAR, len(points) - 1)
    distances, neighbors = find_neighbors(points, rows, np.arange(len(points)), k)
    row, place = np.nonzero(distances <= radius * (1 + 1e-6))
    usual_distances = np.maximum(distances[row, -1], 1e-300)
    return Links(rows[row], neighbors[row, place], distances[row, place] / usual_distances)


def _choose_pairs(
    prints: Fingerprints, candidates: np.ndarray, links: Links, min_similarity: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of samples, their similarity and relative distance, the most similar first."""
    pairs = np.sort(np.column_stack([links.first, links.second]), axis=1)
    pairs, place = np.unique(pairs, axis=0, return_inverse=True)
    relative_distance = np.full(len(pairs), np.inf)
    np.minimum.at(relative_distance, place.ravel(), links.relative_distance)
    # A second look, at the whole fingerprints and not only at their first components.
    samples = candidates[pairs]
    similarity = prints.compute_similarity(samples[:, 0], samples[:, 1])
    order = np.flatnonzero(similarity >= min_similarity)
    order = order[np.argsort(-similarity[order], kind="stable")]
    return samples[order], similarity[order], relative_distance[order]
