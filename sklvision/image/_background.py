"""The smooth background of a gray image, as functions of arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# Blocks along each side of an image that the background is fitted to.
_N_BLOCKS = 20
# Powers of row and column that a cubic surface has.
_CUBIC = np.add.outer(range(4), range(4)) <= 3
# The standard deviation of normal values, in median absolute deviations.
_DEVIATION = 1.4826
# Residual, in standard deviations, from which on a block has no weight in the fit.
_OUTLIER = 6
_N_FITS = 5
# Bound, in standard deviations, of what is added to the surface block by block.
_LOCAL_BOUND = 3


def fit_background(gray: np.ndarray) -> np.ndarray:
    """Fit a cubic surface to a gray image, and local medians of the rest.

    Objects that cover less than about a third of the image do not bend it.
    """
    (rows, heights), (columns, widths) = (_split_side(side) for side in gray.shape)
    # The fit runs on block means: a smooth background needs no more, and pixels would be slow.
    blocks = np.add.reduceat(np.add.reduceat(gray, rows, axis=0), columns, axis=1)
    blocks /= np.outer(heights, widths)
    design = _compute_cubic_terms(*blocks.shape)
    values = blocks.ravel().astype(np.float64)
    # Iteratively reweighted least squares with Tukey's biweight: blocks far from the surface
    # belong to objects, and get no weight.
    residuals = values - compute_median(values)
    for _ in range(_N_FITS):
        scale = _DEVIATION * compute_median(np.abs(residuals)) + 1e-12
        weights = np.maximum(1 - (residuals / (_OUTLIER * scale)) ** 2, 0) ** 2
        weighted_design = design.T * weights
        normal = weighted_design @ design
        # A small ridge keeps the equations solvable if outliers leave too few blocks.
        normal.flat[:: len(normal) + 1] += 1e-6
        coefficients = np.linalg.solve(normal, weighted_design @ values)
        residuals = values - design @ coefficients
    # Medians over a quarter of the image see no small object, and the bound keeps large ones.
    local = filter_median(residuals.reshape(blocks.shape))
    bound = _LOCAL_BOUND * scale
    return _evaluate_background(coefficients, np.clip(local, -bound, bound), gray.shape)


def divide_by_noise(gray: np.ndarray) -> np.ndarray:
    """Subtract the background from a gray image, and divide by the noise around it."""
    difference = gray - fit_background(gray)
    size = np.abs(difference)
    noise = _DEVIATION * compute_median(size[::2, ::2])  # of a quarter: as good, and cheap
    # Without any noise, differences that are too small to see take its place.
    difference /= max(noise, 2.0**-8 * float(size.max()), 1e-20)
    return difference


def compute_median(values: np.ndarray) -> float:
    """Compute a median, several times as fast as NumPy, which sorts two ranks and seeks NaN."""
    middle = values.size // 2
    parts = np.partition(values, middle, axis=None)
    upper = float(parts[middle])
    return upper if values.size % 2 else (float(parts[:middle].max()) + upper) / 2


def filter_median(blocks: np.ndarray) -> np.ndarray:
    """Take medians of 5 by 5 blocks, the outermost repeated: scipy needs three times as long."""
    windows = sliding_window_view(np.pad(blocks, 2, mode="edge"), (5, 5))
    return np.partition(windows.reshape(*blocks.shape, 25), 12, axis=2)[:, :, 12]


@lru_cache(maxsize=64)
def _split_side(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide a side into blocks of about the same length; return their starts and lengths."""
    n_blocks = min(side, _N_BLOCKS)
    starts = np.arange(n_blocks) * side // n_blocks
    return _freeze(starts), _freeze(np.diff(starts, append=side))


def _evaluate_background(
    coefficients: np.ndarray, blocks: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """Add a cubic surface and interpolated blocks at every pixel."""
    # Surface and blocks are one product, rows @ middle @ columns.T, as both are sums of
    # products of a function of the row and one of the column.
    n_powers = len(_CUBIC)
    middle = np.zeros((n_powers + blocks.shape[0], n_powers + blocks.shape[1]), dtype=np.float32)
    middle[:n_powers, :n_powers][_CUBIC] = coefficients
    middle[n_powers:, n_powers:] = blocks
    rows, columns = (_compute_basis(n, side) for n, side in zip(blocks.shape, shape, strict=True))
    return rows @ middle @ columns.T


@lru_cache(maxsize=64)
def _compute_basis(n_blocks: int, length: int) -> np.ndarray:
    """Compute powers of each position and, linear between centers, weights of each block."""
    positions = (np.arange(length) + 0.5) * n_blocks / length - 0.5
    distances = np.abs(np.clip(positions, 0, n_blocks - 1)[:, np.newaxis] - np.arange(n_blocks))
    weights = np.clip(1 - distances, 0, None)
    return _freeze(np.hstack([_compute_powers(length), weights]).astype(np.float32))


@lru_cache(maxsize=64)
def _compute_powers(length: int) -> np.ndarray:
    """Compute powers 0 to 3 of the positions of pixels, from -1 to 1."""
    positions = (2 * np.arange(length) + 1) / length - 1
    return _freeze(positions[:, np.newaxis] ** np.arange(len(_CUBIC)))


@lru_cache(maxsize=16)
def _compute_cubic_terms(height: int, width: int) -> np.ndarray:
    """Compute the terms of a cubic surface at each of height * width positions."""
    products = np.einsum("ik,jl->ijkl", _compute_powers(height), _compute_powers(width))
    return _freeze(products[:, :, _CUBIC].reshape(height * width, -1))


def _freeze(array: np.ndarray) -> np.ndarray:
    """Make an array read-only, as every caller of a cached function gets the same one."""
    array.flags.writeable = False
    return array
