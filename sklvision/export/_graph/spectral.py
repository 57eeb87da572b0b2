"""Steps for spectra, in 64 bits: in 32 a derivative with SNV behind it would be off by 2e-5."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import GraphBuilder, Value, register
from sklvision.spectral._functional import savitzky_golay

# Deviations within ten rounding errors of spectra, which come in 32 bits, count as none.
_ROUNDING_ERROR = 10 * float(np.finfo(np.float32).eps)
_LAST = np.array([-1])


@register("sklvision.SpectralScaler")
def convert_spectral_scaler(builder: GraphBuilder, scaler: Any, value: Value) -> Value:
    """Scale spectra by the method of the fit."""
    value = builder.convert_to_double(value)
    method = scaler._method
    if method == "snv":
        centered, norm, _ = _center_rows(builder, value)
        scale = builder.add("Div", _fill_zeros(builder, norm), _compute_root(value.shape[0]))
        return value.change(builder.add("Div", centered, scale))
    if method == "msc":
        return _convert_msc(builder, scaler.reference_, value)
    if method == "minmax":
        return _convert_minmax(builder, value)
    if method == "l2":
        norm = _fill_zeros(builder, _compute_norm(builder, value.name))
        return value.change(builder.add("Div", value.name, norm))
    if method == "standard":
        centered = builder.add("Sub", value.name, _as_learned(builder, scaler.mean_))
        return value.change(builder.add("Div", centered, _as_learned(builder, scaler.scale_)))
    return value


@register("sklvision.SavitzkyGolay")
def convert_savitzky_golay(builder: GraphBuilder, step: Any, value: Value) -> Value:
    """Filter spectra by a weighted sum of a window of bands for every band.

    The filter is linear, so its response to single bands has all weights, those at the ends of a
    spectrum included.
    """
    value = builder.convert_to_double(value)
    n_bands, width = int(value.shape[0] or 0), step.window_length_
    response = savitzky_golay(np.eye(n_bands), width, step.polyorder_, **step._options)
    # Per filtered band the bands in its window, and their weights; a short window is filled with
    # bands of weight 0.
    bands = np.argsort(response == 0, axis=0, kind="stable")[: min(width, n_bands)]
    weights = np.take_along_axis(response, bands, axis=0)
    windows = builder.add("Gather", value.name, np.ascontiguousarray(bands.T), axis=1)
    products = builder.add("Mul", windows, np.ascontiguousarray(weights.T))
    return value.change(builder.add("ReduceSum", products, _LAST, keepdims=0))


def _convert_msc(builder: GraphBuilder, reference: np.ndarray, value: Value) -> Value:
    """Divide by the gain against the reference, as estimated by least squares."""
    mean = reference.mean()
    shape = reference - mean
    size = float(np.linalg.norm(shape))
    centered, norm, _ = _center_rows(builder, value)
    column = builder.add_constant(shape[:, np.newaxis], is_learned=True)
    product = builder.add("MatMul", centered, column)
    # Without a reliable gain only the offset is removed.
    bound = builder.add("Mul", norm, np.float64(size * _ROUNDING_ERROR))
    is_uncorrelated = builder.add("LessOrEqual", builder.add("Abs", product), bound)
    gain = builder.add("Div", product, np.float64(size**2 or 1.0))
    gain = builder.add("Where", is_uncorrelated, np.float64(1.0), gain)
    return value.change(builder.add("Add", builder.add("Div", centered, gain), np.float64(mean)))


def _convert_minmax(builder: GraphBuilder, value: Value) -> Value:
    low, high = (
        builder.add(operator, value.name, _LAST, keepdims=1)
        for operator in ("ReduceMin", "ReduceMax")
    )
    extent = builder.add("Sub", high, low)
    level = builder.add("Max", builder.add("Abs", low), builder.add("Abs", high))
    is_flat = _is_within_rounding(builder, extent, level)
    result = builder.add("Div", builder.add("Sub", value.name, low), _fill_zeros(builder, extent))
    return value.change(builder.add("Where", is_flat, np.float64(0.0), result))


def _center_rows(builder: GraphBuilder, value: Value) -> tuple[str, str, str]:
    """Subtract each row's mean; return the rows, their norms (0 where flat), and the means."""
    mean = builder.add("ReduceMean", value.name, _LAST, keepdims=1)
    centered = builder.add("Sub", value.name, mean)
    norm = _compute_norm(builder, centered)
    level = builder.add("Mul", mean, _compute_root(value.shape[0]))
    is_flat = _is_within_rounding(builder, norm, builder.add("Abs", level))
    zero = np.float64(0.0)
    centered, norm = (builder.add("Where", is_flat, zero, name) for name in (centered, norm))
    return centered, norm, mean


def _compute_norm(builder: GraphBuilder, rows: str) -> str:
    return builder.add(
        "Sqrt", builder.add("ReduceSum", builder.add("Mul", rows, rows), _LAST, keepdims=1)
    )


def _is_within_rounding(builder: GraphBuilder, deviation: str, level: str) -> str:
    bound = builder.add("Mul", level, np.float64(_ROUNDING_ERROR))
    return builder.add("LessOrEqual", deviation, bound)


def _fill_zeros(builder: GraphBuilder, name: str) -> str:
    """Replace zeros by ones, as divisors."""
    is_zero = builder.add("Equal", name, np.float64(0.0))
    return builder.add("Where", is_zero, np.float64(1.0), name)


def _as_learned(builder: GraphBuilder, values: np.ndarray) -> str:
    return builder.add_constant(np.asarray(values, dtype=np.float64), is_learned=True)


def _compute_root(n_bands: int | None) -> np.float64:
    return np.sqrt(np.float64(n_bands or 1))
