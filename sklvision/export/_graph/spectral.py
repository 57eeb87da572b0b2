"""Steps for spectra, in 64 bits: in 32 a derivative with SNV behind it would be off by 2e-5."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.export._graph.builder import GraphBuilder, Value, register
from sklvision.spectral._functional import savitzky_golay

# Deviations within ten rounding errors of spectra, which come in 32 bits, count as none.
_ROUNDING_ERROR = 10 * float(np.finfo(np.float32).eps)
_LAST = np.array([-1])
# Bands that are filtered by one product: more would be products with zeros mostly.
_BLOCK = 32


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
    """Filter spectra by products with the response of the filter to single bands.

    The filter is linear, and the same for all bands but a few at the ends. Blocks of bands share
    one small matrix, as convolutions of 64 bits are missing in onnxruntime.
    """
    value = builder.convert_to_double(value)
    n_bands = int(value.shape[0] or 0)
    response = savitzky_golay(
        np.eye(n_bands), step.window_length_, step.polyorder_, **step._options
    )
    start, stop, reach = _find_interior(response)
    parts = [_filter_ends(builder, value.name, response, range(start))]
    if stop > start:
        parts.append(_filter_blocks(builder, value.name, response, (start, stop), reach))
    parts.append(_filter_ends(builder, value.name, response, range(stop, n_bands)))
    names = [part for part in parts if part is not None]
    return value.change(builder.add("Concat", *names, axis=1) if len(names) > 1 else names[0])


def _find_interior(response: np.ndarray) -> tuple[int, int, tuple[int, int]]:
    """Find the bands that are filtered as the middle one, and how far its window reaches."""
    n_bands, middle = len(response), len(response) // 2
    rows = np.flatnonzero(response[:, middle])
    n_lower, n_upper = (middle - rows[0], rows[-1] - middle) if rows.size else (0, 0)
    window = response[middle - n_lower : middle + n_upper + 1, middle]
    is_interior = np.zeros(n_bands, dtype=bool)
    for band in range(n_lower, n_bands - n_upper):
        column = np.zeros(n_bands)
        column[band - n_lower : band + n_upper + 1] = window
        is_interior[band] = np.abs(response[:, band] - column).max() <= 1e-13 * np.abs(window).max()
    # The run of such bands around the middle.
    exceptions = np.flatnonzero(~is_interior)
    start = int(exceptions[exceptions < middle].max(initial=-1)) + 1
    stop = int(exceptions[exceptions >= middle].min(initial=n_bands))
    return min(start, stop), stop, (int(n_lower), int(n_upper))


def _filter_blocks(
    builder: GraphBuilder,
    name: str,
    response: np.ndarray,
    interior: tuple[int, int],
    reach: tuple[int, int],
) -> str:
    """Filter the interior, some bands at a time."""
    (start, stop), (n_lower, n_upper) = interior, reach
    size = min(_BLOCK, stop - start)
    first = start - n_lower
    matrix = response[first : start + size + n_upper, start : start + size]
    block_starts = np.arange(start, stop, size)
    bands = block_starts[:, np.newaxis] + np.arange(-n_lower, size + n_upper)
    # What the last block has beyond the interior is cut off again.
    bands = np.minimum(bands, len(response) - 1)
    blocks = builder.add("Gather", name, bands, axis=1)
    filtered_blocks = builder.add("MatMul", blocks, np.ascontiguousarray(matrix))
    rows = builder.add("Reshape", filtered_blocks, np.array([-1, len(block_starts) * size]))
    return builder.add("Slice", rows, np.array([0]), np.array([stop - start]), np.array([1]))


def _filter_ends(
    builder: GraphBuilder, name: str, response: np.ndarray, bands: range
) -> str | None:
    """Filter bands at one end, or return None if there are none."""
    if not len(bands):
        return None
    columns = response[:, bands.start : bands.stop]
    rows = np.flatnonzero(columns.any(axis=1))
    rows = rows if rows.size else np.array([0])
    part = builder.add("Gather", name, rows, axis=1)
    return builder.add("MatMul", part, np.ascontiguousarray(columns[rows]))


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
