"""Choose a model by an honest comparison.

Everything here works on the estimator protocol alone, so it serves any
scikit-learn classifier as well as those of this package.
"""

from sklvision.model_selection._compare import compare_estimators
from sklvision.model_selection._result import ComparisonResult

__all__ = ["ComparisonResult", "compare_estimators"]
