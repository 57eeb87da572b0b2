"""Sections of the report page as plain values, which templates lay out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sklvision.reporting._charts import (
    Axis,
    Chart,
    make_interval,
    make_linear_axis,
    make_log_axis,
    make_strip,
)
from sklvision.reporting._comparison import Comparison, ForecastCurve, RobustnessCurves
from sklvision.reporting._formats import MISSING, format_number, format_p, format_time
from sklvision.reporting._text import format_log_loss_note, format_summary

_N_COLORS = 6
_LONGEST_VALUE = 40

View = dict[str, Any]


def make_summary_view(comparison: Comparison) -> View:
    """List all estimators, the best first, with the score of every fold as dots."""
    headers, texts = format_summary(comparison)
    scores = comparison.first_scores
    axis = _find_common_axis(scores)
    rows = []
    for name, cells in zip(comparison.summary.index, texts, strict=True):
        values = scores.loc[name].to_numpy()
        folds = ", ".join(format_number(value) for value in values)
        rows.append(
            {
                "name": cells[0],
                "is_baseline": name in comparison.baselines,
                "strip": make_strip(values, axis, f"{cells[0]}: {folds}"),
                "cells": [
                    dict(zip(("header", "text", "deviation"), (header, *_split(text)), strict=True))
                    for header, text in zip(headers[1:], cells[1:], strict=True)
                ],
            }
        )
    scale = [f"{axis[0]:.3f}", f"{comparison.score} by fold", f"{axis[1]:.3f}"]
    notes = format_log_loss_note(comparison)
    return {"headers": headers[1:], "rows": rows, "scale": scale, "notes": notes}


def _split(text: str) -> tuple[str, str]:
    """Split a mean from its standard deviation, if there is one."""
    mean, _, deviation = text.partition(" ± ")
    return mean, deviation


def _find_common_axis(scores: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the dots' axis; the majority class would squeeze all others together."""
    names = [name for name in scores.index if name != "majority class"] or list(scores.index)
    values = scores.loc[names].to_numpy()
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    margin = 0.05 * (high - low) or 0.01
    is_fraction = low >= 0 and high <= 1  # most scores end at 1: so does their axis
    return low - margin, min(high + margin, 1.0) if is_fraction else high + margin


def make_difference_view(comparison: Comparison) -> View | None:
    """List every estimator against the reference, with intervals."""
    frame = comparison.differences
    if frame is None or frame.empty:
        return None
    unit, factor = comparison.unit
    ends = frame[["difference", "low", "high"]].to_numpy()
    values = np.append(ends[np.isfinite(ends)], 0.0)
    margin = 0.05 * (values.max() - values.min()) or 0.01
    axis = values.min() - margin, values.max() + margin
    level = 1 - frame.attrs["confidence"]
    rows = []
    for name, row in frame.iterrows():
        mean, low, high = row["difference"], row["low"], row["high"]
        is_tested = np.isfinite(low)
        difference = f"{factor * mean:+.2f}" if np.isfinite(mean) else MISSING
        interval = f"{factor * low:+.2f} to {factor * high:+.2f}" if is_tested else MISSING
        p_value = format_p(row["p_holm"], level).removeprefix("p ").removeprefix("= ")
        rows.append(
            {
                "name": name,
                "chart": make_interval(mean, low, high, axis, f"{name}: {difference}, {interval}"),
                "difference": difference,
                "interval": interval,
                "p_value": p_value if is_tested else MISSING,
                "verdict": row["verdict"],
            }
        )
    return {
        "reference": frame.attrs["reference"],
        "interval": f"{100 * frame.attrs['confidence']:.0f} % interval",
        "unit": unit,
        "rows": rows,
        "scale": [f"{factor * axis[0]:+.1f}", f"difference in {unit}", f"{factor * axis[1]:+.1f}"],
    }


