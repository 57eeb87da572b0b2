"""Metadata of a card, as Hugging Face's specification of model cards names them."""

from __future__ import annotations

import re
from typing import Any

from sklvision.export._card.model import Facts

# Identifiers of Hugging Face that are likely here; others are written as "other" with a name.
_LICENSES = frozenset(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    cc cc-by-2.0 cc-by-3.0 cc-by-4.0 cc-by-nc-4.0 cc-by-nc-nd-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 gpl gpl-2.0
    gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 mit mpl-2.0 ms-pl ncsa ofl-1.1 openrail osl-3.0
    postgresql unknown unlicense wtfpl zlib
    """.split()  # noqa: SIM905 (a list of words is easier to read)
)
_TASKS = {"images": "image-classification"}
_TASK_NAMES = {
    "image-classification": "Image Classification",
    "tabular-classification": "Tabular Classification",
}
# Averages in the names of scikit-learn's scorers, and the metrics that they are averages of.
_AVERAGE_NAME = re.compile(r"(f1|precision|recall|jaccard)_(micro|macro|weighted|samples)")
_SUBJECTS = {"spectra": "spectroscopy"}


def make_metadata(facts: Facts) -> dict[str, Any]:
    """Make the metadata: license, library, tags, task, metrics and results."""
    model = facts["model"]
    task = _TASKS.get(model["kind"], "tabular-classification")
    metadata: dict[str, Any] = {
        **_describe_license(facts["author"]["license"]),
        "library_name": model["library"],
        "pipeline_tag": task,
        "tags": _list_tags(model, task),
    }
    metrics = list(_iterate_metrics(facts))
    if not metrics:
        return metadata
    metadata["metrics"] = list(dict.fromkeys(metric["type"] for metric in metrics))
    name = facts["author"]["data_name"]
    data = {"type": _make_identifier(name or "unnamed"), "name": name or "not named by the author"}
    result = {
        "task": {"type": task, "name": _TASK_NAMES[task]},
        "dataset": data,
        "metrics": metrics,
    }
    metadata["model-index"] = [{"name": facts["title"], "results": [result]}]
    return metadata


def _describe_license(text: str | None) -> dict[str, str]:
    if text is None:
        return {"license": "unknown"}
    identifier = text.strip().lower()
    if identifier in _LICENSES:
        return {"license": identifier}
    return {"license": "other", "license_name": _make_identifier(text)}


def _make_identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unnamed"


def _list_tags(model: Facts, task: str) -> list[str]:
    tags = ["sklearn", model["library"], task, _SUBJECTS.get(model["kind"]), model["architecture"]]
    return list(dict.fromkeys(tag for tag in tags if tag))


def _iterate_metrics(facts: Facts) -> Any:
    evidence, test_scores = facts["evidence"], facts["test_scores"]
    if evidence is not None:
        n_folds = evidence["n_folds"]
        source = f"mean of {n_folds} folds" if n_folds > 1 else "one test set"
        yield from _list_metrics(evidence["scores"], source)
    if test_scores is not None:
        yield from _list_metrics(test_scores["scores"], f"{test_scores['n_samples']} samples")


def _list_metrics(scores: Facts, source: str) -> Any:
    for name, score in scores.items():
        if score["mean"] is None:
            continue
        interval = ""
        if score["low"] is not None:
            interval = f"; 95 % interval {score['low']:.4f} to {score['high']:.4f}"
        metric: dict[str, Any] = {"type": name, "value": round(score["mean"], 6)}
        match = _AVERAGE_NAME.fullmatch(name)
        if match is not None:
            metric |= {"type": match[1], "args": {"average": match[2]}}
        yield {**metric, "name": f"{name.replace('_', ' ')} ({source}{interval})"}
