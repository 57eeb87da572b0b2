"""Evidence of an estimate of accuracy as plain values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sklvision.export._card.evidence import describe_leaks, tabulate_classes, write_confusion
from sklvision.export._card.model import Facts

_ATTRIBUTES = ("name", "accuracy", "n_tested", "n_samples", "n_folds", "compute_interval")
_COSTS = ("fit_seconds", "predict_ms_per_sample", "n_parameters", "pickled_bytes")


def is_estimate(evidence: Any) -> bool:
    """Whether this is the result of ``estimate_accuracy``."""
    return all(hasattr(evidence, name) for name in _ATTRIBUTES)


def collect_estimate(estimate: Any) -> Facts:
    """Collect what an estimate of accuracy shows, in the form of the evidence of a comparison.

    Parameters
    ----------
    estimate : AccuracyEstimate
        Result of ``estimate_accuracy``; only its public attributes are used.

    Returns
    -------
    evidence : dict
        As ``collect_evidence`` returns it. There are classes and confusions only where the
        estimate has them.
    """
    is_grouped = bool(estimate.is_grouped)
    low, high = (None, None) if is_grouped else estimate.compute_interval(estimate.name)
    score = {"mean": float(estimate.accuracy[estimate.name]), "low": low, "high": high}
    counts: pd.DataFrame | None = estimate.confusion
    ranking = sorted(estimate.accuracy.items(), key=lambda item: -item[1])
    return {
        "name": str(estimate.name),
        "n_folds": int(estimate.n_folds),
        "is_grouped": is_grouped,
        "split": str(estimate.split),
        "scores": {"accuracy": {**score, "folds": []}, **_list_other_scores(estimate)},
        "classes": [] if counts is None else tabulate_classes(counts, 1.0, is_grouped),
        "confusion": None if counts is None else write_confusion(counts),
        "costs": {},
        "table": [
            {
                "name": str(name),
                "is_baseline": name != estimate.name,
                "scores": {
                    "accuracy": [float(accuracy), None],
                    **{
                        str(score): [float(values[name]), None]
                        for score, values in (estimate.scores or {}).items()
                    },
                },
                **dict.fromkeys(_COSTS),
            }
            for name, accuracy in ranking
        ],
        "difference": None,
        "leaks": describe_leaks(estimate.leaks),
        "description": {
            "Samples": f"{estimate.n_samples}, {estimate.n_tested} of them tested",
            "Folds": _describe_split(str(estimate)),
        },
    }


def _list_other_scores(estimate: Any) -> Facts:
    """Return scores in addition to the accuracy, which have no intervals."""
    return {
        str(name): {"mean": float(values[estimate.name]), "low": None, "high": None, "folds": []}
        for name, values in (estimate.scores or {}).items()
    }


def _describe_split(text: str) -> str:
    """Return the description of the split from the first line of an estimate as text."""
    return text.partition("\n")[0].removeprefix("Accuracy ").rstrip(":")
