"""Candidates of a choice: their names, and the scores that are drawn in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sklvision.utils._suggest import did_you_mean


def compute_lowest_score(scores: np.ndarray, widths: np.ndarray) -> float:
    """Return the score below which marks go to the edge, so that the better half stays readable.

    Scores are far below the better half if their distance is more than four times its span, the
    usual width of an interval or 2 % of the best score, whichever is largest.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Scores, finite.
    widths : ndarray of shape (n,)
        Widths of their intervals, NaN where not known.

    Returns
    -------
    lowest : float
        Lowest score to draw; minus infinity where no score is far below.
    """
    if len(scores) < 3:
        return -np.inf
    # The better half decides, so that a weak baseline or two do not stretch the axis.
    better = scores[scores >= np.median(scores)]
    finite_widths = widths[np.isfinite(widths)]
    noise = float(np.median(finite_widths)) if len(finite_widths) else 0.0
    # Scores count as far below if they are four spans of the better half below it.
    span = max(better.max() - better.min(), 0.02 * abs(better.max()), noise)
    floor = better.min() - 4 * span
    if (scores >= floor).all():
        return -np.inf
    readable = scores[scores >= floor]
    return float(readable.min() - 0.1 * max(readable.max() - readable.min(), span))


def name_candidates(candidates: Sequence[dict[str, Any]]) -> list[str]:
    """Name candidates by the parameters that differ among them, as briefly as is clear."""
    keys = list(dict.fromkeys(key for params in candidates for key in params))
    varied_keys = [key for key in keys if len({repr(params.get(key)) for params in candidates}) > 1]
    if not varied_keys:
        return [str(i) for i in range(len(candidates))]
    return [
        ", ".join(_name_value(params[key], key) for key in varied_keys if key in params)
        for params in candidates
    ]


def _name_value(value: Any, key: str) -> str:
    if isinstance(value, str):
        return value
    if hasattr(value, "get_params"):
        return type(value).__name__
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{key.rpartition('__')[2]}={text}"


def check_result(name: str, result: Any, attributes: Sequence[str], maker: str) -> None:
    """Raise unless a parameter has the attributes of what a function of the package returns."""
    if not all(hasattr(result, attribute) for attribute in attributes):
        raise TypeError(f"{name} must be a result of {maker}, got {result!r}.")


def to_floats(values: Any) -> np.ndarray:
    """Convert to floats, NaN where a value is missing."""
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=float)


def check_name(noun: str, name: str, known_names: list[str]) -> str:
    """Return the name of a score or cost, or raise an error that suggests the nearest one."""
    if name not in known_names:
        raise ValueError(f"There is no {noun} {name!r}. {did_you_mean(str(name), known_names)}")
    return name
