"""Neural classifiers for spectra and small images: scikit-learn outside, skorch inside."""

from sklvision.neural_network._batched.search import BatchedGridSearchCV
from sklvision.neural_network._image import ImageClassifier
from sklvision.neural_network._spectrum import SpectrumClassifier

__all__ = ["BatchedGridSearchCV", "ImageClassifier", "SpectrumClassifier"]
