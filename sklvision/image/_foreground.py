"""Finding the foreground of an image, as functions of one gray image.

Masks are boolean arrays, True where the foreground is; levels are above 0 there.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

# Contrast, in units of the background's noise, below which all is background and above which
# more says nothing: without the former Otsu's threshold would split the noise, which holds
# most pixels, and without the latter glare would hide the dim parts of the same object.
_NOISE, _CLEAR = 2.0, 10.0
# Share of the shorter side, along the border, of what is no object but surrounds the scene, and
# share of the pixels, were they all clear, that an object has at least.
_ALONG, _PLAUSIBLE = 0.1, 2e-4
# Powers of row and column that a cubic surface has.
_CUBIC = np.add.outer(range(4), range(4)) <= 3
_EIGHT = np.ones((3, 3))


def foreground_level(gray: np.ndarray, threshold: float | str, polarity: str) -> np.ndarray:
    """Say how much each pixel stands out: above 0 it is foreground.

    With a number, pixels that are at most so far from the one that stands out most are
    foreground, and the level is boolean. With "otsu", foreground is the largest connected
    part of what differs from a smooth background by more than its noise, by Otsu's
    threshold; there may be none.
    """
    if threshold == "otsu":
        return _object_level(noise_units(gray), polarity)
    if polarity == "both":
        # Of every 16th pixel, the median is as good and cheap.
        gray = np.abs(gray - np.float32(np.median(gray[::4, ::4])))
    # In the pixels' own type: mixed with a float, uint8 would be compared as float64, and as
    # uint8 a difference below 0 would wrap.
    if polarity == "dark":
        return gray <= _representable(gray.min().item() + threshold, gray.dtype, np.floor)
    return gray >= _representable(gray.max().item() - threshold, gray.dtype, np.ceil)


def noise_units(gray: np.ndarray) -> np.ndarray:
    """Subtract a smooth background and divide by the noise around it."""
    difference = gray - smooth_background(gray)
    size = np.abs(difference)
    noise = 1.4826 * _median(size[::2, ::2])  # of a quarter: as good, and cheap
    # Where there is no noise, differences that are too small to see take its place.
    difference /= max(noise, 2.0**-8 * float(size.max()), 1e-20)
    return difference


def smooth_background(gray: np.ndarray) -> np.ndarray:
    """Fit a cubic surface to a gray image, and what is smooth beside it, unbent by objects."""
    (rows, heights), (columns, widths) = (_blocks(side) for side in gray.shape)
    blocks = np.add.reduceat(np.add.reduceat(gray, rows, axis=0), columns, axis=1)
    blocks /= np.outer(heights, widths)
    design = _cubic_terms(*blocks.shape)
    values = blocks.ravel().astype(np.float64)
    residuals = values - _median(values)
    for _ in range(5):
        # Tukey's weights: what lies far from the surface has no say.
        scale = 1.4826 * _median(np.abs(residuals)) + 1e-12
        weights = np.maximum(1 - (residuals / (6 * scale)) ** 2, 0) ** 2
        weighted = design.T * weights
        normal = weighted @ design
        normal.flat[:: len(normal) + 1] += 1e-6
        coefficients = np.linalg.solve(normal, weighted @ values)
        residuals = values - design @ coefficients
    # Medians over a quarter of the image see no small object, and the bound keeps large ones.
    local = _median_of_neighbours(residuals.reshape(blocks.shape))
    bound = 3 * scale
    return _drawn(coefficients, np.clip(local, -bound, bound), gray.shape)


def otsu_threshold(values: np.ndarray, low: float, high: float) -> float:
    """Divide values between two bounds so that the means of the parts are far apart.

    References
    ----------
    Otsu, N. (1979). A threshold selection method from gray-level histograms. IEEE
    Transactions on Systems, Man, and Cybernetics, 9(1), 62-66.
    """
    n_bins = 256
    above_low = values[values > low]  # few are, and counting takes long
    above_low -= low
    above_low *= (n_bins - 1) / (high - low)
    counts = np.bincount(above_low.astype(np.uint8), minlength=n_bins)
    counts[0] += values.size - above_low.size
    below = np.cumsum(counts)[:-1]
    moment = np.cumsum(counts * np.arange(n_bins))
    above = values.size - below
    between = (moment[-1] * below / values.size - moment[:-1]) ** 2 / np.maximum(below * above, 1)
    return low + (int(between.argmax()) + 1) * (high - low) / (n_bins - 1)


def largest_part(mask: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Keep the connected part of a mask in which the weights add up to most."""
    labels, n_parts = ndimage.label(mask, _EIGHT)
    if n_parts < 2:
        return mask
    sums = np.bincount(labels[mask], weights=weights[mask])
    return labels == sums.argmax()


