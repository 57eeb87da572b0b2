"""Recall, precision, confusions and calibration by class, in text."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sklvision.reporting._comparison import ClassReport
from sklvision.reporting._formats import MISSING
from sklvision.reporting._text import align_table

# More classes make no table that fits a terminal.
_MAX_CLASSES = 12
_MAX_CONFUSIONS = 10
_MAX_LABEL = 16
# Where more of the labels are doubtful, the doubt is about the classifier.
_MOST_DOUBTFUL = 0.1


class Confusion(NamedTuple):
    """Samples of one class that got the label of another."""

    true: object
    predicted: object
    n_samples: int


def list_confusions(counts: pd.DataFrame) -> list[Confusion]:
    """List the confusions, the most frequent first."""
    table = counts.to_numpy()
    confusions = [
        Confusion(counts.index[i], counts.columns[j], int(table[i, j]))
        for i, j in zip(*table.nonzero(), strict=True)
        if counts.index[i] != counts.columns[j]
    ]
    return sorted(confusions, key=lambda confusion: -confusion.n_samples)


def format_fraction(value: float, low: float, high: float) -> str:
    """Format a fraction with its interval, if there is one."""
    if not np.isfinite(value):
        return MISSING
    interval = f" ({low:.3f} to {high:.3f})" if np.isfinite(low) else ""
    return f"{value:.3f}{interval}"


def format_interval_note(scores: pd.DataFrame) -> str:
    """Describe the method of the intervals, or the reason why there are none."""
    if scores.attrs.get("is_grouped"):
        return "Without error bounds: samples of one group are not independent."
    percentage = 100 * scores.attrs.get("confidence", 0.95)
    return f"Intervals: {percentage:.0f} %, by Wilson's method for independent samples."


def format_class_rows(scores: pd.DataFrame) -> list[list[str]]:
    """Format label, number of samples, recall and precision of every class."""
    return [
        [
            str(label),
            f"{row['n_true']:,.0f}",
            *(
                format_fraction(row[score], row[f"{score}_low"], row[f"{score}_high"])
                for score in ("recall", "precision")
            ),
        ]
        for label, row in scores.iterrows()
    ]


def format_calibration(report: ClassReport) -> str:
    """Compare the mean probability of the predicted labels with the fraction that is right."""
    curve = report.reliability
    if curve is None:
        return f"Calibration: {report.name} predicts no probabilities."
    weights = curve["n_tests"] / curve["n_tests"].sum()
    gaps = (curve["mean_probability"] - curve["fraction"]).abs()
    gap = float((gaps * weights).sum())
    mean, fraction, low, high = (
        curve.attrs[key] for key in ("mean_probability", "fraction", "low", "high")
    )
    interval = f" ({low:.3f} to {high:.3f})" if np.isfinite(low) else ""
    verdict = "too high" if mean > high else "too low" if mean < low else ""
    conclusion = f" The probabilities are {verdict} on average." if verdict else ""
    return (
        f"Calibration: the predicted label has a probability of {mean:.3f} on average, and is "
        f"right in {fraction:.3f}{interval} of the tests; by bins they differ by {gap:.3f}."
        f"{conclusion}"
    )


def render_class_report(report: ClassReport) -> str:
    """Render tables of recall, precision and confusions, and a sentence on calibration."""
    scores, counts = report.scores, report.counts
    is_large = len(scores) > _MAX_CLASSES
    # A stable sort: classes of equal recall stay in their order.
    table = scores.sort_values("recall", kind="stable").head(_MAX_CLASSES) if is_large else scores
    title = f"{report.name} by class, out of fold"
    if is_large:
        title += f" ({_MAX_CLASSES} of {len(scores)} classes, of the lowest recall)"
    rows = [[_shorten(row[0]), *row[1:]] for row in format_class_rows(table)]
    lines: list[str] = [
        title,
        "",
        *align_table(["label", "tested", "recall", "precision"], rows),
        "",
        format_interval_note(scores),
        "",
        *(_render_confusions(counts) if is_large else _render_matrix(counts)),
    ]
    return "\n".join([*lines, "", format_calibration(report)])


def _render_matrix(counts: pd.DataFrame) -> list[str]:
    headers = ["true \\ predicted", *(_shorten(str(label)) for label in counts.columns)]
    rows = [
        [_shorten(str(label)), *(f"{count:,}" if count else "·" for count in row)]
        for label, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    ]
    return align_table(headers, rows)


def _render_confusions(counts: pd.DataFrame) -> list[str]:
    confusions = list_confusions(counts)
    if not confusions:
        return ["No sample got the label of another class."]
    rows = [
        [_shorten(str(pair.true)), _shorten(str(pair.predicted)), f"{pair.n_samples:,}"]
        for pair in confusions[:_MAX_CONFUSIONS]
    ]
    title = f"The most frequent of {len(confusions)} confusions:"
    return [title, *align_table(["true", "predicted", "samples"], rows, n_left=2)]


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"


def list_label_errors(errors: pd.DataFrame, n_most: int) -> list[tuple[Any, ...]]:
    """List sample, label, suggestion and their probabilities, each in its own type."""
    columns = ["sample", "label", "suggested", "label_probability", "suggested_probability"]
    return list(zip(*(errors[name].head(n_most).tolist() for name in columns), strict=True))


def format_doubt(errors: pd.DataFrame) -> str | None:
    """Describe the doubt about a classifier that contradicts very many labels."""
    if len(errors) <= _MOST_DOUBTFUL * errors.attrs["n_tested"]:
        return None
    return "so many that the classes overlap, or the classifier is weak"


def render_label_errors(errors: pd.DataFrame, names: list[str], *, n_most: int = 10) -> list[str]:
    """Render the samples whose label is probably wrong.

    Parameters
    ----------
    errors : DataFrame
        Doubtful labels, with the ``estimator`` and ``n_tested`` as attributes.
    names : list of str
        Name of every sample, such as its file.
    n_most : int, default=10
        Number of samples to list.

    Returns
    -------
    lines : list of str
        A sentence, and a table if there are any.
    """
    n_tested, name = errors.attrs["n_tested"], errors.attrs["estimator"]
    source = f"by out-of-fold probabilities of {name}"
    if errors.empty:
        return [f"No label of {n_tested:,} seems wrong ({source})."]
    if (note := format_doubt(errors)) is not None:
        return [
            f"{len(errors):,} of {n_tested:,} labels contradict the out-of-fold probabilities of "
            f"{name}, {note}."
        ]
    count = f"{len(errors):,} of {n_tested:,} labels are probably wrong ({source})"
    rows = [
        [names[sample], str(label), str(suggestion), *(f"{value:.3f}" for value in probabilities)]
        for sample, label, suggestion, *probabilities in list_label_errors(errors, n_most)
    ]
    headers = ["sample", "label", "suggested", "p of label", "p of suggested"]
    part = f"; the {n_most} most doubtful" if len(errors) > n_most else ""
    return [f"{count}{part}:", "", *align_table(headers, rows, n_left=3)]
