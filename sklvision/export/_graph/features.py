"""Features of images: pretrained nets, and shapes of masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import (
    GraphBuilder,
    Side,
    UnsupportedStepError,
    Value,
    register,
)
from sklvision.export._graph.resize import resize


@register("sklvision.PretrainedFeatures")
def convert_pretrained_features(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Resize images, normalize their pixels and compute the features of the net.

    Raises
    ------
    UnsupportedStepError
        If the net cannot be traced for images of the size.
    """
    from sklvision.export._graph.net import make_backbone_graph

    value = builder.convert_to_single(value)
    if len(value.shape) == 2:
        name = builder.add("Unsqueeze", value.name, np.array([3]))
        value = value.change(name, shape=(*value.shape, 1))
    value = value.change(value.name, limits=None)  # resized without rounding
    value = resize(builder, value, _compute_size(builder, step, value), "bilinear")
    extractor = step._load_extractor()
    black, white = step.pixel_range_
    scale = np.float32(white - black) * extractor._std
    offset = np.float32(black) + np.float32(white - black) * extractor._mean
    pixels = builder.add("Div", builder.add("Sub", value.name, offset), scale)
    images = builder.add("Transpose", pixels, perm=[0, 3, 1, 2])
    if step._average_flips:  # one net computes both views
        mirror_images = reverse(builder, images, axis=3)
        images = builder.add("Concat", images, mirror_images, axis=0)
    try:
        model = make_backbone_graph(extractor._net, extractor.n_channels, value.shape[:2])
    except ValueError as error:
        raise UnsupportedStepError(builder.path, str(error)) from error
    (features,) = builder.add_model(model, value.change(images), is_net=True)
    shape = (extractor.n_features,)
    if step._average_flips:
        features = builder.add("Reshape", features, np.array([2, -1, *shape]))
        features = builder.add("ReduceMean", features, np.array([0]), keepdims=0)
    return Value(features, shape)


def _compute_size(builder: GraphBuilder, step: Any, value: Value) -> tuple[Side, Side]:
    """Compute the size that images are resized to, as the step does."""
    side = step._resize.keywords["side"]
    if not step._resize.keywords["keep_proportions"]:
        return side, side
    height, width = value.shape[:2]
    if height is not None and width is not None:
        factor = side / min(height, width)
        return round(height * factor), round(width * factor)
    sides = [
        builder.cast(builder.add("Identity", builder.get_side(value, axis)), np.float64)
        for axis in (0, 1)
    ]
    factor_name = builder.add("Div", np.float64(side), builder.add("Min", *sides))
    new_height, new_width = (
        builder.cast(builder.add("Round", builder.add("Mul", name, factor_name)), np.int64)
        for name in sides
    )
    return new_height, new_width


def reverse(builder: GraphBuilder, name: str, axis: int) -> str:
    """Reverse samples along an axis."""
    last, end, step = np.array([-1]), np.array([np.iinfo(np.int64).min]), np.array([-1])
    return builder.add("Slice", name, last, end, np.array([axis]), step)


@register("sklvision.ShapeFeatures")
def convert_shape_features(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Compute the lengths that describe an object's shape, as ``compute_shape_features`` does."""
    height, width = value.shape[:2]
    if height is None or width is None:
        raise UnsupportedStepError(builder.path, "it needs masks of one size.")
    masks = builder.convert_to_double(value)
    name = masks.name
    if len(value.shape) == 3:
        name = builder.add("ReduceMean", name, np.array([3]), keepdims=0)
    return Value(_ShapeGraph(builder).build(name, height, width), (5,), is_double=True)


class _ShapeGraph:
    """Arithmetic of shapes in a graph, in 64 bits: columns of an object by their moments."""

    def __init__(self, builder: GraphBuilder) -> None:
        self._add = builder.add

    def build(self, masks: str, height: int, width: int) -> str:
        """Build the five features; the names are those of ``compute_shape_features``."""
        tiny, add = np.finfo(np.float64).tiny, self._add
        masks = add("Max", masks, np.float64(0))
        rows = np.arange(height) - (height - 1) / 2
        columns = (np.arange(width) - (width - 1) / 2)[np.newaxis]
        # Each column by its moments: covered pixels, their sum of rows, and of squared rows.
        peak = add("Max", add("ReduceMax", masks, np.array([1, 2]), keepdims=1), tiny)
        powers = np.stack([np.ones(height), rows, rows**2])
        moments = add("Div", add("MatMul", powers, masks), peak)
        cover, first, second = (add("Gather", moments, np.int64(i), axis=1) for i in range(3))
        # All that follows are means over the columns, weighted by the pixels that they cover.
        area = add("Max", self._sum(cover), tiny)
        self._weights = add("Div", cover, area)
        is_covered = add("Greater", cover, np.float64(0))
        divisor = add("Where", is_covered, cover, np.float64(1))
        middle = add("Where", is_covered, add("Div", first, divisor), np.float64(0))
        middle = add("Sub", middle, self._average(middle))
        position = add("Sub", columns, self._average(columns))
        variance = add("Max", self._average(self._multiply_itself(position)), np.float64(1 / 12))
        length = add("Sqrt", add("Mul", variance, np.float64(12)))
        # Residuals of the best line, then of a parabola that is orthogonal to it.
        slope = add("Div", self._average(add("Mul", position, middle)), variance)
        residual = add("Sub", middle, add("Mul", position, slope))
        position = add("Div", position, add("Sqrt", variance))
        parabola = self._multiply_itself(position)
        parabola = add("Sub", parabola, self._average(parabola))
        cube = add("Mul", position, self._multiply_itself(position))
        parabola = add("Sub", parabola, add("Mul", position, self._average(cube)))
        size = add("Sqrt", self._average(self._multiply_itself(parabola)))
        bow = add("Abs", self._average(add("Mul", parabola, residual)))
        bow = add("Div", bow, add("Max", size, np.float64(1e-9)))
        total = add("Div", self._sum(second), area)
        total = add("Sub", total, self._multiply_itself(add("Div", self._sum(first), area)))
        lengths = [
            self._compute_bar(total),
            add("Div", area, length),
            self._compute_bar(add("Sub", total, self._average(self._multiply_itself(middle)))),
            add("Sqrt", self._average(self._multiply_itself(residual))),
            bow,
        ]
        ratios = add("Div", add("Concat", *lengths, axis=1), length)
        return add("Log", add("Add", ratios, np.float64(1e-3)))

    def _sum(self, name: str) -> str:
        return self._add("ReduceSum", name, np.array([1]), keepdims=1)

    def _multiply_itself(self, name: str) -> str:
        return self._add("Mul", name, name)

    def _average(self, values: Any) -> str:
        """Average values of columns over each object, by the weights of the columns."""
        return self._sum(self._add("Mul", self._weights, values))

    def _compute_bar(self, variance: str) -> str:
        """Compute the length of a bar with this variance."""
        positive = self._add("Max", variance, np.float64(0))
        return self._add("Sqrt", self._add("Mul", positive, np.float64(12)))
