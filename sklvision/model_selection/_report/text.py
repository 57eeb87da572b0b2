"""The comparison in plain text and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklvision.model_selection._report.conclusion import conclude
from sklvision.model_selection._report.formats import (
    format_bytes,
    format_count,
    format_score,
    format_time,
)

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult


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
            *conclude(result),
        ]
    )


def render_markdown(result: ComparisonResult) -> str:
    """The table in Markdown, baselines in italics, and what follows from it."""
    headers, rows = summary_rows(result)
    names = list(result.to_frame().index)
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)]]
    for name, row in zip(names, rows, strict=True):
        first = row[0].replace("|", "\\|")
        lines.append([f"*{first}*" if name in result.baselines else first, *row[1:]])
    table = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([*table, "", *conclude(result)]) + "\n"


def _align(cells: list[str], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([first, *rest])
