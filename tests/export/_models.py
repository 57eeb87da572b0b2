"""Fitted nets that the tests of this folder share."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from sklvision.datasets import make_spectra
from sklvision.neural_network import ImageClassifier, SpectrumClassifier


@cache
def spectra():
    return make_spectra(900, random_state=0, return_X_y=True)


@cache
def fitted_spectra():
    X, y = spectra()
    return SpectrumClassifier(max_epochs=10, random_state=0).fit(X[:300], y[:300])


@cache
def digits():
    X, y = load_digits(return_X_y=True)
    return X.reshape(-1, 8, 8).astype(np.float32), np.array([f"digit {label}" for label in y])


@cache
def fitted_digits():
    X, y = digits()
    return ImageClassifier("resnet8", max_epochs=3, random_state=0).fit(X[:600], y[:600])
