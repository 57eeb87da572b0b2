"""Forecasts of learning curves whose continuation is known: how often their intervals hold it.

    python -m benchmarks forecast

Each curve has been measured at 12 sizes in equal ratios. A forecast is made of the smaller six,
at 90 %, and compared with the means measured at the larger six, of which the last is 2 to 11
times as large as any that the forecast has seen. Wide intervals would hold everything: so their
width stands beside the coverage, and the error of the forecast beside that of "no gain from more
samples", which is the last score seen.

The priors of the forecast (see ``sklvision.model_selection._learning_curve.power_law``) were
chosen on the curves of even number, counted from 0 as they are stored; those of odd number had
no part in it and judge. ``--measure`` measures the curves that are not stored.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from benchmarks._curves import Curve, measure, stored
from sklvision.model_selection import LearningForecast


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--measure", action="store_true", help="measure curves that are missing")
    parser.add_argument("--confidence", type=float, default=0.9, help="default: 0.9")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Forecast the second half of every curve from its first."""
    if args.measure:
        measure()
    curves = stored()
    if not curves:
        raise SystemExit("There are no curves yet: run with --measure.")
    judged = [judge(curve, args.confidence) for curve in curves]
    for one in judged:
        print(
            f"{one['curve']:58} seen to {one['last']:7.4f}, truth {one['truth']:7.4f}, forecast "
            f"{one['forecast']:7.4f} ({one['low']:7.4f} to {one['high']:7.4f})"
            f"{'' if one['inside'] else '  outside'}"
        )
    parts = {
        "even: priors chosen on them": judged[::2],
        "odd: judged only": judged[1::2],
        "all": judged,
        "all that rise by .02 or more": [one for one in judged if one["naive error"] >= 0.02],
    }
    rows = [{"curves": name, **summarize(part)} for name, part in parts.items() if part]
    return f"{args.confidence:.0%} intervals of the last six sizes, from the first six", rows


def judge(curve: Curve, confidence: float) -> dict[str, Any]:
    """One forecast beside what was measured."""
    sizes, scores = np.array(curve["train_sizes"]), np.array(curve["scores"])
    half = len(sizes) // 2
    forecast = LearningForecast.from_scores(
        sizes[:half],
        scores[:half],
        best_score=0.0 if curve["scoring"].startswith("neg_") else 1.0,
        n_tested=curve["n_tested"],
        confidence=confidence,
    )
    median, low, high = forecast.predict(sizes[half:])
    truth, last = scores[half:].mean(axis=1), scores[half - 1].mean()
    inside = (low <= truth) & (truth <= high)
    return {
        "curve": f"{curve['data']}, {curve['model']}, {curve['scoring']}",
        "last": last,
        "truth": truth[-1],
        "forecast": median[-1],
        "low": low[-1],
        "high": high[-1],
        "inside": bool(inside[-1]),
        "points inside": inside,
        "width": high[-1] - low[-1],
        "error": abs(median[-1] - truth[-1]),
        "naive error": abs(last - truth[-1]),
    }


def summarize(judged: list[dict[str, Any]]) -> dict[str, object]:
    """Shares of what lies inside, and medians of widths and errors at the largest size."""

    def median(name: str) -> float:
        return round(float(np.median([one[name] for one in judged])), 4)

    return {
        "n": len(judged),
        "largest size inside": round(float(np.mean([one["inside"] for one in judged])), 3),
        "all sizes inside": round(
            float(np.mean([one["points inside"].all() for one in judged])), 3
        ),
        "points inside": round(float(np.mean([one["points inside"] for one in judged])), 3),
        "median width": median("width"),
        "median error": median("error"),
        "of the last score seen": median("naive error"),
    }
