"""Input contract: description of the training data, kept with the model as a plain dict.

It is made from :class:`~sklvision.utils._samples.Samples` where data come in, stored as
``input_contract_`` by the first estimator that sees them, and compared with new samples.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from sklvision.utils._array_collection import ArrayCollection
from sklvision.utils._column_labels import (
    check_column_labels,
    find_axis,
    read_labels_of_columns,
)
from sklvision.utils._profile import compute_profile_correlation, is_along_profile, make_profile
from sklvision.utils._samples import Samples
from sklvision.utils._warned_calls import has_warned, note_warning

Contract = dict[str, Any]
# Values of some samples, a row each, and the smallest and largest of every row.
Summary = tuple[np.ndarray, np.ndarray, np.ndarray]

_VERSION = 1
_MOST_SAMPLES = 64  # whose values are compared
_MOST_BLOCKS = 16  # of an array in chunks, that these are read from
# Brightest pixel of the darkest image in files, which are not read for it, as a fraction of white:
# that of 12 bits in 16 is a sixteenth.
_DARKEST = 0.02
_SCALE_FACTOR = 5.0
_MOST_OUTSIDE = 0.5
# A single sample so many times as large as any training sample is of another unit, or damaged.
_FAR_FACTOR = 20.0
_MOST_NEGATIVE = 0.05  # of the largest value, where the training data had no sign
_SIZE_FACTOR = 1.2


def make_contract(samples: Samples) -> Contract:
    """Describe the training data.

    Parameters
    ----------
    samples : Samples
        Samples as the user passed them.

    Returns
    -------
    contract : dict
        Plain values only: ``kind`` ("images", "spectra" or "other"), ``shape`` of one sample,
        ``dtype``, ``range`` of the values, ``peaks``, the range of the largest absolute value of
        a sample, ``profile``, their mean if they resemble each other, ``names`` of columns, or
        ``labels`` where these are not strings, and what the reader of files noted, such as
        ``axis``, ``unit`` and ``roles`` of a table, or ``reading`` of images.
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
    labels = read_labels_of_columns(samples.data) if names is None else None
    if labels is not None:
        contract["labels"] = labels
        contract.setdefault("axis", find_axis(labels))
    summary = _read_values(samples)
    if summary is not None:
        values, lows, highs = summary
        contract["range"] = [float(lows.min()), float(highs.max())]
        peaks = np.maximum(highs, -lows)
        is_white = get_white(samples) is not None
        smallest = _DARKEST * peaks[0] if is_white else np.quantile(peaks, 0.05)
        contract["peaks"] = [float(smallest), float(peaks.max())]
        profile = make_profile(values)
        if profile is not None:
            contract["profile"] = profile
    return contract


def get_white(samples: Samples) -> float | None:
    """Return the value of white of images in files; None where it is unknown."""
    reading_options = samples.origin.get("reading")
    if reading_options is None:
        return None
    return reading_options["white"] if reading_options["mode"] == "F" else 255.0


def _read_values(samples: Samples) -> Summary | None:
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


def describe_change(
    contract: Contract, samples: Samples, summary: Summary | None = None
) -> str | None:
    """Describe how the values of new samples differ from the training data in scale or unit.

    Returns None unless typical samples are five times as large, or as small, as any training
    sample, or most of their values lie far outside the training range: samples of the same source
    never do.
    """
    if "range" not in contract:
        return None
    summary = summary or _read_values(samples)
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
    new_range = f"{lows.min():.4g} to {highs.max():.4g}"
    change = f"values {new_range}, trained on {low:.4g} to {high:.4g}"
    if not (is_of_size and is_within) or _has_sign(contract, lows.min()):
        return change
    n_far = int((peaks > _FAR_FACTOR * contract["peaks"][1]).sum())
    if n_far:
        number = (
            f"{n_far} of {len(peaks)} samples" if len(peaks) == len(samples) else "some samples"
        )
        return f"{number} have {change}"
    return None


def describe_other_order(
    contract: Contract, samples: Samples, summary: Summary | None = None
) -> str | None:
    """Describe new samples that fall where the training data rise, and the other way round."""
    profile = contract.get("profile")
    if profile is None:
        return None
    summary = summary or _read_values(samples)
    if summary is None:
        return None
    correlation = compute_profile_correlation(profile, summary[0])
    return None if correlation is None else f"correlation with their mean {correlation:.2f}"


def _has_sign(contract: Contract, low: float) -> bool:
    """Whether values are clearly negative, where the training data had no sign."""
    return contract["dtype"].startswith("uint") and low < -_MOST_NEGATIVE * contract["peaks"][1]


def describe_size_change(contract: Contract, height: int, width: int) -> str | None:
    """Describe how an image differs in size from the training images, where these had one size.

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
        f"The image has {width} × {height} pixels, the training images had {expected_width} × "
        f"{expected_height}."
    )


def _compute_margin(contract: Contract) -> float:
    """Return how far values may lie outside the range of the training data."""
    low, high = contract["range"]
    return max(high - low, contract["peaks"][1]) / 2


def is_plainly_within(contract: Contract, sample: np.ndarray) -> bool:
    """Whether the values of one sample are certainly of the scale and unit of the training data.

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
        not _has_sign(contract, smallest)
        and is_along_profile(contract.get("profile", ()), values)
        and smallest >= low - margin
        and largest <= high + margin
        and contract["peaks"][0] / _SCALE_FACTOR <= peak <= contract["peaks"][1] * _SCALE_FACTOR
    )


def warn_of_change(
    contract: Contract | None, samples: Samples, estimator: Any, *, is_scale_kept: bool = True
) -> bool:
    """Warn once per call where new samples have another scale or order than the training data.

    Steps of a pipeline and members of a vote do not warn after another one of the same call.

    Parameters
    ----------
    contract : dict or None
        Contract of training; None of a model that has none.
    samples : Samples
        New samples.
    estimator : estimator
        Estimator that compares them; the message names it.
    is_scale_kept : bool, default=True
        Whether the scale is compared; estimators that remove it do not need that.

    Returns
    -------
    is_changed : bool
        Whether a warning was given.

    Raises
    ------
    ValueError
        If columns of a DataFrame have other names than the training data, or another order.
    """
    if contract is None:
        return False
    if samples.is_table:
        check_column_labels(contract.get("labels") or contract.get("names") or (), samples.data)
    if has_warned(estimator):
        return False
    # Read once for both: the samples may be on disk.
    summary = _read_values(samples) if is_scale_kept or "profile" in contract else None
    name = type(estimator).__name__
    order = describe_other_order(contract, samples, summary)
    change = None
    if order is None and is_scale_kept:
        change = describe_change(contract, samples, summary)
    if order is None and change is None:
        return False
    note_warning(estimator)
    if order is not None:
        warnings.warn(
            f"{name}: the new samples fall where the training data rise ({order}): their values "
            "are in reverse order, inverted, or of another quantity, such as absorbance instead of "
            "reflectance. Bring them to the form of the training data.",
            UserWarning,
            stacklevel=3,
        )
    else:
        warnings.warn(
            f"{name}: the new samples seem to be in another scale or unit ({change}). Bring them "
            "to the unit of the training data: unless a later step removes the scale, predictions "
            "are wrong.",
            UserWarning,
            stacklevel=3,
        )
    return True
