"""Costs of estimators as scorers: latency, number of parameters and file size."""

import pickle
import sys
import threading
from io import BytesIO

import joblib
import numpy as np
import pandas as pd
import pytest
import threadpoolctl
from sklearn.base import BaseEstimator, ClassifierMixin, clone
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
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklvision.augmentation import TestTimeAugmentation
from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages
from sklvision.model_selection import (
    compare_estimators,
    file_size,
    latency_scorer,
    parameter_count,
)
from sklvision.model_selection._budget.scorers import is_cost
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

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


def logistic():
    return LogisticRegression(max_iter=1000)


LOGISTIC_PARAMETERS = 3 * 4 + 3  # of iris


# ---- parameters


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


# ---- bytes


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


# ---- latency


class Clocked(ClassifierMixin, BaseEstimator):
    """Advances a clock of its own by what predict is to take, and notes what it was given."""

    def __init__(self, clock, milliseconds=(1.0,), records=None):
        self.clock = clock
        self.milliseconds = milliseconds
        self.records = records

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        calls = len(self.records)
        self.records.append(np.asarray(X))
        self.clock[0] += self.milliseconds[calls % len(self.milliseconds)] / 1000
        return np.full(len(X), 0)


@pytest.fixture
def clock(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("sklvision.model_selection._budget.scorers.perf_counter", lambda: clock[0])
    return clock


def test_latency_scorer_returns_the_median_per_sample(clock):
    # The first three calls warm up and are slow; of those that count one is disturbed.
    times = (500, 500, 500, 8, 8, 9000, 7, 9)
    classifier = Clocked(clock, times, [])
    score = latency_scorer(batch_size=4, n_repeats=5)
    assert score(classifier, np.zeros((50, 2))) == pytest.approx(8 / 4)
    assert len(classifier.records) == 8


def test_latency_scorer_spreads_calls_over_the_data(clock):
    classifier = Clocked(clock, records=[])
    latency_scorer(batch_size=2, n_repeats=7)(classifier, np.arange(100).reshape(100, 1))
    firsts = [int(batch[0, 0]) for batch in classifier.records]
    assert len(set(firsts)) == 10
    assert np.ptp(firsts) >= 90
    assert all(len(batch) == 2 for batch in classifier.records)


def test_latency_scorer_repeats_data_smaller_than_a_batch(clock):
    classifier = Clocked(clock, records=[])
    score = latency_scorer(batch_size=8)
    assert score(classifier, np.arange(3).reshape(3, 1)) == pytest.approx(1 / 8)
    assert all(batch.shape == (8, 1) for batch in classifier.records)
    assert set(np.unique(classifier.records[0])) == {0, 1, 2}


def test_latency_scorer_measures_more_for_more_work(iris):
    quick = latency_scorer()(logistic().fit(*iris), iris[0])
    slow = latency_scorer()(RandomForestClassifier(60).fit(*iris), iris[0])
    assert 0 < 5 * quick < slow


def test_latency_scorer_keeps_tables_and_collections(iris, tmp_path, clock):
    image = pytest.importorskip("PIL.Image")
    frame = pd.DataFrame(iris[0], columns=list("abcd"))
    records = []

    class Noting(LogisticRegression):
        def predict(self, X):
            records.append(X)
            return super().predict(X)

    latency_scorer(batch_size=3)(Noting(max_iter=1000).fit(frame, iris[1]), frame)
    assert all(list(batch.columns) == list("abcd") and len(batch) == 3 for batch in records)
    for i in range(5):
        image.new("L", (4, 4), i).save(tmp_path / f"{i}.png")
    files = ImageCollection(sorted(tmp_path.glob("*.png")))
    arguments = []

    class Lazy(Clocked):
        def predict(self, X):
            arguments.append(X)
            return super().predict(X)

    latency_scorer(batch_size=2)(Lazy(clock, records=[]), files)
    assert all(isinstance(batch, ImageCollection) and len(batch) == 2 for batch in arguments)


def test_latency_scorer_takes_lists(clock):
    assert latency_scorer()(Clocked(clock, records=[]), [[1, 2], [3, 4]]) == pytest.approx(1)


def threads_within(n_threads):
    """Threads of every pool, and of torch, as predict finds them, and again afterwards."""
    torch = sys.modules["torch"]

    def threads():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()], (
            torch.get_num_threads()
        )

    class RecordingClassifier(Clocked):
        def predict(self, X):
            self.records.append(threads())

    records = []
    outer_threads = threads()
    latency_scorer(n_threads=n_threads)(RecordingClassifier([0], records=records), np.zeros((5, 1)))
    assert threads() == outer_threads
    return records[0]


def test_latency_scorer_limits_threads_and_restores_them():
    torch = sys.modules["torch"]
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        pools, of_torch = threads_within(1)
        assert set(pools) == {1}
        assert of_torch == 1
        assert threads_within(2)[1] == 2
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(n_before)


def test_latency_scorer_restores_threads_after_an_error(iris):
    torch = sys.modules["torch"]
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(AttributeError, match="predict"):
            latency_scorer()(StandardScaler().fit(iris[0]), iris[0])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(n_before)


def test_latency_scorer_runs_joblib_in_sequence_with_one_thread(iris):
    threads = set()

    class Parallel(ClassifierMixin, BaseEstimator):
        n_jobs = 2

        def predict(self, X):
            run = joblib.Parallel(self.n_jobs, require="sharedmem")
            threads.update(run(joblib.delayed(threading.get_ident)() for _ in range(4)))

    latency_scorer(n_repeats=1)(Parallel(), iris[0])
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("name", ["batch_size", "n_repeats", "n_threads"])
def test_latency_scorer_refuses_settings_below_one(name):
    with pytest.raises(ValueError, match=f"{name} == 0, must be >= 1"):
        latency_scorer(**{name: 0})
    with pytest.raises(TypeError, match=f"{name} must be an instance of"):
        latency_scorer(**{name: 1.5})


def test_latency_scorer_refuses_no_samples(iris):
    with pytest.raises(ValueError, match="X has no samples"):
        latency_scorer()(logistic().fit(*iris), iris[0][:0])


# ---- as scorers


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


def test_latency_scorer_has_a_repr_as_code():
    scorer = latency_scorer(batch_size=4)
    assert repr(scorer) == "latency_scorer(batch_size=4, n_repeats=20, n_threads=1)"
    assert repr(pickle.loads(pickle.dumps(scorer))) == repr(scorer)
    assert repr(clone(scorer, safe=False)) == repr(scorer)


def test_costs_of_a_spectrum_classifier_are_measured(iris):
    net = SpectrumClassifier(max_epochs=2, random_state=0).fit(*iris)
    assert parameter_count(net) == net.n_parameters_
    assert latency_scorer()(net, iris[0]) > 0
