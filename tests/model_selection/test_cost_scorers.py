"""Parameters and bytes are counted, and costs are scorers in searches and comparisons."""

import pickle
import threading
from io import BytesIO

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklvision.augmentation import TestTimeAugmentation
from sklvision.image import FlattenImages
from sklvision.model_selection import compare_estimators, file_size, latency_scorer, parameter_count
from sklvision.model_selection._budget.scorers import is_cost
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from tests.model_selection._logistic import LOGISTIC_PARAMETERS, logistic

COSTS = {
    "latency_ms": latency_scorer(n_repeats=3),
    "parameter_count": parameter_count,
    "file_size": file_size,
}


@pytest.fixture(scope="module")
def digits():
    digits = load_digits()
    return digits.images[:300], digits.target[:300]


@pytest.fixture(scope="module")
def net(digits):
    return small_net().fit(*digits)


def small_net(**params):
    return ImageClassifier("resnet8", max_epochs=1, random_state=0, **params)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (logistic(), LOGISTIC_PARAMETERS),
        (make_pipeline(StandardScaler(), logistic()), LOGISTIC_PARAMETERS),
        (GridSearchCV(logistic(), {"C": [1, 2]}), LOGISTIC_PARAMETERS),
        (GridSearchCV(logistic(), {"C": [1, 2]}, refit=False), None),
        (MLPClassifier((5,), solver="lbfgs", alpha=1, max_iter=5000), 4 * 5 + 5 + 5 * 3 + 3),
        (SVC(kernel="linear"), 3 * 4 + 3),
        (OneVsRestClassifier(logistic()), 3 * (4 + 1)),
        (BaggingClassifier(logistic(), n_estimators=3), 3 * LOGISTIC_PARAMETERS),
        (AdaBoostClassifier(logistic(), n_estimators=2), 2 * LOGISTIC_PARAMETERS),
        (
            VotingClassifier([("a", logistic()), ("b", make_pipeline(logistic()))]),
            2 * LOGISTIC_PARAMETERS,
        ),
        (
            VotingClassifier([("a", make_pipeline(logistic())), ("b", "drop")]),
            LOGISTIC_PARAMETERS,
        ),
        # The final estimator sees three probabilities of each of two members.
        (
            StackingClassifier([("a", logistic()), ("b", logistic())], logistic()),
            2 * LOGISTIC_PARAMETERS + 3 * 6 + 3,
        ),
        # Slope and offset for each class.
        (CalibratedClassifierCV(logistic(), cv=2), 2 * (LOGISTIC_PARAMETERS + 3 * 2)),
        (
            CalibratedClassifierCV(logistic(), cv=2, ensemble=False),
            LOGISTIC_PARAMETERS + 3 * 2,
        ),
        (RandomForestClassifier(3), None),
        (KNeighborsClassifier(), None),
        (SVC(), None),
        (VotingClassifier([("a", logistic()), ("b", KNeighborsClassifier())]), None),
        (make_pipeline(StandardScaler(), "passthrough"), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else "",
)
def test_parameter_count_counts_all_fitted_members(iris, estimator, expected):
    count = parameter_count(estimator.fit(*iris))
    assert type(count) is float
    assert count == expected if expected is not None else np.isnan(count)


def n_weights(net):
    return sum(parameter.numel() for parameter in net.module_.parameters())


def frozen_twice(net):
    frozen_net = FrozenEstimator(net)
    return VotingClassifier([("a", frozen_net), ("b", frozen_net)], voting="soft")


@pytest.mark.parametrize(
    ("wrap", "calibrators"),
    [
        (lambda net: net, 0),
        (FrozenEstimator, 0),
        (frozen_twice, 0),
        (
            lambda net: VotingClassifier(
                [("a", FrozenEstimator(net)), ("b", FrozenEstimator(make_pipeline(net)))]
            ),
            0,
        ),
        (
            lambda net: CalibratedClassifierCV(FrozenEstimator(net), cv=3, ensemble=True),
            3 * 10 * 2,
        ),
        (lambda net: TestTimeAugmentation(FrozenEstimator(net)), 0),
    ],
    ids=["net", "frozen", "one voting twice", "also in a pipeline", "calibrated", "views"],
)
def test_parameter_count_counts_a_shared_net_once(digits, net, wrap, calibrators):
    wrapped_net = wrap(net)
    if wrapped_net is not net:
        wrapped_net.fit(*digits)
    assert parameter_count(wrapped_net) == n_weights(net) + calibrators


