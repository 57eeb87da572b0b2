"""Costs that a budget limits, and the candidates that exceed it in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sklvision.reporting import format_bytes, format_count, format_time

_N_EXAMPLES = 5
_MAX_LENGTH = 100


class Cost(NamedTuple):
    """Name of the limit on a cost, combination of its values in the folds, and its format."""

    parameter: str
    over_folds: Callable[..., np.ndarray]
    format: Callable[[float], str]


# By the names in `scoring`; in the order in which they decide between equal scores, those first
# that are the same in every run. Counts must be within the limit in every fold; of times the
# median is taken, since a fold during which the machine was busy says nothing about the model.
COSTS = {
    "parameter_count": Cost(
        "max_parameters", np.max, lambda n: f"{format_count(round(n))} parameters"
    ),
    "file_size": Cost("max_file_size", np.max, lambda n: format_bytes(round(n))),
    "latency_ms": Cost("max_latency_ms", np.median, lambda ms: f"{format_time(ms)} ms per sample"),
}


def describe_excess(
    limits: Mapping[str, float],
    costs: Mapping[str, np.ndarray],
    score_name: str,
    scores: np.ndarray,
    params: Sequence[Any],
) -> str:
    """Write that no candidate is within the limits, and which are the closest."""
    budget = ", ".join(f"{COSTS[name].parameter}={limit:,.10g}" for name, limit in limits.items())
    has_score = np.flatnonzero(~np.isnan(scores))
    n_failed = len(scores) - len(has_score)
    if not len(has_score):
        return (
            f"No candidate has a score, so none is within the budget of {budget}: the mean "
            f"{score_name} of all {n_failed} is NaN because fits or scorers failed; "
            "error_score='raise' shows why."
        )
    # Ratio to the limit that is exceeded most; an unknown cost may be any amount.
    ratios = np.array([costs[name] / limit for name, limit in limits.items()])
    max_ratios = np.nan_to_num(ratios, nan=np.inf).max(axis=0)
    closest = sorted(has_score, key=lambda i: (max_ratios[i], -scores[i]))[:_N_EXAMPLES]
    lines = [f"No candidate is within the budget of {budget}. The closest of {len(has_score)}:"]
    for i in map(int, closest):
        excess = _format_excess(limits, {name: cost[i] for name, cost in costs.items()})
        lines.append(f"  {score_name} {scores[i]:.4f}, {excess}: {_shorten_params(params[i])}")
    if n_failed:
        lines.append(f"{n_failed} more failed and have no score.")
    return "\n".join(lines)


def _format_excess(limits: Mapping[str, float], costs: Mapping[str, float]) -> str:
    """Format the costs of one candidate that exceed their limits."""
    texts = []
    for name, limit in limits.items():
        cost = costs[name]
        if np.isnan(cost):
            texts.append(f"{name} unknown")
        elif cost > limit:
            texts.append(f"{COSTS[name].format(cost)} ({_format_ratio(cost / limit)})")
    return ", ".join(texts)


def _format_ratio(ratio: float) -> str:
    if ratio >= 10:
        return f"{ratio:,.0f} times the limit"
    return f"{100 * (ratio - 1):.0f} % over" if ratio >= 1.01 else "less than 1 % over"


def _shorten_params(params: Any) -> str:
    text = " ".join(repr(params).split())
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 2]} …"
