"""What a budget limits, and how near candidates came to it, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sklvision.reporting import format_bytes, format_count, format_time

_N_MISSES = 5
_MAX_PARAMS_LENGTH = 100


class Cost(NamedTuple):
    """The limit on a cost, how its values in the folds become one, and how that is written."""

    parameter: str
    over_folds: Callable[..., np.ndarray]
    words: Callable[[float], str]


# By the names in `scoring`; in the order in which they decide between equal scores, those first
# that are the same in every run. What is counted must fit in every fold; of times the median is
# taken, for a fold during which the machine was busy says nothing about the model.
COSTS = {
    "parameter_count": Cost(
        "max_parameters", np.max, lambda n: f"{format_count(round(n))} parameters"
    ),
    "file_size": Cost("max_file_size", np.max, lambda n: format_bytes(round(n))),
    "latency_ms": Cost("max_latency_ms", np.median, lambda ms: f"{format_time(ms)} ms per sample"),
}


def describe_misses(
    limits: Mapping[str, float],
    costs: Mapping[str, np.ndarray],
    score_name: str,
    scores: np.ndarray,
    params: Sequence[Any],
) -> str:
    """Say that no candidate is within the limits, and which came nearest."""
    budget = ", ".join(f"{COSTS[name].parameter}={limit:,.10g}" for name, limit in limits.items())
    scored = np.flatnonzero(~np.isnan(scores))
    n_failed = len(scores) - len(scored)
    if not len(scored):
        return (
            f"No candidate has a score, so none is within the budget of {budget}: the mean "
            f"{score_name} of all {n_failed} is NaN because fits or scorers failed; "
            "error_score='raise' shows why."
        )
    # How far beyond the limit that is exceeded most; what is unknown may be any amount.
    ratios = np.array([costs[name] / limit for name, limit in limits.items()])
    worst = np.nan_to_num(ratios, nan=np.inf).max(axis=0)
    nearest = sorted(scored, key=lambda i: (worst[i], -scores[i]))[:_N_MISSES]
    lines = [f"No candidate is within the budget of {budget}. The nearest of {len(scored)}:"]
    for i in map(int, nearest):
        excess = _describe_excess(limits, {name: cost[i] for name, cost in costs.items()})
        lines.append(f"  {score_name} {scores[i]:.4f}, {excess}: {_shortened(params[i])}")
    if n_failed:
        lines.append(f"{n_failed} more failed and have no score.")
    return "\n".join(lines)


def _describe_excess(limits: Mapping[str, float], costs: Mapping[str, float]) -> str:
    """By how much one candidate exceeds each limit that it does not keep."""
    words = []
    for name, limit in limits.items():
        cost = costs[name]
        if np.isnan(cost):
            words.append(f"{name} unknown")
        elif cost > limit:
            words.append(f"{COSTS[name].words(cost)} ({_beyond(cost / limit)})")
    return ", ".join(words)


def _beyond(ratio: float) -> str:
    if ratio >= 10:
        return f"{ratio:,.0f} times the limit"
    return f"{100 * (ratio - 1):.0f} % over" if ratio >= 1.01 else "less than 1 % over"


def _shortened(params: Any) -> str:
    text = " ".join(repr(params).split())
    return text if len(text) <= _MAX_PARAMS_LENGTH else f"{text[: _MAX_PARAMS_LENGTH - 2]} …"
