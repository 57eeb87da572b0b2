"""Searches in batches and one by one, and the comparison of their models."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier
from tests.neural_network._problems import three_classes

# Candidates of one batch that differ in all that may differ, and share values in pairs.
GRID = [
    {"lr": [lr], "weight_decay": [decay], "label_smoothing": [smoothing]}
    for lr, decay, smoothing in [(1e-3, 0.0, 0.2), (1e-2, 0.3, 0.0), (1e-2, 0.0, 0.2)]
]


def small(**params):
    """A small net without dropout, in double precision: what is left is rounding."""
    net = {"hidden_layer_sizes": (12, 7), "dropout": 0.0} | params.pop("net", {})
    defaults = {"max_epochs": 4, "batch_size": 16, "precision": "float64", "random_state": 0}
    return SpectrumClassifier(architecture_params=net, **(defaults | params))


def problem(n_samples=90):
    return three_classes(n_samples)


class Recorder:
    """A scorer that records the fitted estimators."""

    def __init__(self):
        self.fitted_estimators = []

    def __call__(self, estimator, X, y):
        self.fitted_estimators.append(estimator)
        return estimator.score(X, y)


def fit_both(estimator, grid, X, y, *, fit_params=None, **params):
    """Search in batches and one by one; return the two with the estimators they fitted."""
    results = []
    for Search in (BatchedGridSearchCV, GridSearchCV):
        recorder = Recorder()
        search = Search(clone(estimator), grid, scoring=recorder, **({"cv": 3} | params))
        search.fit(X, y, **(fit_params or {}))
        results += [search, recorder.fitted_estimators]
    return results


def get_classifier(estimator):
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def assert_same(search, models, single, expected, *, atol=1e-7):
    assert len(models) == len(expected) == len(single.cv_results_["params"]) * single.n_splits_
    assert search.cv_results_["params"] == single.cv_results_["params"]
    assert search.cv_results_.keys() == single.cv_results_.keys()
    for clf, expected_clf in zip(
        map(get_classifier, models), map(get_classifier, expected), strict=True
    ):
        assert type(clf) is type(expected_clf)
        assert clf.get_params().keys() == expected_clf.get_params().keys()
        assert vars(clf).keys() == vars(expected_clf).keys()
        weights, expected_weights = clf.module_.state_dict(), expected_clf.module_.state_dict()
        assert weights.keys() == expected_weights.keys()
        for name in weights:
            torch.testing.assert_close(
                weights[name], expected_weights[name], rtol=0, atol=atol, msg=name
            )
        np.testing.assert_allclose(clf.loss_curve_, expected_clf.loss_curve_, rtol=0, atol=atol)
        for epoch, expected_epoch in zip(clf.history_, expected_clf.history_, strict=True):
            assert epoch.keys() == expected_epoch.keys()
            assert epoch["train_loss_best"] == expected_epoch["train_loss_best"]
            assert epoch["lr"] == pytest.approx(expected_epoch["lr"])
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], single.cv_results_["mean_test_score"]
    )
    assert search.best_params_ == single.best_params_
