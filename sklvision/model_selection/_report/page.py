"""The comparison as HTML: a fragment for notebooks, a page for everybody else."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sklvision.model_selection._report import sections
from sklvision.model_selection._report.conclusion import conclude

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult

_PAGE_STYLE = """
body{margin:0;background:#fff}
main.skv{margin:0 auto;padding:2.2rem 1.2rem 4rem}
@media (prefers-color-scheme:dark){body{background:#12171e}}
@media print{body,main.skv{background:#fff}.skv svg,.skv tr{break-inside:avoid}}
"""


@cache
def _style() -> str:
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def render_page(result: ComparisonResult, *, robustness: Any = None, forecast: Any = None) -> str:
    """A complete page that needs no other file."""
    n_baselines = len(result.baselines)
    among = f", {n_baselines} of them simple baselines" if n_baselines else ""
    facts = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>"
        for key, value in result.description.items()
    )
    parts = [
        _body(result),
        sections.differences(result),
        sections.costs(result),
        sections.confusion(result),
        sections.robustness(robustness),
        sections.forecasts(forecast),
        sections.choices(result),
        sections.leaks(result.leaks),
        f"<h2>How it was compared</h2><dl>{facts}</dl>",
        sections.fold_tables(result),
        sections.settings(result),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Comparison of classifiers</title>\n<style>{_style()}{_PAGE_STYLE}</style></head>\n"
        '<body><main class="skv"><h1>Comparison of classifiers</h1>'
        f'<p class="lead">{len(result.estimators)} classifiers{among}, each trained and tested on '
        f"the same {len(result.splits)} folds of "
        f"{escape(result.description['Samples'].partition(',')[0])} samples.</p>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def render_fragment(result: ComparisonResult) -> str:
    """The table alone, with its style, for a notebook."""
    return (
        f'<style>{_style()}</style><div class="skv">{_body(result)}'
        f"{sections.fold_tables(result)}</div>"
    )


def _body(result: ComparisonResult) -> str:
    score = escape(result.score_names[0])
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in conclude(result))
    flattered = (
        '<div class="warning"><p>The folds may flatter: see “Are the folds fair?” below.</p></div>'
        if result.leaks
        else ""
    )
    baseline = "Grey: simple baselines. " if result.baselines else ""
    return (
        f'<div class="verdict">{said}</div>{flattered}\n{sections.summary_table(result)}\n'
        f'<p class="note">{baseline}Dots: {score} in each fold, the stroke is their mean; all '
        "rows share one axis. ±: standard deviation over folds. Fit: mean seconds per fold. "
        "Predict: median milliseconds per sample, whole test part at once. "
        "Size: the fitted classifier, pickled.</p>\n"
    )
