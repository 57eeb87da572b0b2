"""The comparison in plain text and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult

MISSING = "–"


def format_score(mean: float, std: float) -> str:
    """A mean and its spread over folds, to four decimals."""
    return MISSING if np.isnan(mean) else f"{mean:.4f} ± {std:.4f}"


def format_time(value: float) -> str:
    """Two or three significant digits, without an exponent."""
    if np.isnan(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    decimals = next((d for d, least in enumerate((100, 10, 1, 0.01, 0.001)) if value >= least), 5)
    return f"{value:,.{decimals}f}"


def format_count(value: Any) -> str:
    """An integer with thousands apart."""
    return MISSING if pd.isna(value) else f"{value:,}"


def format_bytes(value: Any) -> str:
    """Bytes in the decimal unit that suits them."""
    if pd.isna(value):
        return MISSING
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return (
                f"{value / size:.3g} {unit}"
                if value < 999.5 * size
                else f"{value / size:.0f} {unit}"
            )
    return f"{value} B"


def summary_rows(result: ComparisonResult) -> tuple[list[str], list[list[str]]]:
    """Headers and formatted cells, one row per estimator, the best first."""
    headers = ["estimator", *result.score_names, "fit s", "predict ms/sample", "parameters", "size"]
    rows = []
    for name, row in result.to_frame().iterrows():
        scores = [format_score(row[f"mean_{s}"], row[f"std_{s}"]) for s in result.score_names]
        rows.append(
            [
                " ".join(str(name).split()),
                *scores,
                format_time(row["fit_seconds"]),
                format_time(row["predict_ms_per_sample"]),
                format_count(row["n_parameters"]),
                format_bytes(row["pickled_bytes"]),
            ]
        )
    return headers, rows


def render_text(result: ComparisonResult) -> str:
    """An aligned table, a line that explains it, and what follows from it."""
    headers, rows = summary_rows(result)
    names = list(result.to_frame().index)
    for name, row in zip(names, rows, strict=True):
        row[0] = f"{row[0]} *" if name in result.baselines else row[0]
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [_align(headers, widths), "  ".join("─" * width for width in widths)]
    lines += [_align(row, widths) for row in rows]
    star = "* simple baseline; " if result.baselines else ""
    n_splits = len(result.splits)
    return "\n".join(
        [
            f"{len(rows)} classifiers on the same {n_splits} folds of "
            f"{result.description['Samples'].partition(',')[0]} samples",
            "",
            *lines,
            "",
            f"{star}score: mean ± standard deviation over folds; fit s: mean per fold",
            "",
            conclude(result),
        ]
    )


def _align(cells: list[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([first, *rest])


def conclude(result: ComparisonResult) -> str:
    """Say in a sentence whether the best candidate was better than the best baseline.

    Only what was seen on these folds is said: no test is made here.
    """
    score = result.score_names[0]
    table = result.scores(score)
    means = table.mean(axis=1, skipna=False)
    if means.isna().any():
        return f"No conclusion: {score} is not a number for {list(means.index[means.isna()])}."
    ranked = list(means.sort_values(ascending=False, kind="stable").index)
    baselines = [name for name in ranked if name in result.baselines]
    others = [name for name in ranked if name not in result.baselines]
    if baselines and others:
        best, rival = others[0], baselines[0]
        role = (
            f"{rival}, the best of the baselines"
            if len(baselines) > 1
            else f"{rival}, the baseline"
        )
    elif len(ranked) > 1:
        best, rival = ranked[:2]
        role = f"{rival}, the next best"
    else:
        return f"{ranked[0]} was compared with nothing."
    differences = (table.loc[best] - table.loc[rival]).to_numpy()
    mean = differences.mean()
    return (
        f"{best} scored {'higher' if mean > 0 else 'no higher'} on average than {role}: mean "
        f"difference {_amount(mean, table.to_numpy())} of {score}, "
        f"higher in {int((differences > 0).sum())} of {len(differences)} folds. "
        "This describes these folds; it is no test of significance."
    )


def _amount(difference: float, scores: np.ndarray) -> str:
    within_unit = scores.min() >= 0 and scores.max() <= 1
    return f"{100 * difference:+.2f} percentage points" if within_unit else f"{difference:+.4f}"
