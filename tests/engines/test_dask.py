"""Searches and comparisons on Dask: the same bits, data sent once, warnings, lost workers."""

import os
import signal
import threading
import time
import warnings
from concurrent.futures.process import BrokenProcessPool

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from benchmarks._network import count_worker_bytes
from sklvision._torch.device import find_worker_number
from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages
from sklvision.model_selection import (
    compare_estimators,
    learning_curve_forecast,
    register_dask,
    robustness_curve,
)
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.utils._parallel import run_tasks

distributed = pytest.importorskip("distributed", reason="the extra distributed is absent")
pytestmark = pytest.mark.slow
# Seconds in which a lost worker is started again, also on a loaded machine.
PATIENCE = 120


class SlowClassifier(ClassifierMixin, BaseEstimator):
    """Waits, so that a worker can be killed meanwhile; learns nothing else than a threshold."""

    def __init__(self, seconds=0.3, quantile=0.5):
        self.seconds = seconds
        self.quantile = quantile

    def fit(self, X, y):
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        self.threshold_ = np.quantile(X.sum(axis=1), self.quantile)
        return self

    def predict(self, X):
        return self.classes_[(X.sum(axis=1) > self.threshold_).astype(int)]


class FatalClassifier(SlowClassifier):
    """Kills the worker that fits it."""

    def fit(self, X, y):
        if threading.current_thread() is threading.main_thread():
            raise RuntimeError("this would kill the tests")
        os.kill(os.getpid(), signal.SIGKILL)


class WarningClassifier(SlowClassifier):
    def fit(self, X, y):
        warnings.warn("the lamp is old", UserWarning, stacklevel=2)
        return super().fit(X, y)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


def make_net(**params):
    return SpectrumClassifier(**{"max_epochs": 2, "random_state": 0} | params)


def run_grid_search(X, y):
    search = GridSearchCV(make_net(), {"lr": [1e-3, 1e-2]}, cv=2).fit(X, y)
    return search.cv_results_["mean_test_score"], search.predict_proba(X)


def run_halving_search(X, y):
    grid = {"lr": [1e-3, 3e-3, 1e-2]}
    search = HalvingGridSearchCV(make_net(), grid, cv=2, random_state=0).fit(X, y)
    return search.cv_results_["mean_test_score"], search.predict_proba(X)


def run_batched_search(X, y):
    grid = {"lr": [1e-3, 1e-2], "label_smoothing": [0.0, 0.1], "batch_size": [16, 32]}
    net = make_net(architecture_params={"hidden_layer_sizes": (64,)})
    search = BatchedGridSearchCV(net, grid, cv=2).fit(X, y)
    assert search.n_batched_ == 16
    return search.cv_results_["mean_test_score"], search.predict_proba(X)


def run_cross_validation(X, y):
    return (cross_val_score(make_net(), X, y, cv=3),)


def run_comparison(X, y):
    images = X.reshape(-1, 8, 8).astype(np.uint8)
    candidates = {
        "net": ImageClassifier("cifar_cnn", max_epochs=1, random_state=0),
        "search": GridSearchCV(
            make_pipeline(FlattenImages(), make_net()),
            {"spectrumclassifier__lr": [1e-3, 1e-2]},
            cv=2,
        ),
    }
    result = compare_estimators(candidates, images, y, cv=2, random_state=0, check_leaks=False)
    columns = ["estimator", "split", "test_accuracy", "log_loss"]
    probabilities = [result.probabilities[name][i] for name in candidates for i in (0, 1)]
    return (result.folds[columns].to_numpy(dtype=str), *probabilities)


def run_learning_curve(X, y):
    forecast = learning_curve_forecast(
        make_net(), X, y, train_sizes=[50, 80, 120], cv=2, random_state=0
    )
    return (forecast.scores,)


def run_robustness_curve(X, y):
    model = make_net().fit(X[:200], y[:200])
    result = robustness_curve(model, X[200:], y[200:], severities=2, random_state=0)
    return (result.to_frame()["score"].to_numpy(),)


