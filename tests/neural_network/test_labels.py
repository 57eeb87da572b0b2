"""Labels, weights and groups in any container, at every door of the classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB

from sklvision.model_selection import compare_estimators
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


def compare(y):
    return compare_estimators(GaussianNB(), X, y, cv=2, random_state=0, check_leaks=False)


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


@pytest.mark.parametrize("fit", [fit, fit_images, fit_partially, fit_batched, compare])
@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, torch.tensor])
def test_fit_names_the_remedy_of_labels_as_columns_of_ones(fit, kind):
    """Nets of Keras and of scikit-learn take labels in this form."""
    with pytest.raises(ValueError, match=r"shape \(24, 2\) whose rows are one-hot.*argmax"):
        fit(kind(np.eye(2)[CODES]))


@pytest.mark.parametrize("fit", [fit, fit_images, fit_partially, fit_batched, compare])
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_fit_takes_columns_of_other_libraries_and_names_missing_labels(fit, library):
    module = pytest.importorskip(library)
    make = module.Series if library == "polars" else module.array
    fit(make(["b", "a"] * 12))
    with pytest.raises(ValueError, match="y has no label for 12 of 24 samples"):
        fit(make(["a", None] * 12))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros((24, 2)), "should be a 1d array"),
        (np.zeros((0, 2)), "should be a 1d array"),
        ([np.zeros(1 + i % 2) for i in range(24)], "inhomogeneous shape"),
    ],
    ids=["zeros", "empty", "ragged"],
)
def test_fit_leaves_other_shapes_of_labels_to_scikit_learn(y, message):
    with pytest.raises(ValueError, match=message) as error:
        fit(y)
    assert "one-hot" not in str(error.value)
