"""What every estimator of the package shares."""

from __future__ import annotations

import pytest

from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from sklvision.utils.discovery import all_estimators


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("epochs", "max_epochs"),
        ("max_iter", "max_epochs"),
        ("learning_rate", "lr"),
        ("hidden_layer_sizes", "architecture_params="),
        ("droput", "Known names: architecture, "),
    ],
)
@pytest.mark.parametrize("estimator", [SpectrumClassifier, ImageClassifier])
def test_constructor_suggests_the_name_of_a_parameter(estimator, name, hint):
    with pytest.raises(TypeError, match=f"{estimator.__name__} has no parameter '{name}'.*{hint}"):
        estimator(**{name: 1})


def test_constructor_suggests_the_most_similar_name():
    with pytest.raises(TypeError, match="Did you mean 'method'"):
        SpectralScaler(metod="snv")


def test_hints_do_not_hide_a_parameter():
    for _, estimator in all_estimators():
        hints = set(getattr(estimator, "_parameter_hints", ()))
        assert not hints.intersection(estimator._get_param_names())