def make_tradeoff_view(comparison: Comparison) -> View | None:
    """Draw score against prediction time, and list the steps of the Pareto front."""
    score, cost = comparison.score, "predict_ms_per_sample"
    frame = comparison.summary
    frame = frame[frame[f"mean_{score}"].notna() & (frame[cost] > 0)]
    front = comparison.tradeoffs
    if len(frame) < 2 or front.empty:
        return None
    candidates = frame[frame.index != "majority class"]
    # It would squeeze the candidates together where all of them are better, as they usually are.
    lowest = candidates[f"mean_{score}"].min()
    if len(candidates) > 1 and (frame[f"mean_{score}"].drop(candidates.index) < lowest).all():
        frame = candidates
    means = frame[f"mean_{score}"].to_numpy(dtype=float)
    times = frame[cost].to_numpy(dtype=float)
    chart = Chart(
        make_log_axis(times),
        make_linear_axis(means, is_bounded=means.min() >= 0),
        280,
        x_title="milliseconds per predicted sample, whole test set at once (logarithmic)",
        y_title=f"mean {score}",
        description=f"{score} against time of prediction",
    )
    steps = front[front.index.isin(frame.index)]
    xs, ys = steps[cost].tolist(), steps[score].tolist()
    for i in range(len(xs) - 1):
        chart.add_line([xs[i], xs[i + 1], xs[i + 1]], [ys[i], ys[i], ys[i + 1]], "front")
    for name, time, mean in zip(frame.index, times, means, strict=True):
        kind = "base" if name in comparison.baselines else "net"
        chart.add_point(time, mean, kind, f"{name}: {mean:.4f}, {format_time(time)} ms")
    chart.add_labels(list(zip(times, means, map(str, frame.index), strict=True)))
    unit, factor = comparison.unit
    rows = [
        {
            "name": name,
            "mean": f"{row[score]:.4f}",
            "time": format_time(row[cost]),
            "gain": f"{factor * row['gain']:+.2f}" if i else MISSING,
            "added_time": format_time(row["added_cost"]) if i else MISSING,
            "gain_per_time": f"{factor * row['gain_per_cost']:,.3g}" if i else MISSING,
        }
        for i, (name, row) in enumerate(front.iterrows())
    ]
    return {"chart": chart, "unit": unit, "rows": rows}


def make_robustness_view(curves: RobustnessCurves | None) -> View | None:
    """Draw scores by severity, one small chart for each corruption."""
    if curves is None:
        return None
    frame = curves.scores
    names = list(dict.fromkeys(frame["estimator"]))
    scores = frame["score"].to_numpy(dtype=float)
    scores = scores[np.isfinite(scores)]
    scores = scores if scores.size else np.zeros(1)
    y_axis = make_linear_axis(scores, is_bounded=scores.min() >= 0)
    x_axis = Axis(-0.03, 1.03, [0, 0.5, 1], ["0", "0.5", "1"])
    panels = []
    for corruption, rows in frame.groupby("corruption", sort=False):
        title = str(corruption).replace("_", " ")
        chart = Chart(
            x_axis,
            y_axis,
            170,
            x_title="severity",
            y_title=curves.meanings.get(str(corruption), ""),
            description=f"{title} by severity",
        )
        for i, name in enumerate(names):
            line = rows[rows["estimator"] == name]
            kind = f"series{i % _N_COLORS}"
            chart.add_line(line["severity"].tolist(), line["score"].tolist(), kind)
        panels.append((title, chart))
    legend = [(name, f"series{i % _N_COLORS}") for i, name in enumerate(names)]
    return {"curves": curves, "legend": legend, "panels": panels}


def make_forecast_views(forecasts: Mapping[str, ForecastCurve]) -> list[View]:
    """Draw learning curves with their continuation."""
    return [_make_forecast_view(name, curve) for name, curve in forecasts.items()]


def _make_forecast_view(name: str, curve: ForecastCurve) -> View:
    values = np.concatenate([curve.low, curve.high, curve.mean_scores])
    chart = Chart(
        make_log_axis(curve.sizes),
        make_linear_axis(values, is_bounded=values.min() >= 0),
        240,
        x_title="training samples (logarithmic)",
        y_title=curve.score_name,
        description="score against number of training samples",
    )
    chart.add_line(curve.sizes.tolist(), curve.forecast.tolist(), "series0")
    for edge in (curve.low, curve.high):
        chart.add_line(curve.sizes.tolist(), edge.tolist(), "band")
    for size, mean in zip(curve.train_sizes, curve.mean_scores, strict=True):
        chart.add_point(size, mean, "net", f"{size:,.0f} samples: {mean:.4f}")
    return {"name": name, "sentences": curve.sentences, "chart": chart}


def make_choice_views(choices: pd.DataFrame) -> list[View]:
    """List the parameters that searches chose, fold by fold."""
    if choices.empty:
        return []
    tables = []
    for name, rows in choices.groupby(level="estimator", sort=False):
        columns = rows.dropna(axis=1, how="all")
        tables.append(
            {
                "name": name,
                "folds": [split for _, split in columns.index],
                "rows": [(column, [_shorten(v) for v in columns[column]]) for column in columns],
            }
        )
    return tables


def _shorten(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def make_fold_views(comparison: Comparison) -> list[View]:
    """List every score of every fold."""
    return [
        {
            "score": score,
            "folds": list(table.columns),
            "rows": [
                (name, [format_number(value) for value in table.loc[name]])
                for name in comparison.summary.index
            ],
        }
        for score, table in comparison.scores.items()
    ]
