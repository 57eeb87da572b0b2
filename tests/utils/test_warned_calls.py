"""Warnings of new samples in another scale or order: one for each call of a nested estimator."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sklvision.augmentation import TestTimeAugmentation
from sklvision.datasets import make_spectra
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay

X, Y = make_spectra(60, n_bands=30, random_state=0, return_X_y=True)
NET = SpectrumClassifier(max_epochs=1, random_state=0)
LDA = LinearDiscriminantAnalysisCV()
SMOOTH = SavitzkyGolay(window_length=5)
MEMBERS = [("net", NET), ("lda", LDA), ("smooth", make_pipeline(SMOOTH, LDA))]
UNION = make_union(SMOOTH, SavitzkyGolay(window_length=7))
HALVES = ColumnTransformer([("low", SMOOTH, slice(15)), ("high", SMOOTH, slice(15, 30))])

NESTED = {
    "soft vote": VotingClassifier(MEMBERS, voting="soft"),
    "hard vote": VotingClassifier(MEMBERS),
    "geometric vote": GeometricVotingClassifier(MEMBERS),
    "vote in a vote": VotingClassifier([("inner", GeometricVotingClassifier(MEMBERS)), *MEMBERS]),
    "union": make_pipeline(UNION, NET),
    "union in a union": make_pipeline(FeatureUnion([("a", UNION), ("b", SMOOTH)]), NET),
    "columns": make_pipeline(HALVES, LogisticRegression()),
    "step of others between": make_pipeline(SMOOTH, FunctionTransformer(np.array), NET),
    "stack": StackingClassifier(MEMBERS[1:], cv=2, passthrough=True),
    "bag": BaggingClassifier(LDA, n_estimators=4, random_state=0),
    "calibrated folds": CalibratedClassifierCV(LDA, cv=3, ensemble=True),
    "search": GridSearchCV(VotingClassifier(MEMBERS[1:]), {"voting": ["hard"]}, cv=2),
}


def record_predict(model, samples, method="predict"):
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        getattr(model, method)(samples)
    return [str(record.message) for record in records if "the new samples" in str(record.message)]


@pytest.fixture(scope="module", params=NESTED)
def model(request):
    return clone(NESTED[request.param]).fit(X, Y)


def test_every_call_of_a_nested_estimator_warns_once(model):
    for samples in (1000 * X, 1000 * X, X / 1000):
        assert len(record_predict(model, samples)) == 1
    assert record_predict(model, X) == []
    assert len(record_predict(model, 1000 * X)) == 1


def test_models_that_are_called_one_after_another_warn_each():
    models = [clone(member).fit(X, Y) for _, member in MEMBERS]
    new = 1000 * X
    assert [len(record_predict(model, new)) for model in models * 2] == [1] * 6


def test_members_of_a_vote_warn_on_their_own():
    vote = GeometricVotingClassifier(MEMBERS).fit(X, Y)
    assert len(record_predict(vote, 1000 * X)) == 1
    for member in vote.estimators_:
        assert len(record_predict(member, 1000 * X)) == 1


def test_only_the_branch_that_sees_the_change_warns():
    model = make_pipeline(HALVES, LogisticRegression()).fit(X, Y)
    new = X.copy()
    new[:, 15:] *= 1000
    for _ in range(2):
        assert len(record_predict(model, new)) == 1
    assert record_predict(model, X) == []


def test_views_of_an_image_are_not_compared():
    """Mirrored views of images that are brighter below fall where the training data rise."""
    rng = np.random.default_rng(0)
    images = np.linspace(0, 200, 12)[:, np.newaxis] + rng.uniform(0, 40, size=(40, 12, 12))
    net = ImageClassifier("mlp", max_epochs=1, random_state=0)
    model = TestTimeAugmentation(net, flip="both").fit(images, np.arange(40) % 2)
    assert record_predict(model, images) == []
    assert len(record_predict(model, images * 1000)) == 1
    assert len(record_predict(model, images[:, ::-1])) == 1
