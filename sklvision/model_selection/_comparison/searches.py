"""Searches among the compared estimators, and their choices."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline


def get_choice(estimator: Any) -> dict[str, Any] | None:
    """Return the parameters that a fitted search, or one at the end of a pipeline, chose."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    choice = getattr(estimator, "best_params_", None)
    return None if choice is None else dict(choice)
