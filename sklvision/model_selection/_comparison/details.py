"""Details of a comparison that a page shows in addition to its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length

from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._learning_curve.forecast import LearningForecast
from sklvision.model_selection._robustness.result import RobustnessResult
from sklvision.reporting._comparison import ClassReport, Details
from sklvision.utils._validation import check_list


def collect_details(
    classes: Sequence[ClassReport],
    shown_first: Sequence[str],
    label_errors: pd.DataFrame | None,
    sample_names: Sequence[str] | None,
    target: Any,
    choices: pd.DataFrame,
    estimators: Mapping[str, Any],
    leaks: LeakReport | None,
    robustness: RobustnessResult | None,
    forecast: LearningForecast | Mapping[str, LearningForecast] | None,
) -> Details:
    """Collect what a page shows beyond the tables of a comparison."""
    if sample_names is not None:
        sample_names = check_list("sample_names", sample_names)
        check_consistent_length(sample_names, target)
    forecasts = forecast if isinstance(forecast, Mapping) else {"": forecast}
    return Details(
        classes=classes,
        shown_first=shown_first,
        label_errors=label_errors,
        sample_names=sample_names,
        choices=choices,
        settings={name: _format_estimator(est) for name, est in estimators.items()},
        leaks=None if leaks is None else str(leaks),
        has_leaks=bool(leaks),
        robustness=None if robustness is None else _make_report("robustness", robustness),
        forecasts={
            str(name): _make_report("forecast", curve)
            for name, curve in forecasts.items()
            if curve is not None
        },
    )


def _make_report(name: str, result: Any) -> Any:
    """Return what a page shows of a result, or raise if it is something else."""
    if isinstance(result, type) or not hasattr(result, "_to_report"):
        raise TypeError(f"{name} must be a result of the package, got {result!r}.")
    return result._to_report()


def _format_estimator(estimator: Any) -> str:
    """Write an estimator with all its parameters, so that it can be made again."""
    if isinstance(estimator, BaseEstimator):
        return str(estimator.__repr__(N_CHAR_MAX=100_000))
    return repr(estimator)


def list_parameters(estimators: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the constructor parameters of every estimator, nested ones included."""
    return {
        name: {} if estimator is None else estimator.get_params(deep=True)
        for name, estimator in estimators.items()
    }
