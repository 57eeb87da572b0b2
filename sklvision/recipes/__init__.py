"""Estimators for tasks that have been measured, each a few lines of the package.

Every recipe returns an unfitted scikit-learn estimator, to be fitted, cloned, searched and
pickled like any other. Read their source: they are made of public parts alone. With
``published=True`` they return the system that somebody once built by hand for the same task.

:func:`get_model` returns recipes and architectures by name, and :func:`make_candidates` the
classifiers that are worth comparing on given samples.
"""

from sklvision.recipes._candidates import make_candidates
from sklvision.recipes._cifar10 import cifar10
from sklvision.recipes._class_weight import set_class_weight
from sklvision.recipes._digits import digits
from sklvision.recipes._flowers import flowers
from sklvision.recipes._images import images
from sklvision.recipes._models import get_model, list_models, set_net_params
from sklvision.recipes._nails import nails
from sklvision.recipes._named_candidates import check_candidates
from sklvision.recipes._spectra import spectra

__all__ = [
    "check_candidates",
    "cifar10",
    "digits",
    "flowers",
    "get_model",
    "images",
    "list_models",
    "make_candidates",
    "nails",
    "set_class_weight",
    "set_net_params",
    "spectra",
]
