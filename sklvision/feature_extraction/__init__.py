"""Features of images, for any scikit-learn estimator after them."""

from sklvision.feature_extraction._pretrained import PretrainedFeatures

__all__ = ["PretrainedFeatures"]
