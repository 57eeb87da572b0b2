"""What follows from a comparison, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sklvision.model_selection._report.formats import format_p, format_time
from sklvision.model_selection._tables import best_baseline

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult


def conclude(result: ComparisonResult) -> list[str]:
    """Say in sentences what was shown, what it costs, and who failed."""
    score = result.score_names[0]
    failed = _tell_failures(result, score)
    reference = best_baseline(result, score)
    if reference is None:
        return [f"No conclusion: no estimator has its {score} in every fold.", *failed]
    differences = result.differences(score)
    if differences.empty:
        return [f"{reference} was compared with nothing.", *failed]
    unit, factor = unit_of(result.scores(score).to_numpy())
    sentences = [
        _tell_best(result, differences, unit, factor),
        *_tell_others(differences),
        *_tell_price(result, score, unit, factor),
        *failed,
    ]
    return sentences


def _tell_best(
    result: ComparisonResult, differences: pd.DataFrame, unit: str, factor: float
) -> str:
    """The best estimator against the reference."""
    best, row = str(differences.index[0]), differences.iloc[0]
    score, reference = differences.attrs["score"], differences.attrs["reference"]
    rival = f"{reference}, {_role(result, reference)}"
    mean, low, high = (factor * row[column] for column in ("difference", "low", "high"))
    if row["verdict"] == "not tested":
        how = "in a single fold, which shows nothing" if len(result.splits) == 1 else "on average"
        if np.isnan(mean):
            return f"No conclusion: {best} has no {score} in some folds."
        return f"{best} scored {mean:+.2f} {unit} of {score} against {rival}, {how}."
    table = result.scores(score)
    higher = int((table.loc[best] > table.loc[reference]).sum())
    interval = f"{100 * differences.attrs['confidence']:.0f} % interval"
    n_tests = int(differences["p_holm"].notna().sum())
    how = (
        f"corrected resampled t-test, {format_p(row['p_holm'])}{_for_several(n_tests)}; "
        f"higher in {higher} of {len(result.splits)} folds"
    )
    if row["verdict"] == "better":
        return (
            f"{best} beats {rival}, by {low:.2f} to {high:.2f} {unit} of {score} "
            f"({interval}; {how})."
        )
    if row["verdict"] == "worse":
        return (
            f"{rival}, beats {best}, the best of the others, by {-high:.2f} to {-low:.2f} {unit} "
            f"of {score} ({interval}; {how})."
        )
    return (
        f"No difference shown between {best} and {rival}: {mean:+.2f} {unit} of {score} on "
        f"average ({interval} {low:+.2f} to {high:+.2f}; {how})."
    )


def _tell_others(differences: pd.DataFrame) -> list[str]:
    """The verdicts on all but the best."""
    rest = differences["verdict"].iloc[1:]
    reference = differences.attrs["reference"]
    words = {
        "better": f"Also better than {reference}",
        "no difference shown": f"No difference from {reference} shown",
        "worse": f"Worse than {reference}",
    }
    told = [
        f"{text}: {', '.join(map(str, rest.index[rest == verdict]))}."
        for verdict, text in words.items()
        if (rest == verdict).any()
    ]
    return [" ".join(told)] if told else []


def _tell_price(result: ComparisonResult, score: str, unit: str, factor: float) -> list[str]:
    """What the highest score costs at prediction over the next cheaper one."""
    front = result.tradeoffs(score)
    if len(front) < 2 or front.index[-1] in result.baselines:
        return []
    best, cheaper = front.index[-1], front.index[-2]
    fast, slow = front["predict_ms_per_sample"].iloc[[-2, -1]]
    gain = factor * front["gain"].iloc[-1]
    return [
        f"Against {cheaper}, {best} gains {gain:.2f} {unit} for {format_time(slow - fast)} ms more "
        f"per predicted sample ({format_time(slow)} instead of {format_time(fast)})."
    ]


def _tell_failures(result: ComparisonResult, score: str) -> list[str]:
    """Who has no score in some folds, and why."""
    folds = result.folds
    missing = folds[folds[f"test_{score}"].isna()]
    told = []
    for name, rows in missing.groupby("estimator", sort=False):
        errors = list(rows["error"].dropna()) if "error" in rows else []
        why = f": {errors[0]}" if len(errors) else f", whose {score} is not a number there"
        told.append(f"Left out: {name} failed in {len(rows)} of {len(result.splits)} folds{why}")
    return told


def _role(result: ComparisonResult, reference: str) -> str:
    if reference not in result.baselines:
        return "the best of all"
    return "the best of the baselines" if len(result.baselines) > 1 else "the baseline"


def _for_several(n: int) -> str:
    return f" after Holm's correction for {n}" if n > 1 else ""


def unit_of(scores: np.ndarray) -> tuple[str, float]:
    """What differences are told in, and the factor that takes them there."""
    seen = scores[np.isfinite(scores)]
    within_unit = seen.size > 0 and seen.min() >= 0 and seen.max() <= 1
    return ("percentage points", 100.0) if within_unit else ("units", 1.0)
