"""Choose a model by an honest comparison.

Everything here needs only the methods of scikit-learn's estimators, so it serves any
scikit-learn classifier as well as those of this package.
"""

from sklvision.model_selection._budget.budget import within_budget
from sklvision.model_selection._budget.scorers import file_size, latency_scorer, parameter_count
from sklvision.model_selection._comparison.accuracy import AccuracyEstimate, estimate_accuracy
from sklvision.model_selection._comparison.compare import compare_estimators
from sklvision.model_selection._comparison.follow_up import forecast_best, measure_robustness
from sklvision.model_selection._comparison.result import ComparisonResult
from sklvision.model_selection._fit_with_groups import fit_with_groups
from sklvision.model_selection._label_errors import find_label_errors
from sklvision.model_selection._leaks.find import find_leaks
from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._learning_curve.forecast import LearningForecast
from sklvision.model_selection._learning_curve.measure import learning_curve_forecast
from sklvision.model_selection._learning_curve.samples_needed import SamplesNeeded
from sklvision.model_selection._register_dask import register_dask
from sklvision.model_selection._robustness.curve import robustness_curve
from sklvision.model_selection._robustness.result import RobustnessResult
from sklvision.model_selection._time_folds import make_time_folds

__all__ = [
    "AccuracyEstimate",
    "ComparisonResult",
    "LeakReport",
    "LearningForecast",
    "RobustnessResult",
    "SamplesNeeded",
    "compare_estimators",
    "estimate_accuracy",
    "file_size",
    "find_label_errors",
    "find_leaks",
    "fit_with_groups",
    "forecast_best",
    "latency_scorer",
    "learning_curve_forecast",
    "make_time_folds",
    "measure_robustness",
    "parameter_count",
    "register_dask",
    "robustness_curve",
    "within_budget",
]
