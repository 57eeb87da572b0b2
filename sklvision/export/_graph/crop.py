"""Windows about the foreground, by a fixed threshold."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np

from sklvision.export._graph.builder import GraphBuilder, UnsupportedStepError, Value, register
from sklvision.export._graph.resize import resize

_REASONS = {
    "otsu": 'threshold="otsu" follows connected parts of the image',
    "align": "align=True rotates the image",
    "mask": 'output="mask" and "both" are not expressed',
    "size": "images whose size is known at run time only",
}


@register("sklvision.ForegroundCrop")
def convert_crop(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Cut an upright window about the centroid of the foreground.

    Raises
    ------
    UnsupportedStepError
        If the settings need what ONNX has no operators for.
    """
    settings = step._settings
    reason = _find_reason(settings, value)
    if reason:
        raise UnsupportedStepError(builder.path, f"{_REASONS[reason]}, which ONNX cannot express.")
    height, width = (int(side or 0) for side in value.shape[:2])
    middle = _resolve_middle(settings["center_crop"], (height, width))
    tops = [(side - part) // 2 for side, part in zip((height, width), middle, strict=True)]
    mask = _compute_mask(builder, _cut_middle(builder, value, tops, middle), value, settings)
    name = value.name
    for axis, (side, part, top) in enumerate(zip((height, width), middle, tops, strict=True)):
        length = settings["crop_size"][axis]
        center = _compute_center(builder, mask, axis, part, top)
        places = _compute_places(builder, center, length, side)
        name = _pick(builder, name, places, axis, len(value.shape))
    window = value.change(name, shape=(*settings["crop_size"], *value.shape[2:]))
    return resize(builder, window, settings["output_size"], "box")


def _find_reason(settings: dict[str, Any], value: Value) -> str | None:
    if settings["threshold"] == "otsu":
        return "otsu"
    if settings["align"]:
        return "align"
    if settings["output"] != "image":
        return "mask"
    return "size" if None in value.shape else None


def _resolve_middle(center: Any, sides: tuple[int, int]) -> list[int]:
    """Resolve the size of the middle to pixels; fractions are floats."""
    return [
        max(round(part * side), 1) if isinstance(part, float) else min(part, side)
        for part, side in zip(center or sides, sides, strict=True)
    ]


def _cut_middle(builder: GraphBuilder, value: Value, tops: list[int], middle: list[int]) -> str:
    ends = [top + side for top, side in zip(tops, middle, strict=True)]
    name = builder.add("Slice", value.name, np.array(tops), np.array(ends), np.array([1, 2]))
    if len(value.shape) == 3:
        name = builder.add("ReduceMean", name, np.array([3]), keepdims=0)
    return name


def _compute_mask(builder: GraphBuilder, gray: str, value: Value, settings: dict[str, Any]) -> str:
    """Find pixels that are at most so far from the one that stands out most."""
    number, polarity = value.dtype, settings["polarity"]
    is_whole = value.limits is not None and len(value.shape) == 2
    if polarity == "both":
        gray = builder.add("Abs", builder.add("Sub", gray, _compute_median(builder, gray, value)))
        is_whole = False
    is_dark = polarity == "dark"
    operator = "ReduceMin" if is_dark else "ReduceMax"
    extreme = builder.add(operator, gray, np.array([1, 2]), keepdims=1)
    distance = float(settings["threshold"])
    if is_whole:  # limits of whole pixels are rounded towards the extreme
        distance = floor(distance)
    level = builder.add("Add" if is_dark else "Sub", extreme, number(distance))
    if is_whole and value.limits is not None:
        level = builder.add("Clip", level, *(number(limit) for limit in value.limits))
    comparison = "LessOrEqual" if is_dark else "GreaterOrEqual"
    return builder.cast(builder.add(comparison, gray, level), np.float32)


def _compute_median(builder: GraphBuilder, gray: str, value: Value) -> str:
    """Compute the median of every 16th pixel of the middle."""
    step = np.array([4, 4])
    few = builder.add(
        "Slice", gray, np.array([0, 0]), np.array([2**31, 2**31]), np.array([1, 2]), step
    )
    flat = builder.add("Flatten", few, axis=1)
    size = builder.add("Shape", flat, start=1, end=2)
    half = builder.add("Div", size, np.array([2]))
    count = builder.add("Add", half, np.array([1]))
    largest = builder.add("TopK", flat, count, n_outputs=2, axis=1)
    # Of the upper half the last is the median; of an even number, the mean of the last two.
    is_odd = builder.add("Mod", size, np.array([2]))
    lower = builder.add("Gather", largest, half, axis=1)
    place = builder.add("Sub", builder.add("Add", half, is_odd), np.array([1]))
    upper = builder.add("Gather", largest, place, axis=1)
    mean = builder.add("Mul", builder.add("Add", lower, upper), value.dtype(0.5))
    return builder.add("Unsqueeze", mean, np.array([2]))


def _compute_center(builder: GraphBuilder, mask: str, axis: int, part: int, top: int) -> str:
    """Compute the middle of the foreground along an axis, in pixels from the image's corner."""
    counts = builder.add("ReduceSum", mask, np.array([2 - axis]), keepdims=0)
    counts = builder.cast(counts, np.float64)
    positions = np.arange(part, dtype=np.float64)[:, np.newaxis] + 0.5 + top
    total = builder.add("ReduceSum", counts, np.array([1]), keepdims=1)
    return builder.add("Div", builder.add("MatMul", counts, positions), total)


def _compute_places(builder: GraphBuilder, center: str, length: int, side: int) -> str:
    """Compute the pixels of a window along an axis; beyond the border they are mirrored."""
    corner = builder.add("Floor", builder.add("Sub", center, np.float64(length / 2 - 0.5)))
    places = builder.add("Add", builder.cast(corner, np.int64), np.arange(length)[np.newaxis])
    period = np.int64(max(2 * (side - 1), 1))
    places = builder.add("Mod", places, period)
    places = builder.add("Min", places, builder.add("Sub", period, places))
    return builder.add("Unsqueeze", places, np.array([2]))


def _pick(builder: GraphBuilder, name: str, places: str, axis: int, n_axes: int) -> str:
    """Pick rows or columns of every image by its own places."""
    order = [0, 2, 1, *range(3, n_axes + 1)]
    if axis:
        name = builder.add("Transpose", name, perm=order)
    name = builder.add("GatherND", name, places, batch_dims=1)
    return builder.add("Transpose", name, perm=order) if axis else name
