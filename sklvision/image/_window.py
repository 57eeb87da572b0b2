"""Cutting the object out of an image: windows that may be turned, as functions of one image."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sklvision.image._foreground import (
    bounding_box,
    foreground_level,
    foreground_points,
    principal_axis,
)
from sklvision.image._functional import cast, crop_window, dtype_range, map_planes, resize_image
from sklvision.utils._optional import import_optional

# Longest side, in pixels, of a reduced image in which an object is sought.
_WORKING_SIDE = 300
# Width of an aligned window, in lengths of the object.
_MARGIN = 1.15


class Foreground(NamedTuple):
    """Levels in a part of an image, above 0 where the foreground is.

    Each of their pixels is ``step`` pixels of the image wide.
    """

    level: np.ndarray
    top: int
    left: int
    step: int


class Window(NamedTuple):
    """A rectangle about a centre, turned so that its rows run along ``(cos, sin)``.

    Positions are (row, column) in pixels from the image's corner: 0.5 is the middle of the first.
    """

    row: float
    column: float
    height: float
    width: float
    cos: float = 1.0
    sin: float = 0.0

    def pixels(self) -> tuple[int, int, tuple[int, int]] | None:
        """Top, left and size of the whole pixels that an upright window takes."""
        size = int(self.height), int(self.width)
        if self.sin or self.cos != 1 or size != (self.height, self.width):
            return None
        return (*_corner(self, size), size)

    def moved(self, top: float, left: float, step: float = 1) -> Window:
        """The same window in an image that starts elsewhere, with pixels ``step`` as wide."""
        return self._replace(
            row=(self.row - top) / step,
            column=(self.column - left) / step,
            height=self.height / step,
            width=self.width / step,
        )


def foreground_crop(
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
    """Cut the foreground out of one image; :class:`ForegroundCrop` says what each setting does."""
    found = find_foreground(image, center_crop, threshold, polarity)
    window = object_window(found, crop_size, output_size, align=align)
    if output == "image":
        return cut_image(image, window, output_size)
    mask = cut_mask(found, window, output_size, image.dtype)
    if output == "mask":
        return mask
    picture = cut_image(image, window, output_size)
    return np.dstack([picture, mask])


def find_foreground(
    image: np.ndarray,
    center_crop: tuple[float, float] | None,
    threshold: float | str,
    polarity: str,
) -> Foreground:
    """Find the foreground in the middle of an image, reduced where an object is sought."""
    sides = image.shape[:2]
    height, width = map(_center_side, center_crop or sides, sides)
    top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
    gray = _gray(image[top : top + height, left : left + width])
    step = 1
    if threshold == "otsu":
        step = math.ceil(max(height, width) / _WORKING_SIDE)
        gray = _reduced(gray, step)
    return Foreground(foreground_level(gray, threshold, polarity), top, left, step)


def object_window(
    found: Foreground, crop_size: tuple[int, int], output_size: tuple[int, int], *, align: bool
) -> Window:
    """The window about the foreground, or about the middle of where it was sought."""
    top, left, step = found.top, found.left, found.step
    mask = found.level > 0
    if not mask.any():
        row, column = (side * step / 2 for side in mask.shape)
        return Window(top + row, left + column, *crop_size)
    if not align:
        rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
        row, column = ((positions.mean() + 0.5) * step for positions in (rows, columns))
        return Window(top + row, left + column, *crop_size)
    box = bounding_box(mask)
    mask, top, left = mask[box], top + box[0].start * step, left + box[1].start * step
    centroid, axis = principal_axis(mask)
    normal = np.array([axis[1], -axis[0]])  # rows run along the axis, columns along this
    points = foreground_points(mask) - centroid
    reach = np.stack([points @ normal, points @ axis])
    # A pixel reaches half its width from its middle, and an outline half a pixel beyond.
    low, high = reach.min(axis=1) - 1, reach.max(axis=1) + 1
    middle = centroid + 0.5 + normal * (low[0] + high[0]) / 2 + axis * (low[1] + high[1]) / 2
    scale = _MARGIN * step * max((high - low) / output_size)
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
    pixels = window.pixels()
    if pixels:
        return resize_image(crop_window(image, *pixels), size, "box")
    cos, sin = abs(window.cos), abs(window.sin)
    box = (
        math.ceil(sin * window.width + cos * window.height) + 4,
        math.ceil(cos * window.width + sin * window.height) + 4,
    )
    top, left = _corner(window, box)
    patch = crop_window(image, top, left, box)
    return sample_window(patch, window.moved(top, left), size, finer=_finer(window, size))


def cut_mask(
    found: Foreground, window: Window, size: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Cut a window out of a mask, as the share of each new pixel, in the range of ``dtype``."""
    level, step, pixels = found.level, found.step, window.pixels()
    if pixels and step == 1:
        fine = _filled_window(level > 0, pixels[0] - found.top, pixels[1] - found.left, pixels[2])
    else:
        if pixels:  # the very ones that the image's window has
            top, left, (height, width) = pixels
            window = Window(top + height / 2, left + width / 2, height, width)
        finer = max(_finer(window, size) // step, 2)
        window = window.moved(found.top, found.left, step)
        mask = level > 0
        if mask.any():  # beyond the box about it there is none to be sampled
            box = bounding_box(mask)
            level, window = level[box], window.moved(box[0].start, box[1].start)
        level = level - np.float32(0.5) if level.dtype == bool else level
        fine = sample_window(level, window, (finer * size[0], finer * size[1])) > 0
    share = _shares(fine, size)
    return cast(share * np.float32((dtype_range(dtype) or (0, 1))[1]), dtype)


def sample_window(
    image: np.ndarray, window: Window, size: tuple[int, int], *, finer: int = 1
) -> np.ndarray:
    """Sample a turned window by bilinear interpolation; beyond the image is 0.

    Each new pixel is the mean of ``finer`` times ``finer`` samples.
    """
    pillow = import_optional("PIL.Image", extra="images")
    shrink = max(finer // 4, 1)  # whole areas are averaged faster than samples are taken
    finer //= shrink
    window = window.moved(0, 0, shrink)
    rows, columns = finer * size[0], finer * size[1]
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

    def sample(plane):
        plane = plane.reduce(shrink) if shrink > 1 else plane
        plane = plane.transform((columns, rows), affine, matrix, bilinear)
        return plane.reduce(finer) if finer > 1 else plane

    return map_planes(image, sample)


def _filled_window(mask: np.ndarray, top: int, left: int, size: tuple[int, int]) -> np.ndarray:
    """Cut a window, which may leave the mask: beyond its border is no foreground."""
    part = mask[max(top, 0) : max(top + size[0], 0), max(left, 0) : max(left + size[1], 0)]
    window = np.zeros(size, dtype=bool)
    top, left = max(-top, 0), max(-left, 0)
    window[top : top + part.shape[0], left : left + part.shape[1]] = part
    return window


def _shares(fine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How much of each pixel of a smaller mask is True, as float32."""
    fine = fine.astype(np.float32)
    height, width = size
    rows, columns = fine.shape[0] // height, fine.shape[1] // width
    if fine.shape != (rows * height, columns * width):
        return resize_image(fine, size, "box")
    return fine.reshape(height, rows, width, columns).mean(axis=(1, 3))


def _finer(window: Window, size: tuple[int, int]) -> int:
    """How many samples each new pixel needs along each side, so that nothing is skipped."""
    return max(round(max(window.height / size[0], window.width / size[1])), 1)


def _corner(window: Window, size: tuple[int, int]) -> tuple[int, int]:
    """Whole-numbered corner of an upright box about the window's centre."""
    # Halves are rounded up always, so that a moved object has its window moved alike.
    top = math.floor(window.row - size[0] / 2 + 0.5)
    return top, math.floor(window.column - size[1] / 2 + 0.5)


def _center_side(asked: float, side: int) -> int:
    """Length in pixels of a middle that is given so, or as a share of the image's side."""
    return max(round(asked * side), 1) if isinstance(asked, float) else min(asked, side)


def _gray(image: np.ndarray) -> np.ndarray:
    if image.ndim == 2:
        return image.view(np.uint8) if image.dtype == bool else image
    total = image[..., 0].astype(np.float32)
    for channel in range(1, image.shape[2]):  # many times as fast as a mean along the last axis
        total += image[..., channel]
    return total / image.shape[2]


def _reduced(gray: np.ndarray, step: int) -> np.ndarray:
    """Average squares of ``step`` by ``step`` pixels; what is left at the end is left out."""
    if step == 1:
        return gray.astype(np.float32)
    height, width = (side // step for side in gray.shape)
    kind = np.uint16 if gray.dtype == np.uint8 and step <= 256 else np.float32
    rows: np.ndarray = gray[: height * step : step].astype(kind)
    for k in range(1, step):  # slices are added several times as fast as axes are summed
        rows += gray[k : height * step : step]
    total: np.ndarray = rows[:, : width * step : step].astype(np.float32)
    for k in range(1, step):
        total += rows[:, k : width * step : step]
    return total / step**2
