"""Groups reach every inner split, however deep, without metadata routing."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedGroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision import model_selection
from sklvision.datasets import make_spectra
from sklvision.model_selection import (
    compare_estimators,
    learning_curve_forecast,
    measure_robustness,
)
from sklvision.neural_network import BatchedGridSearchCV, SpectrumClassifier
from sklvision.utils._groups import fit_with_groups
from sklvision.utils._nested import walk_estimators

GROUPS = np.repeat(np.arange(20), 6)


class Recorder(ClassifierMixin, BaseEstimator):
    """Holds out samples by groups, and records which it was given."""

    fits: ClassVar = []

    def __init__(self, early_stopping=True):
        self.early_stopping = early_stopping

    def fit(self, X, y, sample_weight=None, groups=None):
        self.classes_, self.groups_ = np.unique(y), groups
        self.fits.append(groups)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Wrapper(ClassifierMixin, BaseEstimator):
    """A meta-estimator that knows of no groups."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self


def prefer_recorders(estimator, X, y):
    return float(isinstance(estimator[-1], Recorder))


@pytest.fixture(scope="module")
def data():
    return make_spectra(120, n_bands=20, random_state=0, return_X_y=True)


MODELS = {
    "alone": Recorder(),
    "pipeline": make_pipeline(StandardScaler(), Recorder()),
    "search": GridSearchCV(Recorder(), {"early_stopping": [True]}, cv=GroupKFold(2)),
    "search of a pipeline": GridSearchCV(
        make_pipeline(StandardScaler(), Recorder()), {"recorder__early_stopping": [True]}, cv=2
    ),
    "vote": VotingClassifier([("a", make_pipeline(StandardScaler(), Recorder()))]),
    "bagging": BaggingClassifier(Recorder(), n_estimators=2, random_state=0),
    "calibration": CalibratedClassifierCV(Recorder(), cv=2, ensemble=False),
    "stack": StackingClassifier([("a", Recorder())], cv=2),
    "mixed vote": VotingClassifier([("a", Recorder()), ("b", Recorder(early_stopping=False))]),
    "early stopping by the search": GridSearchCV(
        Recorder(early_stopping=False), {"early_stopping": [True]}, cv=2
    ),
    "candidates": GridSearchCV(
        make_pipeline(Recorder(early_stopping=False)),
        {"recorder": [LogisticRegression(), Recorder()]},
        scoring=prefer_recorders,
        cv=2,
    ),
}


@pytest.mark.filterwarnings("ignore:The inner folds of")
@pytest.mark.parametrize("has_routing", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_fit_with_groups_passes_groups_to_every_member(name, has_routing, data):
    with config_context(enable_metadata_routing=has_routing):
        model = fit_with_groups(clone(MODELS[name]), *data, GROUPS)
    inner = [e for e in walk_estimators(model) if isinstance(e, Recorder) and hasattr(e, "groups_")]
    assert inner
    for recorder in inner:
        assert (recorder.groups_ is not None) == recorder.early_stopping
        assert set(GROUPS if recorder.groups_ is None else recorder.groups_) <= set(GROUPS)
    # The fitted model carries no requests on.
    assert not [e for e in walk_estimators(model) if "_metadata_request" in vars(e)]


def test_fit_with_groups_keeps_requests_of_the_user(data):
    with config_context(enable_metadata_routing=True):
        recorder = Recorder().set_fit_request(sample_weight=True)
    model = fit_with_groups(make_pipeline(recorder), *data, GROUPS)
    assert model[-1].get_metadata_routing().fit.requests["sample_weight"] is True


def test_fit_with_groups_warns_where_groups_cannot_pass(data):
    with pytest.warns(UserWarning, match="Wrapper cannot pass groups to Recorder inside"):
        assert hasattr(fit_with_groups(Wrapper(Recorder()), *data, GROUPS), "classes_")


def test_fit_with_groups_warns_of_the_member_that_groups_cannot_reach(data):
    vote = VotingClassifier([("a", Recorder()), ("b", Wrapper(Recorder()))])
    with pytest.warns(UserWarning, match="Wrapper cannot pass groups to Recorder inside"):
        fit_with_groups(vote, *data, GROUPS)
    assert vote.estimators_[0].groups_ is not None


def test_fit_with_groups_leaves_others_alone(data):
    X, y = data
    assert fit_with_groups(Recorder(early_stopping=False), X, y, GROUPS).groups_ is None
    assert fit_with_groups(Recorder(), X, y, None).groups_ is None
    search = BatchedGridSearchCV(
        SpectrumClassifier(max_epochs=1, random_state=0), {"lr": [0.1, 0.2]}, cv=GroupKFold(2)
    )
    assert fit_with_groups(search, X, y, GROUPS).n_batched_ == 4


def test_comparisons_hold_out_whole_groups(data):
    X, y = data
    Recorder.fits.clear()
    model = make_pipeline(StandardScaler(), Recorder())
    compare_estimators({"m": model}, X, y, groups=GROUPS, cv=2, check_leaks=False)
    learning_curve_forecast(model, X, y, groups=GROUPS, cv=2)
    assert len(Recorder.fits) > 4
    assert all(groups is not None for groups in Recorder.fits)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_forecasts_say_once_that_inner_folds_are_drawn_by_groups(data, n_jobs):
    """Every size has two groups of each class, which inner folds need."""
    X, y = data
    y = y[GROUPS * 6]  # one class a group
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3]}, cv=3)
    with pytest.warns(UserWarning, match="GridSearchCV .*would split groups") as record:
        forecast = learning_curve_forecast(
            search, X, y, groups=GROUPS, cv=2, n_jobs=n_jobs, random_state=0
        )
    assert len([warning for warning in record if "inner folds" in str(warning.message)]) == 1
    assert forecast.train_sizes.min() > 6 * len(np.unique(y))


