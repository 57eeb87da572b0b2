"""Section of a model card on its scores."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sklvision.export._card.model import Facts
from sklvision.reporting._card import Bar, Section, Table, Text
from sklvision.reporting._formats import (
    MISSING,
    format_bytes,
    format_count,
    format_number,
    format_p,
    format_score,
    format_time,
)

_UNMEASURED = (
    "Not measured. Pass the comparison that chose the model, "
    "model_card(model, compare_estimators(...)), or labeled samples that it was not trained on, "
    "model_card(model, test_data=(X, y)), in the terminal sklvision export --samples DATA."
)
_INTERVAL = "95 % interval"
_COSTS = {
    "log_loss": ("log loss", format_number),
    "fit_seconds": ("fit s", format_time),
    "predict_ms_per_sample": ("predict ms/sample", format_time),
    "n_parameters": ("parameters", format_count),
    "pickled_bytes": ("size", format_bytes),
}
_WILSON_INTERVALS = "Intervals are Wilson's, for independent samples."
_UNKNOWN_INTERVALS = (
    "Samples of one group are not independent, so that intervals by class are left out: they would "
    "be too narrow."
)


def make_performance(facts: Facts) -> Section:
    """Make the section on scores: all of them with intervals, by class, and against others."""
    evidence, test_scores = facts["evidence"], facts["test_scores"]
    if evidence is None and test_scores is None:
        return Section("Performance", [Text(_UNMEASURED, "placeholder")])
    items: list[Any] = []
    confusions: dict[str, pd.DataFrame] = {}
    if evidence is not None:
        items += _make_comparison_items(evidence)
        if evidence["confusion"] is not None:
            name = "all folds" if evidence["n_folds"] > 1 else "test set"
            confusions[name] = _read_confusion(evidence["confusion"])
    if test_scores is not None:
        n_samples = format_count(test_scores["n_samples"])
        note = (
            f"On {n_samples} samples that were passed for this card; whether the model was trained "
            "on any of them is not known. Intervals are for independent samples."
        )
        items += [Text(note, "note"), make_score_table(test_scores["scores"])]
        items.append(_make_class_table(test_scores["classes"]))
        confusions[f"{n_samples} samples passed for this card"] = _read_confusion(
            test_scores["confusion"]
        )
    return Section("Performance", items, confusions)


def _make_comparison_items(evidence: Facts) -> list[Any]:
    items: list[Any] = []
    items.append(Text("\n".join(_draw_conclusions(evidence)), "verdict"))
    leaks = evidence["leaks"]
    if leaks is not None and leaks["has_findings"]:
        items.append(Text("The scores are probably optimistic: see “Limits” below.", "warning"))
    n_folds = evidence["n_folds"]
    folds = f"mean over {n_folds} folds" if n_folds > 1 else "on the one test set"
    note = f"Scores of “{evidence['name']}”, {evidence['split'] or folds}."
    if not evidence["split"]:
        note += (
            " Models fitted on parts of the data were scored, and this model, of the same "
            "parameters, was fitted on its own."
        )
    if any(score["folds"] for score in evidence["scores"].values()):
        note += " Intervals allow for overlapping training sets (Nadeau and Bengio)."
    items += [Text(note, "note"), make_score_table(evidence["scores"])]
    if evidence["classes"]:
        remark = _UNKNOWN_INTERVALS if evidence["is_grouped"] else _WILSON_INTERVALS
        by_class = f"By class, over all test sets. {remark}"
        items += [Text(by_class, "note"), _make_class_table(evidence["classes"])]
    if len(evidence["table"]) > 1:
        items += [Text("All classifiers of the comparison:", "note"), _make_ranking(evidence)]
    return items


def _draw_conclusions(evidence: Facts) -> list[str]:
    """Write the first score, and the difference from the best baseline, in a sentence each."""
    name, score = next(iter(evidence["scores"].items()))
    name = name.replace("_", " ")
    if score["mean"] is None:
        return [f"No {name}: it is not a number in some folds."]
    interval = _format_interval(score["low"], score["high"])
    interval = "" if interval == MISSING else f" ({_INTERVAL} {interval})"
    sentences = [f"{name.capitalize()} {score['mean']:.4f}{interval}."]
    difference = evidence["difference"]
    if difference is None or difference["difference"] is None:
        return sentences
    text = f"{difference['difference']:+.4f} against {difference['reference']}, the best baseline"
    if difference["low"] is None:
        return [*sentences, f"{text}; not tested."]
    interval = f"{difference['low']:+.4f} to {difference['high']:+.4f}"
    p_value = format_p(difference["p_holm"])
    return [*sentences, f"{text} ({_INTERVAL} {interval}, {p_value}): {difference['verdict']}."]


def make_score_table(scores: Facts) -> Table:
    """Make the table of scores with their intervals."""
    rows, bars = [], []
    for name, score in scores.items():
        text = _format_interval(score["low"], score["high"])
        rows.append([name.replace("_", " "), _format(score["mean"]), text])
        bars.append(_make_bar(name, score["mean"], score["low"], score["high"]))
    return Table(["score", "value", _INTERVAL], rows, bars, ["0", "1"])


def _make_class_table(classes: list[Facts]) -> Table:
    headers = ["class", "samples"]
    headers += [text for s in ("recall", "precision") for text in (s, f"{_INTERVAL} of {s}")]
    rows, bars = [], []
    for row in classes:
        recall, precision = row["recall"], row["precision"]
        rows.append(
            [
                str(row["label"]),
                format_count(row["n_samples"]),
                _format(recall[0]),
                _format_interval(*recall[1:]),
                _format(precision[0]),
                _format_interval(*precision[1:]),
            ]
        )
        bars.append(_make_bar(f"recall of {row['label']}", *recall))
    return Table(headers, rows, bars, ["0", "recall", "1"])


def _make_ranking(evidence: Facts) -> Table:
    scores = list(evidence["scores"])
    costs = {
        name: column
        for name, column in _COSTS.items()
        if any(row.get(name) is not None for row in evidence["table"])
    }
    headers = ["classifier", *scores, *(header for header, _ in costs.values())]
    rows = []
    for row in evidence["table"]:
        name = f"{row['name']} (baseline)" if row["is_baseline"] else row["name"]
        rows.append(
            [
                name,
                *(_format_pair(*row["scores"][score]) for score in scores),
                *(_format_cost(row.get(name), function) for name, (_, function) in costs.items()),
            ]
        )
    names = [row["name"] for row in evidence["table"]]
    return Table(headers, rows, marked_row=names.index(evidence["name"]))


def _make_bar(name: str, value: float | None, low: float | None, high: float | None) -> Bar:
    places = [_place(number) for number in (value, low, high)]
    interval = "" if low is None else f", {_INTERVAL} {_format_interval(low, high)}"
    return Bar(f"{name}: {_format(value)}{interval}", *places)


def _place(value: float | None) -> float | None:
    """Return the position of a score from 0 to 1; None for scores on other scales."""
    return None if value is None or not 0 <= value <= 1 else 2 + 96 * value


def _format(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"


def _format_pair(mean: float | None, deviation: float | None) -> str:
    if mean is None or deviation is None:
        return _format(mean)
    return format_score(mean, deviation)


def _format_interval(low: float | None, high: float | None) -> str:
    return MISSING if low is None or high is None else f"{low:.4f} to {high:.4f}"


def _format_cost(value: Any, function: Any) -> str:
    return MISSING if value is None else function(value)


def _read_confusion(confusion: Facts) -> pd.DataFrame:
    return pd.DataFrame(
        confusion["counts"],
        index=pd.Index(confusion["true"], name="true"),
        columns=pd.Index(confusion["predicted"], name="predicted"),
    )