def foreground_points(mask: np.ndarray) -> np.ndarray:
    """Row and column of each pixel of the foreground, as ``argwhere`` gives them but sooner."""
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), axis=1)


def principal_axis(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centroid and direction, both (row, column), of the foreground's longest extent.

    The unit vector points from the heavier end to the longer tail, so that an object turned
    by half a turn has it turned as well.
    """
    points = foreground_points(mask)
    centroid = points.mean(axis=0)
    centred = points - centroid
    (rows, mixed), (_, columns) = (centred.T @ centred).tolist()
    angle = math.atan2(2 * mixed, columns - rows) / 2
    axis = np.array([math.sin(angle), math.cos(angle)])
    along = centred @ axis
    return centroid, -axis if (along**3).sum() < 0 else axis


def bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """The box about a mask, and one pixel more on each side."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(rows[0] - 1, 0), rows[-1] + 2),
        slice(max(columns[0] - 1, 0), columns[-1] + 2),
    )


def _object_level(contrast: np.ndarray, polarity: str) -> np.ndarray:
    sign = {"bright": 1, "dark": -1, "both": 0}[polarity]
    signed = contrast * sign if sign else np.abs(contrast)
    weights = np.clip(signed, _NOISE, _CLEAR)
    threshold = otsu_threshold(weights, _NOISE, _CLEAR)
    weights -= _NOISE
    mask = _object_part(_closed(signed > threshold), weights)
    result = np.full(mask.shape, -1, dtype=np.float32)
    if mask.any():
        box = bounding_box(mask)  # what follows is quick in there
        sides = [signed[box]] if sign else [contrast[box], -contrast[box]]
        result[box] = _outlined(mask[box], sides, weights[box], threshold)
    return result


