"""Windows about the object of an image, which may be rotated, as functions of one image."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sklvision.image._foreground import (
    compute_bounding_box,
    compute_foreground_level,
    compute_principal_axis,
    find_pixels,
)
from sklvision.image._functional import crop_window, map_planes, refuse_overflow, resize_image
from sklvision.utils._images import get_dtype_range, round_to_dtype
from sklvision.utils._optional import import_optional

# Longest side, in pixels, of a reduced image in which an object is sought.
_WORKING_SIDE = 300
# Width of an aligned window, in lengths of the object.
_MARGIN = 1.15
# Pixels that a patch of the image has more than the rotated window cut from it, on both sides
# together: bilinear interpolation looks one pixel further, and corners are rounded.
_PATCH_MARGIN = 4
# From so many samples of a new pixel on, along one side, areas are averaged first.
_MANY_SAMPLES = 4


class Foreground(NamedTuple):
    """Levels in a part of an image, above 0 where the foreground is.

    Each of their pixels is ``step`` pixels of the image wide.
    """

    level: np.ndarray
    top: int
    left: int
    step: int


class Window(NamedTuple):
    """A rectangle about a center, rotated so that its rows run along ``(cos, sin)``.

    Positions are (row, column) in pixels from the image's corner: 0.5 is the middle of the first.
    """

    row: float
    column: float
    height: float
    width: float
    cos: float = 1.0
    sin: float = 0.0

    def find_whole_pixels(self) -> tuple[int, int, tuple[int, int]] | None:
        """Find top, left and size of an upright window of whole pixels; None of others."""
        size = int(self.height), int(self.width)
        if self.sin or self.cos != 1 or size != (self.height, self.width):
            return None
        return (*_compute_corner(self, size), size)

    def change_origin(self, top: float, left: float, step: float = 1) -> Window:
        """Convert the window to an image that starts elsewhere, with pixels ``step`` as wide."""
        return self._replace(
            row=(self.row - top) / step,
            column=(self.column - left) / step,
            height=self.height / step,
            width=self.width / step,
        )


def crop_foreground(
    image: np.ndarray,
    *,
    center_crop: tuple[float, float] | None,
    threshold: float | str,
    polarity: str,
    crop_size: tuple[int, int],
    output_size: tuple[int, int],
    align: bool,
    output: str,
) -> np.ndarray:
    """Cut the foreground out of one image; the settings are those of :class:`ForegroundCrop`."""
    foreground = find_foreground(image, center_crop, threshold, polarity)
    window = find_window(foreground, crop_size, output_size, align=align)
    if output == "image":
        return cut_image(image, window, output_size)
    mask = cut_mask(foreground, window, output_size, image.dtype)
    if output == "mask":
        return mask
    return np.dstack([cut_image(image, window, output_size), mask])


def find_foreground(
    image: np.ndarray,
    center_crop: tuple[float, float] | None,
    threshold: float | str,
    polarity: str,
) -> Foreground:
    """Find the foreground in the middle of an image, reduced where an object is sought."""
    sides = image.shape[:2]
    height, width = map(_resolve_side, center_crop or sides, sides)
    top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
    gray = _average_channels(image[top : top + height, left : left + width])
    step = 1
    if threshold == "otsu":
        step = math.ceil(max(height, width) / _WORKING_SIDE)
        with refuse_overflow():
            gray = average_squares(gray, step)
    return Foreground(compute_foreground_level(gray, threshold, polarity), top, left, step)


def find_window(
    foreground: Foreground,
    crop_size: tuple[int, int],
    output_size: tuple[int, int],
    *,
    align: bool,
) -> Window:
    """Find the window about the foreground, or about the middle of where it was sought."""
    top, left, step = foreground.top, foreground.left, foreground.step
    mask = foreground.level > 0
    if not mask.any():
        row, column = (side * step / 2 for side in mask.shape)
        return Window(top + row, left + column, *crop_size)
    if not align:
        rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
        row, column = ((positions.mean() + 0.5) * step for positions in (rows, columns))
        return Window(top + row, left + column, *crop_size)
    # The window along the principal axis that encloses all pixels, in the proportions of the
    # output, with a margin.
    box = compute_bounding_box(mask)
    mask, top, left = mask[box], top + box[0].start * step, left + box[1].start * step
    # Rows of the window run along the axis, and columns along the normal.
    centroid, axis = compute_principal_axis(mask)
    normal = np.array([axis[1], -axis[0]])
    points = find_pixels(mask) - centroid
    # Extents along both: the middle of the window, and its scale.
    extent = np.stack([points @ normal, points @ axis])
    # A pixel reaches half its width from its middle, and an outline half a pixel beyond.
    low, high = extent.min(axis=1) - 1, extent.max(axis=1) + 1
    middle = centroid + 0.5 + normal * (low[0] + high[0]) / 2 + axis * (low[1] + high[1]) / 2
    # The side that is longer in proportion to the output decides the scale of both.
    scale = _MARGIN * step * max((high - low) / output_size)
    # Positions were counted in reduced pixels.
    return Window(
        top + middle[0] * step,
        left + middle[1] * step,
        output_size[0] * scale,
        output_size[1] * scale,
        cos=float(axis[1]),
        sin=float(axis[0]),
    )


def cut_image(image: np.ndarray, window: Window, size: tuple[int, int]) -> np.ndarray:
    """Cut a window, mirroring beyond the border, and average areas down to ``size``."""
    pixels = window.find_whole_pixels()
    if pixels:
        return resize_image(crop_window(image, *pixels), size, "box")
    # Sample from the upright box around the rotated window instead of from the whole image.
    cos, sin = abs(window.cos), abs(window.sin)
    box = (
        math.ceil(sin * window.width + cos * window.height) + _PATCH_MARGIN,
        math.ceil(cos * window.width + sin * window.height) + _PATCH_MARGIN,
    )
    top, left = _compute_corner(window, box)
    patch = crop_window(image, top, left, box)
    window = window.change_origin(top, left)
    return sample_window(patch, window, size, n_samples=_count_samples(window, size))


def cut_mask(
    foreground: Foreground, window: Window, size: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Cut a window out of a mask, as the fraction of each new pixel, in the range of ``dtype``."""
    # The level is sampled at several points of each new pixel, and the fraction of points above
    # 0 is counted: an outline is drawn finer than the pixels that it was found in.
    level, step, pixels = foreground.level, foreground.step, window.find_whole_pixels()
    if pixels and step == 1:
        top, left = pixels[0] - foreground.top, pixels[1] - foreground.left
        fine = _cut_padded(level > 0, top, left, pixels[2])
    else:
        if pixels:  # the same pixels that the window of the image has
            top, left, (height, width) = pixels
            window = Window(top + height / 2, left + width / 2, height, width)
        n_samples = max(_count_samples(window, size) // step, 2)
        window = window.change_origin(foreground.top, foreground.left, step)
        mask = level > 0
        if mask.any():  # beyond the box about it there is none to be sampled
            box = compute_bounding_box(mask)
            level, window = level[box], window.change_origin(box[0].start, box[1].start)
        level = level - np.float32(0.5) if level.dtype == bool else level
        fine = sample_window(level, window, (n_samples * size[0], n_samples * size[1])) > 0
    fraction = _compute_fractions(fine, size)
    _, white = get_dtype_range(dtype) or (0, 1)
    return round_to_dtype(fraction * np.float32(white), dtype)


def sample_window(
    image: np.ndarray, window: Window, size: tuple[int, int], *, n_samples: int = 1
) -> np.ndarray:
    """Sample a rotated window by bilinear interpolation; beyond the image is 0.

    Each new pixel is the mean of ``n_samples`` times ``n_samples`` samples.
    """
    pillow = import_optional("PIL.Image", extra="images")
    # An affine transformation by Pillow. Where many samples would be taken, whole areas are
    # averaged first, which is faster.
    shrink = max(n_samples // _MANY_SAMPLES, 1)
    n_samples //= shrink
    window = window.change_origin(0, 0, shrink)
    rows, columns = n_samples * size[0], n_samples * size[1]
    per_row, per_column = window.height / rows, window.width / columns
    # Pillow asks for the place in the input (x, y) of each place in the output.
    matrix = (
        window.cos * per_column,
        -window.sin * per_row,
        window.column - window.cos * window.width / 2 + window.sin * window.height / 2,
        window.sin * per_column,
        window.cos * per_row,
        window.row - window.sin * window.width / 2 - window.cos * window.height / 2,
    )
    affine, bilinear = pillow.Transform.AFFINE, pillow.Resampling.BILINEAR

    def sample(plane: Any) -> Any:
        plane = plane.reduce(shrink) if shrink > 1 else plane
        plane = plane.transform((columns, rows), affine, matrix, bilinear)
        return plane.reduce(n_samples) if n_samples > 1 else plane

    return map_planes(image, sample)


def average_squares(gray: np.ndarray, step: int) -> np.ndarray:
    """Average squares of ``step`` by ``step`` pixels; what is left at the end is left out."""
    if step == 1:
        return gray.astype(np.float32)
    # Slices are added, several times as fast as axes are summed, and in uint16 where no sum of
    # a column of a square overflows.
    height, width = (side // step for side in gray.shape)
    kind = np.uint16 if gray.dtype == np.uint8 and step <= 256 else np.float32
    rows: np.ndarray = gray[: height * step : step].astype(kind)
    for k in range(1, step):
        rows += gray[k : height * step : step]
    total: np.ndarray = rows[:, : width * step : step].astype(np.float32)
    for k in range(1, step):
        total += rows[:, k : width * step : step]
    return total / step**2


def _cut_padded(mask: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
    """Cut a window, which may leave the mask: beyond its border all is background."""
    part = mask[max(top, 0) : max(top + size[0], 0), max(left, 0) : max(left + size[1], 0)]
    window = np.zeros(size, dtype=bool)
    top, left = max(-top, 0), max(-left, 0)
    window[top : top + part.shape[0], left : left + part.shape[1]] = part
    return window


def _compute_fractions(fine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Compute the fraction of each pixel of a smaller mask that is True, as float32."""
    fine = fine.astype(np.float32)
    height, width = size
    rows, columns = fine.shape[0] // height, fine.shape[1] // width
    if fine.shape != (rows * height, columns * width):
        return resize_image(fine, size, "box")
    return fine.reshape(height, rows, width, columns).mean(axis=(1, 3))


def _count_samples(window: Window, size: tuple[int, int]) -> int:
    """Count the samples that a new pixel needs along each side, so that nothing is skipped."""
    return max(round(max(window.height / size[0], window.width / size[1])), 1)


def _compute_corner(window: Window, size: tuple[int, int]) -> tuple[int, int]:
    """Compute the whole-numbered corner of an upright box about the window's center."""
    # Halves are rounded up always, so that a shifted object has its window shifted alike.
    top = math.floor(window.row - size[0] / 2 + 0.5)
    return top, math.floor(window.column - size[1] / 2 + 0.5)


def _resolve_side(center_side: float, side: int) -> int:
    """Resolve the side of a middle, in pixels or a fraction of the image's side, to pixels."""
    if isinstance(center_side, float):
        return max(round(center_side * side), 1)
    return min(center_side, side)


def _average_channels(image: np.ndarray) -> np.ndarray:
    """Average the channels of an image."""
    if image.ndim == 2:
        return image.view(np.uint8) if image.dtype == bool else image
    with refuse_overflow():
        total = image[..., 0].astype(np.float32)
        for channel in range(1, image.shape[2]):  # many times as fast as a mean along the last axis
            total += image[..., channel]
    return total / image.shape[2]
