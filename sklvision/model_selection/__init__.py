"""Choose a model by an honest comparison.

Everything here works on the estimator protocol alone, so it serves any
scikit-learn classifier as well as those of this package.
"""

from sklvision.model_selection._budgets.budget import within_budget
from sklvision.model_selection._budgets.scorers import file_size, latency_scorer, parameter_count
from sklvision.model_selection._compare import compare_estimators
from sklvision.model_selection._corrupted.curve import robustness_curve
from sklvision.model_selection._corrupted.result import RobustnessResult
from sklvision.model_selection._curves.forecast import LearningForecast, SamplesNeeded
from sklvision.model_selection._curves.measure import learning_curve_forecast
from sklvision.model_selection._leakage.find import find_leaks
from sklvision.model_selection._leakage.report import LeakReport
from sklvision.model_selection._result import ComparisonResult

__all__ = [
    "ComparisonResult",
    "LeakReport",
    "LearningForecast",
    "RobustnessResult",
    "SamplesNeeded",
    "compare_estimators",
    "file_size",
    "find_leaks",
    "latency_scorer",
    "learning_curve_forecast",
    "parameter_count",
    "robustness_curve",
    "within_budget",
]
