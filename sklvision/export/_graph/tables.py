"""Steps for tables and features: scalers, projections, unions and functions.

Products and sums have the precision of their input: 64 bits behind spectra, 32 behind images.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import (
    GraphBuilder,
    Prediction,
    UnsupportedStepError,
    Value,
    register,
)

_FUNCTIONS: dict[Any, str] = {
    np.sqrt: "Sqrt",
    np.log: "Log",
    np.exp: "Exp",
    np.abs: "Abs",
    np.tanh: "Tanh",
    np.square: "",
    np.log1p: "",
    np.asarray: "",
    np.array: "",
    None: "",
}
_NO_CONVERSION = (None, np.asarray, np.array)


def apply_affine(
    builder: GraphBuilder, value: Value, offset: Any = None, scale: Any = None
) -> Value:
    """Subtract an offset and divide by a scale, in 64 bits; None stands for neither."""
    value = builder.convert_to_double(value)
    name = value.name
    for operator, numbers in (("Sub", offset), ("Div", scale)):
        if numbers is not None:
            array = np.asarray(numbers, dtype=np.float64)
            name = builder.add(operator, name, builder.add_constant(array, is_learned=True))
    return value.change(name)


@register("sklearn.StandardScaler")
def convert_standard_scaler(builder: GraphBuilder, scaler: Any, value: Value) -> Value:
    """Standardize every feature."""
    offset = scaler.mean_ if scaler.with_mean else None
    return apply_affine(builder, value, offset, scaler.scale_ if scaler.with_std else None)


@register("sklearn.MinMaxScaler")
def convert_minmax_scaler(builder: GraphBuilder, scaler: Any, value: Value) -> Value:
    """Map every feature to a range."""
    value = apply_affine(builder, value, -scaler.min_ / scaler.scale_, 1 / scaler.scale_)
    if not scaler.clip:
        return value
    low, high = (np.float64(end) for end in scaler.feature_range)
    return value.change(builder.add("Clip", value.name, low, high))


@register("sklearn.MaxAbsScaler")
def convert_maxabs_scaler(builder: GraphBuilder, scaler: Any, value: Value) -> Value:
    """Divide every feature by its largest absolute value."""
    return apply_affine(builder, value, scale=scaler.scale_)


@register("sklearn.RobustScaler")
def convert_robust_scaler(builder: GraphBuilder, scaler: Any, value: Value) -> Value:
    """Scale every feature by its quantiles."""
    offset = scaler.center_ if scaler.with_centering else None
    return apply_affine(builder, value, offset, scaler.scale_ if scaler.with_scaling else None)


@register("sklearn.Normalizer")
def convert_normalizer(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Divide every row by its norm; a row of zeros stays as it is."""
    size = builder.add("Abs", value.name)
    last, zero, unit = np.array([-1]), value.dtype(0), value.dtype(1)
    if step.norm == "l2":
        squares = builder.add("Mul", value.name, value.name)
        norm = builder.add("Sqrt", builder.add("ReduceSum", squares, last, keepdims=1))
    else:
        operator = {"l1": "ReduceSum", "max": "ReduceMax"}[step.norm]
        norm = builder.add(operator, size, last, keepdims=1)
    norm = builder.add("Where", builder.add("Equal", norm, zero), unit, norm)
    return value.change(builder.add("Div", value.name, norm))


@register("sklearn.PCA", "sklearn.TruncatedSVD")
def convert_projection(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Multiply centered samples by the components."""
    components = np.asarray(step.components_, dtype=np.float64).T
    if getattr(step, "whiten", False):
        components = components / np.sqrt(np.maximum(step.explained_variance_, 1e-300))
    if getattr(step, "mean_", None) is not None:
        value = apply_affine(builder, value, step.mean_)
    matrix = np.ascontiguousarray(components.astype(value.dtype))
    product = builder.add("MatMul", value.name, builder.add_constant(matrix, is_learned=True))
    return value.change(product, shape=(matrix.shape[1],))


@register("sklearn.FunctionTransformer")
def convert_function(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Apply a function of NumPy."""
    function = step.func
    if function in _NO_CONVERSION and not step.kw_args:
        return value
    if step.kw_args or function not in _FUNCTIONS:
        name = getattr(function, "__name__", repr(function))
        names = ", ".join(f"np.{entry.__name__}" for entry in _FUNCTIONS if entry is not None)
        raise UnsupportedStepError(
            builder.path, f"the function {name} has no counterpart in ONNX; expected {names}."
        )
    value = value.change(value.name, limits=None)
    if function is np.square:
        return value.change(builder.add("Mul", value.name, value.name))
    if function is np.log1p:
        total = builder.add("Add", value.name, value.dtype(1))
        return value.change(builder.add("Log", total))
    return value.change(builder.add(_FUNCTIONS[function], value.name))


@register("sklearn.FeatureUnion")
def convert_union(builder: GraphBuilder, union: Any, value: Value) -> Value:
    """Put the features of several steps side by side."""
    parts = []
    for name, step in union.transformer_list:
        if isinstance(step, str) and step == "drop":
            continue
        part = value if isinstance(step, str) else builder.convert(name, step, value)
        if isinstance(part, Prediction) or not part.is_table:
            raise UnsupportedStepError(f"{builder.path}/{name}", "it does not return features.")
        weight = (union.transformer_weights or {}).get(name)
        if weight is not None:
            part = part.change(builder.add("Mul", part.name, part.dtype(weight)))
        parts.append(part)
    return join_features(builder, parts)


def join_features(builder: GraphBuilder, parts: list[Value]) -> Value:
    """Put features side by side, in 64 bits where one part has them."""
    is_double = any(part.is_double for part in parts)
    if is_double:
        parts = [builder.convert_to_double(part) for part in parts]
    name = builder.add("Concat", *(part.name for part in parts), axis=1)
    width = sum(int(part.shape[0] or 0) for part in parts)
    return Value(name, (width,), is_double=is_double)


@register("sklearn.SelectKBest", "sklearn.SelectPercentile", "sklearn.SelectFromModel")
@register("sklearn.VarianceThreshold", "sklearn.RFE", "sklearn.RFECV")
def convert_selection(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Select features."""
    places = step.get_support(indices=True)
    name = builder.add("Gather", value.name, places.astype(np.int64), axis=1)
    return value.change(name, shape=(len(places),))
