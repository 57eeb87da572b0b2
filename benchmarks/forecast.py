"""Forecasts of learning curves whose continuation is known: coverage of their intervals.

    python -m benchmarks forecast

Each curve was measured at 12 sizes in equal ratios. A forecast with 90 % intervals is made from
the smaller six sizes and compared with the mean scores at the larger six, the last of which is 2
to 11 times the largest size that the forecast uses. Wide intervals would cover everything, so
their width is reported with the coverage; and the error of the forecast is reported with that of
"no gain from more samples", which is the last score that the forecast uses.

The priors of the forecast (see ``sklvision.model_selection._learning_curve.power_law``) were
chosen on the curves of even number, counted from 0 in the order of storage; those of odd number
are used only for this test. ``--measure`` measures the curves that are not stored.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from benchmarks._curves import Curve, measure_missing_curves, read_curves
from sklvision.model_selection import LearningForecast


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--measure", action="store_true", help="measure curves that are missing")
    parser.add_argument("--confidence", type=float, default=0.9, help="default: 0.9")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Forecast the second half of every curve from its first half."""
    if args.measure:
        measure_missing_curves()
    curves = read_curves()
    if not curves:
        raise SystemExit("No curves are stored. Run with --measure first.")
    comparisons = [compare_forecast(curve, args.confidence) for curve in curves]
    for comparison in comparisons:
        print(
            f"{comparison['curve']:58} last {comparison['last']:7.4f}, "
            f"measured {comparison['truth']:7.4f}, forecast {comparison['forecast']:7.4f} "
            f"({comparison['low']:7.4f} to {comparison['high']:7.4f})"
            f"{'' if comparison['inside'] else '  outside'}"
        )
    subsets = {
        "even: used to choose the priors": comparisons[::2],
        "odd: used only for this test": comparisons[1::2],
        "all": comparisons,
        "all that rise by .02 or more": [
            comparison for comparison in comparisons if comparison["naive error"] >= 0.02
        ],
    }
    rows = [
        {"curves": name, **summarize_comparisons(subset)}
        for name, subset in subsets.items()
        if subset
    ]
    return f"{args.confidence:.0%} intervals of the last six sizes, from the first six", rows


def compare_forecast(curve: Curve, confidence: float) -> dict[str, Any]:
    """Compare the forecast of one curve with the measured scores."""
    sizes, scores = np.array(curve["train_sizes"]), np.array(curve["scores"])
    half = len(sizes) // 2
    forecast = LearningForecast.from_scores(
        sizes[:half],
        scores[:half],
        best_score=0.0 if curve["scoring"].startswith("neg_") else 1.0,
        n_tested=curve["n_tested"],
        confidence=confidence,
    )
    compute_median, low, high = forecast.predict(sizes[half:])
    measured_scores, last_score = scores[half:].mean(axis=1), scores[half - 1].mean()
    is_inside = (low <= measured_scores) & (measured_scores <= high)
    return {
        "curve": f"{curve['data']}, {curve['model']}, {curve['scoring']}",
        "last": last_score,
        "truth": measured_scores[-1],
        "forecast": compute_median[-1],
        "low": low[-1],
        "high": high[-1],
        "inside": bool(is_inside[-1]),
        "points inside": is_inside,
        "width": high[-1] - low[-1],
        "error": abs(compute_median[-1] - measured_scores[-1]),
        "naive error": abs(last_score - measured_scores[-1]),
    }


def summarize_comparisons(comparisons: list[dict[str, Any]]) -> dict[str, object]:
    """Compute coverage, and median widths and errors at the largest size."""

    def compute_median(name: str) -> float:
        return round(float(np.median([comparison[name] for comparison in comparisons])), 4)

    is_inside = np.array([comparison["points inside"] for comparison in comparisons])
    return {
        "n": len(comparisons),
        "largest size inside": round(float(is_inside[:, -1].mean()), 3),
        "all sizes inside": round(float(is_inside.all(axis=1).mean()), 3),
        "points inside": round(float(is_inside.mean()), 3),
        "median width": compute_median("width"),
        "median error": compute_median("error"),
        "of the last score seen": compute_median("naive error"),
    }
