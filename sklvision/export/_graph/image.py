"""Steps for images."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from sklvision.export._graph.builder import GraphBuilder, UnsupportedStepError, Value, register
from sklvision.export._graph.resize import resize


@register("sklvision.InputCheck")
def convert_input_check(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Pass samples through; who runs the file compares them with the training data."""
    return value


@register("sklvision.FlattenImages")
def convert_flatten(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Flatten each image to a row."""
    if value.is_table:
        return value
    n_pixels = prod(side or 0 for side in value.shape)
    if not n_pixels:
        raise UnsupportedStepError(
            builder.path, "it makes rows of images whose size is known at run time only."
        )
    return value.change(
        builder.add("Reshape", value.name, np.array([-1, n_pixels])), shape=(n_pixels,)
    )


@register("sklvision.PixelScaler")
def convert_pixel_scaler(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Map one range of pixel values linearly to another."""
    (low, high), (new_low, new_high) = step.data_range_, step._feature_range
    number = value.dtype
    name = builder.add("Sub", value.name, number(low))
    name = builder.add("Div", name, number(high - low))
    if (new_low, new_high) != (0.0, 1.0):
        name = builder.add("Mul", name, number(new_high - new_low))
        name = builder.add("Add", name, number(new_low))
    if step._clip:
        name = builder.add("Clip", name, number(new_low), number(new_high))
    return value.change(name, limits=None)


@register("sklvision.Resize")
def convert_resize(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Resize images to one height and width."""
    if step._resample == "bicubic" and None in value.shape:
        raise UnsupportedStepError(
            builder.path,
            'resample="bicubic" needs images of one size; use "bilinear" or one size in training.',
        )
    return resize(builder, value, step.size_, step._resample)
