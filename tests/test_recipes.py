"""The recipes are ordinary estimators: cloned, searched, pickled, and made of public parts."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import sklvision
from sklvision import recipes
from sklvision.datasets import make_spectra

RECIPES = [
    recipes.cifar10,
    recipes.digits,
    recipes.flowers,
    recipes.images,
    recipes.nails,
    recipes.spectra,
]
VARIANTS = [
    pytest.param(getattr(recipes, name), options, id=f"{name} {options or ''}")
    for name, variants in {
        "cifar10": [{}, {"published": True}],
        "digits": [{}, {"vote": True}, {"published": True}, {"vote": True, "published": True}],
        "flowers": [
            {},
            {"pretrained": False},
            {"pretrained": False, "vote": True},
            {"fine_tune": True},
            {"published": True},
        ],
        "images": [{}, {"average_flips": True}],
        "nails": [{}, {"fast": True}, {"published": True}],
        "spectra": [{}, {"published": True}],
    }.items()
    for options in variants
]


def nets(estimator):
    """Parameters of every net within."""
    return [key for key in estimator.get_params() if key.split("__")[-1] == "max_epochs"]


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_recipe_is_cloned_and_pickled(recipe, options):
    estimator = recipe(random_state=3, device="cpu", **options)
    assert is_classifier(estimator)
    text = repr(estimator)
    assert repr(clone(estimator)) == text
    assert repr(pickle.loads(pickle.dumps(estimator))) == text


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_recipe_passes_seed_and_device_to_every_net(recipe, options):
    estimator = recipe(random_state=3, device="cpu", **options)
    parameters = estimator.get_params()
    devices = [value for key, value in parameters.items() if key.split("__")[-1] == "device"]
    assert set(devices) <= {"cpu"}
    assert devices or "fast" in options  # which computes nothing that another device could
    seeds = [parameters[key.removesuffix("max_epochs") + "random_state"] for key in nets(estimator)]
    assert None not in seeds
    assert len(set(seeds)) == len(seeds)  # members of a vote differ
    second_recipe = recipe(random_state=3, device="cpu", **options)
    assert repr(second_recipe) == repr(estimator)


@pytest.mark.parametrize(("recipe", "options"), VARIANTS)
def test_recipe_is_made_of_public_parts(recipe, options):
    """Users can build every recipe from what the package exports."""
    for value in recipe(**options).get_params().values():
        module = type(value).__module__
        if module.startswith("sklvision"):
            package = getattr(sklvision, module.split(".")[1])
            assert type(value).__name__ in package.__all__


@pytest.mark.parametrize("option", [{"pretrained": False}, {"published": True}])
def test_flowers_refuses_to_fine_tune_an_untrained_net(option):
    with pytest.raises(ValueError, match="fine_tune=True needs pretrained=True"):
        recipes.flowers(fine_tune=True, **option)


@pytest.mark.parametrize("options", [{}, {"pretrained": False, "published": True}])
def test_flowers_refuses_a_vote_of_nets_that_are_not_from_scratch(options):
    with pytest.raises(ValueError, match="vote=True needs pretrained=False"):
        recipes.flowers(vote=True, **options)


def test_recipes_share_keywords():
    for recipe in RECIPES:
        parameters = inspect.signature(recipe).parameters
        assert {"random_state", "device"} <= set(parameters)
        # Nobody published a system for images of any kind.
        assert ("published" in parameters) is (recipe is not recipes.images)
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters.values())


@pytest.mark.parametrize("options", [{}, {"vote": False}, {"published": True}])
def test_spectra_separates_the_classes(options):
    X, y = make_spectra(300, n_bands=60, random_state=0, return_X_y=True)
    model = recipes.spectra(random_state=0, **options).fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.98


def test_recipe_suggests_the_name_of_a_parameter():
    with pytest.raises(
        TypeError, match=r"recipe spectra has no parameter 'vot'. Did you mean 'vote'"
    ):
        recipes.spectra(vot=False)


def test_recipe_in_a_grid_search():
    X, y = make_spectra(120, random_state=0, return_X_y=True)
    estimator = recipes.spectra(random_state=0).set_params(net__spectrumclassifier__max_epochs=3)
    grid = {
        "snv_lda__spectralscaler__method": ["snv", None],
        "weights": [[3, 1, 1, 1], [1, 1, 1, 1]],
    }
    search = GridSearchCV(estimator, grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"vote": True}])
def test_digits_reads_digits(options):
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8)
    model = recipes.digits(random_state=0, **options).fit(X[:900], y[:900])
    assert model.score(X[900:], y[900:]) > 0.95


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("options", [{"published": True}, {"pretrained": False}])
def test_flowers_trains_from_files(data_home, options):
    from sklvision.datasets import fetch_flowers17

    X, y = fetch_flowers17(data_home=data_home, return_X_y=True)
    rows = np.flatnonzero(np.isin(y, np.unique(y)[:3]))[::8]
    estimator = recipes.flowers(random_state=0, **options)
    estimator.set_params(**dict.fromkeys(nets(estimator), 8))
    assert isinstance(estimator, Pipeline)
    assert estimator.fit(X[rows], y[rows]).score(X[rows], y[rows]) > 0.5


@pytest.mark.data
@pytest.mark.slow
def test_nails_fast_works_at_any_size(data_home):
    from sklvision.datasets import ImageCollection, fetch_nails

    train, test = (fetch_nails(subset=part, data_home=data_home) for part in ("train", "test"))
    model = recipes.nails(fast=True)
    model.fit(ImageCollection(train.filenames, reduce=4), train.target)
    small = ImageCollection(test.filenames, reduce=4)
    assert model.score(small, test.target) >= 0.94
    assert model.score(np.asarray(small), test.target) == model.score(small, test.target)
    for images in (ImageCollection(test.filenames, reduce=2), test.data):
        assert model.score(images, test.target) >= 0.9


def test_nails_refuses_fast_and_published():
    with pytest.raises(ValueError, match="exclude each other"):
        recipes.nails(fast=True, published=True)


@pytest.mark.data
@pytest.mark.slow
def test_nails_published_trains_from_files(data_home):
    from sklvision.datasets import fetch_nails

    X, y = fetch_nails(subset="train", data_home=data_home, return_X_y=True)
    estimator = recipes.nails(published=True, random_state=0)
    estimator.set_params(imageclassifier__max_epochs=1)
    assert set(estimator.fit(X[::8], y[::8]).predict(X[:4])) <= {"good", "bad"}


@pytest.mark.data
@pytest.mark.slow
def test_cifar10_trains(data_home):
    from sklvision.datasets import fetch_cifar10

    X, y = fetch_cifar10(subset="test", data_home=data_home, return_X_y=True)
    for options in ({}, {"published": True}):
        estimator = recipes.cifar10(random_state=0, **options)
        estimator.set_params(**dict.fromkeys(nets(estimator), 1))
        assert estimator.fit(X[:500], y[:500]).predict(X[:3]).shape == (3,)


def test_get_model_builds_recipes_and_architectures():
    model = recipes.get_model("spectra", max_epochs=3, random_state=0, options={"published": True})
    assert model.kind == "spectra"
    assert model.build(np.zeros((4, 20)))[-1].max_epochs == 3
    options = {"dropout": 0.25, "optimizer": "sgd"}
    net = recipes.get_model("spectrum_mlp", options=options, device="cpu").build(np.zeros((4, 20)))
    assert (net.architecture_params, net.optimizer) == ({"dropout": 0.25}, "sgd")
    assert recipes.get_model("flowers").kind == "images"  # behind a union of transformers


@pytest.mark.parametrize(
    ("name", "image_size", "shape", "size"),
    [
        ("resnet8", None, (8, 8), (8, 8)),
        ("resnet8", None, (100, 200, 3), (32, 64)),
        ("resnet8", 16, (8, 8), (16, 16)),
        ("nail_cnn", None, (30, 40), (60, 80)),  # it needs 60 pixels a side
    ],
)
def test_get_model_chooses_the_size_of_images(name, image_size, shape, size):
    model = recipes.get_model(name, image_size=image_size)
    assert model.build(np.zeros((2, *shape)))[0].size == size


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("spectre", {}, "is named 'spectre'. Did you mean 'spectra'"),
        ("flowers_cn", {}, "is named 'flowers_cn'. Did you mean 'flowers_cnn'"),
        ("spectra", {"image_size": 3}, "the recipe spectra has sizes of its own"),
        ("spectrum_mlp", {"image_size": 3}, "image_size=3: is for images only"),
        ("spectra", {"options": {"vot": 1}}, "option vot: the recipe spectra has no option"),
        ("resnet8", {"options": {"dropot": 1}}, "option dropot: the architecture resnet8 has no"),
        ("resnet8", {"options": {"lr": -1}}, "'lr' parameter"),
        ("resnet8", {"device": "cuda:77"}, "cuda:77"),
        ("spectra", {"device": "cude"}, "device must be .* got 'cude'"),
        ("nails", {"max_epochs": 3}, "max_epochs=3: .* contains no net"),
    ],
)
def test_get_model_validates_arguments(name, params, message):
    with pytest.raises(ValueError, match=message):
        recipes.get_model(name, **params)


@pytest.mark.parametrize(
    ("name", "options", "shape", "message"),
    [
        ("spectrum_mlp", {"dropout": 3}, (30,), "option dropout of .* in .0, 1., got 3"),
        ("resnet8", {"width": 0, "lr": 0.1}, (30, 40), "option width of the architecture resnet8"),
        ("resnet8", {"width": 0}, (30, 40, 3), "positive integer .* got 0"),
    ],
)
def test_get_model_refuses_values_of_options_when_it_is_built(name, options, shape, message):
    state = torch.random.get_rng_state()
    model = recipes.get_model(name, options=options)
    with pytest.raises(ValueError, match=message):
        model.build(np.zeros((2, *shape)))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_check_candidates_names_an_unknown_one():
    recipes.check_candidates(["lda", "spectra", "resnet8"])
    for names in (["lda", "flowrs"], ["lda", "flowers:x"]):
        with pytest.raises(ValueError, match="Did you mean 'flowers"):
            recipes.check_candidates(names)
    with pytest.raises(TypeError, match="names must be strings, got 3"):
        recipes.check_candidates([3])
    with pytest.raises(TypeError, match="names must be a list, got 'lda'"):
        recipes.check_candidates("lda")


def test_make_candidates_fit_their_samples():
    candidates, baselines = recipes.make_candidates(np.zeros((10, 5)))
    assert baselines == ["PCA + LDA", "PLS-DA"]
    assert not {"derivative + spectrum_mlp", "spectra"} & set(candidates)  # fewer bands than 11
    assert candidates["PCA + LDA"][1].n_components == 4
    candidates, baselines = recipes.make_candidates(np.zeros((10, 8, 8)))
    assert set(candidates) == {
        "spectrum_mlp",
        "resnet8",
        "ensemble of logistic regression + spectrum_mlp + resnet8",
    }
    assert baselines == []


def test_make_candidates_refuses_a_text_in_place_of_names():
    with pytest.raises(TypeError, match="names must be a list, got 'lda'"):
        recipes.make_candidates(np.zeros((10, 5)), "lda")


def test_make_candidates_tries_pretrained_features_on_photographs(monkeypatch):
    X = np.zeros((10, 90, 120, 3), np.uint8)
    candidates, _ = recipes.make_candidates(X)
    assert list(candidates) == [
        "pretrained",
        "spectrum_mlp",
        "resnet8",
        "ensemble of logistic regression + spectrum_mlp + resnet8",
    ]
    assert candidates["resnet8"].named_steps["resize"].size == (48, 64)
    monkeypatch.setattr("sklvision.recipes._candidates.has_pretrained", lambda: False)
    with pytest.warns(UserWarning, match=r"Pretrained features.*sklvision\[pretrained\]"):
        assert "pretrained" not in recipes.make_candidates(X)[0]


def test_make_candidates_by_name_fit_and_predict():
    X, y = make_spectra(60, n_bands=40, random_state=0, return_X_y=True)
    names = ["lda", "pls-da", "svc", "forest", "knn", "logistic", "spectrum_mlp", "spectra"]
    candidates, baselines = recipes.make_candidates(X, names)
    assert (list(candidates), baselines) == (names, [])
    for name in names[:6]:
        assert candidates[name].fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.5, name
    images = np.random.default_rng(0).integers(0, 255, (12, 70, 80), dtype=np.uint8)
    candidates, _ = recipes.make_candidates(images, ["lda", "resnet8", "images", "pretrained"])
    assert candidates["lda"].fit(images, np.arange(12) % 2).predict(images).shape == (12,)
    assert list(candidates["resnet8"].named_steps) == ["resize", "imageclassifier"]


@pytest.mark.parametrize(
    ("X", "name", "message"),
    [
        (np.zeros((9, 5)), "pretrained", "pretrained takes images"),
        (np.zeros((9, 5)), "resnet8", "resnet8 takes images, and the samples are spectra"),
        (np.zeros((9, 8, 8)), "spectra", "spectra takes spectra, and the samples are images"),
        (np.zeros((9, 8, 8)), "forrest", "no candidate 'forrest'. Did you mean 'forest'"),
    ],
)
def test_make_candidates_names_what_does_not_fit(X, name, message):
    with pytest.raises(ValueError, match=message):
        recipes.make_candidates(X, [name])
