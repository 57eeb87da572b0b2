"""Resizing as products with matrices, which compute what Pillow computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import GraphBuilder, Side, Value

# Half the width of each filter, in pixels of the smaller image.
_SUPPORT = {"box": 0.5, "bilinear": 1.0, "bicubic": 2.0}


def resize(builder: GraphBuilder, value: Value, size: tuple[Side, Side], resample: str) -> Value:
    """Resize images; sides that are known at run time only are names of scalars."""
    if all(
        isinstance(new, int) and new == old for new, old in zip(size, value.shape, strict=False)
    ):
        return value
    if resample == "nearest":
        return _pick_nearest(builder, value, size)
    # Pillow sums in 64 bits and stores 32: where whole numbers are rounded next, a sum of another
    # precision could fall on the other side of a half.
    dtype = np.float64 if value.is_double or value.limits else np.float32
    name = _move_channels(builder, value, dtype)
    rows, columns = (
        _make_matrix(builder, value, axis, new, resample, dtype, transpose=axis == 1)
        for axis, new in enumerate(size)
    )
    for matrix, is_left in ((columns, False), (rows, True)):  # in Pillow's order
        if matrix is None:
            continue
        factor = builder.cast(name, dtype) if dtype == np.float64 else name
        name = builder.add("MatMul", *((matrix, factor) if is_left else (factor, matrix)))
        name = builder.cast(name, np.float32) if dtype == np.float64 else name
    shape = (*(side if isinstance(side, int) else None for side in size), *value.shape[2:])
    if len(value.shape) == 3:
        if dtype == np.float64:
            name = builder.add("Reshape", name, np.array([-1, shape[2], shape[0], shape[1]]))
        name = builder.add("Transpose", name, perm=[0, 2, 3, 1])
    result = value.change(name, shape=shape, is_double=False)
    return builder.convert_to_double(result) if value.is_double else round_whole(builder, result)


def _move_channels(builder: GraphBuilder, value: Value, dtype: Any) -> str:
    """Move channels to the front: rows and columns are then the last axes, as products need it.

    In 64 bits channels become images of their own. That also keeps older versions of onnxruntime
    from fusing the transposition with the product, which they have for 32 bits alone.
    """
    name = value.name
    if len(value.shape) == 3:
        name = builder.add("Transpose", name, perm=[0, 3, 1, 2])
    if dtype == np.float32:
        return name
    if None in value.shape:
        sides = builder.add("Shape", name, start=-2)
        return builder.add("Reshape", name, builder.add("Concat", np.array([-1]), sides, axis=0))
    return builder.add("Reshape", name, np.array([-1, *value.shape[:2]]))


def round_whole(builder: GraphBuilder, value: Value) -> Value:
    """Round where the step returns whole numbers."""
    if value.limits is None:
        return value
    low, high = (np.float32(limit) for limit in value.limits)
    return value.change(builder.add("Clip", builder.add("Round", value.name), low, high))


def compute_resize_matrix(old: int, new: int, resample: str) -> np.ndarray:
    """Compute the weights of the old pixels along one side in each new one.

    Parameters
    ----------
    old, new : int
        Sides in pixels.
    resample : {"box", "bilinear", "bicubic"}
        The filter.

    Returns
    -------
    weights : ndarray of shape (new, old)
        Rows sum to 1.
    """
    # Pillow's resampling, operation by operation: the filter is widened when an image shrinks, cut
    # off at whole pixels, and its weights are normalized.
    scale = old / new
    width = max(scale, 1.0)
    support = _SUPPORT[resample] * width
    pixels = np.arange(old)
    centers = ((np.arange(new) + 0.5) * scale)[:, np.newaxis]
    is_inside = pixels >= np.floor(centers - support + 0.5)
    is_inside &= pixels < np.floor(centers + support + 0.5)
    weights = _FILTERS[resample]((pixels - centers + 0.5) * (1 / width)) * is_inside
    return weights * (1 / weights.sum(axis=1, keepdims=True))


def _compute_box(x: np.ndarray) -> np.ndarray:
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


def _compute_triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.abs(x), 0.0)


def _compute_cubic(x: np.ndarray) -> np.ndarray:
    # Keys' cubic convolution with a = -0.5.
    x = np.abs(x)
    inner = (1.5 * x - 2.5) * x * x + 1
    outer = ((x - 5) * x + 8) * x * -0.5 + 2
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


_FILTERS = {"box": _compute_box, "bilinear": _compute_triangle, "bicubic": _compute_cubic}


def _make_matrix(
    builder: GraphBuilder,
    value: Value,
    axis: int,
    new: Side,
    resample: str,
    dtype: Any,
    *,
    transpose: bool,
) -> str | None:
    """Make the matrix of one side, or None where nothing changes."""
    old = value.shape[axis]
    if isinstance(new, int) and old is not None:
        if new == old:
            return None
        weights = compute_resize_matrix(old, new, resample).astype(dtype)
        return builder.add_constant(np.ascontiguousarray(weights.T if transpose else weights))
    matrix = _add_matrix(builder, builder.get_side(value, axis), new, resample, int(transpose))
    return builder.cast(matrix, np.float32) if dtype == np.float32 else matrix


def _add_matrix(builder: GraphBuilder, old: Side, new: Side, resample: str, new_axis: int) -> str:
    """Add the operations of :func:`compute_resize_matrix`, for sides known at run time.

    New pixels are along one axis of the matrix, old ones along the other.
    """
    old_axes = np.array([1 - new_axis])
    if resample == "bicubic":
        raise ValueError("bicubic weights are computed for images of one size only.")
    old_side, new_side = (_as_double(builder, side) for side in (old, new))
    unit, half = np.float64(1.0), np.float64(0.5)
    scale = builder.add("Div", old_side, new_side)
    width = builder.add("Max", scale, unit)
    centers = builder.add("Mul", builder.add("Add", _add_range(builder, new_side), half), scale)
    centers = builder.add("Unsqueeze", centers, old_axes)
    pixels = builder.add("Unsqueeze", _add_range(builder, old_side), np.array([new_axis]))
    distances = builder.add("Sub", pixels, centers)
    distances = builder.add("Add", distances, half)
    distances = builder.add("Mul", distances, builder.add("Div", unit, width))
    if resample == "box":
        is_above = builder.add("Greater", distances, np.float64(-0.5))
        is_below = builder.add("LessOrEqual", distances, half)
        weights = builder.cast(builder.add("And", is_above, is_below), np.float64)
    else:
        height = builder.add("Sub", unit, builder.add("Abs", distances))
        weights = builder.add("Max", height, np.float64(0.0))
    support = builder.add("Mul", width, np.float64(_SUPPORT[resample]))
    first = builder.add("Floor", builder.add("Add", builder.add("Sub", centers, support), half))
    last = builder.add("Floor", builder.add("Add", builder.add("Add", centers, support), half))
    is_inside = builder.add(
        "And", builder.add("GreaterOrEqual", pixels, first), builder.add("Less", pixels, last)
    )
    weights = builder.add("Mul", weights, builder.cast(is_inside, np.float64))
    total = builder.add("ReduceSum", weights, old_axes, keepdims=1)
    return builder.add("Mul", weights, builder.add("Div", unit, total))


def _pick_nearest(builder: GraphBuilder, value: Value, size: tuple[Side, Side]) -> Value:
    name = value.name
    for axis, new in enumerate(size):
        old = builder.get_side(value, axis)
        if isinstance(old, int) and isinstance(new, int):
            indices: Any = ((2 * np.arange(new) + 1) * old) // (2 * new)
        else:
            two = np.int64(2)
            places = builder.add("Range", np.int64(0), _as_integer(builder, new), np.int64(1))
            odd = builder.add("Add", builder.add("Mul", places, two), np.int64(1))
            product = builder.add("Mul", odd, _as_integer(builder, old))
            indices = builder.add(
                "Div", product, builder.add("Mul", _as_integer(builder, new), two)
            )
        name = builder.add("Gather", name, indices, axis=axis + 1)
    shape = (*(side if isinstance(side, int) else None for side in size), *value.shape[2:])
    return value.change(name, shape=shape)


def _add_range(builder: GraphBuilder, side: str) -> str:
    return builder.add("Range", np.float64(0.0), side, np.float64(1.0))


def _as_double(builder: GraphBuilder, side: Side) -> str:
    if isinstance(side, int):
        return builder.add_constant(np.float64(side))
    return builder.cast(side, np.float64)


def _as_integer(builder: GraphBuilder, side: Side) -> str:
    return builder.add_constant(np.int64(side)) if isinstance(side, int) else side
