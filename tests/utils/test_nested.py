"""One walk over estimators inside estimators."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages, Resize
from sklvision.utils._nested import (
    can_take_images,
    find_image_reading,
    find_input_shape,
    find_input_steps,
    find_learners,
    is_search,
    open_estimator,
    split_steps,
    walk_estimators,
)

X, Y = make_classification(60, n_classes=3, n_informative=5, random_state=0)


def make_linear():
    return make_pipeline(StandardScaler(), LogisticRegression())


WRAPPERS = {
    "pipeline": lambda inner: make_pipeline(StandardScaler(), inner),
    "search": lambda inner: GridSearchCV(inner, {}, cv=2),
    "bagging": lambda inner: BaggingClassifier(inner, n_estimators=2, random_state=0),
    "voting": lambda inner: VotingClassifier([("a", inner), ("b", inner)]),
    "stacking": lambda inner: StackingClassifier(
        [("a", inner)], final_estimator=GaussianNB(), cv=2
    ),
    "calibrated": lambda inner: CalibratedClassifierCV(inner, cv=2),
    "one against rest": lambda inner: OneVsRestClassifier(inner),
    "nested": lambda inner: GridSearchCV(VotingClassifier([("a", make_pipeline(inner))]), {}, cv=2),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_find_learners_reaches_every_fitted_member(wrapper):
    fitted_wrapper = WRAPPERS[wrapper](make_linear()).fit(X, Y)
    learners = dict(find_learners(fitted_wrapper))
    linear = [member for member in learners.values() if isinstance(member, LogisticRegression)]
    assert linear
    for member in linear:
        assert member.coef_.shape[1] == X.shape[1]
    n_members = {"bagging": 2, "voting": 2, "stacking": 2, "calibrated": 2, "one against rest": 3}
    assert len(learners) == n_members.get(wrapper, 1)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_find_learners_reaches_members_before_they_are_fitted(wrapper):
    learners = [member for _, member in find_learners(WRAPPERS[wrapper](make_linear()))]
    assert any(isinstance(member, LogisticRegression) for member in learners)


def test_find_learners_names_members_by_their_way():
    inner = VotingClassifier([("x", make_linear()), ("y", GaussianNB())])
    outer = VotingClassifier([("left", inner), ("right", GaussianNB())])
    assert [name for name, _ in find_learners(outer)] == ["left x", "left y", "right"]
    stack = StackingClassifier([("a", GaussianNB())], final_estimator=LogisticRegression())
    assert [name for name, _ in find_learners(stack)] == ["a", "final"]
    assert [name for name, _ in find_learners(GaussianNB())] == [""]


def test_find_learners_leaves_out_members_that_were_dropped():
    vote = VotingClassifier([("a", make_linear()), ("b", "drop")])
    assert [name for name, _ in find_learners(vote)] == ["a"]
    assert [name for name, _ in find_learners(vote.fit(X, Y))] == ["a"]


def test_find_input_steps_goes_into_unions_and_column_transformers():
    union = make_union(Resize(4), FlattenImages())
    steps = list(find_input_steps(make_pipeline("passthrough", union, LogisticRegression())))
    assert [type(step) for step in steps] == [Resize, FlattenImages]
    columns = make_column_transformer((StandardScaler(), [0, 1]), ("drop", [2]))
    assert [type(step) for step in find_input_steps(make_pipeline(columns, GaussianNB()))] == [
        StandardScaler
    ]


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (make_pipeline(FlattenImages(), GaussianNB()), True),
        (make_pipeline(make_union(FlattenImages(), FlattenImages()), GaussianNB()), True),
        (VotingClassifier([("a", make_pipeline(Resize(4), FlattenImages(), GaussianNB()))]), True),
        (make_linear(), False),
        (GridSearchCV(make_linear(), {}), False),
    ],
)
def test_takes_images_looks_at_what_meets_the_data(estimator, expected):
    assert can_take_images(estimator) is expected


def test_takes_images_goes_by_the_samples_of_training():
    flat = make_pipeline(FlattenImages(), GaussianNB())
    assert can_take_images(flat)
    assert not can_take_images(flat.fit(X, Y))
    images = np.random.default_rng(0).random((60, 2, 3))
    assert can_take_images(flat.fit(images, Y))
    assert find_input_shape(flat) == (2, 3)


def test_split_steps_opens_wrappers_of_one_pipeline():
    search = GridSearchCV(make_pipeline(StandardScaler(), make_linear()), {}, cv=2).fit(X, Y)
    first_steps, last = split_steps(FrozenEstimator(search))
    assert [type(step) for step in first_steps] == [StandardScaler, StandardScaler]
    assert last is search.best_estimator_[-1][-1]
    vote = VotingClassifier([("a", GaussianNB())])
    assert split_steps(vote) == ([], vote)


def test_walk_estimators_yields_everything_once_outermost_first():
    linear = make_linear()
    vote = VotingClassifier([("a", linear)])
    assert [id(e) for e in walk_estimators(vote)] == [
        id(e) for e in (vote, linear, linear[0], linear[1])
    ]


def test_open_estimator_of_a_single_estimator_is_none():
    assert open_estimator(LogisticRegression()) is None
    assert open_estimator(LogisticRegression().fit(X, Y)) is None


def test_is_search_tells_a_search_from_others():
    assert is_search(GridSearchCV(GaussianNB(), {}))
    assert not is_search(make_linear())


class ForeignEstimator(BaseEstimator):
    """An estimator of another package, fitted to samples of a shape."""

    def __init__(self, input_shape=None, contract=None):
        self.input_shape_ = input_shape
        if contract is not None:
            self.input_contract_ = contract


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((8, 9), {"mode": "L"}),
        ((8, 9, 1), {"mode": "L"}),
        ((8, 9, 3), {"mode": "RGB"}),
        ((8, 9, 4), {}),
        ((8,), {}),
        (None, {}),
    ],
)
def test_find_image_reading_goes_by_channels_without_a_contract(shape, expected):
    assert find_image_reading(ForeignEstimator(shape)) == expected


def test_find_image_reading_returns_a_copy_of_what_the_contract_says():
    contract = {"reading": {"mode": "F", "white": 4095}}
    reading_options = find_image_reading(ForeignEstimator((8, 9, 3), contract))
    assert reading_options == {"mode": "F", "white": 4095}
    assert reading_options is not contract["reading"]
    assert find_image_reading(ForeignEstimator((8, 9, 3), {"reading": None})) == {"mode": "RGB"}
