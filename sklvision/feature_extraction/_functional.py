"""The arithmetic of features, as functions of arrays."""

from __future__ import annotations

import numpy as np

SHAPE_NAMES = ("height", "thickness", "spread", "bend", "bow")
# Ratios below this differ by what pixels leave open.
_FLOOR = 1e-3


def shape_features(masks: np.ndarray) -> np.ndarray:
    """Lengths that tell an object's shape, as logarithms of their ratios to its length.

    Parameters
    ----------
    masks : ndarray of shape (n, height, width)
        How much of each pixel an object covers, in any unit; what is below 0 counts as 0. The
        object lies along the rows.

    Returns
    -------
    features : ndarray of shape (n, 5), float64
        In the order of ``SHAPE_NAMES``. Without any object all ratios are 0.
    """
    masks = np.maximum(masks, 0, dtype=np.float64)
    _, height, width = masks.shape
    rows, columns = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    peak = np.maximum(masks.max(axis=(1, 2)), np.finfo(np.float64).tiny)
    # Moments of each column: how much of it is covered, where, and how far apart.
    powers = np.stack([np.ones(height), rows, rows**2])
    covered, first, second = np.moveaxis(powers @ masks, 1, 0) / peak[:, np.newaxis]
    area = np.maximum(covered.sum(axis=1), np.finfo(np.float64).tiny)
    share = covered / area[:, np.newaxis]

    def mean(values: np.ndarray) -> np.ndarray:
        """Over the pixels of the object."""
        return np.einsum("ij,ij->i", share, np.broadcast_to(values, share.shape))[:, np.newaxis]

    middle = np.divide(first, covered, out=np.zeros_like(first), where=covered > 0)
    middle -= mean(middle)
    along = columns - mean(columns)
    variance = np.maximum(mean(along**2), 1 / 12)  # of one column at least
    length = np.sqrt(12 * variance)  # of a bar with this variance
    # The middles of the columns: a line, a parabola beside it, and the rest.
    rest = middle - along * mean(along * middle) / variance
    along = along / np.sqrt(variance)
    parabola = along**2 - mean(along**2) - along * mean(along**3)
    size = np.sqrt(mean(parabola**2))
    bow = np.abs(mean(parabola * rest)) / np.maximum(size, 1e-9)
    between = mean(middle**2)
    whole = (second.sum(axis=1) / area - (first.sum(axis=1) / area) ** 2)[:, np.newaxis]
    lengths = [
        np.sqrt(12 * np.maximum(whole, 0)),
        area[:, np.newaxis] / length,
        np.sqrt(12 * np.maximum(whole - between, 0)),
        np.sqrt(mean(rest**2)),
        bow,
    ]
    return np.log(np.hstack(lengths) / length + _FLOOR)
