"""The foreground of an image, as functions of one gray image.

Masks are boolean arrays, True where the foreground is; levels are above 0 there.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from sklvision.image._background import divide_by_noise

# Contrast, in units of the background's noise, below which all is background and above which
# more carries no information: without the former Otsu's threshold would split the noise, which
# holds most pixels, and without the latter glare would hide the dim parts of the same object.
_NOISE, _CLEAR = 2.0, 10.0
# A part that lies along the border for more than this fraction of the shorter side surrounds the
# scene; an object covers at least this fraction of the pixels, were all clear.
_BORDER_FRACTION, _PLAUSIBLE_FRACTION = 0.1, 2e-4
# One side, bright or dark, is the whole object where it is so long, relative to both together;
# pixels above the threshold alone are, where they are so long, relative to all with filled gaps.
_WHOLE_LENGTH, _CORE_LENGTH = 0.8, 0.95
# Levels of pixels inside and outside the mask are at least so far from 0.
_LEAST_LEVEL = 0.1
# Pixels that touch by a corner belong together.
_EIGHT = np.ones((3, 3))


def compute_foreground_level(gray: np.ndarray, threshold: float | str, polarity: str) -> np.ndarray:
    """Compute how much each pixel stands out: above 0 it is foreground.

    With a number, pixels that are at most so far from the one that stands out most are
    foreground, and the level is boolean. With "otsu", foreground is the largest connected
    part of what differs from a smooth background by more than its noise, by Otsu's
    threshold; there may be none.
    """
    if threshold == "otsu":
        return _compute_object_level(divide_by_noise(gray), polarity)
    if polarity == "both":
        # Of every 16th pixel, the median is as good and cheap.
        gray = np.abs(gray - np.float32(np.median(gray[::4, ::4])))
    # In the pixels' own type: mixed with a float, uint8 would be compared as float64, and as
    # uint8 a difference below 0 would wrap.
    if polarity == "dark":
        return gray <= _round_level(gray.min().item() + float(threshold), gray.dtype, np.floor)
    return gray >= _round_level(gray.max().item() - float(threshold), gray.dtype, np.ceil)


def compute_otsu_threshold(values: np.ndarray, low: float, high: float) -> float:
    """Divide values between two bounds so that the means of the parts are far apart.

    References
    ----------
    Otsu, N. (1979). A threshold selection method from gray-level histograms. IEEE
    Transactions on Systems, Man, and Cybernetics, 9(1), 62-66.
    """
    # A histogram of 256 bins: only values above `low` are counted one by one, as few are.
    n_bins = 256
    bins = values[values > low]
    bins -= low
    bins *= (n_bins - 1) / (high - low)
    counts = np.bincount(bins.astype(np.uint8), minlength=n_bins)
    counts[0] += values.size - bins.size
    # Otsu's method: the threshold is where the variance between the two classes is largest.
    n_low = np.cumsum(counts)[:-1]
    n_high = values.size - n_low
    moment = np.cumsum(counts * np.arange(n_bins))
    variance = (moment[-1] * n_low / values.size - moment[:-1]) ** 2 / np.maximum(n_low * n_high, 1)
    return low + (int(variance.argmax()) + 1) * (high - low) / (n_bins - 1)


def select_largest_part(mask: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Keep the connected part of a mask in which the weights add up to most."""
    labels, n_parts = label_parts(mask)
    if n_parts < 2:
        return mask
    sums = np.bincount(labels[mask], weights=weights[mask])
    return labels == sums.argmax()


def label_parts(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Label the connected parts of a mask from 1; return the labels and their number."""
    return ndimage.label(mask, _EIGHT)


def find_pixels(mask: np.ndarray) -> np.ndarray:
    """Find row and column of each pixel of a mask, as ``argwhere`` does but sooner."""
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), axis=1)


def compute_principal_axis(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute centroid and direction, both (row, column), of a mask's longest extent.

    The unit vector points from the heavier end to the longer tail, so that an object turned
    by half a turn has it turned as well.
    """
    # The eigenvector of the second moments, in closed form; its sign by the third moment.
    points = find_pixels(mask)
    centroid = points.mean(axis=0)
    centered = points - centroid
    (rows, product), (_, columns) = (centered.T @ centered).tolist()
    angle = math.atan2(2 * product, columns - rows) / 2
    axis = np.array([math.sin(angle), math.cos(angle)])
    position = centered @ axis
    return centroid, -axis if (position**3).sum() < 0 else axis


def compute_bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Compute the box about a mask, and one pixel more on each side."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(rows[0] - 1, 0), rows[-1] + 2),
        slice(max(columns[0] - 1, 0), columns[-1] + 2),
    )


