"""Facts about data and models for ``sklvision info``, a line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sklvision.cli._errors import name_options

Facts = dict[str, str]

_MOST_CLASSES = 20


def describe_data(data: Any) -> Facts:
    """Describe labeled data or the spectra of a file.

    Parameters
    ----------
    data : Bunch
        Of ``load_labeled`` or ``load_spectra``; `target` may be None.

    Returns
    -------
    facts : dict of str to str
        Names of facts, and the facts.
    """
    facts = {"data": data.DESCR}
    if data.get("roles"):
        facts["columns"] = data.roles
    facts["classes"] = _count_classes(data.target)
    if data.get("groups") is not None:
        n_groups = len(np.unique(data.groups))
        facts["groups"] = f"{n_groups}, of {_describe_sizes(data.groups)} samples each"
    if data.get("split") is not None:
        names, counts = np.unique(data.split, return_counts=True)
        facts["split"] = _list_counts(names, counts)
    if data.get("times") is not None:
        first, last = map(_format_time, (data.times.min(), data.times.max()))
        facts["times"] = f"{first} to {last}"
    if data.get("advice"):
        facts["advice"] = ". ".join(map(name_options, data.advice))
    values = data.data
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        facts["values"] = f"{np.nanmin(values):g} to {np.nanmax(values):g}"
        if n_missing := int(np.isnan(values).sum()):
            facts["missing"] = (
                f"{n_missing} of {values.size} values{_name_empty_bands(data, values)}"
            )
    return facts


def _format_time(time: Any) -> str:
    if isinstance(time, np.datetime64):
        return str(np.datetime_as_string(time, unit="auto"))
    return f"{time:g}"


def _name_empty_bands(data: Any, values: np.ndarray) -> str:
    if values.ndim != 2 or "feature_names" not in data:
        return ""
    empty = np.flatnonzero(np.isnan(values).all(axis=0))
    names = [data.feature_names[place] for place in empty]
    return f"; empty in all samples: {', '.join(names)} (leave out with --drop)" if names else ""


def _count_classes(target: Any) -> str:
    if target is None:
        return "no labels; name their column with --target"
    names, counts = np.unique(target, return_counts=True)
    if len(names) > _MOST_CLASSES:
        return f"{len(names)}, of {_describe_sizes(target)} samples each"
    return f"{len(names)}: {_list_counts(names, counts)}"


def _list_counts(names: np.ndarray, counts: np.ndarray) -> str:
    return ", ".join(f"{name} ({count})" for name, count in zip(names, counts, strict=True))


def _describe_sizes(values: Any) -> str:
    counts = np.unique(values, return_counts=True)[1]
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low} to {high}"


def describe_model(path: Path, model: Any) -> Facts:
    """Describe a fitted model: steps, classes, size, and the samples that it takes."""
    from sklvision.reporting import format_bytes
    from sklvision.reporting._contract import format_contract
    from sklvision.utils._nested import find_contract, split_steps

    steps, last = split_steps(model)
    facts = {
        "model": " → ".join(type(step).__name__ for step in (*steps, last)),
        "file": f"{path.resolve()} ({format_bytes(path.stat().st_size)})",
    }
    architecture = getattr(last, "architecture", None)
    if isinstance(architecture, str):
        facts["architecture"] = architecture
    if (n_parameters := getattr(last, "n_parameters_", None)) is not None:
        facts["parameters"] = f"{n_parameters:,}"
    if (classes := getattr(model, "classes_", None)) is not None:
        facts["classes"] = f"{len(classes)}: {', '.join(map(str, classes))}"
    if (shape := getattr(last, "input_shape_", None)) is not None:
        facts["net input"] = " × ".join(map(str, shape))
    contract = find_contract(model)
    if contract is None:
        return facts | {"input": _describe_plain_input(model)}
    return facts | format_contract(contract)


def _describe_plain_input(model: Any) -> str:
    n_features = getattr(model, "n_features_in_", None)
    size = f"rows of {n_features} numbers" if n_features is not None else "unknown"
    return f"{size} (the model keeps no more about its samples)"


def describe_manifest(path: Path, manifest: dict[str, Any]) -> Facts:
    """Describe an archive by its manifest: model, samples, evidence and signature."""
    from sklvision.reporting import format_bytes
    from sklvision.reporting._contract import format_contract

    facts = {
        "model": " → ".join(manifest["model"]["steps"]),
        "file": f"{path.resolve()} ({format_bytes(path.stat().st_size)})",
        "format": f"{manifest['format']}, written {manifest['created']}",
        "signature": _describe_signature(manifest),
    }
    if (classes := manifest["classes"]) is not None:
        facts["classes"] = f"{len(classes)}: {', '.join(map(str, classes))}"
    contract = manifest["input"]
    facts |= {"input": "unknown"} if contract is None else format_contract(contract)
    for learner in manifest["training"]:
        name = " ".join(filter(None, ["training", learner["name"]]))
        facts[name] = _describe_training(learner)
    if (data := manifest["data"]) is not None:
        counts = ", ".join(f"{label} ({count})" for label, count in data["class_counts"])
        facts["trained on"] = f"{data['n_samples']} samples: {counts}; sha256 {data['sha256']}"
    if (evidence := manifest["evidence"]) is not None:
        facts |= _describe_evidence(evidence)
    facts |= {f"remark: {name}": text for name, text in manifest["remarks"].items()}
    samples = manifest["samples"]
    facts["golden samples"] = "none" if samples is None else f"{samples['n_samples']}"
    facts["runs by"] = ", ".join(manifest["backends"])
    if manifest["types"]:
        facts["types of others"] = ", ".join(manifest["types"])
    made_with = manifest["made_with"].items()
    facts["made with"] = ", ".join(f"{name} {number}" for name, number in made_with)
    return facts


def _describe_signature(manifest: dict[str, Any]) -> str:
    signature = manifest["signature"]
    if signature["state"] == "unsigned":
        return "none"
    signer = f", who is named {manifest['signer']!r}" if manifest["signer"] else ""
    note = "" if signature["state"] == "valid" else " (not checked: cryptography is missing)"
    return f"by {signature['fingerprint']}{signer}{note}"


def _describe_training(learner: dict[str, Any]) -> str:
    parts = [learner["class"]]
    if (n_epochs := learner.get("n_iter_")) is not None:
        parts.append(f"{n_epochs} iterations")
    if (n_parameters := learner.get("n_parameters_")) is not None:
        parts.append(f"{n_parameters:,} parameters")
    for name, value in learner.get("last_epoch", {}).items():
        if name.endswith(("_loss", "_acc")) and isinstance(value, float):
            parts.append(f"{name} {value:.4g}")
    return ", ".join(parts)


def _describe_evidence(evidence: dict[str, Any]) -> Facts:
    """List the first score of every classifier that was compared, and the leaks between folds."""
    score, table = evidence["scores"][0], evidence["table"]
    column = table["columns"].index(f"mean_{score}")
    scores = (
        f"{name} {row[column]:.3f}" if row[column] is not None else f"{name} failed"
        for name, row in zip(table["index"], table["rows"], strict=True)
    )
    leaks = evidence["leaks"]
    return {
        f"compared by {score}": f"{', '.join(scores)} ({evidence['folds']['n_splits']} folds)",
        "leaks": "not searched for" if leaks is None else leaks["text"],
    }
