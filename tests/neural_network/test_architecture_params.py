"""Entries of `architecture_params` as parameters of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import make_spectra
from sklvision.neural_network import SpectrumClassifier

X = np.random.RandomState(0).normal(size=(12, 8))
y = np.arange(12) % 2


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


def test_a_net_that_does_not_fit_into_memory_is_named():
    def huge_net(input_shape, n_classes, *, width):
        return torch.nn.Linear(width, 2**23)  # more bytes than any processor can address

    clf = SpectrumClassifier(huge_net, architecture_params={"width": 2**23})
    with pytest.raises(MemoryError, match=r"'huge_net' needs more memory .*'width': 8388608"):
        clf.fit(X, y)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("spectrum_mlp", {"hidden_layer_sizes": (10**7,)}, "at most 1000000, got"),
        ("spectrum_mlp", {"hidden_layer_sizes": 10**30}, "at most 1000000, got"),
        ("spectrum_cnn", {"kernel_size": 10**30}, "kernel_size must be .* at most 1000000"),
    ],
)
def test_sizes_of_layers_are_bounded(name, params, message):
    with pytest.raises(ValueError, match=message):
        SpectrumClassifier(name, architecture_params=params).fit(X, y)
