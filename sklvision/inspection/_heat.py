"""How the response of a classifier changes where an image is covered."""

from __future__ import annotations

from typing import Any

import numpy as np


def respond(estimator: Any, images: list[np.ndarray], flat: bool) -> np.ndarray:
    """Probabilities, or else decision values, of shape (n, n_classes)."""
    if len({image.shape for image in images}) > 1:  # images that differ go one by one
        return np.concatenate([respond(estimator, [image], flat) for image in images])
    batch = np.stack(images)
    batch = batch.reshape(len(batch), -1) if flat else batch
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(batch), dtype=float)
    if not hasattr(estimator, "decision_function"):
        raise TypeError(
            f"estimator must have predict_proba or decision_function; {type(estimator).__name__} "
            "has neither."
        )
    decision = np.asarray(estimator.decision_function(batch), dtype=float)
    return np.column_stack([-decision, decision]) if decision.ndim == 1 else decision


def class_indices(
    estimator: Any, target: Any, responses: np.ndarray, chosen: np.ndarray, n_samples: int
) -> np.ndarray:
    """For each chosen sample, the index of the class asked for, or of the predicted one."""
    if target is None:
        return responses.argmax(axis=1)
    classes = list(estimator.classes_)
    labels = np.asarray(target)
    if labels.ndim > 1 or (labels.ndim == 1 and len(labels) != n_samples):
        raise ValueError(
            f"target must be one label, or one per sample of X ({n_samples}), got shape "
            f"{labels.shape}."
        )
    wanted = labels[chosen] if labels.ndim else np.full(len(chosen), labels)
    unknown = [label for label in wanted.tolist() if label not in classes]
    if unknown:
        raise ValueError(f"target {unknown[0]!r} is not among the classes {classes}.")
    return np.array([classes.index(label) for label in wanted.tolist()])


def occlusion_map(
    estimator: Any,
    image: np.ndarray,
    index: int,
    flat: bool,
    patch_size: Any,
    stride: Any,
    fill: Any,
    batch_size: int,
) -> np.ndarray:
    """For each pixel, the mean of what a class loses over the patches that cover it."""
    sides = image.shape[:2]
    patch = _pair("patch_size", patch_size, (max(1, round(min(sides) / 5)),) * 2, sides)
    step = _pair("stride", stride, tuple(max(1, side // 2) for side in patch), patch)
    value = _fill_value(image, fill)
    corners = [
        (top, left)
        for top in _starts(sides[0], patch[0], step[0])
        for left in _starts(sides[1], patch[1], step[1])
    ]
    if batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, got {batch_size!r}.")
    whole = respond(estimator, [image], flat)[0, index]
    total, count = np.zeros(sides), np.zeros(sides)
    for start in range(0, len(corners), batch_size):
        some = corners[start : start + batch_size]
        covered = []
        for top, left in some:
            copy = image.copy()
            copy[top : top + patch[0], left : left + patch[1]] = value
            covered.append(copy)
        lost = whole - respond(estimator, covered, flat)[:, index]
        for (top, left), drop in zip(some, lost, strict=True):
            place = np.s_[top : top + patch[0], left : left + patch[1]]
            total[place] += drop
            count[place] += 1
    return total / count


def _fill_value(image: np.ndarray, fill: Any) -> np.ndarray:
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


def _pair(name: str, value: Any, default: Any, at_most: tuple[int, ...]) -> tuple[int, int]:
    if value is None:
        return int(default[0]), int(default[1])
    pair = tuple(np.broadcast_to(np.asarray(value), 2).tolist()) if np.size(value) < 3 else ()
    if len(pair) != 2 or not all(
        isinstance(side, int) and 1 <= side <= limit
        for side, limit in zip(pair, at_most, strict=True)
    ):
        raise ValueError(
            f"{name} must be one or two integers from 1 to {tuple(at_most[:2])}, got {value!r}."
        )
    return pair[0], pair[1]


def _starts(side: int, patch: int, step: int) -> list[int]:
    """Where patches start, the last one at the border."""
    return sorted({*range(0, side - patch + 1, step), side - patch})
