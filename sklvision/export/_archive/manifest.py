"""The manifest of an archive: facts and evidence about a model, as plain values."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from sklvision.export._archive.versions import get_versions
from sklvision.export._card.candidates import CandidateError
from sklvision.export._card.data import describe_data
from sklvision.export._card.make import collect_facts, unpack_labeled
from sklvision.utils._nested import find_contract, find_learners, split_steps, walk_estimators
from sklvision.utils._plain import to_plain

FORMAT = 1
_MOST_LEARNERS = 20
_MOST_TEXT = 200


def make_manifest(
    model: Any,
    *,
    comparison: Any,
    candidate: str | None,
    data: Any,
    signer: str | None,
    remarks: Mapping[str, str],
) -> dict[str, Any]:
    """Describe a fitted model and what is known of it."""
    steps, last = split_steps(model)
    has_net = any(hasattr(type(part), "module_") for part in walk_estimators(model))
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": get_versions(has_net=has_net),
        "signer": signer,
        "model": {
            "class": type(model).__name__,
            "steps": [type(step).__name__ for step in (*steps, last)],
            "has_net": has_net,
        },
        "input": to_plain(find_contract(model)),
        "classes": to_plain(getattr(model, "classes_", None)),
        "training": [
            _describe_learner(*pair) for pair in list(find_learners(model))[:_MOST_LEARNERS]
        ],
        "data": None if data is None else describe_data(*unpack_labeled("data", data)),
        "evidence": describe_comparison(comparison) if hasattr(comparison, "folds") else None,
        "remarks": dict(remarks),
        "card": _describe_card(model, comparison, candidate),
    }


def _describe_card(model: Any, comparison: Any, candidate: str | None) -> dict[str, Any] | None:
    """Collect the facts of a model card; None of what is not a classifier."""
    if not is_classifier(model):
        return None
    try:
        facts = collect_facts(model, comparison, candidate=candidate)
    except CandidateError as error:
        if candidate is not None:
            raise
        warnings.warn(
            f"The model card in the file has no scores of the model: {error}", stacklevel=3
        )
        facts = collect_facts(model)
    return to_plain(facts)


def _describe_learner(name: str, learner: Any) -> dict[str, Any]:
    """Describe the training of one estimator: its parameters, and how it ended."""
    params = learner.get_params(deep=False) if hasattr(learner, "get_params") else {}
    facts: dict[str, Any] = {"name": name, "class": type(learner).__name__}
    facts["params"] = {key: _shorten(value) for key, value in params.items()}
    for key in ("n_iter_", "n_parameters_", "n_features_in_"):
        if (value := getattr(learner, key, None)) is not None:
            facts[key] = to_plain(value)
    if history := getattr(learner, "history_", None):
        facts["last_epoch"] = to_plain(history[-1])
    return facts


def describe_comparison(result: Any) -> dict[str, Any]:
    """Copy a comparison as plain values: tables, folds and leaks."""
    sha = hashlib.sha256()
    for train, test in result.splits:
        for indices in (train, test):
            sha.update(np.asarray(indices, dtype="<i8").tobytes() + b";")
    evidence = {
        "description": to_plain(dict(result.description)),
        "baselines": list(result.baselines),
        "scores": list(result.score_names),
        "table": tabulate(result.to_frame()),
        "folds": {
            "n_splits": len(result.splits),
            "test_sizes": [len(test) for _, test in result.splits],
            "sha256": sha.hexdigest(),
        },
        "leaks": _describe_leaks(result.leaks),
        "differences": None,
    }
    try:
        differences = result.differences()
    except ValueError:  # no estimator has a score in every fold
        return evidence
    evidence["differences"] = tabulate(differences) | {"about": to_plain(dict(differences.attrs))}
    return evidence


def _describe_leaks(report: Any) -> dict[str, Any] | None:
    if report is None:
        return None
    return {"found": bool(report), "counts": to_plain(report.counts), "text": str(report)}


def tabulate(frame: Any) -> dict[str, Any]:
    """Return a data frame as index, columns and rows of plain values."""
    return {
        "index_name": frame.index.name,
        "index": to_plain(list(frame.index)),
        "columns": [str(column) for column in frame.columns],
        "rows": [[to_plain(value) for value in row] for row in frame.itertuples(index=False)],
    }


def _shorten(value: Any) -> Any:
    plain = (
        to_plain(value) if isinstance(value, (bool, int, float, str, type(None))) else repr(value)
    )
    return plain[:_MOST_TEXT] if isinstance(plain, str) else plain
