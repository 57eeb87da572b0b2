"""Samples that a graph is checked with: those given, or drawn as the input contract describes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from sklvision.export._graph.pipeline import ModelInput
from sklvision.utils._nested import walk_estimators
from sklvision.utils._samples import Samples, as_samples

_N_DRAWN = 8
_MOST_SAMPLES = 64
# Sizes of images that are drawn where the training images differed.
_SIZES = ((96, 128), (120, 90))

# Images of one size, or rows; several arrays where images differ in size.
Batches = list[np.ndarray]


def draw_samples(model_input: ModelInput, contract: dict[str, Any] | None) -> Batches:
    """Draw smooth samples, in the range of the training data.

    Noise alone would not do: a derivative of it is larger than any that a model has seen.

    Parameters
    ----------
    model_input : ModelInput
        Shape and type of the samples.
    contract : dict or None
        Input contract.

    Returns
    -------
    batches : list of ndarray of shape (n_samples, ...)
        The samples.
    """
    low, high = (contract or {}).get("range", (0.0, 1.0))
    rng = np.random.default_rng(0)
    shape = model_input.shape
    shapes = [shape]
    if None in shape:
        shapes = [(*size, *shape[2:]) for size in _SIZES]
    batches = []
    for one_shape in shapes:
        sides = [int(side or 0) for side in one_shape]
        units = _draw_smooth(rng, sides)
        values = low + (high - low) * units
        is_whole = model_input.dtype.kind in "iu"
        batches.append((np.rint(values) if is_whole else values).astype(model_input.dtype))
    return batches


def _draw_smooth(rng: np.random.Generator, sides: list[int]) -> np.ndarray:
    """Draw curves or images from 0 to 1: a coarse grid of random numbers, interpolated."""
    space = sides[:2] if len(sides) > 1 else sides
    channels = sides[2:]
    values = rng.random((_N_DRAWN, *(min(side, 6) for side in space), *channels))
    for axis, side in enumerate(space, start=1):
        places = np.linspace(0, values.shape[axis] - 1, side)
        lower = np.minimum(places.astype(int), max(values.shape[axis] - 2, 0))
        upper = np.minimum(lower + 1, values.shape[axis] - 1)
        fraction = (places - lower).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        low, high = (np.take(values, index, axis=axis) for index in (lower, upper))
        values = low + fraction * (high - low)
    # A little noise, so that no two bands or pixels are equal.
    return np.clip(values + 0.01 * rng.standard_normal(values.shape), 0, 1)


def read_batches(X: Any) -> Batches:
    """Read samples given by the user, at most some of them, evenly spread.

    Parameters
    ----------
    X : array-like or collection
        Samples as the model takes them.

    Returns
    -------
    batches : list of ndarray of shape (n_samples, ...)
        One array, or one for every image of a collection of different sizes.
    """
    samples = as_samples(X)
    if not len(samples):
        raise ValueError("samples must hold at least one sample, got none.")
    places = np.unique(np.linspace(0, len(samples) - 1, _MOST_SAMPLES).astype(int))
    samples = samples.take(places)
    if samples.sample_shape is None:
        return [image[np.newaxis] for image in samples.images()]
    return [_read_array(samples)]


def _read_array(samples: Samples) -> np.ndarray:
    frame = samples.to_frame()
    return samples.to_array() if frame is None else frame.to_numpy()


def convert_batches(batches: Batches, model_input: ModelInput) -> Batches:
    """Convert samples to the precision of the graph; bytes stay bytes."""
    dtype = np.float64 if model_input.is_double else np.float32
    return [batch if batch.dtype.kind in "u" else batch.astype(dtype) for batch in batches]


def make_reference(model: Any) -> Any:
    """Copy a model whose nets compute in 32 bits on the processor, whatever their precision.

    In bfloat16 probabilities differ in the third digit, which would hide errors of a graph.
    """
    reference = deepcopy(model)
    for inner in walk_estimators(reference):
        if hasattr(inner, "_extractor_settings"):
            *settings, _, _ = inner._extractor_settings
            inner._extractor_settings = (*settings, "cpu", "float32")
        elif hasattr(inner, "_settings") and hasattr(inner, "module_"):
            _set_precision(inner)
    return reference


def _set_precision(classifier: Any) -> None:
    """Rebuild the net of a classifier in 32 bits, unless it has 64."""
    state = classifier.__getstate__()
    settings = {**state["_settings"], "rounds_inference": False, "device": "cpu"}
    if settings["precision"] != "float64":
        settings["precision"] = "float32"
    classifier.__setstate__({**state, "_settings": settings})
