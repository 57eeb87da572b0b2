"""Several augmenters in a row: names, parameters, one interpolation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklvision.augmentation import (
    Compose,
    GaussianNoise,
    MixUp,
    RandomBrightness,
    RandomFlip,
    RandomRotation,
    RandomShift,
    RandomZoom,
    SpectralShift,
)

from ._augmenters import batch_for, generator


def test_compose_names_parts_by_class_or_as_given():
    compose = Compose([RandomFlip(), ("turn", RandomRotation()), GaussianNoise()])
    assert list(compose.named_augmenters) == ["randomflip", "turn", "gaussiannoise"]
    augmenter = Compose([RandomFlip(), GaussianNoise(), RandomFlip("vertical")])
    assert list(augmenter.named_augmenters) == ["randomflip-1", "gaussiannoise", "randomflip-2"]
    assert augmenter.named_augmenters["randomflip-2"].direction == "vertical"


def test_compose_sets_parameters_by_name():
    compose = Compose([RandomFlip(), ("turn", RandomRotation())], random_state=3)
    params = compose.get_params()
    assert params["turn__degrees"] == 15.0
    assert params["randomflip"] is compose.augmenters[0]
    assert set(compose.get_params(deep=False)) == {"augmenters", "random_state"}
    compose.set_params(turn__degrees=40, randomflip__p=0.25, random_state=1)
    assert compose.augmenters[1][1].degrees == 40
    assert compose.augmenters[0].p == 0.25
    assert compose.random_state == 1
    compose.set_params(turn__degrees=5, turn=RandomRotation(90, step=90))
    assert repr(compose.named_augmenters["turn"]) == "RandomRotation(degrees=5, step=90)"
    compose.set_params(augmenters=[GaussianNoise()], gaussiannoise__scale=0.5)
    assert compose.named_augmenters["gaussiannoise"].scale == 0.5


def test_compose_names_wrong_parameters():
    compose = Compose([RandomFlip()])
    with pytest.raises(ValueError, match="randomfilp"):
        compose.set_params(randomfilp__p=0.1)
    with pytest.raises(ValueError, match="'q'"):
        compose.set_params(randomflip__q=0.1)


def test_compose_clones_are_independent():
    compose = Compose([RandomFlip(), ("turn", RandomRotation())])
    clone_of_compose = clone(compose).set_params(turn__degrees=1, randomflip="passthrough")
    assert compose.get_params()["turn__degrees"] == 15.0
    assert list(clone_of_compose.named_augmenters) == list(compose.named_augmenters)


def test_compose_applies_parts_one_after_another():
    """Also with what is switched off, and from one stream of random numbers."""
    parts = [RandomBrightness(), RandomFlip("both"), GaussianNoise()]
    X = batch_for("RandomFlip")
    expected, source = X, generator()
    for part in parts:
        expected = part(expected, source)
    compose = Compose([*parts, ("off", RandomZoom())]).set_params(off="passthrough")
    torch.testing.assert_close(compose(X, generator()), expected, rtol=0, atol=0)


def test_compose_of_nothing_changes_nothing():
    for X in (torch.rand(3, 5), torch.rand(3, 4, 5), torch.rand(3, 4, 5, 2)):
        assert torch.equal(Compose()(X), X)


def test_compose_interpolates_neighboring_transformations_once():
    """A turn forth and back, on images that tell: with one interpolation nothing is lost."""

    class Turn(RandomRotation):
        def _draw_maps(self, source, height, width):
            source.draw_uniform = lambda low, high: torch.full((64,), high)  # the largest angle
            return super()._draw_maps(source, height, width)

    class InverseTurn(Turn):
        def _draw_maps(self, source, height, width):
            return super()._draw_maps(source, height, width).mT

    X = batch_for("RandomFlip")
    inner_pixels = np.s_[:, 3:6, 4:7]
    turn, inverse_turn = Turn(30), InverseTurn(30)
    torch.testing.assert_close(
        Compose([turn, inverse_turn])(X)[inner_pixels], X[inner_pixels], atol=1e-2, rtol=0
    )
    separate_result = Compose([turn, GaussianNoise(0.0), inverse_turn])(X)[inner_pixels]
    assert (separate_result - X[inner_pixels]).abs().mean() > 10


@pytest.mark.parametrize("fill", ["reflect", "edge", "constant"])
def test_compose_combined_warps_equal_single_ones_but_for_blur(fill):
    """On smooth images, where interpolation loses little, the same draws give the same images."""
    options = {"fill": fill, "fill_value": 0.5}
    parts = [
        RandomFlip("both"),
        RandomRotation(40, **options),
        RandomShift(5, 5, **options),
        RandomZoom(0.3, **options),
    ]
    line = torch.linspace(-1, 1, 64)
    blob = torch.exp(-((line[:, None] - 0.2) ** 2 + (line / 2) ** 2) * 12)
    X = blob[None, :, :, None].repeat(20, 1, 1, 1)
    joint_result, separate_result, source = Compose(parts)(X, generator()), X, generator()
    for part in parts:
        separate_result = part(separate_result, source)
    # Beyond the edges one fill of all differs from a fill of each.
    middle = np.s_[:, 22:42, 22:42]
    assert (joint_result - separate_result)[middle].abs().max() < 0.02
    assert (joint_result - X)[middle].abs().max() > 0.2


def test_compose_combines_no_warps_of_different_fills():
    parts = [RandomRotation(30, fill="edge"), RandomShift(3, 3, fill="constant")]
    X = batch_for("RandomFlip")
    source = generator()
    expected = parts[1](parts[0](X, source), source)
    torch.testing.assert_close(Compose(parts)(X, generator()), expected, rtol=0, atol=0)


def test_compose_nests():
    inner = Compose([RandomFlip(), GaussianNoise()])
    outer = Compose([inner, ("light", RandomBrightness())])
    outer.set_params(compose__gaussiannoise__scale=0.3)
    assert inner.augmenters[1].scale == 0.3
    X = batch_for("RandomFlip")
    flat = Compose([*inner.augmenters, RandomBrightness()])
    torch.testing.assert_close(outer(X, generator()), flat(X, generator()), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("augmenters", "message"),
    [
        (3, "'augmenters' parameter of Compose must be"),
        ([RandomFlip], "must hold augmenters"),
        ([np.flip], "must hold augmenters"),
        ([("a", RandomFlip()), ("a", RandomZoom())], "unique strings"),
        ([("a__b", RandomFlip())], "unique strings without '__', and 'a__b' is not"),
        ([(1, RandomFlip())], "unique strings"),
        ([("random_state", RandomFlip())], "name of a parameter of Compose"),
        ([RandomFlip(), SpectralShift()], "do not accept the same data"),
        ([RandomRotation(200)], "'degrees' parameter of RandomRotation"),
        ([MixUp(0.0)], "'alpha' parameter of MixUp"),
        ([Compose([RandomFlip(p=2)])], "'p' parameter of RandomFlip"),
    ],
)
def test_compose_names_wrong_augmenters(augmenters, message):
    compose = Compose(augmenters)
    assert "Compose(" in repr(clone(compose))
    with pytest.raises(ValueError, match=message):
        compose._validate_params()
