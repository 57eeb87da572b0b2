"""Scores on corrupted samples as plain values."""

from __future__ import annotations

from typing import Any

from sklvision.export._card.model import Facts

_ATTRIBUTES = ("scores", "summary", "score_name", "n_samples", "meanings")


def describe_robustness(robustness: Any, name: str | None) -> Facts:
    """Describe the result of ``robustness_curve`` for one classifier.

    Parameters
    ----------
    robustness : RobustnessResult
        The result.
    name : str or None
        Name of the classifier, for a result of several.

    Returns
    -------
    facts : dict
        ``score_name``, ``n_samples``, ``severity``, the largest one; ``clean``, the score of the
        samples as they are; ``rows``, name, meaning and score at that severity.
    """
    if not all(hasattr(robustness, attribute) for attribute in _ATTRIBUTES):
        raise TypeError(
            f"robustness must be a result of robustness_curve, got {type(robustness).__name__}."
        )
    summary = robustness.summary()
    names = list(dict.fromkeys(summary["estimator"]))
    if len(names) > 1:
        if name not in names:
            raise ValueError(
                f"robustness has the curves of {len(names)} classifiers, none of them by the name "
                "of this model. Pass robustness_curve(model, X, y) of the model alone."
            )
        summary = summary[summary["estimator"] == name]
    meanings = robustness.meanings
    return {
        "score_name": str(robustness.score_name),
        "n_samples": int(robustness.n_samples),
        "severity": float(robustness.scores["severity"].max()),
        "clean": float(summary["clean_score"].iloc[0]),
        "rows": [
            {
                "corruption": str(row["corruption"]),
                "meaning": str(meanings.get(row["corruption"]) or ""),
                "score": float(row["full_score"]),
            }
            for _, row in summary.iterrows()
        ],
    }
