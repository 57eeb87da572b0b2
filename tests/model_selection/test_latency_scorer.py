"""Latency is measured in calls over the data, with the threads that are asked for."""

import pickle
import sys
import threading

import joblib
import numpy as np
import pandas as pd
import pytest
import threadpoolctl
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import ImageCollection
from sklvision.model_selection import latency_scorer
from tests.model_selection._logistic import logistic


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


def test_latency_scorer_has_a_repr_as_code():
    scorer = latency_scorer(batch_size=4)
    assert repr(scorer) == "latency_scorer(batch_size=4, n_repeats=20, n_threads=1)"
    assert repr(pickle.loads(pickle.dumps(scorer))) == repr(scorer)
    assert repr(clone(scorer, safe=False)) == repr(scorer)