RUNS = [
    run_grid_search,
    run_halving_search,
    run_batched_search,
    run_cross_validation,
    run_comparison,
    run_learning_curve,
    run_robustness_curve,
]


@pytest.fixture(scope="module")
def expected(digits):
    return {run: run(*digits) for run in RUNS}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_results_on_dask_have_the_same_bits(run, digits, expected, dask_client):
    with joblib.parallel_config("dask"):
        results = run(*digits)
    for result, reference in zip(results, expected[run], strict=True):
        np.testing.assert_array_equal(result, reference)


def test_nets_in_threads_of_one_worker_have_the_same_bits(digits, expected):
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        for run in (run_comparison, run_cross_validation):
            for result, reference in zip(run(*digits), expected[run], strict=True):
                np.testing.assert_array_equal(result, reference)


def test_worker_has_loaded_torch_before_its_first_task():
    """A task of scikit-learn alone: in another thread, a net could be loading torch."""
    is_loaded = "'torch' in __import__('sys').modules"
    with (
        distributed.LocalCluster(n_workers=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert client.submit(eval, is_loaded, key="before").result() is False
        with joblib.parallel_config("dask"):
            assert list(run_tasks(eval, [(is_loaded,)])) == [True]


def test_warnings_of_workers_are_repeated_once(digits, dask_client):
    model = WarningClassifier(0.0)
    with joblib.parallel_config("dask"), pytest.warns(UserWarning, match="lamp") as records:
        compare_estimators({"lamp": model}, *digits, cv=3, baselines=False, check_leaks=False)
    messages = [str(record.message) for record in records if "lamp is" in str(record.message)]
    assert messages == ["lamp, in 3 of 3 folds: the lamp is old"]


def test_error_of_a_worker_names_estimator_and_fold(digits, dask_client):
    broken = LogisticRegression(C=-1.0)
    with joblib.parallel_config("dask"), pytest.raises(ValueError, match="'C'") as caught:
        compare_estimators({"broken": broken}, *digits, cv=2, baselines=False, check_leaks=False)
    assert any("'broken' in fold" in note for note in caught.value.__notes__)


def test_outcomes_on_dask_are_kept_for_the_next_call(digits, dask_client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = {"cv": 2, "baselines": False, "random_state": 0, "check_leaks": False, "memory": "kept"}
    with joblib.parallel_config("dask"):
        first = compare_estimators({"slow": SlowClassifier(0.0)}, *digits, **call)
    again = compare_estimators({"slow": SlowClassifier(0.0)}, *digits, **call)
    assert first.folds.equals(again.folds)  # measured times as well


@pytest.mark.parametrize("delay", [0.2, 0.8])
def test_search_outlives_a_killed_worker(digits, dask_client, delay):
    search = GridSearchCV(SlowClassifier(), {"quantile": [0.3, 0.4, 0.5, 0.6]}, cv=3)
    reference = search.fit(*digits).cv_results_["mean_test_score"]
    register_dask()
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    killer = threading.Timer(delay, _kill_worker_with_most_data, [dask_client])
    killer.start()
    with joblib.parallel_config("dask"):
        scores = search.fit(*digits).cv_results_["mean_test_score"]
    killer.join()
    np.testing.assert_array_equal(scores, reference)


def test_comparison_outlives_a_killed_worker(digits, dask_client):
    call = {"cv": 6, "baselines": False, "random_state": 0, "check_leaks": False}
    reference = compare_estimators({"slow": SlowClassifier()}, *digits, **call)
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    killer = threading.Timer(0.4, _kill_worker_with_most_data, [dask_client])
    killer.start()
    with joblib.parallel_config("dask"):
        result = compare_estimators({"slow": SlowClassifier()}, *digits, **call)
    killer.join()
    np.testing.assert_array_equal(result.folds["test_accuracy"], reference.folds["test_accuracy"])


def _kill_worker_with_most_data(client):
    pids = client.run(os.getpid)
    held = client.has_what()
    os.kill(pids[max(held, key=lambda address: len(held[address]))], signal.SIGKILL)


def test_estimator_that_kills_every_worker_is_an_error(digits, dask_client):
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    # One fit, which is repeated until it has ended too many workers.
    split = [(np.arange(200), np.arange(200, 300))]
    with (
        joblib.parallel_config("dask", wait_for_workers_timeout=60),
        pytest.raises(BrokenProcessPool, match="memory"),
    ):
        compare_estimators(
            {"fatal": FatalClassifier()}, *digits, cv=split, baselines=False, check_leaks=False
        )
    dask_client.wait_for_workers(2, timeout=PATIENCE)


def test_workers_that_are_lost_for_good_are_an_error(digits):
    register_dask()
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    closer = threading.Timer(1.0, cluster.scale, [0])
    search = GridSearchCV(SlowClassifier(), {"quantile": [0.3, 0.4, 0.5, 0.6]}, cv=5)
    with (
        cluster,
        distributed.Client(cluster),
        # Six times as long as for the first worker.
        joblib.parallel_config("dask", wait_for_workers_timeout=0.5),
    ):
        closer.start()
        with pytest.raises(BrokenProcessPool, match="No other worker came within 3 s"):
            search.fit(*digits)
        closer.join()
        # The scheduler still works, with the next worker.
        cluster.scale(2)
        with joblib.parallel_config("dask"):
            assert search.set_params(estimator__seconds=0.0).fit(*digits).best_index_ >= 0


def test_scheduler_that_ends_is_an_error(digits):
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    client = distributed.Client(cluster)
    closer = threading.Timer(1.0, cluster.close)
    with client, joblib.parallel_config("dask"):
        closer.start()
        with pytest.raises(ConnectionError, match="scheduler was lost"):
            compare_estimators(
                {"slow": SlowClassifier()}, *digits, cv=20, baselines=False, check_leaks=False
            )
    closer.join()


def _measure_bytes_per_task(client, X, y, n_tasks):
    candidates = {f"model {i}": SlowClassifier(0.0, (i + 1) / 40) for i in range(n_tasks // 2)}
    before = count_worker_bytes(client)
    with joblib.parallel_config("dask"):
        compare_estimators(
            candidates, X, y, cv=2, baselines=False, check_leaks=False, random_state=0
        )
    return (count_worker_bytes(client) - before) / n_tasks


def test_data_are_sent_once_and_not_with_every_task(dask_client):
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(5000, 200)), generator.integers(0, 2, 5000)
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    n_bytes = _measure_bytes_per_task(dask_client, X, y, 40)
    assert n_bytes > 0
    # Twice for two workers, shared by 40 tasks, and some kilobytes for each.
    assert n_bytes < 2.5 * X.nbytes / 40 + 20_000


def test_collection_sends_names_and_no_pixels(dask_client, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 200, 200), dtype=np.uint8)
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    collection = ImageCollection([tmp_path / f"{i}.png" for i in range(40)])
    models = {
        f"model {i}": make_pipeline(FlattenImages(), SlowClassifier(0.0, (i + 1) / 10))
        for i in range(8)
    }
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    before = count_worker_bytes(dask_client)
    with joblib.parallel_config("dask"):
        compare_estimators(
            models, collection, np.arange(40) % 2, cv=2, baselines=False, check_leaks=False
        )
    assert count_worker_bytes(dask_client) - before < images.nbytes / 4


def test_workers_have_numbers_by_which_they_choose_their_gpu(dask_client):
    dask_client.wait_for_workers(2, timeout=PATIENCE)
    workers = list(dask_client.scheduler_info()["workers"])
    numbers = [
        dask_client.submit(find_worker_number, workers=[worker], pure=False).result()
        for worker in workers
    ]
    assert len(set(numbers)) == len(workers) == 2
    assert all(isinstance(number, int) for number in numbers)
