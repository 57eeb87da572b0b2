"""Data of robustness curves, and estimators that record what they are asked."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, load_iris

DIGITS = load_digits()
IMAGES, LABELS = DIGITS.images[:600] / 16, DIGITS.target[:600]
SPECTRA, KINDS = load_iris(return_X_y=True)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it is asked; class 0 always."""

    def __init__(self):
        self.batches = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.batches.append(X)
        return np.full(len(X), self.classes_[0])


class Untouchable(Recorder):
    def predict(self, X):
        pytest.fail("predicted before the input was checked")
