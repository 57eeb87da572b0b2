"""Features of images, for any scikit-learn estimator after them."""

from sklvision.feature_extraction._pretrained import PretrainedFeatures
from sklvision.feature_extraction._shape import ShapeFeatures

__all__ = ["PretrainedFeatures", "ShapeFeatures"]