def test_fit_with_groups_says_once_what_happens_in_every_fold(data):
    X, y = data
    search = GridSearchCV(
        CalibratedClassifierCV(GaussianNB(), cv=2), {"method": ["sigmoid", "isotonic"]}, cv=3
    )
    with pytest.warns(UserWarning, match="would split groups") as record:
        fit_with_groups(search, X, y, GROUPS)
    owners = [str(warning.message).split()[4] for warning in record]
    assert sorted(owners) == ["CalibratedClassifierCV", "GridSearchCV"]


def test_public_fit_with_groups_checks_its_arguments(data):
    X, y = data
    net = SpectrumClassifier(max_epochs=1, early_stopping=True, random_state=0)
    fitted = model_selection.fit_with_groups(make_pipeline(net), X, y, GROUPS.tolist())
    expected = clone(net).fit(X, y, groups=GROUPS)
    assert np.array_equal(fitted.predict_proba(X), expected.predict_proba(X))
    with pytest.raises(TypeError, match="write SpectrumClassifier"):
        model_selection.fit_with_groups(SpectrumClassifier, X, y, GROUPS)
    with pytest.raises(ValueError, match="groups"):
        model_selection.fit_with_groups(net, X, y, GROUPS[:-1])
    with pytest.raises(ValueError, match="X and y differ in length"):
        model_selection.fit_with_groups(net, X, y[:-1], GROUPS[:-1])


def test_robustness_is_measured_with_models_of_whole_groups(data):
    X, y = data
    Recorder.fits.clear()
    model = make_pipeline(StandardScaler(), Recorder())
    result = compare_estimators({"m": model}, X, y, groups=GROUPS, cv=2, check_leaks=False)
    Recorder.fits.clear()
    measure_robustness(result, X, y, groups=GROUPS, random_state=0)
    assert len(Recorder.fits) == 1
    assert set(Recorder.fits[0]) == set(GROUPS[result.splits[0][0]])


def get_name(estimator):
    return type(estimator).__name__


SEARCH = GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=GroupKFold(2))
NETS = BatchedGridSearchCV(
    SpectrumClassifier(max_epochs=1), {"lr": [0.1, 0.2]}, cv=StratifiedGroupKFold(2)
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.parametrize("value", [pd.Timestamp("2026-01-01"), "red"], ids=["dates", "text"])
@pytest.mark.parametrize("estimator", [LogisticRegression(), SEARCH, NETS], ids=get_name)
@pytest.mark.parametrize("has_groups", [True, False])
def test_fit_with_groups_names_a_column_that_holds_no_numbers(data, estimator, value, has_groups):
    X, y = data
    frame = pd.DataFrame(X).rename(columns=str).assign(measured=value)
    estimator = clone(estimator)
    if not has_groups and hasattr(estimator, "cv"):
        estimator.set_params(cv=2)
    groups = GROUPS if has_groups else None
    with pytest.raises(ValueError, match=r"^X: column 'measured' holds .*, expected numbers"):
        model_selection.fit_with_groups(estimator, frame, y, groups)


def test_fit_with_groups_leaves_columns_to_the_steps_that_select_them(data):
    X, y = data
    frame = pd.DataFrame(X).rename(columns=str).assign(measured=pd.Timestamp("2026-01-01"))
    numbers = make_column_transformer(("passthrough", make_column_selector("[0-9]")))
    model = fit_with_groups(make_pipeline(numbers, LogisticRegression()), frame, y, GROUPS)
    assert model[0].n_features_in_ == frame.shape[1]
