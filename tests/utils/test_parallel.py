"""Parallel tasks: order, configuration, warnings of each thread, and threads of one machine."""

import threading
import time
import warnings

import joblib
import pytest
import sklearn

from sklvision.utils._parallel import count_threads, run_tasks
from sklvision.utils._warnings import record_warnings


def add_after(shared, x, seconds):
    time.sleep(seconds)
    return shared + x


def record_own_warning(x):
    with record_warnings() as messages:
        barrier.wait(timeout=20)
        warnings.warn(f"warning {x}", UserWarning, stacklevel=1)
        barrier.wait(timeout=20)
    return messages


barrier = threading.Barrier(2)


def test_run_tasks_yields_results_in_order_or_as_they_end():
    tasks = [(1, 0.4), (2, 0.0)]
    with joblib.parallel_config("threading", n_jobs=2):
        assert list(run_tasks(add_after, tasks, shared_args=(10,))) == [11, 12]
        assert list(run_tasks(add_after, tasks, shared_args=(10,), is_ordered=False)) == [12, 11]


def test_run_tasks_passes_the_configuration_of_scikit_learn_on():
    with sklearn.config_context(assume_finite=True), joblib.parallel_config("threading", n_jobs=2):
        (config,) = run_tasks(sklearn.get_config, [()])
    assert config["assume_finite"]


def test_warnings_are_recorded_by_thread():
    show = warnings.showwarning
    with warnings.catch_warnings(), joblib.parallel_config("threading", n_jobs=2):
        warnings.simplefilter("always")
        records = list(run_tasks(record_own_warning, [(0,), (1,)]))
    assert records == [[("warning 0", UserWarning)], [("warning 1", UserWarning)]]
    assert warnings.showwarning is show


def test_warnings_that_no_task_records_are_shown():
    with pytest.warns(UserWarning, match="loose"):
        list(run_tasks(warnings.warn, [("loose",)]))


def test_count_threads_follows_a_number_and_never_exceeds_the_machine():
    assert count_threads(None) == 1
    assert count_threads(3) == 3
    assert count_threads(-1) == joblib.cpu_count()
    with joblib.parallel_config("threading", n_jobs=500):
        assert count_threads(None) == joblib.cpu_count()
