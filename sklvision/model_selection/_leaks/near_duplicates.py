"""Pairs of samples that are closer than chance brings different samples together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from sklvision.model_selection._leaks.fingerprints import Fingerprints

N_COMPONENTS = 64
MOST_SIMILAR = 50
FEW = 1000
N_NEIGHBOURS = 10
N_REFERENCES = 500
N_BASIS = 2000
CHANCE = 0.05  # pairs as close as that are expected this often in a whole data set
LARGEST_SHARE = 0.45
SAME_TO_THE_EYE = 0.85  # similarity below which nobody would call two samples copies
_BLOCK = 512
_EXACT_UP_TO = 10_000


@dataclass(frozen=True)
class Copies:
    """Exact copies as clusters, near-copies as pairs of clusters."""

    cluster: np.ndarray  # (n_samples,)
    first: np.ndarray  # (n_clusters,): a sample of each
    pairs: np.ndarray  # (n_pairs, 2) of clusters
    similarity: np.ndarray  # (n_pairs,)
    closeness: np.ndarray  # (n_pairs,): distance in terms of that to the tenth neighbour
    notes: tuple[str, ...]


def project(prints: Fingerprints) -> np.ndarray:
    """Coordinates along the main directions: no distance grows, so that no copy is lost.

    The directions come from samples chosen by their digests, hence in any order the same. Of few
    images all directions are kept: a small thing on a large ground shows in none of the main ones.
    """
    values, digests = prints.values, prints.digests
    if values.shape[1] == 0:
        return np.zeros((len(values), 1), dtype=np.float32)
    all_kept = prints.unit == "images" and len(values) <= FEW
    n_kept = FEW if all_kept else N_COMPONENTS
    some = values[np.argsort(digests, kind="stable")[:N_BASIS]].astype(np.float64)
    centre = some.mean(axis=0)
    some -= centre
    if some.shape[1] <= len(some):
        directions = np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :n_kept]
    else:
        strength, mixtures = np.linalg.eigh(some @ some.T)
        kept = np.flatnonzero(strength > 1e-10 * max(strength[-1], 1e-300))[::-1][:n_kept]
        directions = some.T @ (mixtures[:, kept] / np.sqrt(strength[kept]))
    directions = directions.astype(np.float32)
    return (values - centre.astype(np.float32)) @ directions


def find_copies(
    prints: Fingerprints,
    points: np.ndarray,
    *,
    similarity: float | None,
    max_samples: int,
    n_threads: int,
) -> Copies:
    """Exact copies among all samples; near-copies of up to ``max_samples`` among all.

    A pair counts as near-copies if its distance is below a share of the distance to the tenth
    neighbour of either, which counts for no more than the median of all. If
    near samples spread evenly in m dimensions, the nearest of ten lies within the share t of
    the tenth with a probability of at most 9 t^m: the share is chosen so that ``CHANCE``
    pairs are expected in the whole data set, with m as the data have it.
    """
    _, first, cluster = np.unique(prints.digests, return_index=True, return_inverse=True)
    cluster = cluster.ravel()
    candidates = first[prints.comparable[first]]
    n, n_values = len(candidates), prints.values.shape[1]
    k = min(N_NEIGHBOURS, n // 5)
    notes: list[str] = []
    nothing = np.empty(0)
    none = Copies(cluster, first, np.empty((0, 2), np.intp), nothing, nothing, ())
    if n < 2 or (k < 3 and similarity is None):
        note = f"Only {n} different {prints.unit}: too few to tell near-copies from neighbours."
        return replace(none, notes=(note,))

    points = points[candidates]
    points = points.astype(np.float64) if n <= _EXACT_UP_TO else points
    # Chosen by content, so that the order of samples does not matter.
    by_digest = np.argsort(prints.digests[candidates], kind="stable")
    if similarity is None:
        sample = by_digest[:N_REFERENCES]
        typical = nearest(points, sample, k)[0]
        scale = float(np.median(typical[:, -1]))
        share = _chance_share(typical, n)
        radius = share * scale
    else:
        k, share, scale = min(MOST_SIMILAR, n - 1), np.inf, np.inf
        radius = float(np.sqrt(2 * n_values * (1 - similarity)))
    queries = by_digest[:max_samples] if n > max_samples else np.arange(n)
    if n > max_samples:
        seen = 1 - (1 - max_samples / n) ** 2  # of the pairs: either one will do
        notes.append(
            f"Near-copies were sought of {max_samples:,} of {n:,} different {prints.unit}, among "
            f"all: expect about {1 / seen:.1f} times as many."
        )
    rows = _with_company(points, queries, radius, n_threads)
    if not len(rows):
        return replace(none, notes=tuple(notes))

    distances, neighbours = nearest(points, rows, k)
    local = np.full(n, np.nan)
    local[rows] = distances[:, -1]
    at, place = np.nonzero(distances <= radius * (1 + 1e-6))
    a, b = rows[at], neighbours[at, place]
    pairs = np.unique(np.sort(np.column_stack([a, b]), axis=1), axis=0)
    strangers = np.setdiff1d(pairs, rows)
    local[strangers] = nearest(points, strangers, k)[0][:, -1] if len(strangers) else np.nan
    # The second look: at all of the fingerprints, not at their main directions alone.
    samples = candidates[pairs]
    found = prints.similarity(samples[:, 0], samples[:, 1])
    distance = np.linalg.norm(points[pairs[:, 0]].astype(float) - points[pairs[:, 1]], axis=1)
    usual = np.minimum(local[pairs].max(axis=1), scale)
    kept = found >= (similarity or SAME_TO_THE_EYE)
    if similarity is None:
        kept &= distance <= share * usual
    closeness = distance / np.maximum(usual, 1e-300)
    order = np.argsort(-found[kept], kind="stable")
    return Copies(
        cluster,
        first,
        cluster[samples[kept]][order].reshape(-1, 2),
        found[kept][order],
        closeness[kept][order],
        tuple(notes),
    )


def _chance_share(distances: np.ndarray, n: int) -> float:
    """Share of the distance to the k-th neighbour that chance hardly ever undercuts.

    The dimension is read from the outer half of the neighbours: copies sit in the inner one.
    """
    k = distances.shape[1]
    half = (k + 1) // 2
    growth = np.log(np.maximum(distances[:, -1], 1e-12) / np.maximum(distances[:, half - 1], 1e-12))
    dimension = (1 / np.arange(half, k)).sum() / max(float(growth.mean()), 1e-3)
    return min(float((CHANCE / n / (k - 1)) ** (1 / dimension)), LARGEST_SHARE)


def nearest(
    points: np.ndarray,
    rows: np.ndarray,
    k: int,
    forbid: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Distances and indices of the k nearest others of some rows, in order.

    ``forbid`` tells for some rows which (row, other) pairs do not count; where none is
    left, the distance is infinite.
    """
    norms = np.einsum("ij,ij->i", points, points)
    distances = np.empty((len(rows), k))
    neighbours = np.empty((len(rows), k), dtype=np.intp)
    for where in _blocks(len(rows), _BLOCK // 2):
        block = rows[where]
        squares = norms - 2 * (points[block] @ points.T)
        squares[np.arange(len(block)), block] = np.inf
        if forbid is not None:
            squares[forbid(block)] = np.inf
        near = np.argpartition(squares, min(k, squares.shape[1] - 1), axis=1)[:, :k]
        allowed = np.isfinite(np.take_along_axis(squares, near, axis=1))
        # Once more as differences: small distances would drown in the rounding of squares.
        exact = np.linalg.norm(
            points[near].astype(np.float64) - points[block].astype(np.float64)[:, None], axis=2
        )
        exact[~allowed] = np.inf
        order = np.argsort(exact, axis=1, kind="stable")
        distances[where] = np.take_along_axis(exact, order, axis=1)
        neighbours[where] = np.take_along_axis(near, order, axis=1)
    return distances, neighbours


def _with_company(
    points: np.ndarray, queries: np.ndarray, radius: float, n_threads: int
) -> np.ndarray:
    """Those queries that have another point within a radius, and perhaps a few more."""
    n, everyone = len(points), len(queries) == len(points)
    norms = np.einsum("ij,ij->i", points, points)
    # |x - y|² <= r² where x·y - |y|²/2 >= (|x|² - r²)/2, with room for rounding.
    slack = 64 * np.finfo(points.dtype).eps * norms.max()
    half = norms / 2
    limit = half - (radius**2 + slack) / 2
    hit = np.zeros(n, dtype=bool)

    def look(where: slice) -> tuple[slice, np.ndarray, np.ndarray]:
        block = queries[where]
        start = where.start if everyone else 0
        products = points[block] @ points[start:].T
        products -= half[start:]
        close = products >= limit[block][:, None]
        close[np.arange(len(block)), block - start] = False
        return where, close.any(axis=1), close.any(axis=0)

    run = Parallel(n_jobs=n_threads, prefer="threads", return_as="generator_unordered")
    for where, by_row, by_column in run(delayed(look)(w) for w in _blocks(len(queries), _BLOCK)):
        hit[queries[where][by_row]] = True
        if everyone:
            hit[where.start :] |= by_column
    return np.flatnonzero(hit)


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
