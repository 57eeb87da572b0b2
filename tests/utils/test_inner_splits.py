"""No inner training part shares a group with its held-out part, whatever is nested in whatever."""

from __future__ import annotations

import pickle
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeClassifierCV
from sklearn.model_selection import (
    BaseCrossValidator,
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sklvision.ensemble import GeometricVotingClassifier
from sklvision.utils._groups import fit_with_groups

N_SAMPLES = 96


class Probe(ClassifierMixin, BaseEstimator):
    """Records the samples, by the number in their first column, of every fit and prediction."""

    pairs: ClassVar[list] = []  # samples of the fit, samples predicted
    given_groups: ClassVar[list] = []  # samples of the fit, their groups

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y, sample_weight=None):  # which bagging needs in a vote, in scikit-learn 1.6
        self.samples_ = np.asarray(X)[:, 0].astype(int)
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]
        self.coef_ = np.ones((1, X.shape[1]))
        return self

    def predict_proba(self, X):
        X = np.asarray(X)
        self.pairs.append((self.samples_, X[:, 0].astype(int)))
        odds = 1 / (1 + np.exp(-(X[:, 1] - self.shift)))
        return np.column_stack([1 - odds, odds])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class GroupProbe(Probe):
    """The same, and it takes groups."""

    def fit(self, X, y, groups=None):
        super().fit(X, y)
        self.given_groups.append((self.samples_, groups))
        return self


def make_threshold(inner, cv=2):
    return TunedThresholdClassifierCV(inner, cv=cv, thresholds=4)


def make_step(inner):
    return make_pipeline(FunctionTransformer(), inner)


METAS = {
    "grid": lambda inner: GridSearchCV(make_step(inner), {"functiontransformer": [None]}, cv=2),
    "random": lambda inner: RandomizedSearchCV(
        make_step(GaussianNB()), {"gaussiannb": [inner]}, n_iter=1, cv=KFold(2, shuffle=True)
    ),
    "threshold": make_threshold,
    "held-out threshold": lambda inner: make_threshold(inner, 0.3),
    "calibration": lambda inner: CalibratedClassifierCV(inner, cv=2),
    "one calibration": lambda inner: CalibratedClassifierCV(inner, cv=2, ensemble=False),
    "stack": lambda inner: StackingClassifier(
        [("a", inner), ("b", GaussianNB()), ("c", "drop")], LogisticRegression(), cv=2
    ),
    "vote": lambda inner: VotingClassifier([("a", inner), ("b", GaussianNB())], voting="soft"),
    "geometric vote": lambda inner: GeometricVotingClassifier([("a", inner), ("b", GaussianNB())]),
    "bagging": lambda inner: BaggingClassifier(inner, n_estimators=2),
    "step": make_step,
}


@pytest.fixture(autouse=True)
def empty_records():
    Probe.pairs.clear()
    Probe.given_groups.clear()


def make_data(groups):
    X, _ = make_classification(N_SAMPLES, 3, n_informative=2, n_redundant=0, random_state=0)
    X = np.column_stack([np.arange(N_SAMPLES), X])
    return X, np.arange(N_SAMPLES) % 2, groups


@pytest.fixture(scope="module")
def data():
    return make_data(np.random.default_rng(0).permutation(np.repeat(np.arange(24), 4)))


def check_records(groups):
    for fitted, predicted in Probe.pairs:
        assert not set(groups[fitted]) & set(groups[predicted])
    for fitted, passed in Probe.given_groups:
        assert np.array_equal(passed, groups[fitted])


