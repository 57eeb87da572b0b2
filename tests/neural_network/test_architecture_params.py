"""Entries of `architecture_params` as parameters of their own."""

from __future__ import annotations

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import make_spectra
from sklvision.neural_network import SpectrumClassifier


def test_set_params_sets_one_entry():
    classifier = SpectrumClassifier(architecture_params={"dropout": 0.1})
    original = classifier.architecture_params
    classifier.set_params(architecture_params__batch_norm=False, lr=0.1)
    assert classifier.architecture_params == {"dropout": 0.1, "batch_norm": False}
    assert classifier.lr == 0.1
    assert original == {"dropout": 0.1}
    assert classifier.get_params()["architecture_params__dropout"] == 0.1
    assert "architecture_params__dropout" not in classifier.get_params(deep=False)
    assert clone(classifier).architecture_params == classifier.architecture_params


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_grid_search_over_one_entry(in_pipeline):
    X, y = make_spectra(30, random_state=0)
    classifier = SpectrumClassifier(max_epochs=1, random_state=0)
    name = "architecture_params__hidden_layer_sizes"
    estimator = classifier
    if in_pipeline:
        estimator, name = make_pipeline(StandardScaler(), classifier), f"spectrumclassifier__{name}"
    search = GridSearchCV(estimator, {name: [(4,), (8, 4)]}, cv=2, error_score="raise").fit(X, y)
    best = search.best_estimator_[-1] if in_pipeline else search.best_estimator_
    sizes = search.best_params_[name]
    assert best.architecture_params == {"hidden_layer_sizes": sizes}
    assert [
        layer.out_features for layer in best.module_.modules() if hasattr(layer, "out_features")
    ] == [*sizes, 3]


def test_unknown_entry_is_named_at_fit():
    X, y = make_spectra(12, random_state=0)
    with pytest.raises((TypeError, ValueError), match="hidden_layer_sizes"):
        SpectrumClassifier(max_epochs=1).set_params(
            architecture_params__hidden_layer_size=(4,)
        ).fit(X, y)