def test_parameter_count_counts_each_net_of_an_ensemble(digits, net):
    vote = VotingClassifier([("a", small_net()), ("b", make_pipeline(small_net()))])
    assert parameter_count(vote.fit(*digits)) == 2 * n_weights(net)


def test_parameter_count_counts_a_net_of_skorch(digits, net):
    assert parameter_count(net.net_) == n_weights(net)


def test_parameter_count_counts_a_step_with_a_number(iris):
    class Backbone(StandardScaler):
        n_parameters_ = 1000

    pipeline = make_pipeline(Backbone(), logistic()).fit(*iris)
    assert parameter_count(pipeline) == 1000 + LOGISTIC_PARAMETERS


@pytest.mark.parametrize("estimator", [logistic(), RandomForestClassifier(5, random_state=0)])
def test_file_size_agrees_with_joblib(iris, estimator):
    file = BytesIO()
    joblib.dump(estimator.fit(*iris), file)
    assert file_size(estimator) == pytest.approx(file.tell(), rel=0.15, abs=300)


def test_file_size_of_a_net_is_that_of_its_weights(digits, net):
    size = file_size(net)
    assert 4 * n_weights(net) < size < 4 * n_weights(net) + 60_000


def test_file_size_is_nan_without_a_pickle(iris):
    classifier = logistic().fit(*iris)
    classifier.lock_ = threading.Lock()
    assert np.isnan(file_size(classifier))


def test_costs_are_scorers_in_searches_with_processes(iris):
    search = GridSearchCV(
        make_pipeline(SelectKBest(), logistic()),
        {"selectkbest__k": [1, 4]},
        scoring={"accuracy": "accuracy", **COSTS},
        refit="accuracy",
        cv=2,
        n_jobs=2,
    ).fit(*iris)
    results = search.cv_results_
    assert results["mean_test_parameter_count"].tolist() == [3 + 3, 12 + 3]
    assert (np.diff(results["mean_test_file_size"]) > 0).all()
    assert (results["mean_test_latency_ms"] > 0).all()


@pytest.mark.parametrize("scorer", COSTS.values(), ids=list(COSTS))
def test_costs_are_scorers_alone(iris, scorer):
    values = cross_val_score(logistic(), *iris, scoring=scorer, cv=2, error_score="raise")
    assert (values > 0).all()


def test_costs_are_scorers_with_metadata_routing(iris):
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        results = cross_validate(
            logistic().set_fit_request(sample_weight=True),
            *iris,
            scoring=COSTS,
            params={"sample_weight": np.ones(len(iris[1]))},
            error_score="raise",
        )
    assert (results["test_parameter_count"] == LOGISTIC_PARAMETERS).all()


def test_costs_follow_a_score_in_a_comparison(digits):
    estimators = {
        "net": small_net(),
        "trees": make_pipeline(FlattenImages(), RandomForestClassifier(5)),
    }
    result = compare_estimators(
        estimators, *digits, cv=2, scoring=["accuracy", *COSTS.values()], random_state=0
    )
    frame = result.to_frame()
    assert frame.loc["net", "mean_parameter_count"] == frame.loc["net", "n_parameters"]
    assert frame.loc["logistic regression", "mean_parameter_count"] == 64 * 10 + 10
    assert np.isnan(frame.loc["trees", "mean_parameter_count"])
    assert (frame["mean_latency_ms"] > 0).all()
    assert (frame["mean_file_size"] > 0).all()


def test_is_cost_recognizes_costs():
    assert all(map(is_cost, COSTS.values()))
    assert all(is_cost(pickle.loads(pickle.dumps(scorer))) for scorer in COSTS.values())
    assert not any(map(is_cost, ["accuracy", len, None, small_net()]))


def test_costs_of_a_spectrum_classifier_are_measured(iris):
    net = SpectrumClassifier(max_epochs=2, random_state=0).fit(*iris)
    assert parameter_count(net) == net.n_parameters_
    assert latency_scorer()(net, iris[0]) > 0
