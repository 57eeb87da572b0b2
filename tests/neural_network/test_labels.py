"""Labels, weights and groups in any container, at every door of the classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import cross_val_score

from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier

CODES = np.arange(24) % 2
X = np.random.RandomState(0).normal(size=(24, 6)) + CODES[:, None]
SMALL = {"architecture_params": {"hidden_layer_sizes": (4,)}, "max_epochs": 1, "random_state": 0}

GRADIENT = torch.tensor(CODES.astype(float), requires_grad=True)
INT64 = pd.Series(CODES, dtype="Int64")
MIXED = pd.Series(["a", 1] * 12, dtype=object)


def fit(y, **params):
    return SpectrumClassifier(**SMALL | params).fit(X, y)


def fit_images(y):
    return ImageClassifier("resnet8", max_epochs=1, random_state=0).fit(X.reshape(24, 2, 3), y)


def fit_partially(y):
    return SpectrumClassifier(**SMALL).partial_fit(X, y, classes=y)


def fit_batched(y):
    search = BatchedGridSearchCV(SpectrumClassifier(**SMALL), {"lr": [0.01, 0.1]}, cv=2)
    return search.fit(X, y).best_estimator_


@pytest.mark.parametrize("fit", [fit, fit_images, fit_partially, fit_batched])
@pytest.mark.parametrize("y", [GRADIENT, INT64], ids=["tensor", "Int64"])
def test_fit_predicts_labels_of_y(fit, y):
    clf = fit(y)
    assert clf.classes_.tolist() == [0, 1]
    assert clf.classes_.dtype.kind == ("f" if y is GRADIENT else "i")


@pytest.mark.parametrize("fit", [fit, fit_images, fit_partially, fit_batched])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (INT64.where(CODES == 0), "y has no label for 12 of 24 samples"),
        (MIXED, "y holds labels of several types, int, str"),
        (MIXED.tolist(), "y holds labels of several types, int, str"),
        (pd.Series([np.ones(2)] * 24), "one label per sample, got values of type ndarray"),
    ],
    ids=["missing", "mixed", "mixed list", "arrays"],
)
def test_fit_refuses_labels_that_are_none(fit, y, message):
    with pytest.raises(ValueError, match=message):
        fit(y)


@pytest.mark.parametrize("y", [GRADIENT, INT64], ids=["tensor", "Int64"])
def test_score_takes_the_containers_that_fit_takes(y):
    clf = fit(CODES)
    weights = torch.ones(24, requires_grad=True)
    assert clf.score(X, y) == clf.score(X, y, weights) == clf.score(X, CODES)
    assert cross_val_score(clf, X, INT64, cv=2).shape == (2,)


def test_fit_takes_weights_and_groups_with_gradients():
    weights = torch.ones(24, requires_grad=True)
    groups = torch.arange(24.0, requires_grad=True)
    clf = SpectrumClassifier(**SMALL, early_stopping=True)
    assert clf.fit(X, CODES, sample_weight=weights, groups=groups).n_iter_ == 1


def test_fit_names_groups_that_are_missing():
    groups = pd.Series(np.arange(24), dtype="Int64").where(CODES == 0)
    clf = SpectrumClassifier(**SMALL, early_stopping=True)
    with pytest.raises(ValueError, match="groups has no value for 12 of 24 samples"):
        clf.fit(X, CODES, groups=groups)