@pytest.mark.filterwarnings("ignore:The inner folds of")
@given(
    names=st.lists(st.sampled_from(sorted(METAS)), min_size=1, max_size=3, unique=True),
    has_group_probe=st.booleans(),
    n_groups=st.integers(16, 48),
    seed=st.integers(0, 100),
)
def test_fit_with_groups_never_shares_a_group(names, has_group_probe, n_groups, seed):
    Probe.pairs.clear()
    Probe.given_groups.clear()
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.arange(N_SAMPLES) % n_groups // rng.integers(1, 3))
    model = GroupProbe() if has_group_probe else Probe()
    for name in names:
        model = METAS[name](model)
    text = repr(model)
    X, y, _ = make_data(groups)
    fitted = fit_with_groups(model, X, y, groups)
    assert fitted is model
    assert Probe.pairs or not {"grid", "threshold", "calibration", "stack"} & set(names)
    assert bool(Probe.given_groups) == has_group_probe
    check_records(groups)
    # Parameters are those of the user, and nothing of the fit is left in the model.
    assert repr(fitted) == text
    assert not get_config()["enable_metadata_routing"]
    assert b"sklvision.utils" not in pickle.dumps(fitted).replace(b"sklvision.utils._base", b"")
    assert fitted.predict(X).shape == (N_SAMPLES,)


