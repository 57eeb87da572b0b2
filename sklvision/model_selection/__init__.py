"""Choose a model by an honest comparison.

Everything here works on the estimator protocol alone, so it serves any
scikit-learn classifier as well as those of this package.
"""

from sklvision.model_selection._budget import within_budget
from sklvision.model_selection._compare import compare_estimators
from sklvision.model_selection._cost_scorers import file_size, latency_scorer, parameter_count
from sklvision.model_selection._forecast import LearningForecast, SamplesNeeded
from sklvision.model_selection._leak_report import LeakReport
from sklvision.model_selection._leaks import find_leaks
from sklvision.model_selection._learning_curve import learning_curve_forecast
from sklvision.model_selection._result import ComparisonResult
from sklvision.model_selection._robustness import robustness_curve
from sklvision.model_selection._robustness_result import RobustnessResult

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
