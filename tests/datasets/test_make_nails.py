"""Simulated nails: as documented, and told apart by the recipe for nails."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

from sklvision import recipes
from sklvision.datasets import make_nails


@pytest.fixture(scope="module")
def nails():
    return make_nails(80, random_state=0)


def test_make_nails_is_as_documented(nails):
    X, y = nails
    assert (X.shape, X.dtype) == ((80, 152, 242), np.uint8)
    assert np.unique(y, return_counts=True)[1].tolist() == [40, 40]
    assert X[:, 0].mean() > 150 > 80 > X[:, 20:].mean()  # a bright strip above a dark belt
    assert all(image[20:].max() > 120 for image in X)  # a nail on each


def test_make_nails_is_reproducible_without_global_state(nails):
    state = np.random.get_state()[1].copy()
    X, y = make_nails(80, random_state=0)
    np.testing.assert_array_equal(X, nails[0])
    np.testing.assert_array_equal(y, nails[1])
    assert not np.array_equal(*(make_nails(10, random_state=seed)[0] for seed in (0, 1)))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_make_nails_bends_by_the_angle(nails):
    assert cross_val_score(recipes.nails(fast=True), *nails, cv=4).mean() >= 0.95
    slight = make_nails(80, min_bend=0, max_bend=0, random_state=0)
    assert cross_val_score(recipes.nails(fast=True), *slight, cv=4).mean() <= 0.7


@pytest.mark.parametrize("size", [(32, 32), (40, 300), (300, 40)])
def test_make_nails_takes_any_size(size):
    data = make_nails(6, image_size=size, random_state=0, return_X_y=False)
    assert data.data.shape == (6, *size)
    assert set(data.target) <= set(data.target_names)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"image_size": (10, 100)}, "image_size must be"),
        ({"image_size": (64.0, 64)}, "image_size must be"),
        ({"image_size": 64}, "image_size"),
        ({"min_bend": 50, "max_bend": 20}, "min_bend=50 must be at most max_bend=20"),
        ({"noise": -1}, "noise"),
        ({"n_samples": 0}, "n_samples"),
    ],
)
def test_make_nails_names_wrong_parameters(params, words):
    with pytest.raises(ValueError, match=words):
        make_nails(**params)