SELECTIONS = {
    "RFECV": RFECV(GroupProbe(), cv=3, min_features_to_select=4),
    "SelectFromModel": make_union(
        FunctionTransformer(),
        SelectFromModel(
            CalibratedClassifierCV(GroupProbe(), cv=2),
            importance_getter=lambda fitted: np.ones(fitted.n_features_in_),
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:The inner folds of")
@pytest.mark.parametrize("name", SELECTIONS)
def test_fit_with_groups_reaches_steps_that_transform(name, data):
    X, y, groups = data
    fit_with_groups(make_pipeline(clone(SELECTIONS[name]), GaussianNB()), X, y, groups)
    assert Probe.pairs
    check_records(groups)


SPLITTERS = {
    "None": (None, 5),
    "3": (3, 3),
    "StratifiedKFold": (StratifiedKFold(3, shuffle=True, random_state=1), 3),
    "unseeded": (KFold(3, shuffle=True), 3),
    "RepeatedStratifiedKFold": (RepeatedStratifiedKFold(n_splits=3, n_repeats=2), 6),
    "ShuffleSplit": (ShuffleSplit(3, test_size=0.25), 3),
    "StratifiedShuffleSplit": (StratifiedShuffleSplit(2, test_size=0.5, random_state=0), 2),
    "LeaveOneOut": (LeaveOneOut(), 24),
    "as many as groups": (90, 24),
}


@pytest.mark.parametrize("name", SPLITTERS)
def test_fit_with_groups_draws_as_many_folds_and_says_so(name, data):
    X, y, groups = data
    cv, n_folds = SPLITTERS[name]
    search = GridSearchCV(Probe(), {"shift": [0.0]}, cv=cv)
    with pytest.warns(UserWarning, match=r"GridSearchCV \(cv=.*would split groups") as record:
        fit_with_groups(search, X, y, groups)
    assert len(record) == 1
    assert search.n_splits_ == n_folds
    assert search.cv is cv
    assert len(Probe.pairs) == n_folds
    check_records(groups)


def test_fit_with_groups_draws_seeded_folds_again(data):
    X, y, groups = data
    cv = StratifiedKFold(3, shuffle=True, random_state=1)
    with pytest.warns(UserWarning, match="drawn by groups"):
        fit_with_groups(GridSearchCV(Probe(), {"shift": [0.0]}, cv=cv), X, y, groups)
    same = StratifiedGroupKFold(3, shuffle=True, random_state=1).split(X, y, groups)
    for (fitted, predicted), (train, test) in zip(Probe.pairs, same, strict=True):
        assert np.array_equal(fitted, train)
        assert np.array_equal(predicted, test)


@pytest.mark.filterwarnings("error")
def test_fit_with_groups_passes_groups_to_a_splitter_in_silence(data):
    X, y, groups = data
    model = make_threshold(make_step(GroupProbe()), GroupKFold(4))
    fit_with_groups(model, X, y, groups)
    for (fitted, _), (train, _) in zip(Probe.pairs, GroupKFold(4).split(X, y, groups), strict=True):
        assert np.array_equal(fitted, train)


class LastThird(BaseCrossValidator):
    """A splitter of a user, which knows of no groups."""

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1

    def split(self, X, y=None, groups=None):
        yield np.arange(2 * len(X) // 3), np.arange(2 * len(X) // 3, len(X))


@pytest.mark.parametrize(
    "cv", [LastThird(), TimeSeriesSplit(3), [(np.arange(50), np.arange(50, N_SAMPLES))]]
)
def test_fit_with_groups_warns_of_other_splitters_that_split_groups(cv, data):
    X, y, groups = data
    n_folds = 3 if isinstance(cv, TimeSeriesSplit) else 1
    search = GridSearchCV(Probe(), {"shift": [0.0]}, cv=cv)
    with pytest.warns(UserWarning, match=f"{n_folds} of the {n_folds} inner folds of GridSearchCV"):
        fit_with_groups(search, X, y, groups)
    assert len(Probe.pairs) == n_folds


@pytest.mark.filterwarnings("error")
def test_fit_with_groups_takes_other_splitters_that_keep_groups_together():
    X, y, groups = make_data(np.arange(N_SAMPLES) // 8)
    cv = [(np.arange(48), np.arange(48, N_SAMPLES))]
    fit_with_groups(GridSearchCV(Probe(), {"shift": [0.0]}, cv=cv), X, y, groups)
    check_records(groups)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.zeros(N_SAMPLES), "all 96 samples that GridSearchCV is fitted on are of one group"),
        (np.arange(N_SAMPLES) % 2, "leaves only class . to train on"),
    ],
)
def test_fit_with_groups_names_too_few_groups(groups, message):
    X, y, _ = make_data(groups)
    with (
        pytest.warns(UserWarning, match="drawn by groups"),
        pytest.raises(ValueError, match=message),
    ):
        fit_with_groups(GridSearchCV(Probe(), {"shift": [0.0]}), X, y, groups)


@pytest.mark.parametrize(
    ("classifier", "splitter"),
    [
        (LogisticRegressionCV(Cs=5, cv=3), StratifiedGroupKFold(3)),
        (RidgeClassifierCV(alphas=np.logspace(-3, 4, 8)), LeaveOneGroupOut()),
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_fit_with_groups_reaches_linear_models_that_choose_by_folds(classifier, splitter, data):
    X, y, groups = data
    folds = list(splitter.split(X, y, groups))
    reference = clone(classifier).set_params(cv=folds).fit(X, y)
    with pytest.warns(UserWarning, match=f"{type(classifier).__name__} .*would split groups"):
        by_groups = fit_with_groups(clone(classifier), X, y, groups)
    assert np.array_equal(by_groups.coef_, reference.coef_)


@pytest.mark.parametrize(
    "classifier",
    [
        MLPClassifier((2,), early_stopping=True, max_iter=3),
        HistGradientBoostingClassifier(early_stopping=True, max_iter=3),
        GradientBoostingClassifier(n_iter_no_change=2, n_estimators=3),
    ],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_fit_with_groups_warns_of_samples_held_out_one_by_one(classifier, data):
    X, y, groups = data
    with pytest.warns(UserWarning, match=f"{type(classifier).__name__} cannot hold out whole"):
        fit_with_groups(make_step(classifier), X, y, groups)


@pytest.mark.filterwarnings("error")
def test_fit_with_groups_leaves_fitted_and_plain_estimators_alone(data):
    X, y, groups = data
    frozen = FrozenEstimator(CalibratedClassifierCV(GaussianNB(), cv=2).fit(X, y))
    for model in (
        CalibratedClassifierCV(frozen),
        make_step(HistGradientBoostingClassifier(max_iter=2)),
        GradientBoostingClassifier(n_estimators=2),
    ):
        fit_with_groups(model, X, y, groups)


def test_fit_with_groups_restores_an_estimator_whose_fit_fails(data):
    X, y, groups = data
    model = make_threshold(make_step(GroupProbe()), StratifiedGroupKFold(2))
    text = repr(model)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit_with_groups(model, X[:-1], y, groups)
    assert repr(model) == text
    assert isinstance(model.estimator[-1], GroupProbe)
    assert not get_config()["enable_metadata_routing"]
