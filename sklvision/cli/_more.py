"""What ``sklvision compare`` adds to the report where it is asked to."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from sklvision.cli._data import Data
from sklvision.model_selection import (
    ComparisonResult,
    LearningForecast,
    RobustnessResult,
    learning_curve_forecast,
    robustness_curve,
)


def measure_robustness(
    result: ComparisonResult, data: Data, n_jobs: int, seed: int
) -> RobustnessResult:
    """Train what was compared on the first fold, and score its test part as it gets worse."""
    train, test = result.splits[0]
    X, y = data.X, np.asarray(data.y)
    failed = set(result.folds.loc[result.folds["error"].notna(), "estimator"])
    fitted = {
        name: clone(estimator).fit(X[train], y[train])
        for name, estimator in result.estimators.items()
        if name != "majority class" and name not in failed
    }
    return robustness_curve(
        fitted,
        X[test],
        y[test],
        scoring=result.score_names[0],
        pixel_range=_pixel_range(data),
        random_state=seed,
        n_jobs=n_jobs,
    )


def _pixel_range(data: Data) -> Any:
    """Floats do not tell what white is, so the brightest pixel there is stands for it."""
    if not data.is_images or data.X.dtype.kind != "f":
        return "auto"
    return min(0.0, float(data.X.min())), float(data.X.max())


def forecast_best(
    result: ComparisonResult, data: Data, groups: Any, cv: int, n_jobs: int, seed: int
) -> dict[str, LearningForecast]:
    """Learning curves of the best candidate and of the best baseline."""
    ranked = result.to_frame()
    ranked = ranked[ranked[f"mean_{result.score_names[0]}"].notna()]
    chosen = [
        next((name for name in ranked.index if (name in result.baselines) == is_baseline), None)
        for is_baseline in (False, True)
    ]
    return {
        name: learning_curve_forecast(
            result.estimators[name],
            data.X,
            np.asarray(data.y),
            groups=groups,
            cv=cv,
            scoring=result.score_names[0],
            n_jobs=n_jobs,
            random_state=seed,
        )
        for name in chosen
        if name is not None
    }
