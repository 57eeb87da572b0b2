"""Evidence on one classifier as plain values: from a comparison, or from samples held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sklvision.export._card.candidates import check_comparison, find_candidate
from sklvision.export._card.model import Facts
from sklvision.utils._plain import to_plain
from sklvision.utils._statistics import (
    compute_corrected_t_test,
    compute_proportion_interval,
    tabulate_class_scores,
)

_COSTS = ("fit_seconds", "predict_ms_per_sample", "n_parameters", "pickled_bytes")


def collect_evidence(comparison: Any, model: Any, candidate: str | None = None) -> Facts:
    """Collect what a comparison shows about one of its classifiers, in plain values.

    Parameters
    ----------
    comparison : ComparisonResult
        Result of ``compare_estimators``; only its public methods are used.
    model : classifier
        The fitted classifier that the evidence is about.
    candidate : str, default=None
        Its name in the comparison; None finds the one with the same steps and parameters.

    Returns
    -------
    evidence : dict
        ``name`` of the classifier; ``n_folds``; ``is_grouped``; ``scores``, for each the mean, its
        interval and the value of every fold; ``classes``, recall and precision of each with
        intervals; ``confusion``; ``costs``; ``table``, all classifiers, the best first;
        ``difference`` from the best baseline; ``leaks``, None where they were not
        searched for; ``description``.
    """
    check_comparison(comparison, model)
    name = find_candidate(comparison, model, candidate)
    frame = comparison.to_frame()
    counts = comparison.confusion_matrix(name)
    is_grouped = bool(comparison.is_grouped)
    return {
        "name": name,
        "n_folds": len(comparison.splits),
        "is_grouped": is_grouped,
        "split": "",
        "scores": {
            score: _summarize_score(comparison, score, name, counts, is_grouped)
            for score in comparison.score_names
        },
        "classes": tabulate_classes(counts, _count_repeats(comparison), is_grouped),
        "confusion": write_confusion(counts),
        "costs": {cost: _convert_number(frame.loc[name, cost]) for cost in _COSTS},
        "table": [_describe_row(frame, row, comparison) for row in frame.index],
        "difference": _describe_difference(comparison, name),
        "leaks": describe_leaks(comparison.leaks),
        "description": {str(key): str(text) for key, text in comparison.description.items()},
    }


def describe_leaks(leaks: Any) -> Facts | None:
    """Describe the report of a search for leaks; None stands for no search."""
    if leaks is None:
        return None
    return {"has_findings": bool(leaks), "n_affected": int(leaks.n_affected), "text": str(leaks)}


def measure_scores(model: Any, y: np.ndarray, predicted: np.ndarray) -> Facts:
    """Compute scores of predictions for samples held out, with intervals.

    Parameters
    ----------
    model : classifier
        The fitted classifier.
    y : ndarray of shape (n_samples,)
        True labels.
    predicted : ndarray of shape (n_samples,)
        Predicted labels.

    Returns
    -------
    evidence : dict
        ``n_samples``, ``scores``, ``classes`` and ``confusion``, as :func:`collect_evidence`
        returns them.
    """
    counts = pd.crosstab(pd.Series(y, name="true"), pd.Series(predicted, name="predicted"))
    labels = pd.Index(model.classes_)
    counts = counts.reindex(index=labels, columns=labels, fill_value=0)
    hits, totals = np.diag(counts), counts.sum(axis=1).to_numpy()
    accuracy = [hits.sum() / len(y), *compute_proportion_interval(int(hits.sum()), len(y))]
    balanced = _compute_balanced_accuracy(hits, totals)
    scores = {
        score: dict(zip(("mean", "low", "high"), map(float, values), strict=True))
        for score, values in (("accuracy", accuracy), ("balanced_accuracy", balanced))
    }
    return {
        "n_samples": len(y),
        "scores": scores,
        "classes": tabulate_classes(counts, 1.0, is_grouped=False),
        "confusion": write_confusion(counts),
    }


def _compute_balanced_accuracy(hits: np.ndarray, totals: np.ndarray) -> tuple[float, float, float]:
    # The mean of recalls has no interval in closed form: recalls are drawn from their posterior
    # distributions under Jeffreys' prior, class by class.
    is_present = totals > 0
    hits, totals = hits[is_present], totals[is_present]
    draws = np.random.default_rng(0).beta(hits + 0.5, totals - hits + 0.5, (20_000, len(hits)))
    low, high = np.quantile(draws.mean(axis=1), (0.025, 0.975))
    mean = float((hits / totals).mean())
    return mean, min(low, mean), max(high, mean)


def _summarize_score(
    comparison: Any, score: str, name: str, counts: pd.DataFrame, is_grouped: bool
) -> Facts:
    """Return mean, interval and values by fold of one score; None for what is not a number."""
    values = comparison.scores(score).loc[name].to_numpy(dtype=float)
    n_train, n_test = np.array([[len(part) for part in split] for split in comparison.splits]).T
    result = compute_corrected_t_test(values, n_train, n_test)
    mean, low, high = result.mean, result.low, result.high
    if len(values) == 1 and score == "accuracy" and not is_grouped:
        table = counts.to_numpy()
        low, high = compute_proportion_interval(int(np.trace(table)), int(table.sum()))
    if np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1:
        low, high = np.clip([low, high], 0, 1)
    return {
        "mean": _convert_number(mean),
        "low": _convert_number(low),
        "high": _convert_number(high),
        "folds": [_convert_number(value) for value in values],
    }


def _count_repeats(comparison: Any) -> float:
    """Count how often a sample is tested on average."""
    indices = np.concatenate([test for _, test in comparison.splits])
    return len(indices) / len(np.unique(indices))


def tabulate_classes(counts: pd.DataFrame, n_repeats: float, is_grouped: bool) -> list[Facts]:
    """Return recall and precision of every class with their intervals, and its samples."""
    frame = tabulate_class_scores(counts, n_repeats=n_repeats, is_grouped=is_grouped)
    return [
        {
            "label": label,
            "n_samples": round(row["n_true"] / n_repeats),
            **{
                score: [_convert_number(row[f"{score}{end}"]) for end in ("", "_low", "_high")]
                for score in ("recall", "precision")
            },
        }
        for label, (_, row) in zip(to_plain(counts.index.to_numpy()), frame.iterrows(), strict=True)
    ]


def write_confusion(counts: pd.DataFrame) -> Facts:
    """Return a confusion matrix as labels and counts."""
    return {
        "true": to_plain(counts.index.to_numpy()),
        "predicted": to_plain(counts.columns.to_numpy()),
        "counts": counts.to_numpy().tolist(),
    }


def _describe_row(frame: pd.DataFrame, name: Any, comparison: Any) -> Facts:
    """Describe one classifier of a comparison: its scores and costs."""
    row = frame.loc[name]
    scores = {
        score: [_convert_number(row[f"mean_{score}"]), _convert_number(row[f"std_{score}"])]
        for score in comparison.score_names
    }
    costs = {cost: _convert_number(row[cost]) for cost in (*_COSTS, "log_loss") if cost in row}
    return {"name": str(name), "is_baseline": bool(row["baseline"]), "scores": scores, **costs}


def _describe_difference(comparison: Any, name: str) -> Facts | None:
    """Describe the difference from the best baseline; None of a baseline itself."""
    try:
        frame = comparison.differences()
    except ValueError:  # no classifier has a score in every fold
        return None
    if name not in frame.index or frame.attrs["reference"] not in comparison.baselines:
        return None
    row = frame.loc[name]
    return {
        "reference": str(frame.attrs["reference"]),
        "verdict": str(row["verdict"]),
        **{key: _convert_number(row[key]) for key in ("difference", "low", "high", "p_holm")},
    }


def _convert_number(value: Any) -> float | int | None:
    """Return a number of Python; None for what is missing or not finite."""
    if pd.isna(value) or not np.isfinite(float(value)):
        return None
    return int(value) if isinstance(value, (int, np.integer)) else float(value)
