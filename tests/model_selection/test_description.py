"""The description of a comparison: samples, classes, folds, groups and seed."""

from __future__ import annotations

import warnings
from time import sleep

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import DataConversionWarning

from sklvision.model_selection import compare_estimators

X, Y = np.random.default_rng(0).random((8, 2)), np.array([0, 1] * 4)


def describe(n_classes, n_each=4, **params):
    y = np.repeat(np.arange(n_classes), n_each)
    X = np.random.default_rng(0).random((len(y), 3, 2))
    result = compare_estimators(DummyClassifier(), X, y, cv=2, baselines=False, **params)
    return result.description


def test_description_of_samples_folds_and_seed():
    description = describe(2, groups=np.arange(8) // 2, random_state=5)
    assert description["Samples"] == "8, each of shape 3 × 2"
    assert description["Classes"] == "2: 0 (4), 1 (4)"
    assert description["Groups"] == "4"
    assert description["Folds"].startswith("StratifiedGroupKFold(n_splits=2, random_state=5")
    assert description["Seed"] == "5"
    description = describe(2)
    assert "Groups" not in description
    assert description["Seed"] == "none"


@pytest.mark.parametrize(
    ("n_classes", "end"), [(30, ", 29 (2)"), (31, ", 29 (2), and 1 more"), (33, ", and 3 more")]
)
def test_description_lists_thirty_classes(n_classes, end):
    text = describe(n_classes, n_each=2)["Classes"]
    assert text.startswith(f"{n_classes}: 0 (2), 1 (2), ")
    assert text.endswith(end)


def test_as_many_groups_as_folds_are_enough():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert describe(2, groups=[0, 0, 1, 1] * 2)["Groups"] == "2"


CALLS = []


class PredictionCounter(DummyClassifier):
    """Counts its predictions outside its clones; each takes some seconds."""

    def __init__(self, seconds=0.0):
        super().__init__()
        self.seconds = seconds

    def predict(self, X):
        CALLS.append(len(X))
        sleep(self.seconds)
        return super().predict(X)


def test_brief_predictions_are_timed_again_warm():
    CALLS.clear()
    compare_estimators(PredictionCounter(0.02), X, Y, cv=4, baselines=False)
    assert len(CALLS) == 4
    CALLS.clear()
    compare_estimators(PredictionCounter(), X, Y, cv=4, baselines=False)
    assert 4 < len(CALLS) <= 8  # on a busy machine one may take longer


@pytest.mark.parametrize("indices", [[0, 1, 8], [-1, 0, 1]])
def test_folds_hold_indices_of_samples_alone(indices):
    with pytest.raises(ValueError, match=r"but there are 8 samples"):
        compare_estimators(DummyClassifier(), X, Y, cv=[(np.arange(4), np.array(indices))])


def test_labels_in_a_column_are_taken_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        result = compare_estimators(DummyClassifier(), X, Y[:, np.newaxis], cv=2)
    assert result.description["Classes"] == "2: 0 (4), 1 (4)"