def _object_part(mask: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The largest part; but what lies along the border only if nothing else can be the object.

    A strip beside the scene, which a turned camera lets in, may outweigh the object.
    """
    labels, n_parts = ndimage.label(mask, _EIGHT)
    if n_parts < 2:
        return mask
    sums = np.bincount(labels[mask], weights=weights[mask])
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    along = np.bincount(border, minlength=n_parts + 1) > _ALONG * min(mask.shape)
    inside = np.where(along, 0, sums)
    enough = inside.max() > _PLAUSIBLE * (_CLEAR - _NOISE) * mask.size
    return labels == (inside if enough else sums).argmax()


def _outlined(
    mask: np.ndarray, sides: list[np.ndarray], weights: np.ndarray, threshold: float
) -> np.ndarray:
    """Levels of the object alone, which may be bright, dark or, by ``sides``, either."""
    # What is bright casts a shadow, and what is dark may have a bright rim. Where the
    # stronger of the two goes through the whole object, it is the object.
    parts = [mask & (side > threshold) for side in sides]
    stronger = int(np.argmax([side[part].sum() for side, part in zip(sides, parts, strict=True)]))
    part = largest_part(_closed(parts[stronger]), weights)
    if len(sides) == 1 or _diagonal(part) >= 0.8 * _diagonal(mask):
        mask, signed, above = part, sides[stronger], parts[stronger]
    else:
        signed = np.abs(sides[0])
        above = mask & (signed > threshold)
    # Filled gaps keep a dim object in one piece, but may tie specks to one that is so anyway.
    core = largest_part(mask & above, weights)
    if _diagonal(core) >= 0.95 * _diagonal(mask):
        mask = _closed(core)
    # Pixels on the outline are as strong, beside their neighbours, as the object covers them:
    # with levels that say so, it can be drawn finer than the pixels are.
    full = np.maximum(ndimage.maximum_filter(signed, 3), 2 * threshold)
    level = np.clip(2 * signed / full - 1, -1, 1)
    return np.where(mask, np.maximum(level, 0.1), np.minimum(level, -0.1))


def _closed(mask: np.ndarray) -> np.ndarray:
    """Fill gaps of up to two pixels."""
    height, width = mask.shape[0] + 4, mask.shape[1] + 4
    padded = np.zeros((height, width), dtype=bool)
    padded[2:-2, 2:-2] = mask
    # As one long row, in which neighbours are quickly compared; what goes over the end of a row
    # stays in the padding.
    flat = padded.ravel()
    grown = _any_of_three(_any_of_three(flat, 1), width)
    shrunk = ~_any_of_three(_any_of_three(~grown, 1), width)
    return shrunk.reshape(height, width)[2:-2, 2:-2]


def _any_of_three(flat: np.ndarray, step: int) -> np.ndarray:
    result = flat.copy()
    result[step:] |= flat[:-step]
    result[:-step] |= flat[step:]
    return result


def _median(values: np.ndarray) -> float:
    """The median, several times as fast as NumPy's, which asks for two ranks and for NaN."""
    middle = values.size // 2
    ordered = np.partition(values, middle, axis=None)
    upper = float(ordered[middle])
    return upper if values.size % 2 else (float(ordered[:middle].max()) + upper) / 2


def _median_of_neighbours(blocks: np.ndarray) -> np.ndarray:
    """Medians of 5 by 5 blocks, the outermost repeated: scipy's takes three times as long."""
    windows = sliding_window_view(np.pad(blocks, 2, mode="edge"), (5, 5))
    return np.partition(windows.reshape(*blocks.shape, 25), 12, axis=2)[:, :, 12]


def _diagonal(mask: np.ndarray) -> float:
    """Length of the diagonal of a mask's bounding box."""
    occupied = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return math.hypot(*(int(side[-1] + 1 - side[0]) if side.size else 0 for side in occupied))


def _representable(level: float, dtype: np.dtype, rounding: np.ufunc) -> float | int:
    if dtype.kind == "f":
        return level
    info = np.iinfo(dtype)
    return int(np.clip(rounding(level), info.min, info.max))


@lru_cache(maxsize=64)
def _blocks(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each of up to 20 blocks of about the same length begins, and their lengths."""
    n_blocks = min(side, 20)
    starts = np.arange(n_blocks) * side // n_blocks
    return _shared(starts), _shared(np.diff(starts, append=side))


def _drawn(coefficients: np.ndarray, blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A cubic surface, and what blocks add to it, at every pixel."""
    n_powers = len(_CUBIC)
    middle = np.zeros((n_powers + blocks.shape[0], n_powers + blocks.shape[1]), dtype=np.float32)
    middle[:n_powers, :n_powers][_CUBIC] = coefficients
    middle[n_powers:, n_powers:] = blocks
    rows, columns = (_basis(n, side) for n, side in zip(blocks.shape, shape, strict=True))
    return rows @ middle @ columns.T


@lru_cache(maxsize=64)
def _basis(n_blocks: int, length: int) -> np.ndarray:
    """Powers of each position and, linear between their middles, weights of each block."""
    positions = (np.arange(length) + 0.5) * n_blocks / length - 0.5
    distances = np.abs(np.clip(positions, 0, n_blocks - 1)[:, np.newaxis] - np.arange(n_blocks))
    weights = np.clip(1 - distances, 0, None)
    return _shared(np.hstack([_powers(length), weights]).astype(np.float32))


@lru_cache(maxsize=64)
def _powers(length: int) -> np.ndarray:
    """Powers 0 to 3 of the positions of pixels, from -1 to 1."""
    positions = (2 * np.arange(length) + 1) / length - 1
    return _shared(positions[:, np.newaxis] ** np.arange(len(_CUBIC)))


@lru_cache(maxsize=16)
def _cubic_terms(height: int, width: int) -> np.ndarray:
    """The terms of a cubic surface at each of height * width positions."""
    products = np.einsum("ik,jl->ijkl", _powers(height), _powers(width))
    return _shared(products[:, :, _CUBIC].reshape(height * width, -1))


def _shared(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False  # kept for all that ask again
    return array
