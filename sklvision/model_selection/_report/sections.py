"""The parts of a report, each a heading with what belongs under it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.model_selection._report.charts import (
    Axis,
    Chart,
    interval,
    linear_axis,
    log_axis,
    strip,
)
from sklvision.model_selection._report.conclusion import unit_of
from sklvision.model_selection._report.formats import format_p, format_time
from sklvision.model_selection._report.text import summary_rows

if TYPE_CHECKING:
    from sklvision.model_selection._result import ComparisonResult

# A confusion matrix of more classes is no longer read.
_MOST_CLASSES = 20
_N_COLOURS = 6


def summary_table(result: ComparisonResult) -> str:
    """All estimators, the best first, with the score of every fold as dots."""
    headers, rows = summary_rows(result)
    n_scores = len(result.score_names)
    names = list(result.to_frame().index)
    low, high = _shared_axis(result)
    score = escape(result.score_names[0])
    scale = f"<span>{low:.3f}</span><span>{score} by fold</span><span>{high:.3f}</span>"
    head = "".join(f"<th>{escape(header)}</th>" for header in headers[1:])
    lines = []
    for position, (name, row) in enumerate(zip(names, rows, strict=True)):
        is_baseline = name in result.baselines
        kind = " ".join(["base"] * is_baseline + ["best"] * (position == 0))
        tag = '<span class="tag">baseline</span>' if is_baseline else ""
        cells = [_cell(headers[i], row[i], spread=i <= n_scores) for i in range(1, len(row))]
        values = result.scores().loc[name].to_numpy()
        label = f"{row[0]}: {', '.join(f'{value:.4f}' for value in values)}"
        lines.append(
            f'<tr class="{kind}"><td>{escape(row[0])}{tag}</td>'
            f'<td class="strip">{strip(values, (low, high), label)}</td>{"".join(cells)}</tr>'
        )
    return (
        f'<p class="scale">{scale}</p><table class="cards"><thead><tr><th>classifier</th>'
        f'<th><div class="scale">{scale}</div></th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def differences(result: ComparisonResult) -> str:
    """Every estimator against the best baseline, with intervals."""
    score = result.score_names[0]
    if result.scores(score).dropna().empty:
        return ""
    frame = result.differences(score)
    if frame.empty:
        return ""
    unit, factor = unit_of(result.scores(score).to_numpy())
    reference, confidence = frame.attrs["reference"], frame.attrs["confidence"]
    ends = frame[["difference", "low", "high"]].to_numpy()
    seen = np.append(ends[np.isfinite(ends)], 0.0)
    margin = 0.05 * (seen.max() - seen.min()) or 0.01
    axis = seen.min() - margin, seen.max() + margin
    scale = (
        f"<span>{factor * axis[0]:+.1f}</span><span>difference in {unit}</span>"
        f"<span>{factor * axis[1]:+.1f}</span>"
    )
    lines = []
    for name, row in frame.iterrows():
        mean, low, high = row["difference"], row["low"], row["high"]
        tested = np.isfinite(low)
        span = f"{factor * low:+.2f} to {factor * high:+.2f}" if tested else "–"
        label = f"{name}: {factor * mean:+.2f}, {span}"
        shown = f"{factor * mean:+.2f}" if np.isfinite(mean) else "–"
        p_value = format_p(row["p_holm"]).removeprefix("p ").removeprefix("= ") if tested else "–"
        lines.append(
            f"<tr><td>{escape(str(name))}</td>"
            f'<td class="strip">{interval(mean, low, high, axis, label)}</td>'
            + _cell("mean difference", shown)
            + _cell(f"{100 * confidence:.0f} % interval", span)
            + _cell("p (Holm)", escape(p_value))
            + f'<td data-label="verdict">{row["verdict"]}</td></tr>'
        )
    return (
        f"<h2>Against {escape(str(reference))}</h2>"
        f'<p class="note">{escape(score)} on the same folds, {unit}. Corrected resampled t-test '
        "(Nadeau and Bengio), which allows for overlapping training parts; p-values after Holm's "
        f"correction for {len(frame)} comparisons. Each interval stands by itself.</p>"
        f'<p class="scale">{scale}</p><table class="cards"><thead><tr><th>classifier</th>'
        f'<th><div class="scale">{scale}</div></th><th>mean difference</th>'
        f"<th>{100 * confidence:.0f} % interval</th><th>p (Holm)</th><th>verdict</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def costs(result: ComparisonResult) -> str:
    """Score against time, and what each step up costs."""
    score, cost = result.score_names[0], "predict_ms_per_sample"
    frame = result.to_frame()
    frame = frame[frame[f"mean_{score}"].notna() & (frame[cost] > 0)]
    front = result.tradeoffs(score)
    if len(frame) < 2 or front.empty:
        return ""
    shown = frame[frame.index != "majority class"] if len(frame) > 2 else frame
    means = shown[f"mean_{score}"].to_numpy(dtype=float)
    times = shown[cost].to_numpy(dtype=float)
    chart = Chart(
        log_axis(times),
        linear_axis(means, bounded=means.min() >= 0),
        280,
        x_title="milliseconds per predicted sample, whole test part at once (logarithmic)",
        y_title=f"mean {score}",
    )
    steps = front[front.index.isin(shown.index)]
    xs, ys = steps[cost].tolist(), steps[score].tolist()
    for i in range(len(xs) - 1):
        chart.line([xs[i], xs[i + 1], xs[i + 1]], [ys[i], ys[i], ys[i + 1]], "front")
    for name, time, mean in zip(shown.index, times, means, strict=True):
        kind = "base" if name in result.baselines else "net"
        chart.point(time, mean, kind, f"{name}: {mean:.4f}, {format_time(time)} ms")
    chart.label(list(zip(times, means, map(str, shown.index), strict=True)))
    unit, factor = unit_of(result.scores(score).to_numpy())
    lines = []
    for i, (name, row) in enumerate(front.iterrows()):
        gain, added, ratio = factor * row["gain"], row["added_cost"], factor * row["gain_per_cost"]
        lines.append(
            f"<tr><td>{escape(str(name))}</td>"
            + _cell(f"mean {score}", f"{row[score]:.4f}")
            + _cell("ms per sample", format_time(row[cost]))
            + _cell("gain", f"{gain:+.2f}" if i else "–")
            + _cell("added ms", format_time(added) if i else "–")
            + _cell("gain per added ms", f"{ratio:,.3g}" if i else "–")
            + "</tr>"
        )
    return (
        "<h2>What a higher score costs</h2>"
        '<p class="note">Dashed: those that nothing cheaper equals; below, what each step up '
        f"gains, in {unit}, and costs over the one before. Grey: simple baselines.</p>"
        f"{chart.render(f'{score} against time of prediction')}"
        '<table class="cards"><thead><tr><th>classifier</th>'
        f"<th>mean {escape(score)}</th><th>ms per sample</th><th>gain</th><th>added ms</th>"
        f"<th>gain per added ms</th></tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def confusion(result: ComparisonResult) -> str:
    """Confusion matrices of the best classifier and of the best baseline."""
    if result.predictions is None or result.target is None:
        return ""
    ranked = [name for name in result.to_frame().index if result.predictions.get(name)]
    best = next((name for name in ranked if name not in result.baselines), None)
    base = next((name for name in ranked if name in result.baselines), None)
    shown = [name for name in ranked if name in (best, base)]
    n_classes = len(np.unique(result.target))
    if not shown:
        return ""
    if n_classes > _MOST_CLASSES:
        tables = "".join(_worst_confusions(result, name) for name in shown)
    else:
        tables = "".join(_confusion_table(result, name) for name in shown)
    return (
        "<h2>What is mistaken for what</h2>"
        '<p class="note">Samples of all test parts: true labels down, predicted labels across; '
        "the deeper a cell, the larger its share of its row.</p>"
        f'<div class="matrices">{tables}</div>'
    )


def _confusion_table(result: ComparisonResult, name: str) -> str:
    counts = result.confusion_matrix(name)
    head = "".join(f"<th>{escape(str(label))}</th>" for label in counts.columns)
    lines = []
    for label, row in counts.iterrows():
        cells, total = [], max(row.sum(), 1)
        for other, count in row.items():
            share = 100 * count / total
            # Faint enough for the number on it to be read.
            depth = 0 if not count else 10 + 0.5 * share if other == label else 18 + 0.6 * share
            hit = ' class="hit"' if other == label else ""
            cells.append(f'<td{hit} style="--share:{min(depth, 75):.0f}%">{count or "·"}</td>')
        lines.append(f"<tr><th>{escape(str(label))}</th>{''.join(cells)}</tr>")
    return (
        f'<div><h3>{escape(name)}</h3><div class="scroll"><table class="confusion"><thead><tr>'
        f"<th></th>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div></div>"
    )


def _worst_confusions(result: ComparisonResult, name: str) -> str:
    counts = result.confusion_matrix(name)
    labels, table = list(counts.index), counts.to_numpy()
    pairs = [(table[i, j], i, j) for i, j in zip(*table.nonzero(), strict=True) if i != j]
    pairs.sort(key=lambda pair: -pair[0])
    lines = [
        f"<tr><td>{escape(str(labels[i]))}</td><td>{escape(str(labels[j]))}</td>"
        f"<td>{count}</td></tr>"
        for count, i, j in pairs[:15]
    ]
    return (
        f"<div><h3>{escape(name)}: the most frequent of {len(pairs)} confusions</h3>"
        "<table><thead><tr><th>true</th><th>taken for</th><th>samples</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def robustness(curves: Any) -> str:
    """Scores by severity, one small chart for each corruption."""
    if curves is None:
        return ""
    frame = curves.to_frame()
    names = list(dict.fromkeys(frame["estimator"]))
    y = linear_axis(frame["score"].to_numpy(), bounded=frame["score"].min() >= 0)
    x = Axis(-0.03, 1.03, [0, 0.5, 1], ["0", "0.5", "1"])
    meanings = getattr(curves, "meanings", {})
    panels = []
    for corruption, rows in frame.groupby("corruption", sort=False):
        chart = Chart(x, y, 170, x_title="severity", y_title=meanings.get(corruption, ""))
        for i, name in enumerate(names):
            line = rows[rows["estimator"] == name]
            chart.line(line["severity"].tolist(), line["score"].tolist(), f"series{i % _N_COLOURS}")
        title = str(corruption).replace("_", " ")
        panels.append(f"<div><h3>{escape(title)}</h3>{chart.render(f'{title} by severity')}</div>")
    return (
        "<h2>Will it hold when the images or spectra get worse?</h2>"
        f'<p class="note">{escape(curves.score_name)} on {curves.n_samples} samples that were not '
        "trained on, made worse step by step; above each chart, what severity 1 does.</p>"
        f"{_legend(names)}"
        f'<div class="panels">{"".join(panels)}</div>'
    )


def forecasts(given: Any) -> str:
    """Learning curves with their continuation."""
    if given is None:
        return ""
    several = given if isinstance(given, Mapping) else {"": given}
    return "<h2>What would more samples bring?</h2>" + "".join(
        _forecast(name, forecast) for name, forecast in several.items()
    )


def _forecast(name: str, forecast: Any) -> str:
    sizes = np.asarray(forecast.train_sizes, dtype=float)
    n = np.geomspace(sizes[0], 4 * sizes[-1], 40)
    median, low, high = forecast.predict(n)
    scores = np.asarray(forecast.scores, dtype=float)
    means = scores.mean(axis=1)
    everything = np.concatenate([low, high, means])
    chart = Chart(
        log_axis(n),
        linear_axis(everything, bounded=everything.min() >= 0),
        240,
        x_title="training samples (logarithmic)",
        y_title=str(forecast.scoring),
    )
    chart.line(n.tolist(), median.tolist(), "series0")
    chart.line(n.tolist(), low.tolist(), "band")
    chart.line(n.tolist(), high.tolist(), "band")
    for size, mean in zip(sizes, means, strict=True):
        chart.point(size, mean, "net", f"{size:,.0f} samples: {mean:.4f}")
    title = f"<h3>{escape(name)}</h3>" if name else ""
    words = "".join(f"<p>{escape(line.strip())}</p>" for line in str(forecast).splitlines())
    return f"{title}{words}{chart.render('score against number of training samples')}"


def leaks(found: Any) -> str:
    """What makes the folds flatter, or that nothing was found."""
    if found is None:
        return ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in str(found).splitlines() if line.strip())
    kind = "warning" if found else "note"
    return f'<h2>Are the folds fair?</h2><div class="{kind}">{lines}</div>'


def choices(result: ComparisonResult) -> str:
    """What the searches chose, fold by fold."""
    frame = result.choices()
    if frame.empty:
        return ""
    tables = []
    for name, rows in frame.groupby(level="estimator", sort=False):
        used = rows.dropna(axis=1, how="all")
        head = "".join(f"<th>{split}</th>" for _, split in used.index)
        lines = [
            f"<tr><td>{escape(str(column))}</td>"
            + "".join(f"<td>{escape(_short(value))}</td>" for value in used[column])
            + "</tr>"
            for column in used
        ]
        tables.append(
            f'<h3>{escape(str(name))}</h3><div class="scroll"><table><thead><tr><th>fold</th>{head}'
            f"</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        )
    return f"<h2>What the searches chose</h2>{''.join(tables)}"


def fold_tables(result: ComparisonResult) -> str:
    """Every score of every fold, folded away."""
    return "".join(_fold_table(result, score) for score in result.score_names)


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


def settings(result: ComparisonResult) -> str:
    """Every estimator as it was compared, so that it can be made again."""
    lines = [
        f"<dt>{escape(str(name))}</dt><dd><pre>{escape(_full(estimator))}</pre></dd>"
        for name, estimator in result.estimators.items()
    ]
    return (
        "<details><summary>The classifiers, with all that was set, seeds among it</summary>"
        f"<dl>{''.join(lines)}</dl></details>"
    )


def _full(estimator: Any) -> str:
    if not hasattr(estimator, "get_params"):
        return repr(estimator)
    return estimator.__repr__(N_CHAR_MAX=100_000)


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _legend(names: list[str]) -> str:
    entries = "".join(
        f'<li><svg aria-hidden="true"><line class="series{i % _N_COLOURS}" x1="0" x2="100%" y1="4" '
        f'y2="4" stroke-width="3"/></svg>{escape(str(name))}</li>'
        for i, name in enumerate(names)
    )
    return f'<ul class="legend">{entries}</ul>'


def _cell(label: str, text: str, *, spread: bool = False) -> str:
    if spread and "±" in text:
        mean, _, deviation = text.partition(" ± ")
        text = f'{mean} <span class="sd">± {deviation}</span>'
    return f'<td data-label="{escape(label)}">{text}</td>'


def _shared_axis(result: ComparisonResult) -> tuple[float, float]:
    """The span of the dots; the majority class would squeeze all others together."""
    table = result.scores()
    names = [name for name in table.index if name != "majority class"] or list(table.index)
    values = table.loc[names].to_numpy()
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    margin = 0.05 * (high - low) or 0.01
    inside = low >= 0 and high <= 1  # most scores end at 1: so does their axis
    return low - margin, min(high + margin, 1.0) if inside else high + margin
