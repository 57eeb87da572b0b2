"""Estimators for tasks that have been measured, each a few lines of the package.

Every function returns an unfitted scikit-learn estimator, to be fitted, cloned, searched and
pickled like any other. Read their source: nothing in them is out of a user's reach. With
``published=True`` they return the system that somebody once built by hand for the same task.
"""

from sklvision.recipes._cifar10 import cifar10
from sklvision.recipes._digits import digits
from sklvision.recipes._flowers import flowers
from sklvision.recipes._nails import nails
from sklvision.recipes._spectra import spectra

__all__ = ["cifar10", "digits", "flowers", "nails", "spectra"]
