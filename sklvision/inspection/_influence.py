"""Maps of influence: parts of an image that speak for or against a class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from sklvision.inspection._samples import read_arrays
from sklvision.utils._samples import as_samples
from sklvision.utils._validation import check_count


def predict_scores(estimator: Any, images: list[np.ndarray], *, flatten: bool) -> np.ndarray:
    """Predict probabilities, or else decision values, of shape (n, n_classes)."""
    if len({image.shape for image in images}) > 1:  # images of different sizes, one by one
        scores = [predict_scores(estimator, [image], flatten=flatten) for image in images]
        return np.concatenate(scores)
    batch = np.stack(images)
    batch = batch.reshape(len(batch), -1) if flatten else batch
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(batch), dtype=float)
    if not hasattr(estimator, "decision_function"):
        raise TypeError(
            f"estimator must have predict_proba or decision_function; {type(estimator).__name__} "
            "has neither."
        )
    decision = np.asarray(estimator.decision_function(batch), dtype=float)
    return np.column_stack([-decision, decision]) if decision.ndim == 1 else decision


def find_target_columns(
    estimator: Any, target: Any, scores: np.ndarray, indices: np.ndarray, n_samples: int
) -> np.ndarray:
    """Return for each selected sample the column of its target class, or of the predicted one."""
    if target is None:
        return scores.argmax(axis=1)
    classes = np.asarray(estimator.classes_).tolist()
    labels = np.asarray(target)
    if labels.ndim > 1 or (labels.ndim == 1 and len(labels) != n_samples):
        raise ValueError(
            f"target must be one label, or one per sample of X ({n_samples}), got shape "
            f"{labels.shape}."
        )
    targets = (labels[indices] if labels.ndim else np.full(len(indices), labels)).tolist()
    unknown = [label for label in targets if label not in classes]
    if unknown:
        raise ValueError(f"target {unknown[0]!r} is not among the classes {classes}.")
    return np.array([classes.index(label) for label in targets])


def compute_occlusion_map(
    estimator: Any,
    image: np.ndarray,
    column: int,
    *,
    flatten: bool,
    patch_size: Any,
    stride: Any,
    fill: Any,
    batch_size: int,
) -> np.ndarray:
    """Compute for each pixel the mean of the score that a class loses over the patches on it."""
    sides = image.shape[:2]
    patch = _check_pair("patch_size", patch_size, (max(1, round(min(sides) / 5)),) * 2, sides)
    step = _check_pair("stride", stride, tuple(max(1, side // 2) for side in patch), patch)
    fill_value = _compute_fill(image, fill)
    score = predict_scores(estimator, [image], flatten=flatten)[0, column]
    # Overlapping patches smooth the map: a pixel gets the mean loss of the patches that cover it.
    total, count = np.zeros(sides), np.zeros(sides)
    for areas in _make_batches(sides, patch, step, check_count("batch_size", batch_size)):
        copies = [image.copy() for _ in areas]
        for copy, area in zip(copies, areas, strict=True):
            copy[area] = fill_value
        losses = score - predict_scores(estimator, copies, flatten=flatten)[:, column]
        for area, loss in zip(areas, losses, strict=True):
            total[area] += loss
            count[area] += 1
    return total / count


def _make_batches(
    sides: tuple[int, ...], patch: tuple[int, int], step: tuple[int, int], batch_size: int
) -> Iterator[list[tuple[slice, slice]]]:
    """Yield the areas of all patches, the last of each row and column at the border."""
    starts = [
        sorted({*range(0, side - length + 1, stride), side - length})
        for side, length, stride in zip(sides, patch, step, strict=True)
    ]
    areas = [
        (slice(top, top + patch[0]), slice(left, left + patch[1]))
        for top in starts[0]
        for left in starts[1]
    ]
    for start in range(0, len(areas), batch_size):
        yield areas[start : start + batch_size]


def _compute_fill(image: np.ndarray, fill: Any) -> np.ndarray:
    """Compute the value of a patch, in the type of the image."""
    if isinstance(fill, str):
        if fill != "mean":
            raise ValueError(f"fill must be 'mean' or a number, got {fill!r}.")
        value = image.mean(axis=(0, 1))
        value = np.rint(value) if image.dtype.kind in "iu" else value
    else:
        value = np.asarray(fill, dtype=float)
        if value.ndim or not np.isfinite(value):
            raise ValueError(f"fill must be 'mean' or a number, got {fill!r}.")
        if image.dtype.kind in "iu":
            limits = np.iinfo(image.dtype)
            if not limits.min <= value <= limits.max:
                raise ValueError(f"fill={fill!r} does not fit images of {image.dtype}.")
    return value.astype(image.dtype)


def _check_pair(name: str, value: Any, default: Any, maximum: tuple[int, ...]) -> tuple[int, int]:
    """Return one or two integers as two."""
    if value is None:
        return int(default[0]), int(default[1])
    pair = tuple(np.broadcast_to(np.asarray(value), 2).tolist()) if np.size(value) < 3 else ()
    if len(pair) != 2 or not all(
        isinstance(side, int) and 1 <= side <= limit
        for side, limit in zip(pair, maximum, strict=True)
    ):
        raise ValueError(
            f"{name} must be one or two integers from 1 to {tuple(maximum[:2])}, got {value!r}."
        )
    return pair[0], pair[1]


def compute_gradient_maps(
    steps: list[Any],
    classifier: Any,
    X: Any,
    columns: np.ndarray,
    *,
    n_draws: int,
    noise: float,
    seed: int,
    image_shape: tuple[int, ...] | None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Compute products of pixels and gradients from -1 to 1; return the net's images and these.

    The images are those that the steps before the net make of ``X``.
    """
    if not hasattr(classifier, "module_") or not hasattr(classifier, "input_shape_"):
        raise TypeError(
            "method='gradient' needs a fitted net of sklvision.neural_network, alone or at the end "
            f"of a pipeline, got {type(classifier).__name__}; method='occlusion' takes any "
            "classifier."
        )
    check_count("n_draws", n_draws)
    if not noise >= 0:
        raise ValueError(f"noise must be at least 0, got {noise!r}.")
    from sklvision.neural_network._saliency import compute_gradient_times_input

    for step in steps:
        X = step.transform(X)
    samples = as_samples(np.asarray(X))
    products = compute_gradient_times_input(
        classifier, samples.data, columns, n_draws=int(n_draws), noise=float(noise), seed=seed
    )
    input_shape = classifier.input_shape_
    shape = input_shape if len(input_shape) == 3 else image_shape
    if shape is None:
        raise ValueError("method='gradient' needs a net that takes images.")
    maps = products.reshape(len(products), *shape[:2], -1).sum(axis=-1)
    # Blurred, for single pixels are too small to be seen; scaled to a quantile, for a few of them
    # exceed all others by far.
    maps = np.stack([gaussian_filter(one_map, min(shape[:2]) / 40) for one_map in maps])
    largest = np.quantile(np.abs(maps), 0.995, axis=(1, 2), keepdims=True)
    maps = np.clip(maps / np.where(largest > 0, largest, 1), -1, 1)
    return read_arrays(samples, tuple(shape) if samples.is_table else None), list(maps)
