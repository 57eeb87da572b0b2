"""Input contract: what the samples of training were, kept with the model as a plain dict.

It is made from :class:`~sklvision.utils._samples.Samples` where data come in, stored as
``input_contract_`` by the first estimator that sees them, and compared with new samples.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._samples import Samples

Contract = dict[str, Any]

_VERSION = 1
_MOST_SAMPLES = 64  # whose values are compared
_MOST_BLOCKS = 16  # of an array in chunks, that these are read from
# Brightest pixel of the darkest image in files, which are not read for it, as a fraction of white:
# that of 12 bits in 16 is a sixteenth.
_DARKEST = 0.02
_SCALE_FACTOR = 5.0
_MOST_OUTSIDE = 0.5
_SIZE_FACTOR = 1.2

# Outputs of estimators that have warned already, so that later steps of a pipeline do not.
_reported_outputs: dict[int, weakref.ref] = {}


def make_contract(samples: Samples) -> Contract:
    """Describe the samples of training.

    Parameters
    ----------
    samples : Samples
        Samples as the user passed them.

    Returns
    -------
    contract : dict
        Plain values only: ``kind`` ("images", "spectra" or "other"), ``shape`` of one sample,
        ``dtype``, ``range`` of the values, ``peaks``, the range of the largest absolute value of
        a sample, ``names`` of columns, and what the reader of files noted, such as ``axis``,
        ``unit`` and ``roles`` of a table, or ``reading`` of images.
    """
    kind = {"images": "images", "table": "spectra"}.get(samples.kind, "other")
    names = None if samples.names is None else [str(name) for name in samples.names]
    contract: Contract = {
        "version": _VERSION,
        "kind": kind,
        "shape": None if samples.sample_shape is None else list(samples.sample_shape),
        "dtype": str(samples.dtype),
        "names": names,
        **samples.origin,
    }
    summary = _read_values(samples)
    if summary is not None:
        _, lows, highs = summary
        contract["range"] = [float(lows.min()), float(highs.max())]
        peaks = np.maximum(highs, -lows)
        is_white = get_white(samples) is not None
        smallest = _DARKEST * peaks[0] if is_white else np.quantile(peaks, 0.05)
        contract["peaks"] = [float(smallest), float(peaks.max())]
    return contract


def get_white(samples: Samples) -> float | None:
    """Return the value of white of images in files; None where it is unknown."""
    reading_options = samples.origin.get("reading")
    if reading_options is None:
        return None
    return reading_options["white"] if reading_options["mode"] == "F" else 255.0


def _read_values(samples: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return samples spread evenly over all as rows, and the extremes of every row.

    Rows without a finite value are left out, and others have NaN for what is not finite; None
    stands for no rows at all. Files are not read: black and white, as their reader sets them,
    stand for images.
    """
    if samples.is_lazy:
        white = get_white(samples)
        if white is not None:
            values = np.array([[0.0, white]])
        elif isinstance(samples.data, ArrayCollection) and samples.is_numeric and len(samples):
            rows = samples.data.sample_rows(_MOST_SAMPLES, _MOST_BLOCKS)
            values = rows.reshape(len(rows), -1)
        else:
            return None
    elif not len(samples) or not samples.is_numeric:
        return None
    else:
        step = max(1, -(-len(samples) // _MOST_SAMPLES))
        spread = samples.take(slice(None, None, step)) if step > 1 else samples
        values = spread.to_array().reshape(len(spread), -1)
    if not values.size:
        return None
    lows, highs = values.min(axis=1).astype(np.float64), values.max(axis=1).astype(np.float64)
    if np.isfinite(lows).all() and np.isfinite(highs).all():
        return values, lows, highs
    values = np.where(np.isfinite(values), values, np.nan)
    values = values[~np.isnan(values).all(axis=1)]
    if not values.size:
        return None
    return values, np.nanmin(values, axis=1), np.nanmax(values, axis=1)


def describe_change(contract: Contract, samples: Samples) -> str | None:
    """Describe how the values of new samples differ from those of training in scale or unit.

    Returns None unless typical samples are five times as large, or as small, as any of training, or
    most of their values lie far outside the range of training: samples of the same source never do.
    """
    if "range" not in contract:
        return None
    summary = _read_values(samples)
    if summary is None:
        return None
    values, lows, highs = summary
    low, high = contract["range"]
    margin = _compute_margin(contract)
    smallest, largest = contract["peaks"][0] / _SCALE_FACTOR, contract["peaks"][1] * _SCALE_FACTOR
    peaks = np.maximum(highs, -lows)
    is_of_size = smallest <= peaks.min() and peaks.max() <= largest
    if not is_of_size:
        is_of_size = smallest <= np.median(peaks) <= largest
    is_within = low - margin <= lows.min() and highs.max() <= high + margin
    if not is_within:  # every value is compared only where there are some outside
        outside_fraction = np.mean((values < low - margin) | (values > high + margin))
        is_within = outside_fraction <= _MOST_OUTSIDE
    if is_of_size and is_within:
        return None
    new_range = f"{lows.min():.4g} to {highs.max():.4g}"
    return f"values {new_range}, trained on {low:.4g} to {high:.4g}"


def describe_size_change(contract: Contract, height: int, width: int) -> str | None:
    """Describe how an image differs in size from those of training, where these had one size.

    Parameters
    ----------
    contract : dict
        Contract of training.
    height, width : int
        Size of the image in its file.

    Returns
    -------
    change : str or None
        One sentence; None where the image is at most a fifth larger or smaller, or images are
        brought to one size as they are read.
    """
    reading_options, shape = contract.get("reading") or {}, contract.get("shape")
    if contract["kind"] != "images" or not shape or reading_options.get("size") is not None:
        return None
    factor = reading_options.get("reduce", 1)
    expected_height, expected_width = shape[0] * factor, shape[1] * factor
    # Sorted, since a camera may have been turned.
    sides = sorted([height, width]), sorted([expected_height, expected_width])
    ratios = [side / expected for side, expected in zip(*sides, strict=True)]
    if all(1 / _SIZE_FACTOR <= ratio <= _SIZE_FACTOR for ratio in ratios):
        return None
    return (
        f"The image has {width} × {height} pixels, those of training had {expected_width} × "
        f"{expected_height}."
    )


def _compute_margin(contract: Contract) -> float:
    """Return how far values may lie outside the range of training."""
    low, high = contract["range"]
    return max(high - low, contract["peaks"][1]) / 2


def is_plainly_within(contract: Contract, sample: np.ndarray) -> bool:
    """Whether the values of one sample are certainly of the scale and unit of training.

    It decides as :func:`describe_change` does, in a tenth of the time, for predictions of
    one sample. NaN is never within.
    """
    if "range" not in contract:
        return True
    low, high = contract["range"]
    margin = _compute_margin(contract)
    # By index, which takes half the time of min and max; NaN is the first of both. As floats: the
    # negative of an unsigned integer would overflow.
    values = sample.reshape(-1)
    smallest, largest = float(values[values.argmin()]), float(values[values.argmax()])
    peak = max(largest, -smallest)
    return bool(
        smallest >= low - margin
        and largest <= high + margin
        and contract["peaks"][0] / _SCALE_FACTOR <= peak <= contract["peaks"][1] * _SCALE_FACTOR
    )


def warn_of_change(contract: Contract | None, samples: Samples, name: str) -> bool:
    """Warn once per call where new samples are in another scale or unit than those of training.

    Parameters
    ----------
    contract : dict or None
        Contract of training; None of a model that has none.
    samples : Samples
        New samples.
    name : str
        Name of the estimator, for the message.

    Returns
    -------
    has_warned : bool
        Whether a warning was given, now or by an earlier step of the same call.
    """
    if contract is None:
        return False
    if _is_reported(samples.data):
        return True
    change = describe_change(contract, samples)
    if change is None:
        return False
    warnings.warn(
        f"{name}: the new samples seem to be in another scale or unit ({change}). Bring them to "
        "the unit of training: unless a later step removes the scale, predictions are wrong.",
        UserWarning,
        stacklevel=3,
    )
    return True


def mark_reported(output: Any) -> None:
    """Note that a warning was given for the samples behind an output."""
    key = id(output)
    try:
        _reported_outputs[key] = weakref.ref(output, lambda _: _reported_outputs.pop(key, None))
    except TypeError:  # of a type that cannot be referred to weakly
        return


def _is_reported(data: Any) -> bool:
    reference = _reported_outputs.get(id(data))
    return reference is not None and reference() is data


def match_columns(
    contract: Contract, names: Sequence[str], axis: Sequence[float] | None
) -> np.ndarray:
    """Find the columns of training among new ones, by position on the axis or by name.

    Parameters
    ----------
    contract : dict
        Contract of training.
    names : list of str
        Names of the new columns.
    axis : list of float or None
        Positions of the new columns, where their names say them.

    Returns
    -------
    places : ndarray of int
        For every column of training its place among the new ones.

    Raises
    ------
    ValueError
        If columns are missing; the message names them, or both axes where they differ.
    """
    training_axis = contract.get("axis")
    if training_axis is not None and axis is not None:
        return _match_axis(np.array(training_axis), np.array(axis), contract.get("unit"))
    training_names = contract.get("names")
    if training_names is None:
        expected = (contract.get("shape") or [len(names)])[0]
        if len(names) != expected:
            raise ValueError(f"found {len(names)} bands, the model takes {expected}.")
        return np.arange(expected)
    place = {name: i for i, name in enumerate(names)}
    missing = [name for name in training_names if name not in place]
    if missing:
        first_names = ", ".join(map(repr, missing[:5])) + (", …" if len(missing) > 5 else "")
        raise ValueError(
            f"{len(missing)} of the {len(training_names)} columns that the model takes are "
            f"missing: {first_names}."
        )
    return np.array([place[name] for name in training_names])


def _match_axis(training_axis: np.ndarray, new: np.ndarray, unit: str | None) -> np.ndarray:
    # Positions are the same up to rounding: a hundredth of the distance between bands.
    step = np.abs(np.diff(np.sort(training_axis))).min() if len(training_axis) > 1 else 1.0
    order = np.argsort(new)
    # The nearest new position is one of the two neighbors that a binary search finds.
    right = np.clip(np.searchsorted(new[order], training_axis), 0, len(new) - 1)
    left = np.maximum(right - 1, 0)
    is_left = np.abs(new[order][left] - training_axis) < np.abs(new[order][right] - training_axis)
    places = order[np.where(is_left, left, right)]
    is_missing = np.abs(new[places] - training_axis) > step / 100
    if not is_missing.any():
        return places
    suffix = f" {unit}" if unit else ""
    raise ValueError(
        f"{int(is_missing.sum())} of the {len(training_axis)} bands that the model takes are "
        f"missing: the model takes {training_axis[0]:g} to {training_axis[-1]:g}{suffix}, the new "
        f"samples have {new[0]:g} to {new[-1]:g}{suffix}."
    )


def interpolate_bands(contract: Contract, values: np.ndarray, axis: Sequence[float]) -> np.ndarray:
    """Interpolate spectra linearly to the axis of training, where that lies within their own.

    Parameters
    ----------
    contract : dict
        Contract of training, with an ``axis``.
    values : ndarray of shape (n_samples, n_bands)
        New spectra.
    axis : list of float
        Their positions.

    Returns
    -------
    resampled : ndarray of shape (n_samples, n_trained_bands)
        The spectra at the positions of training.

    Raises
    ------
    ValueError
        If positions of training lie beyond those of the new spectra.
    """
    training_axis, new = np.array(contract["axis"]), np.array(axis)
    order = np.argsort(new)
    new, values = new[order], values[:, order]
    # Rounded positions may lie beyond the ends by a hundredth of the distance between bands.
    slack = np.abs(np.diff(new)).max() / 100 if len(new) > 1 else 0.0
    if training_axis.min() < new[0] - slack or training_axis.max() > new[-1] + slack:
        raise ValueError(
            f"the model takes {training_axis.min():g} to {training_axis.max():g}, beyond the "
            f"{new[0]:g} to {new[-1]:g} of the new samples: nothing is extrapolated."
        )
    return np.stack([np.interp(training_axis, new, row) for row in values])
