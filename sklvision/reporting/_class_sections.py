"""Sections of the report page about classes: recall, precision, confusions, calibration, labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sklvision.reporting._charts import Axis, Chart
from sklvision.reporting._classes import (
    format_calibration,
    format_doubt,
    format_interval_note,
    list_confusions,
    list_label_errors,
)
from sklvision.reporting._comparison import ClassReport, Details
from sklvision.reporting._formats import MISSING

# A confusion matrix of more classes is no longer read.
_MAX_CLASSES = 20
_MAX_CONFUSIONS = 15
_MAX_LABEL_ERRORS = 20

View = dict[str, Any]


def make_class_view(details: Details) -> View | None:
    """Collect the tables and charts of every classifier; the first ones are not folded."""
    if not details.classes:
        return None
    views = [_make_report_view(report) for report in details.classes]
    shown_first = [view for view in views if view["name"] in details.shown_first]
    return {
        "shown_first": shown_first,
        "others": [view for view in views if view not in shown_first],
        "note": format_interval_note(details.classes[0].scores),
        "has_calibration": any(view["calibration"] for view in shown_first),
        "without_probabilities": [view["name"] for view in views if not view["calibration"]],
    }


def _make_report_view(report: ClassReport) -> View:
    return {
        "name": report.name,
        "scores": _make_score_view(report.scores),
        "matrix": _make_confusion_view(report.name, report.counts),
        "calibration": None if report.reliability is None else _make_calibration_view(report),
    }


def _make_score_view(scores: pd.DataFrame) -> View:
    is_large = len(scores) > _MAX_CLASSES
    table = scores.sort_values("recall", kind="stable").head(_MAX_CLASSES) if is_large else scores
    rows = []
    for label, row in table.iterrows():
        cells = [_make_fraction(row, score) for score in ("recall", "precision")]
        rows.append({"label": label, "n_tests": f"{row['n_true']:,.0f}", "cells": cells})
    return {"rows": rows, "n_classes": len(scores), "is_large": is_large}


def _make_fraction(row: Any, score: str) -> View:
    value, low, high = row[score], row[f"{score}_low"], row[f"{score}_high"]
    return {
        "header": score,
        "text": f"{value:.3f}" if np.isfinite(value) else MISSING,
        "interval": f"{low:.3f} to {high:.3f}" if np.isfinite(low) else "",
    }


def make_confusion_views(confusions: Mapping[str, pd.DataFrame]) -> list[View]:
    """Format confusion matrices, or the most frequent confusions of many classes."""
    return [_make_confusion_view(name, counts) for name, counts in confusions.items()]


def _make_confusion_view(name: str, counts: pd.DataFrame) -> View:
    if len(counts) > _MAX_CLASSES:
        return _make_frequent_confusion_view(name, counts)
    return _make_matrix_view(name, counts)


def _make_matrix_view(name: str, counts: pd.DataFrame) -> View:
    rows = []
    for label, row in zip(counts.index, counts.to_numpy(), strict=True):
        percentages = 100 * row / max(row.sum(), 1)
        is_true = np.array([column == label for column in counts.columns])
        # Pale enough for the number on it to be legible.
        depths = np.where(is_true, 10 + 0.5 * percentages, 18 + 0.6 * percentages).clip(max=75)
        depths[row == 0] = 0
        cells = zip(row.tolist(), depths.tolist(), is_true.tolist(), strict=True)
        rows.append({"label": label, "cells": list(cells)})
    return {"name": name, "labels": list(counts.columns), "rows": rows}


def _make_frequent_confusion_view(name: str, counts: pd.DataFrame) -> View:
    confusions = list_confusions(counts)
    return {"name": name, "n_pairs": len(confusions), "pairs": confusions[:_MAX_CONFUSIONS]}


def _make_calibration_view(report: ClassReport) -> View:
    """Draw the reliability curve of the predicted label, with intervals and the diagonal."""
    axis = Axis(-0.03, 1.03, [0, 0.5, 1], ["0", "0.5", "1"])
    chart = Chart(
        axis,
        axis,
        210,
        x_title="probability of the predicted label",
        y_title="fraction that is right",
        description=f"Reliability curve of {report.name}",
    )
    chart.add_line([0, 1], [0, 1], "level")
    for mean, fraction, low, high, n_tests in report.reliability.to_numpy():  # type: ignore[union-attr]
        chart.add_line([mean, mean], [low, high], "bar")
        title = f"{n_tests:,.0f} samples: {mean:.3f}, right {fraction:.3f}"
        chart.add_point(mean, fraction, "net", title)
    return {"chart": chart, "sentence": format_calibration(report)}


def make_label_error_view(
    errors: pd.DataFrame | None, sample_names: Sequence[str] | None
) -> View | None:
    """List the samples whose label is probably wrong; None if there are none."""
    if errors is None or errors.empty:
        return None
    rows = [
        {
            "name": sample if sample_names is None else sample_names[sample],
            "label": label,
            "suggested": suggestion,
            "probabilities": [f"{value:.3f}" for value in probabilities],
        }
        for sample, label, suggestion, *probabilities in list_label_errors(
            errors, _MAX_LABEL_ERRORS
        )
    ]
    return {
        "rows": rows,
        "n_errors": len(errors),
        "n_tested": errors.attrs["n_tested"],
        "estimator": errors.attrs["estimator"],
        "doubt": format_doubt(errors),
    }