def close_gaps(mask: np.ndarray) -> np.ndarray:
    """Fill gaps of up to two pixels: a closing by 3 by 3 pixels."""
    height, width = mask.shape[0] + 4, mask.shape[1] + 4
    padded_mask = np.zeros((height, width), dtype=bool)
    padded_mask[2:-2, 2:-2] = mask
    # As one long row, in which neighbors are quickly compared; pixels that cross the end of a row
    # stay in the padding.
    flat_mask = padded_mask.ravel()
    dilation = _dilate(_dilate(flat_mask, 1), width)
    closing = ~_dilate(_dilate(~dilation, 1), width)
    return closing.reshape(height, width)[2:-2, 2:-2]


def take_local_maximum(values: np.ndarray) -> np.ndarray:
    """Take the largest of each pixel and its eight neighbors."""
    return ndimage.maximum_filter(values, 3)


def _compute_object_level(contrast: np.ndarray, polarity: str) -> np.ndarray:
    """Compute the level of one object from contrasts in units of the noise."""
    sign = {"bright": 1, "dark": -1, "both": 0}[polarity]
    strength = contrast * sign if sign else np.abs(contrast)
    weights = np.clip(strength, _NOISE, _CLEAR)
    # Clipped contrasts: noise and very bright pixels would draw the threshold to themselves.
    threshold = compute_otsu_threshold(weights, _NOISE, _CLEAR)
    weights -= _NOISE
    mask = _select_object(close_gaps(strength > threshold), weights)
    result = np.full(mask.shape, -1, dtype=np.float32)
    if mask.any():
        box = compute_bounding_box(mask)  # what follows is quick in there
        sides = [strength[box]] if sign else [contrast[box], -contrast[box]]
        result[box] = _compute_outline(mask[box], sides, weights[box], threshold)
    return result


def _select_object(mask: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Select the largest part, one along the border only if nothing else can be the object.

    A strip at the edge of the scene, which a rotated camera lets in, may outweigh the object.
    """
    labels, n_parts = label_parts(mask)
    if n_parts < 2:
        return mask
    sums = np.bincount(labels[mask], weights=weights[mask])
    # Parts with many pixels on the border lose their weight, unless nothing else is plausible.
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    n_on_border = np.bincount(border, minlength=n_parts + 1)
    inner_sums = np.where(n_on_border > _BORDER_FRACTION * min(mask.shape), 0, sums)
    is_plausible = inner_sums.max() > _PLAUSIBLE_FRACTION * (_CLEAR - _NOISE) * mask.size
    return labels == (inner_sums if is_plausible else sums).argmax()


def _compute_outline(
    mask: np.ndarray, sides: list[np.ndarray], weights: np.ndarray, threshold: float
) -> np.ndarray:
    """Compute levels of the object alone, which may be bright, dark or, by ``sides``, either."""
    # What is bright casts a shadow, and what is dark may have a bright rim. Where the
    # stronger of the two goes through the whole object, it is the object.
    parts = [mask & (side > threshold) for side in sides]
    stronger = int(np.argmax([side[part].sum() for side, part in zip(sides, parts, strict=True)]))
    part = select_largest_part(close_gaps(parts[stronger]), weights)
    if len(sides) == 1 or _measure_diagonal(part) >= _WHOLE_LENGTH * _measure_diagonal(mask):
        mask, strength, bright_part = part, sides[stronger], parts[stronger]
    else:
        strength = np.abs(sides[0])
        bright_part = mask & (strength > threshold)
    # Filled gaps keep a dim object in one piece, but may tie specks to one that is so anyway.
    core = select_largest_part(mask & bright_part, weights)
    if _measure_diagonal(core) >= _CORE_LENGTH * _measure_diagonal(mask):
        mask = close_gaps(core)
    # Pixels on the outline are as strong, compared with their neighbors, as the object covers
    # them: with levels between -1 and 1 that follow, it can be drawn finer than the pixels are.
    full = np.maximum(take_local_maximum(strength), 2 * threshold)
    level = np.clip(2 * strength / full - 1, -1, 1)
    return np.where(mask, np.maximum(level, _LEAST_LEVEL), np.minimum(level, -_LEAST_LEVEL))


def _dilate(flat: np.ndarray, step: int) -> np.ndarray:
    """Set each pixel of which one ``step`` before or after is set."""
    result = flat.copy()
    result[step:] |= flat[:-step]
    result[:-step] |= flat[step:]
    return result


def _measure_diagonal(mask: np.ndarray) -> float:
    """Measure the diagonal of a mask's bounding box."""
    occupied = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return math.hypot(*(int(side[-1] + 1 - side[0]) if side.size else 0 for side in occupied))


def _round_level(level: float, dtype: np.dtype, rounding: np.ufunc) -> float | int:
    """Round a level to what ``dtype`` can hold."""
    if dtype.kind == "f":
        return level
    info = np.iinfo(dtype)
    return int(np.clip(rounding(level), info.min, info.max))
