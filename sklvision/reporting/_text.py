"""Tables in plain text and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from sklvision.reporting._comparison import Comparison
from sklvision.reporting._formats import (
    MISSING,
    format_bytes,
    format_count,
    format_number,
    format_score,
    format_time,
)
from sklvision.reporting._sentences import format_conclusions


def align_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, n_left: int = 1
) -> list[str]:
    """Align the columns of a text table; the first ``n_left`` to the left, others to the right."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < n_left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [headers, ["─" * width for width in widths], *rows]
    ]


def format_markdown_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, n_left: int = 1
) -> list[str]:
    """Format a Markdown table; the first ``n_left`` columns are aligned to the left."""
    rule = [*["---"] * n_left, *["---:"] * (len(headers) - n_left)]
    return [
        f"| {' | '.join(cell.strip().replace('|', chr(92) + '|') for cell in row)} |"
        for row in [headers, rule, *rows]
    ]


def format_summary(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Format the headers and cells of the summary, one row per estimator."""
    losses = comparison.log_losses
    headers = ["estimator", *comparison.scores, *(["log loss"] if losses is not None else [])]
    headers += ["fit s", "predict ms/sample", "parameters", "size"]
    rows = []
    for name, row in comparison.summary.iterrows():
        scores = [format_score(row[f"mean_{s}"], row[f"std_{s}"]) for s in comparison.scores]
        rows.append(
            [
                " ".join(str(name).split()),
                *scores,
                *([format_number(float(row["log_loss"]))] if losses is not None else []),
                format_time(row["fit_seconds"]),
                format_time(row["predict_ms_per_sample"]),
                format_count(row["n_parameters"]),
                format_bytes(row["pickled_bytes"]),
            ]
        )
    return headers, rows


def format_log_loss_note(comparison: Comparison) -> list[str]:
    """Describe the log loss, and name the classifiers that have none."""
    losses = comparison.log_losses
    if losses is None:
        return []
    failures = {failure.name for failure in comparison.failures}  # reported in a sentence
    names = [str(name) for name in losses.index[losses.isna()] if str(name) not in failures]
    exceptions = f"; {MISSING} without probabilities: {', '.join(names)}" if names else ""
    return [f"log loss: of the probabilities, mean over folds, lower is better{exceptions}"]


def render_text(comparison: Comparison) -> str:
    """Render an aligned table, its legend and the conclusions."""
    headers, rows = format_summary(comparison)
    for name, row in zip(comparison.names, rows, strict=True):
        row[0] = f"{row[0]} *" if name in comparison.baselines else row[0]
    legend = "* simple baseline; " if comparison.baselines else ""
    return "\n".join(
        [
            f"{len(rows)} classifiers on the same {comparison.n_splits} folds of "
            f"{comparison.n_samples} samples",
            "",
            *align_table(headers, rows),
            "",
            f"{legend}score: mean ± standard deviation over folds; fit s: mean per fold",
            *format_log_loss_note(comparison),
            "",
            *format_conclusions(comparison),
        ]
    )


def render_markdown(comparison: Comparison) -> str:
    """Render the table in Markdown, baselines in italics, and the conclusions."""
    headers, rows = format_summary(comparison)
    for name, row in zip(comparison.names, rows, strict=True):
        row[0] = f"*{row[0]}*" if name in comparison.baselines else row[0]
    table = format_markdown_table(headers, rows)
    notes = format_log_loss_note(comparison)
    return "\n".join([*table, "", *notes, *format_conclusions(comparison)]) + "\n"
