"""Fingerprints as points, and their nearest neighbors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from sklvision.model_selection._leaks.fingerprints import Fingerprints

N_COMPONENTS = 64
N_BASIS = 2000  # samples that determine the components
MAX_UNPROJECTED = 1000  # images
_BLOCK = 512


def compute_components(prints: Fingerprints) -> np.ndarray:
    """Compute the principal components of fingerprints, which makes no distance larger.

    The components come from samples chosen by their digests, so the order of samples does not
    matter. Few images are not projected: a small object on a large background is in none of the
    first components.
    """
    values = prints.values
    if values.shape[1] == 0:
        return np.zeros((len(values), 1), dtype=np.float32)
    if prints.unit == "images" and len(values) <= MAX_UNPROJECTED:
        return values
    basis = values[np.argsort(prints.digests, kind="stable")[:N_BASIS]].astype(np.float64)
    n_components = min(N_COMPONENTS, *basis.shape)
    solver = "covariance_eigh" if basis.shape[1] <= len(basis) else "auto"
    with np.errstate(invalid="ignore"):  # fractions of the variance, if there is none
        pca = PCA(n_components, svd_solver=solver, random_state=0).fit(basis)
    # By hand, since PCA.transform would convert all fingerprints to float64 at once.
    return (values - pca.mean_.astype(np.float32)) @ pca.components_.astype(np.float32).T


def find_neighbors(
    points: np.ndarray, queries: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and indices of the k nearest candidates of some points, in order.

    A point is not its own neighbor. Where a point has fewer than k neighbors the distance is
    infinite; there are fewer than k columns where no point has k of them.
    """
    search = NearestNeighbors(n_neighbors=min(k + 1, len(candidates)), algorithm="brute")
    distances, places = search.fit(points[candidates]).kneighbors(points[queries])
    neighbors = candidates[places]
    distances[neighbors == queries[:, np.newaxis]] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(
        neighbors, order, axis=1
    )


def find_points_with_neighbors(
    points: np.ndarray, queries: np.ndarray, radius: float, n_threads: int
) -> np.ndarray:
    """Return the queries with another point within a radius, and perhaps a few more."""
    # One matrix product a block, in the points' own precision and for each pair once: for 60,000
    # points of 64 values this takes 4.6 s of one core, NearestNeighbors.kneighbors 15.6 s.
    # |x - y|² <= r² where x·y - |y|²/2 >= (|x|² - r²)/2, with room for rounding.
    # In shared memory under any engine: others would take all points with every block.
    n, is_symmetric = len(points), len(queries) == len(points)
    norms = np.einsum("ij,ij->i", points, points)
    slack = 64 * np.finfo(points.dtype).eps * norms.max()
    half_norms = norms / 2
    limits = half_norms - (radius**2 + slack) / 2
    has_neighbor = np.zeros(n, dtype=bool)

    def compare_block(place: slice) -> tuple[slice, np.ndarray, np.ndarray]:
        block = queries[place]
        start = place.start if is_symmetric else 0
        products = points[block] @ points[start:].T
        products -= half_norms[start:]
        is_near = products >= limits[block][:, np.newaxis]
        is_near[np.arange(len(block)), block - start] = False
        return place, is_near.any(axis=1), is_near.any(axis=0)

    parallel = Parallel(n_jobs=n_threads, require="sharedmem", return_as="generator_unordered")
    tasks = (delayed(compare_block)(place) for place in _cut_blocks(len(queries)))
    for place, in_rows, in_columns in parallel(tasks):
        has_neighbor[queries[place][in_rows]] = True
        if is_symmetric:
            has_neighbor[place.start :] |= in_columns
    return np.flatnonzero(has_neighbor)


def _cut_blocks(n: int) -> Iterator[slice]:
    for start in range(0, n, _BLOCK):
        yield slice(start, min(start + _BLOCK, n))
