"""Displays: what they refuse, and in which words."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

from sklvision.inspection import (
    BandImportanceDisplay,
    MisclassifiedDisplay,
    ParetoDisplay,
    TrainingCurveDisplay,
)
from sklvision.neural_network import (
    SpectrumClassifier,
)

Y = np.arange(12) % 2
X = np.random.default_rng(0).normal(size=(12, 8)) + Y[:, np.newaxis]
FRAME = pd.DataFrame(X, columns=[f"b{i}" for i in range(8)])
NET = {"architecture_params": {"hidden_layer_sizes": (4,)}, "max_epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    return SpectrumClassifier(**NET).fit(X, Y)


def test_displays_take_a_list_of_names(model):
    for names in (3, "ab"):
        with pytest.raises(TypeError, match="names must be a list"):
            TrainingCurveDisplay.from_estimator(model, names=names)
        with pytest.raises(TypeError, match="names must be a list"):
            MisclassifiedDisplay.from_predictions(Y, 1 - Y, X, names=names)
    plt.close("all")


def test_displays_refuse_keywords_that_are_not_a_dict(model):
    with pytest.raises(TypeError, match="line_kw must be a dict of keywords or None, got <NA>"):
        TrainingCurveDisplay.from_estimator(model, line_kw=pd.NA)
    plt.close("all")


def test_displays_check_the_shape_of_images_and_missing_values(model):
    with pytest.raises(TypeError, match="image_shape must be a list, got 8"):
        MisclassifiedDisplay.from_predictions(Y, 1 - Y, X, image_shape=8)
    table = FRAME.round().convert_dtypes()
    table.iloc[0, 0] = pd.NA
    with pytest.raises(ValueError, match="1 missing values"):
        MisclassifiedDisplay.from_predictions(Y, 1 - Y, table)
    plt.close("all")


def test_pareto_display_refuses_limits_that_are_not_numbers():
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}, cv=2).fit(X, Y)
    display = ParetoDisplay.from_search(search)
    with pytest.raises(TypeError, match="max_cost must be a number or None, got '1'"):
        display.plot(max_cost="1")
    plt.close("all")


def test_band_importance_takes_one_score(model):
    with pytest.raises(TypeError, match="scoring must be one score, got"):
        BandImportanceDisplay.from_estimator(model, X, Y, scoring={"a": "accuracy"})


def test_band_importance_refuses_wavelengths_of_text(model):
    with pytest.raises(TypeError, match="wavelengths must hold numbers, got 'x'"):
        BandImportanceDisplay.from_estimator(model, X, Y, wavelengths="x")
