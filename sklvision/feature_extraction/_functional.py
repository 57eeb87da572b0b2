"""The arithmetic of features, as functions of arrays."""

from __future__ import annotations

import numpy as np

SHAPE_NAMES = ("height", "thickness", "spread", "bend", "bow")
# Added to ratios: differences below it are within the width of a pixel.
_FLOOR = 1e-3
_TINY = np.finfo(np.float64).tiny


def compute_shape_features(masks: np.ndarray) -> np.ndarray:
    """Compute lengths that describe an object's shape, as logarithms of ratios to its length.

    Parameters
    ----------
    masks : ndarray of shape (n, height, width)
        Fraction of each pixel that an object covers, in any unit; values below 0 count as 0. The
        object lies along the rows.

    Returns
    -------
    features : ndarray of shape (n, 5), float64
        In the order of ``SHAPE_NAMES``. Without any object all ratios are 0.
    """
    masks = np.maximum(masks, 0, dtype=np.float64)
    _, height, width = masks.shape
    rows, columns = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    peak = np.maximum(masks.max(axis=(1, 2)), _TINY)
    # Each column by its moments: covered pixels, their mean row, and its mean square. All that
    # follows are means over the columns, weighted by the pixels that they cover.
    powers = np.stack([np.ones(height), rows, rows**2])
    cover, first, second = np.moveaxis(powers @ masks, 1, 0) / peak[:, np.newaxis]
    area = np.maximum(cover.sum(axis=1), _TINY)
    weights = cover / area[:, np.newaxis]
    middle = np.divide(first, cover, out=np.zeros_like(first), where=cover > 0)
    middle -= _average(middle, weights)
    position = columns - _average(columns, weights)
    variance = np.maximum(_average(position**2, weights), 1 / 12)  # of one column at least
    length = np.sqrt(12 * variance)  # of a bar with this variance
    # Least squares of the middles on polynomials that are orthogonal over the object: a line, a
    # parabola after it, and the residuals of the line.
    residual = middle - position * _average(position * middle, weights) / variance
    position = position / np.sqrt(variance)
    parabola = position**2 - _average(position**2, weights)
    parabola -= position * _average(position**3, weights)
    size = np.sqrt(_average(parabola**2, weights))
    bow = np.abs(_average(parabola * residual, weights)) / np.maximum(size, 1e-9)
    # The variance of rows over the object is that within the columns and that of their middles.
    total = (second.sum(axis=1) / area - (first.sum(axis=1) / area) ** 2)[:, np.newaxis]
    lengths = [
        np.sqrt(12 * np.maximum(total, 0)),
        area[:, np.newaxis] / length,
        np.sqrt(12 * np.maximum(total - _average(middle**2, weights), 0)),
        np.sqrt(_average(residual**2, weights)),
        bow,
    ]
    return np.log(np.hstack(lengths) / length + _FLOOR)


def _average(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average values of columns over each object, by the weights of the columns."""
    averages = np.einsum("ij,ij->i", weights, np.broadcast_to(values, weights.shape))
    return averages[:, np.newaxis]
