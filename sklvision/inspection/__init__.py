"""Look at models and data: displays in scikit-learn's convention.

Each display is made by a ``from_...`` class method, draws itself on given axes or on new ones, and
keeps what it shows, so that it can be drawn again. Confusion matrices, ROC curves and calibration
are drawn by scikit-learn's own displays, which take the classifiers of this package as any other.
"""

from sklvision.inspection._augmentation import AugmentationDisplay
from sklvision.inspection._band_importance import BandImportanceDisplay
from sklvision.inspection._comparison import ComparisonDisplay
from sklvision.inspection._corruption import CorruptionDisplay
from sklvision.inspection._crop import CropDisplay
from sklvision.inspection._learning_forecast import LearningForecastDisplay
from sklvision.inspection._misclassified import MisclassifiedDisplay
from sklvision.inspection._occlusion import OcclusionDisplay
from sklvision.inspection._pareto import ParetoDisplay
from sklvision.inspection._robustness import RobustnessDisplay
from sklvision.inspection._training_curve import TrainingCurveDisplay

__all__ = [
    "AugmentationDisplay",
    "BandImportanceDisplay",
    "ComparisonDisplay",
    "CorruptionDisplay",
    "CropDisplay",
    "LearningForecastDisplay",
    "MisclassifiedDisplay",
    "OcclusionDisplay",
    "ParetoDisplay",
    "RobustnessDisplay",
    "TrainingCurveDisplay",
]
