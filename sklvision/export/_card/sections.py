"""Sections of a model card, made of facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklvision.export._card.model import Facts
from sklvision.export._card.performance import make_performance
from sklvision.reporting._card import Code, FactList, Section, Table, Text
from sklvision.reporting._contract import format_contract
from sklvision.reporting._formats import format_bytes, format_count, format_time

_MOST_CLASSES = 30
_LONGEST_NAMES = 80  # of all classes in the first sentence
_UNITS = {"images": "pixels", "spectra": "bands", "rows": "numbers"}
_NOT_RECORDED = "not recorded. Pass the comparison that chose the model: model_card(model, result)"
_UNSEARCHED = (
    "not searched for. Compare with check_leaks=True, or call find_leaks(X, y): related samples in "
    "training and test sets make scores too high"
)
_UNMEASURED_ROBUSTNESS = (
    "not measured. Pass robustness=robustness_curve(model, X_test, y_test) of "
    "sklvision.model_selection: the score under blur, noise, shifts and other light"
)
_UNSTATED_LICENSE = "not stated; without one nobody else may use the model (license=)"
_UNMEASURED_LATENCY = (
    "not measured. Pass samples, model_card(model, test_data=(X, None)), in the terminal "
    "sklvision export --samples DATA, on the machine that counts"
)
_UNSTATED_USE = (
    "Not stated. The author of the model has to write here what the model may be used for, by "
    "whom, and for what it must not be used (intended_use=)."
)


def make_lead(facts: Facts) -> str:
    """Write one sentence on the kind of the model and the task."""
    model = facts["model"]
    steps = " → ".join(model["steps"])
    architecture = f" ({model['architecture']})" if model["architecture"] else ""
    samples = _describe_samples(model)
    classes = model["classes"]
    names = f": {', '.join(map(str, classes))}"
    names = names if len(names) <= _LONGEST_NAMES else ""
    return f"{steps}{architecture} classifies {samples} into {len(classes)} classes{names}."


def make_sections(facts: Facts) -> list[Section]:
    """Make all sections of a card in their order."""
    return [
        _make_use(facts["author"]),
        _make_data(facts),
        make_performance(facts),
        _make_budget(facts),
        _make_limits(facts),
        _make_reproduction(facts),
    ]


def _make_use(author: Facts) -> Section:
    use = author["intended_use"]
    text = Text(_UNSTATED_USE, "placeholder") if use is None else Text(use)
    license_text = author["license"] or _UNSTATED_LICENSE
    facts = {"Authors": author["authors"] or "not stated", "License": license_text}
    return Section("Intended use", [text, FactList(facts)])


def _make_data(facts: Facts) -> Section:
    model, evidence = facts["model"], facts["evidence"] or {}
    description = evidence.get("description", {})
    source = facts["author"]["data_name"] or (facts["archive"] or {}).get("data")
    texts = {"Source": source or "not stated by the author (data_name=)"}
    texts["Samples"] = description.get("Samples") or _count_samples(facts["data"])
    texts["Classes"] = description.get("Classes") or _list_classes(facts)
    if "Groups" in description:
        texts["Groups"] = f"{description['Groups']}, kept together in all folds"
    if model["contract"] is not None:
        contract = format_contract(model["contract"])
        texts |= {name.capitalize(): text for name, text in contract.items()}
        texts["Input"] = f"{_describe_samples(model)}, {model['contract']['dtype']}"
    else:
        texts["Input"] = f"{_describe_samples(model)} (the model keeps no more about its samples)"
    data = facts["data"]
    texts["Fingerprint"] = (
        "not recorded. Pass the training data: model_card(model, data=(X, y))"
        if data is None
        else f"SHA-256 {data['sha256']} of {format_count(data['n_samples'])} samples and labels"
    )
    return Section("Data", [FactList(texts)])


def _count_samples(data: Facts | None) -> str:
    return _NOT_RECORDED if data is None else format_count(data["n_samples"])


def _list_classes(facts: Facts) -> str:
    data = facts["data"]
    if data is None:
        names, remark = list(map(str, facts["model"]["classes"])), "numbers of samples not recorded"
    else:
        names, remark = [f"{label} ({count})" for label, count in data["class_counts"]], ""
    n_more = len(names) - _MOST_CLASSES
    ellipsis = f", and {n_more} more" if n_more > 0 else ""
    text = f"{len(names)}: {', '.join(names[:_MOST_CLASSES])}{ellipsis}"
    return f"{text} ({remark})" if remark else text


def _describe_samples(model: Facts) -> str:
    """Describe the samples that a model takes, such as "images of 28 × 28 pixels"."""
    name = model["kind"] if model["kind"] in _UNITS else "samples"
    if not model["shape"]:
        return name
    return f"{name} of {' × '.join(map(str, model['shape']))} {_UNITS.get(name, 'values')}"


def _make_budget(facts: Facts) -> Section:
    model, costs = facts["model"], (facts["evidence"] or {}).get("costs", {})
    n_parameters = model["n_parameters"]
    size = model["pickled_bytes"]
    texts = {
        "Parameters": "not known for this kind of model"
        if n_parameters is None
        else format_count(n_parameters),
        "Size": "cannot be pickled" if size is None else f"{format_bytes(size)} as a pickle",
    }
    latency = facts["latency"]
    if latency is not None:
        texts["One sample"] = f"{format_time(latency['one_ms'])} ms"
        texts["In a batch"] = (
            f"{format_time(latency['batch_ms'])} ms per sample, {latency['n_batch']} at once"
        )
        texts["Measured on"] = latency["machine"]
    elif costs.get("predict_ms_per_sample") is not None:
        texts["Latency"] = (
            f"{format_time(costs['predict_ms_per_sample'])} ms per sample, all samples of a test "
            "set at once (median over folds)"
        )
    else:
        texts["Latency"] = _UNMEASURED_LATENCY
    if costs.get("fit_seconds") is not None:
        texts["Training"] = f"{format_time(costs['fit_seconds'])} s, mean over folds"
    items: list[Any] = [FactList(texts)]
    if facts["files"]:
        rows = [
            [file["name"], format_bytes(file["bytes"]), file["sha256"]] for file in facts["files"]
        ]
        items.append(Table(["file", "size", "SHA-256"], rows, n_left=3))
    return Section("Budget", items)


def _make_limits(facts: Facts) -> Section:
    items: list[Any] = []
    if facts["author"]["limits"] is not None:
        items.append(Text(facts["author"]["limits"]))
    leaks, robustness = (facts["evidence"] or {}).get("leaks"), facts["robustness"]
    texts = {}
    if leaks is None:
        texts["Leaks"] = _UNSEARCHED
    elif leaks["has_findings"]:
        sentence = "The scores are probably optimistic, because of leaks between the folds:"
        items.append(Text(f"{sentence}\n{leaks['text']}", "warning"))
    else:
        texts["Leaks"] = leaks["text"].replace("\n", " ")
    if robustness is None:
        texts["Robustness"] = _UNMEASURED_ROBUSTNESS
    texts["Drift"] = _describe_drift(facts["model"]["contract"])
    items.append(FactList(texts))
    if robustness is not None:
        items += _make_robustness(robustness)
    return Section("Limits", items)


def _make_robustness(robustness: Facts) -> list[Any]:
    rows = [
        [
            row["corruption"].replace("_", " "),
            row["meaning"],
            f"{row['score']:.4f}",
            f"{row['score'] - robustness['clean']:+.4f}",
        ]
        for row in robustness["rows"]
    ]
    note = (
        f"Robustness: {robustness['score_name']} on {robustness['n_samples']} samples, as they "
        f"are {robustness['clean']:.4f}; corrupted at severity {robustness['severity']:g}:"
    )
    headers = ["corruption", "at severity 1", robustness["score_name"], "difference"]
    return [Text(note, "note"), Table(headers, rows, n_left=2)]


def _describe_drift(contract: Mapping[str, Any] | None) -> str:
    if contract is None or "range" not in contract:
        return (
            "not monitored: the model does not know the values of its training. Watch the "
            "distribution of inputs and labels in use"
        )
    low, high = contract["range"]
    return (
        f"trained on values from {low:g} to {high:g}. Predictions warn where new samples are in "
        "another scale or unit, and of nothing else: watch the distribution of predicted labels, "
        "and measure the accuracy on new labeled samples from time to time"
    )


def _make_reproduction(facts: Facts) -> Section:
    model, evidence = facts["model"], facts["evidence"] or {}
    description = evidence.get("description", {})
    texts = {
        "Software": ", ".join(f"{name} {number}" for name, number in model["versions"].items())
    }
    if "Versions" in description and description["Versions"] != texts["Software"]:
        texts["Software of the comparison"] = description["Versions"]
    texts["Folds"] = description.get("Folds", _NOT_RECORDED)
    texts["Seed of the comparison"] = description.get("Seed", "not recorded")
    texts["Seeds of the model"] = ", ".join(model["seeds"]) or "none needed"
    if model["training"]:
        texts["Training"] = " ".join(model["training"])
    if "Made" in description:
        texts["Compared"] = description["Made"]
    if facts["archive"] is not None:
        texts["Archive made"] = facts["archive"]["created"]
        texts["Signature"] = _describe_signature(facts["archive"])
    texts["Card made"] = facts["made"]
    return Section("How to reproduce", [FactList(texts), Code(model["parameters"])])


def _describe_signature(archive: Facts) -> str:
    signature = archive["signature"] or {"state": "unsigned", "fingerprint": None}
    if signature["state"] == "unsigned":
        return "none: whether the file was exchanged as a whole cannot be known"
    signer = f", stated signer {archive['signer']}" if archive["signer"] else ""
    return f"{signature['state']}, key {signature['fingerprint']}{signer}"
