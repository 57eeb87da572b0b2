"""Checks of the data and the parameters of a forecast."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from sklvision.model_selection._learning_curve.power_law import Floats
from sklvision.utils._statistics import check_confidence

# Squares and products of scores are computed.
_LARGEST_SCORE = 1e30


def check_target_and_confidence(
    target: Any, confidence: Any, best_score: Any, *, name: str = "target"
) -> None:
    """Raise unless target, confidence and best score are possible."""
    check_confidence(confidence)
    if not isinstance(best_score, Real) or not _is_moderate(best_score):
        raise ValueError(
            f"best_score must be a finite number of at most {_LARGEST_SCORE:g}, got {best_score!r}."
        )
    if target is None and name == "target":
        return
    if isinstance(target, bool) or not isinstance(target, Real) or not math.isfinite(target):
        raise ValueError(f"{name} must be a finite number, got {target!r}.")
    if target > best_score:
        raise ValueError(f"{name}={target:g} is above {best_score:g}, the best possible score.")


def _is_moderate(score: Any) -> bool:
    return bool(abs(score) <= _LARGEST_SCORE)


def _to_floats(name: str, values: Any) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers, got {values!r}.") from error


def check_points(train_sizes: Any, scores: Any, best_score: float) -> tuple[Floats, Floats]:
    """Return the sizes and scores of a curve as arrays."""
    sizes, points = _to_floats("train_sizes", train_sizes), _to_floats("scores", scores)
    if sizes.ndim != 1 or not np.all(np.isfinite(sizes)) or np.any(sizes < 1):
        raise ValueError(f"train_sizes must be a list of positive numbers, got {train_sizes!r}.")
    if len(np.unique(sizes)) < len(sizes):
        raise ValueError(
            "train_sizes contains a size twice; pass its scores as additional repeats."
        )
    if len(sizes) < 3:
        raise ValueError(f"A curve needs at least 3 train_sizes, got {len(sizes)}.")
    if points.ndim != 2 or points.shape[0] != len(sizes) or points.shape[1] < 2:
        raise ValueError(
            f"scores must have shape (n_sizes, n_repeats) with n_sizes={len(sizes)} and at least "
            f"2 repeats, to estimate the noise; got shape {points.shape}."
        )
    if not np.all(np.isfinite(points)):
        invalid = sizes[~np.isfinite(points).all(axis=1)].astype(int).tolist()
        raise ValueError(f"scores must be finite, but some at train_sizes {invalid} are not.")
    if np.abs(points).max() > _LARGEST_SCORE:
        raise ValueError(
            f"scores must be from {-_LARGEST_SCORE:g} to {_LARGEST_SCORE:g}, got "
            f"{points.flat[np.abs(points).argmax()]:g}."
        )
    if points.max() > best_score:
        raise ValueError(
            f"scores reach {points.max():g}, above best_score={best_score:g}, the best possible "
            "score."
        )
    return sizes, points
