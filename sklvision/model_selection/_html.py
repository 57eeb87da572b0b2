"""The comparison as HTML: a fragment for notebooks, a page for everybody else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from sklvision.model_selection._text import conclude, summary_rows

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult

_STYLE = """
.skv{--ink:#1b2430;--soft:#5d6b7c;--line:#dfe4ea;--paper:#fff;--tint:#f4f6f9;--mark:#1f6feb;
 --base:#8a97a6;color:var(--ink);background:var(--paper);max-width:68rem;text-align:left;
 font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.skv h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;font-weight:650;letter-spacing:-.01em}
.skv h2{font-size:1.05rem;margin:2rem 0 .6rem;font-weight:650}
.skv p{margin:.4rem 0;max-width:46rem}
.skv p.lead{color:var(--soft);max-width:none}
.skv .verdict{border-left:4px solid var(--mark);background:var(--tint);padding:.8rem 1rem;
 margin:1.1rem 0;font-size:1.05rem;border-radius:0 6px 6px 0}
.skv .note{color:var(--soft);font-size:.85rem}
.skv table{border-collapse:collapse;width:100%;margin:.8rem 0;background:none;font-size:inherit}
.skv th,.skv td{padding:.55rem .7rem;border-bottom:1px solid var(--line);text-align:right;
 font-variant-numeric:tabular-nums;white-space:nowrap;background:none;color:inherit}
.skv th{color:var(--soft);font-size:.78rem;font-weight:600;vertical-align:bottom}
.skv tr>:first-child{text-align:left;white-space:normal;font-weight:600;min-width:13rem}
.skv tbody tr.base>:first-child{font-weight:400}
.skv tbody tr.best{background:var(--tint)}
.skv .tag{display:inline-block;font-size:.7rem;font-weight:600;color:var(--soft);
 border:1px solid var(--line);border-radius:9px;padding:0 .45rem;margin-left:.45rem}
