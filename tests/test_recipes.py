"""The recipes are ordinary estimators: cloned, searched, pickled, and made of public parts."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import sklvision
from sklvision import recipes
from sklvision.datasets import make_spectra

VARIANTS = [
    pytest.param(getattr(recipes, name), options, id=f"{name} {options or ''}")
    for name, variants in {
        "cifar10": [{}, {"published": True}],
        "digits": [{}, {"vote": True}, {"published": True}, {"vote": True, "published": True}],
        "flowers": [{}, {"pretrained": False}, {"fine_tune": True}, {"published": True}],
        "nails": [{}, {"fast": True}, {"published": True}],
        "spectra": [{}, {"published": True}],
    }.items()
    for options in variants
]


def nets(estimator):
    """Parameters of every net within."""
    return [key for key in estimator.get_params() if key.split("__")[-1] == "max_epochs"]


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_a_recipe_is_cloned_and_pickled(recipe, options):
    estimator = recipe(random_state=3, device="cpu", **options)
    assert is_classifier(estimator)
    same = repr(estimator)
    assert repr(clone(estimator)) == same
    assert repr(pickle.loads(pickle.dumps(estimator))) == same


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_seed_and_device_reach_every_net(recipe, options):
    estimator = recipe(random_state=3, device="cpu", **options)
    parameters = estimator.get_params()
    devices = [value for key, value in parameters.items() if key.split("__")[-1] == "device"]
    assert set(devices) <= {"cpu"}
    assert devices or "fast" in options  # which computes nothing that another device could
    seeds = [parameters[key.removesuffix("max_epochs") + "random_state"] for key in nets(estimator)]
    assert None not in seeds
    assert len(set(seeds)) == len(seeds)  # members of a vote differ
    again = recipe(random_state=3, device="cpu", **options)
    assert repr(again) == repr(estimator)


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_every_part_is_public(recipe, options):
    """What a recipe does, users can do by what the package exports."""
    for value in recipe(**options).get_params().values():
        module = type(value).__module__
        if module.startswith("sklvision"):
            package = getattr(sklvision, module.split(".")[1])
            assert type(value).__name__ in package.__all__


@pytest.mark.parametrize("other", [{"pretrained": False}, {"published": True}])
def test_what_was_never_trained_is_not_fine_tuned(other):
    with pytest.raises(ValueError, match="fine_tune=True needs pretrained=True"):
        recipes.flowers(fine_tune=True, **other)


def test_keywords_are_those_of_all():
    for name in recipes.__all__:
        parameters = inspect.signature(getattr(recipes, name)).parameters
        assert {"published", "random_state", "device"} <= set(parameters)
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters.values())


@pytest.mark.parametrize("options", [{}, {"published": True}])
def test_spectra_are_told_apart(options):
    X, y = make_spectra(600, random_state=0, return_X_y=True)
    model = recipes.spectra(random_state=0, **options).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.98


def test_a_recipe_is_searched():
    X, y = make_spectra(120, random_state=0, return_X_y=True)
    estimator = recipes.spectra(random_state=0).set_params(spectrumclassifier__max_epochs=3)
    grid = {"spectralscaler__method": ["snv", None], "spectrumclassifier__lr": [1e-3, 1e-2]}
    search = GridSearchCV(estimator, grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"vote": True}])
def test_digits_are_read(options):
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8)
    model = recipes.digits(random_state=0, **options).fit(X[:900], y[:900])
    assert model.score(X[900:], y[900:]) > 0.95


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("options", [{"published": True}, {"pretrained": False}])
def test_flowers_train_from_files(data_home, options):
    from sklvision.datasets import fetch_flowers17

    X, y = fetch_flowers17(data_home=data_home, return_X_y=True)
    some = np.flatnonzero(np.isin(y, np.unique(y)[:3]))[::4]
    estimator = recipes.flowers(random_state=0, **options)
    estimator.set_params(**dict.fromkeys(nets(estimator), 8))
    assert isinstance(estimator, Pipeline)
    assert estimator.fit(X[some], y[some]).score(X[some], y[some]) > 0.5


@pytest.mark.data
@pytest.mark.slow
def test_fast_nails_are_told_apart_at_any_size(data_home):
    from sklvision.datasets import ImageCollection, fetch_nails

    train, test = (fetch_nails(subset=part, data_home=data_home) for part in ("train", "test"))
    model = recipes.nails(fast=True)
    model.fit(ImageCollection(train.filenames, reduce=4), train.target)
    small = ImageCollection(test.filenames, reduce=4)
    assert model.score(small, test.target) >= 0.94
    assert model.score(np.asarray(small), test.target) == model.score(small, test.target)
    for other in (ImageCollection(test.filenames, reduce=2), test.data):
        assert model.score(other, test.target) >= 0.9


def test_fast_nails_are_not_the_published_ones():
    with pytest.raises(ValueError, match="exclude each other"):
        recipes.nails(fast=True, published=True)


@pytest.mark.data
@pytest.mark.slow
def test_the_published_nails_train_from_files(data_home):
    from sklvision.datasets import fetch_nails

    X, y = fetch_nails(subset="train", data_home=data_home, return_X_y=True)
    estimator = recipes.nails(published=True, random_state=0)
    estimator.set_params(imageclassifier__max_epochs=1)
    assert set(estimator.fit(X[::8], y[::8]).predict(X[:4])) <= {"good", "bad"}


@pytest.mark.data
def test_the_published_photographs_train(data_home):
    from sklvision.datasets import fetch_cifar10

    X, y = fetch_cifar10(subset="test", data_home=data_home, return_X_y=True)
    for options in ({}, {"published": True}):
        estimator = recipes.cifar10(random_state=0, **options)
        estimator.set_params(**dict.fromkeys(nets(estimator), 1))
        assert estimator.fit(X[:500], y[:500]).predict(X[:3]).shape == (3,)
