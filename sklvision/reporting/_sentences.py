"""Conclusions from a comparison in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sklvision.reporting._comparison import Comparison
from sklvision.reporting._formats import format_p, format_time


def format_conclusions(comparison: Comparison) -> list[str]:
    """Write the differences, their price and the failures as sentences."""
    failures = _format_failures(comparison)
    differences = comparison.differences
    if differences is None:
        message = f"No conclusion: no estimator has its {comparison.score} in every fold."
        return [message, *failures]
    if differences.empty:
        return [f"{differences.attrs['reference']} was compared with nothing.", *failures]
    return [
        _format_best(comparison, differences),
        *_format_others(differences),
        *_format_price(comparison),
        *failures,
    ]


def _format_best(comparison: Comparison, differences: pd.DataFrame) -> str:
    """Compare the best estimator with the reference."""
    best, row = str(differences.index[0]), differences.iloc[0]
    score, reference = differences.attrs["score"], differences.attrs["reference"]
    rival = f"{reference}, {_describe_role(comparison, reference)}"
    unit, factor = comparison.unit
    mean, low, high = (factor * row[column] for column in ("difference", "low", "high"))
    if row["verdict"] == "not tested":
        if np.isnan(mean):
            return f"No conclusion: {best} has no {score} in some folds."
        place = (
            "in a single fold, which may be chance" if comparison.n_splits == 1 else "on average"
        )
        return f"{best} scored {mean:+.2f} {unit} of {score} against {rival}, {place}."
    scores = comparison.first_scores
    n_higher = int((scores.loc[best] > scores.loc[reference]).sum())
    interval = f"{100 * differences.attrs['confidence']:.0f} % interval"
    n_tests = int(differences["p_holm"].notna().sum())
    correction = f" after Holm's correction for {n_tests}" if n_tests > 1 else ""
    p_value = format_p(row["p_holm"], 1 - differences.attrs["confidence"])
    test = (
        f"corrected resampled t-test, {p_value}{correction}; "
        f"higher in {n_higher} of {comparison.n_splits} folds"
    )
    if row["verdict"] == "better":
        return (
            f"{best} beats {rival}, by {low:.2f} to {high:.2f} {unit} of {score} "
            f"({interval}; {test})."
        )
    if row["verdict"] == "worse":
        return (
            f"{rival}, beats {best}, the best of the others, by {-high:.2f} to {-low:.2f} {unit} "
            f"of {score} ({interval}; {test})."
        )
    return (
        f"No difference shown between {best} and {rival}: {mean:+.2f} {unit} of {score} on "
        f"average ({interval} {low:+.2f} to {high:+.2f}; {test})."
    )


def _format_others(differences: pd.DataFrame) -> list[str]:
    """List the verdicts on all but the best."""
    verdicts = differences["verdict"].iloc[1:]
    reference = differences.attrs["reference"]
    texts = {
        "better": f"Also better than {reference}",
        "no difference shown": f"No difference from {reference} shown",
        "worse": f"Worse than {reference}",
    }
    sentences = [
        f"{text}: {', '.join(map(str, verdicts.index[verdicts == verdict]))}."
        for verdict, text in texts.items()
        if (verdicts == verdict).any()
    ]
    return [" ".join(sentences)] if sentences else []


def _format_price(comparison: Comparison) -> list[str]:
    """Compare the highest score with the next cheaper one on the Pareto front."""
    front = comparison.tradeoffs
    if len(front) < 2 or front.index[-1] in comparison.baselines:
        return []
    best, cheaper = front.index[-1], front.index[-2]
    fast, slow = front["predict_ms_per_sample"].iloc[[-2, -1]]
    unit, factor = comparison.unit
    gain = factor * front["gain"].iloc[-1]
    return [
        f"Against {cheaper}, {best} gains {gain:.2f} {unit} for {format_time(slow - fast)} ms more "
        f"per predicted sample ({format_time(slow)} instead of {format_time(fast)})."
    ]


def _format_failures(comparison: Comparison) -> list[str]:
    sentences = []
    for failure in comparison.failures:
        reason = (
            f", whose {comparison.score} is not a number there"
            if failure.error is None
            else f": {failure.error}"
        )
        result = "Left out"
        if failure.replacement is not None:
            result = f"Counted as {failure.replacement:g} where it failed"
        sentences.append(
            f"{result}: {failure.name} failed in {failure.n_folds} of {comparison.n_splits} "
            f"folds{reason}"
        )
    return sentences


def _describe_role(comparison: Comparison, reference: str) -> str:
    if reference not in comparison.baselines:
        return "the best of all"
    return "the best of the baselines" if len(comparison.baselines) > 1 else "the baseline"
