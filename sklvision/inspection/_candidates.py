"""Candidates of a choice: their names, and which of them are on the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklvision.utils._suggest import did_you_mean


def pareto_front(scores: np.ndarray, costs: np.ndarray) -> list[int]:
    """Indices of those that nothing as cheap or cheaper equals, the cheapest first."""
    front: list[int] = []
    for i in np.lexsort((-scores, costs)):
        if not front or scores[i] > scores[front[-1]]:
            front.append(int(i))
    return front


def lowest_shown(scores: np.ndarray, widths: np.ndarray) -> float:
    """Below what scores are marked at the edge, so that the better half can be told apart.

    ``widths`` are those of their intervals, NaN where not known: what differs by little
    more than these is not far below.
    """
    if len(scores) < 3:
        return -np.inf
    better = scores[scores >= np.median(scores)]
    known = widths[np.isfinite(widths)]
    noise = float(np.median(known)) if len(known) else 0.0
    span = max(better.max() - better.min(), 0.02 * abs(better.max()), noise)
    floor = better.min() - 4 * span
    if (scores >= floor).all():
        return -np.inf
    kept = scores[scores >= floor]
    return float(kept.min() - 0.1 * max(kept.max() - kept.min(), span))


def candidate_names(candidates: Sequence[dict[str, Any]]) -> list[str]:
    """Name candidates by what differs among them, in words as short as are clear."""
    keys = list(dict.fromkeys(key for params in candidates for key in params))
    varied = [key for key in keys if len({repr(params.get(key)) for params in candidates}) > 1]
    if not varied:
        return [str(i) for i in range(len(candidates))]
    return [
        ", ".join(_value_name(params[key], key) for key in varied if key in params)
        for params in candidates
    ]


def _value_name(value: Any, key: str) -> str:
    if isinstance(value, str):
        return value
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    if hasattr(value, "get_params"):
        return type(value).__name__
    return f"{key.rpartition('__')[2]}={shown}"


def floats(values: Any) -> np.ndarray:
    """As floats, NaN where missing."""
    if hasattr(values, "to_numpy"):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=float)


def check_name(what: str, name: str, known: list[str]) -> str:
    if name not in known:
        raise ValueError(f"There is no {what} {name!r}. {did_you_mean(str(name), known)}")
    return name