.skv .sd{color:var(--soft);font-size:.86em}
.skv svg{display:block;width:100%;min-width:8rem;height:22px}
.skv svg line{stroke:var(--line)}.skv svg circle{fill:var(--mark);fill-opacity:.55}
.skv svg .mean{stroke:var(--mark);stroke-width:2}
.skv .base svg circle{fill:var(--base)}.skv .base svg .mean{stroke:var(--base)}
.skv svg text{fill:var(--soft);font-size:11px}
.skv .scale{display:flex;justify-content:space-between;gap:1rem}.skv p.scale{display:none}
.skv details{margin:1rem 0}.skv summary{cursor:pointer;font-weight:600}
.skv .scroll{overflow-x:auto}
.skv dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.6rem 0}
.skv dt{color:var(--soft)}.skv dd{margin:0;overflow-wrap:anywhere}
@media (max-width:46rem){
 .skv p.scale{display:flex;color:var(--soft);font-size:.75rem;margin:1rem .5rem 0}
 .skv .cards thead{display:none}
 .skv .cards tr{display:grid;grid-template-columns:1fr 1fr;padding:.8rem 0;
  border-bottom:1px solid var(--line)}
 .skv .cards tr>*{border:0;padding:.2rem .5rem;text-align:left;white-space:normal}
 .skv .cards tr>:first-child,.skv .cards td.strip{grid-column:1/-1}
 .skv .cards tr>:first-child{font-size:1.05rem;min-width:0}
 .skv .cards td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);
  font-size:.75rem}
}
@media (prefers-color-scheme:dark){.skv{--ink:#e6eaf0;--soft:#9aa7b6;--line:#333d4a;
 --paper:#12171e;--tint:#1a212b;--mark:#6ea8fe;--base:#8793a2}}
"""

_PAGE_STYLE = """
body{margin:0;background:#fff}
main.skv{margin:0 auto;padding:2.2rem 1.2rem 4rem}
@media (prefers-color-scheme:dark){body{background:#12171e}}
@media print{body,main.skv{background:#fff}}
"""


def render_page(result: ComparisonResult) -> str:
    """A complete page that needs no other file."""
    n_baselines = len(result.baselines)
    among = f", {n_baselines} of them simple baselines" if n_baselines else ""
    facts = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>"
        for key, value in result.description.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Comparison of classifiers</title>\n<style>{_STYLE}{_PAGE_STYLE}</style></head>\n"
        '<body><main class="skv"><h1>Comparison of classifiers</h1>'
        f'<p class="lead">{len(result.estimators)} classifiers{among}, each trained and tested on '
        f"the same {len(result.splits)} folds of "
        f"{escape(result.description['Samples'].partition(',')[0])} samples.</p>\n"
        f"{_body(result)}\n"
        f"<h2>How it was compared</h2><dl>{facts}</dl>\n</main></body></html>\n"
    )


def render_fragment(result: ComparisonResult) -> str:
    """The table alone, with its style, for a notebook."""
    return f'<style>{_STYLE}</style><div class="skv">{_body(result)}</div>'


def _body(result: ComparisonResult) -> str:
    score = escape(result.score_names[0])
    baseline = "Grey: simple baselines. " if result.baselines else ""
    return (
        f'<p class="verdict">{escape(conclude(result))}</p>\n{_summary_table(result)}\n'
        f'<p class="note">{baseline}Dots: {score} in each fold, the stroke is their mean; all '
        "rows share one axis. ±: standard deviation over folds. Fit: mean seconds per fold. "
        "Predict: median milliseconds per sample, whole test part at once. "
        "Size: the fitted classifier, pickled.</p>\n"
        f"{''.join(_fold_table(result, name) for name in result.score_names)}"
    )


def _summary_table(result: ComparisonResult) -> str:
    headers, rows = summary_rows(result)
    n_scores = len(result.score_names)
    names = list(result.to_frame().index)
    low, high = _axis(result)
    score = escape(result.score_names[0])
    scale = f"<span>{low:.3f}</span><span>{score} by fold</span><span>{high:.3f}</span>"
    head = "".join(f"<th>{escape(header)}</th>" for header in headers[1:])
    lines = []
    for position, (name, row) in enumerate(zip(names, rows, strict=True)):
        is_baseline = name in result.baselines
        kind = " ".join(["base"] * is_baseline + ["best"] * (position == 0))
        tag = '<span class="tag">baseline</span>' if is_baseline else ""
        cells = [_cell(headers[i], row[i], spread=i <= n_scores) for i in range(1, len(row))]
        strip = _strip(result.scores().loc[name].to_numpy(), low, high, row[0])
        lines.append(
            f'<tr class="{kind}"><td>{escape(row[0])}{tag}</td>'
            f'<td class="strip">{strip}</td>{"".join(cells)}</tr>'
        )
    return (
        f'<p class="scale">{scale}</p><table class="cards"><thead><tr><th>classifier</th>'
        f'<th><div class="scale">{scale}</div></th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _cell(label: str, text: str, *, spread: bool) -> str:
    if spread and "±" in text:
        mean, _, deviation = text.partition(" ± ")
        text = f'{mean} <span class="sd">± {deviation}</span>'
    return f'<td data-label="{escape(label)}">{text}</td>'


def _axis(result: ComparisonResult) -> tuple[float, float]:
    """The span of the dots; the majority class would squeeze all others together."""
    table = result.scores()
    names = [name for name in table.index if name != "majority class"] or list(table.index)
    values = table.loc[names].to_numpy()
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    margin = 0.05 * (high - low) or 0.01
    inside = low >= 0 and high <= 1  # most scores end at 1: so does their axis
    return low - margin, min(high + margin, 1.0) if inside else high + margin


def _strip(values: np.ndarray, low: float, high: float, name: str) -> str:
    """The scores of one estimator as dots on the shared axis."""
    label = f"{name}: {', '.join(f'{value:.4f}' for value in values)}"
    seen = values[np.isfinite(values)]
    share = 3 + 94 * (seen - low) / (high - low)
    inside = [x for x in share if 0 <= x <= 100]
    marks = [f'<circle cx="{x:.2f}%" cy="11" r="4"/>' for x in inside]
    if len(inside) == len(seen) > 0:
        x = f"{share.mean():.2f}%"
        marks.append(f'<line class="mean" x1="{x}" x2="{x}" y1="2" y2="20"/>')
    elif len(inside) < len(seen):
        marks.append('<text x="0" y="15">◂ below the axis</text>')
    return (
        f'<svg role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>'
        f'<line x1="0" x2="100%" y1="11" y2="11"/>{"".join(marks)}</svg>'
    )


def _fold_table(result: ComparisonResult, score: str) -> str:
    table = result.scores(score)
    head = "".join(f"<th>{split}</th>" for split in table)
    lines = "".join(
        f"<tr><td>{escape(str(name))}</td>"
        + "".join(f"<td>{value:.4f}</td>" for value in table.loc[name])
        + "</tr>"
        for name in result.to_frame().index
    )
    return (
        f'<details><summary>{escape(score)} in every fold</summary><div class="scroll">'
        f"<table><thead><tr><th>fold</th>{head}</tr></thead><tbody>{lines}</tbody></table>"
        "</div></details>\n"
    )
