"""Coordinates in which classes are described: few numbers a sample, at no loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh

from sklvision.utils._samples import Samples

# Samples that are left out in turn; of more, these are evenly spaced ones, or whole groups.
MAX_LEFT_OUT = 10_000
_N_BLOCK_ROWS = 4096
# Relative to the largest variance, what is below is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class ClassStatistics:
    """Classes in coordinates, and the samples that are left out in turn.

    Attributes
    ----------
    origin : ndarray of shape (n_bands,)
        Spectrum at the origin of the coordinates.
    basis : ndarray of shape (n_bands, n_coordinates)
        A spectrum x has the coordinates ``(x - origin) @ basis``.
    counts : ndarray of shape (n_classes,)
        Sum of the weights of each class.
    means : ndarray of shape (n_classes, n_coordinates)
        Means of the classes.
    scatter : ndarray of shape (n_coordinates, n_coordinates)
        Weighted sum of squares and products within classes.
    total : float
        Weighted sum of squares of all coordinates.
    rows, labels, weights : ndarrays of shape (n_left_out, ...)
        Coordinates, class indices and weights of the samples that are left out in turn.
    groups : ndarray of shape (n_left_out,) or None
        Indices of their groups, each of which is left out at once and is complete.
    """

    origin: np.ndarray
    basis: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    scatter: np.ndarray
    total: float
    rows: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None


def describe_classes(
    spectra: Samples,
    y: np.ndarray,
    weights: np.ndarray,
    n_classes: int,
    groups: np.ndarray | None = None,
    max_bands: int | None = None,
) -> ClassStatistics:
    """Describe classes in coordinates.

    Parameters
    ----------
    spectra : Samples of shape (n_samples, n_bands)
        Finite spectra in memory, or a collection that is read twice.
    y : ndarray of shape (n_samples,)
        Indices of classes.
    weights : ndarray of shape (n_samples,)
        Positive weights of the samples.
    n_classes : int
        Number of classes.
    groups : ndarray of shape (n_samples,), default=None
        Indices of groups that are left out at once.
    max_bands : int, default=None
        With more samples than bands, more bands than this are averaged with their neighbors: the
        time of an eigendecomposition grows with the third power of their number.
    """
    n_samples, n_bands = spectra.shape
    if n_samples <= n_bands:
        X = np.asarray(spectra.to_array(), np.float64)
        return replace(_describe_few(X, y, weights, n_classes), groups=groups)
    pool = _make_pool(n_bands, max_bands or n_bands)
    return _describe_many(spectra, y, weights, n_classes, groups, pool)


def _describe_few(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, n_classes: int
) -> ClassStatistics:
    # No more samples than bands: the samples themselves span the coordinates. With the
    # eigendecomposition X X' = U diag(s) U' of centered spectra they are U sqrt(s), which keeps all
    # distances.
    origin = np.average(X, axis=0, weights=weights)
    centered = X - origin
    sizes, vectors = eigh(centered @ centered.T)
    is_kept = sizes > _ROUNDING * max(sizes[-1], 0.0)
    lengths, vectors = np.sqrt(sizes[is_kept]), vectors[:, is_kept]
    rows = vectors * lengths
    # Means of the classes, and the deviations of the samples from them.
    indicators = np.eye(n_classes)[y] * weights[:, np.newaxis]
    counts = indicators.sum(axis=0)
    means = indicators.T @ rows / np.maximum(counts, np.finfo(float).tiny)[:, np.newaxis]
    weighted_deviations = (rows - means[y]) * np.sqrt(weights)[:, np.newaxis]
    return ClassStatistics(
        origin=origin,
        basis=centered.T @ (vectors / lengths),
        counts=counts,
        means=means,
        scatter=weighted_deviations.T @ weighted_deviations,
        total=float(weights @ np.square(rows).sum(axis=1)),
        rows=rows,
        labels=y,
        weights=weights,
    )


def _describe_many(
    spectra: Samples,
    y: np.ndarray,
    weights: np.ndarray,
    n_classes: int,
    groups: np.ndarray | None,
    pool: np.ndarray,
) -> ClassStatistics:
    # More samples than bands: means first, then sums of squares and products about them, each by
    # blocks of rows, so that a collection never lies in memory.
    counts = np.bincount(y, weights=weights, minlength=n_classes)
    sums = np.zeros((n_classes, pool.shape[1]))
    for rows, part in _iterate(spectra, pool):
        np.add.at(sums, y[part], rows * weights[part, np.newaxis])
    origin = sums.sum(axis=0) / counts.sum()
    means = sums / np.maximum(counts, np.finfo(float).tiny)[:, np.newaxis] - origin
    # Second pass: deviations from the mean of the class.
    scatter = np.zeros((pool.shape[1], pool.shape[1]))
    for rows, part in _iterate(spectra, pool):
        weighted_deviations = (rows - origin - means[y[part]]) * np.sqrt(weights[part])[
            :, np.newaxis
        ]
        scatter += weighted_deviations.T @ weighted_deviations
    # Both parts of the sum of squares: within classes, and between their means.
    total = np.trace(scatter) + float(counts @ np.square(means).sum(axis=1))
    places = _choose_left_out(len(y), groups)
    left_out = _average_bands(spectra.take(places).to_array(), pool) - origin
    return ClassStatistics(
        # A pooled origin is spread over its bands: the basis averages them again.
        origin=(pool / pool.max(axis=0)) @ origin,
        basis=pool,
        counts=counts,
        means=means,
        scatter=scatter,
        total=float(total),
        rows=left_out,
        labels=y[places],
        weights=weights[places],
        groups=None if groups is None else groups[places],
    )


def _choose_left_out(n_samples: int, groups: np.ndarray | None) -> np.ndarray:
    """Choose samples, evenly spaced; of groups, evenly spaced whole ones, and at least two."""
    if groups is None or n_samples <= MAX_LEFT_OUT:
        return np.unique(np.linspace(0, n_samples - 1, min(n_samples, MAX_LEFT_OUT)).astype(int))
    n_groups = groups.max() + 1
    n_left_out = max(2, int(n_groups * MAX_LEFT_OUT / n_samples))
    names = np.unique(np.linspace(0, n_groups - 1, n_left_out).astype(int))
    return np.flatnonzero(np.isin(groups, names))


def _make_pool(n_bands: int, max_bands: int) -> np.ndarray:
    """Make the matrix that averages neighboring bands; the identity where they are few."""
    size = -(-n_bands // max_bands)
    pools = np.arange(n_bands) // size
    indicators = np.eye(pools[-1] + 1)[pools]
    return indicators / indicators.sum(axis=0)


def _iterate(spectra: Samples, pool: np.ndarray) -> Iterator[tuple[np.ndarray, slice]]:
    start = 0
    for block in spectra.blocks(_N_BLOCK_ROWS):
        rows = _average_bands(block, pool)
        yield rows, slice(start, start + len(rows))
        start += len(rows)


def _average_bands(rows: np.ndarray, pool: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    return rows if pool.shape[0] == pool.shape[1] else rows @ pool
