"""Processes that are killed in the midst: the same call goes on, and what was finished counts."""

import json
import os
import signal
import sys
import time
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from sklvision.cli import main
from sklvision.export import load
from sklvision.model_selection import compare_estimators

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

# A classifier that writes a line per fit, and takes its time.
MODULE = """
import os, time
from sklearn.linear_model import LogisticRegression

class SlowClassifier(LogisticRegression):
    def fit(self, X, y):
        with open("fits", "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(float(os.environ.get("FIT_SECONDS", 0)))
        return super().fit(X, y)
"""
COMPARISON = """
import json, os, sys
from slow import SlowClassifier
from sklearn.datasets import load_iris
from sklvision.model_selection import compare_estimators

if __name__ == "__main__":
    result = compare_estimators(
        {"slow": SlowClassifier(max_iter=500)}, *load_iris(return_X_y=True), cv=6, memory="kept",
        n_jobs=int(sys.argv[1]), random_state=0, check_leaks=False, baselines=False,
    )
    print("scores", json.dumps(result.folds["test_accuracy"].tolist()))
"""


@pytest.fixture
def fits(tmp_path):
    """Return a function that counts the fits of programs in this folder."""
    (tmp_path / "slow.py").write_text(MODULE)
    log = tmp_path / "fits"
    return lambda: log.read_text().splitlines() if log.exists() else []


@pytest.fixture(scope="module")
def expected():
    model = LogisticRegression(max_iter=500)
    X, y = load_iris(return_X_y=True)
    options = {"cv": 6, "random_state": 0, "check_leaks": False, "baselines": False}
    return compare_estimators({"slow": model}, X, y, **options).folds["test_accuracy"].tolist()


def read_scores(program):
    line = program.output.splitlines()[-1]
    assert line.startswith("scores "), program.output + program.errors
    return json.loads(line.removeprefix("scores "))


def count_kept(tmp_path):
    return len(list((tmp_path / "kept").rglob("output.pkl")))


@pytest.mark.slow
def test_comparison_outlives_its_process(start, run, tmp_path, fits, expected):
    program = start(1, code=COMPARISON, FIT_SECONDS="0.5")
    program.wait_until(lambda: len(fits()) > 3)
    program.send(signal.SIGKILL)
    program.wait()
    n_kept = count_kept(tmp_path)
    assert 2 <= n_kept < 6
    program = run(1, code=COMPARISON)
    assert read_scores(program) == expected
    assert len(fits()) - n_kept == 6 - n_kept + 1  # one fit was cut off, and done again


WRITING = """
import os, sys, time
from sklvision.utils._files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"half of an")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


def test_file_of_a_killed_process_is_never_a_result_and_is_removed(start, tmp_path):
    """An outcome, and a model, that a process was writing when it was killed."""
    folder = tmp_path / "kept" / "sklvision_outcomes" / "key"
    folder.mkdir(parents=True)
    model = LogisticRegression(max_iter=500)
    X, y = load_iris(return_X_y=True)
    options = {"cv": 2, "check_leaks": False, "baselines": False, "memory": tmp_path / "kept"}
    for path in (folder / "output.pkl", tmp_path / "model.sklv"):
        program = start(path, code=WRITING)
        program.wait_until("writing")
        compare_estimators({"model": model}, X, y, **options)
        assert list(path.parent.glob(".*.tmp"))  # it is being written
        program.send(signal.SIGKILL)
        program.wait()
        assert not path.exists()
        assert list(path.parent.glob(".*.tmp"))
    compare_estimators({"model": model}, X, y, **options)
    assert not list(folder.iterdir())
    assert main(["train", "mlp", "--data", "no-data", "--out", str(tmp_path / "model.sklv")]) == 2
    assert not list(tmp_path.rglob(".*.tmp"))


@pytest.mark.slow
def test_lost_worker_is_explained_and_finished_fits_are_kept(start, run, tmp_path, fits, expected):
    program = start(2, code=COMPARISON, FIT_SECONDS="0.6")
    program.wait_until(lambda: count_kept(tmp_path) >= 2)
    os.kill(int(fits()[-1]), signal.SIGKILL)
    assert program.wait() == 1
    assert "BrokenProcessPool: A worker process was ended while it computed" in program.errors
    assert "lower n_jobs=" in program.errors
    assert "kept in memory=: the same call goes on from there" in program.errors
    n_kept, n_before = count_kept(tmp_path), len(fits())
    assert 2 <= n_kept < 6
    program = run(2, code=COMPARISON)
    assert read_scores(program) == expected
    assert len(fits()) == n_before + 6 - n_kept


def test_workers_end_with_a_killed_process(start, fits):
    program = start(2, code=COMPARISON, FIT_SECONDS="60")
    program.wait_until(lambda: len(fits()) == 2)
    program.send(signal.SIGKILL, to_group=False)
    deadline = time.monotonic() + 20
    while any(is_running(int(pid)) for pid in fits()):
        assert time.monotonic() < deadline, "workers go on without anybody to work for"
        time.sleep(0.1)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_comparison_goes_on_after_its_scheduler_is_gone(start, run, tmp_path, fits, expected):
    pytest.importorskip("distributed")
    code = """
import json, os, signal, subprocess, sys, threading, time
import joblib
from pathlib import Path
from dask.distributed import Client
from slow import SlowClassifier
from sklearn.datasets import load_iris
from sklvision.model_selection import compare_estimators

def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

if __name__ == "__main__":
    kill_after = int(sys.argv[1])
    scheduler = start("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
                      "--host", "127.0.0.1", "--scheduler-file", "scheduler.json")
    while not os.path.exists("scheduler.json"):
        time.sleep(0.05)
    time.sleep(0.2)
    workers = [start("distributed.cli.dask_worker", "--scheduler-file", "scheduler.json",
                     "--nthreads", "1", "--no-dashboard", "--no-nanny") for _ in range(2)]
    client = Client(scheduler_file="scheduler.json")
    client.wait_for_workers(2)

    def kill():
        while len(list(Path("kept").rglob("output.pkl"))) < kill_after:
            time.sleep(0.02)
        scheduler.kill()
        print("killed", flush=True)

    if kill_after:
        threading.Thread(target=kill, daemon=True).start()
    try:
        with joblib.parallel_config("dask"):
            result = compare_estimators(
                {"slow": SlowClassifier(max_iter=500)}, *load_iris(return_X_y=True), cv=6,
                memory="kept", random_state=0, check_leaks=False, baselines=False)
        print("scores", json.dumps(result.folds["test_accuracy"].tolist()), flush=True)
    except ConnectionError as error:
        print("lost:", error, flush=True)
    finally:
        for process in (scheduler, *workers):
            process.kill()
    os._exit(0)
"""
    program = start(2, code=code, FIT_SECONDS="0.7")
    assert program.wait() == 0
    assert "\nlost: The connection to the Dask scheduler was lost" in program.output
    assert "the same call goes on from there" in program.output
    n_kept, n_before = count_kept(tmp_path), len(fits())
    assert 2 <= n_kept < 6
    (tmp_path / "scheduler.json").unlink()
    program = run(0, code=code)
    assert read_scores(program) == expected
    assert len(fits()) - n_before == 6 - n_kept


@pytest.mark.slow
@pytest.mark.parametrize("command", ["compare", "train"])
def test_command_goes_on_after_a_kill(start, run, tmp_path, command):
    X, y = load_iris(return_X_y=True)
    np.savez(tmp_path / "iris.npz", X=np.repeat(X, 4, axis=1), y=y)
    arguments = {
        "compare": [
            *("compare", "iris.npz", "--models", "spectrum_mlp", "--n-jobs", 1, "--cv", 3),
            *("--memory", "kept", "--out", "report.html"),
        ],
        "train": [
            *("train", "spectrum_mlp", "--data", "iris.npz", "--cv", 3, "--epochs", 30),
            *("--memory", "kept", "--out", "model.sklv"),
        ],
    }[command]
    program = start(*arguments)
    program.wait_until(lambda: count_kept(tmp_path) >= 2)
    program.send(signal.SIGKILL)
    program.wait()
    n_kept = count_kept(tmp_path)
    assert n_kept < 9
    out = tmp_path / str(arguments[-1])
    assert not out.exists()
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("output.pkl")}
    assert run(*arguments).process.returncode == 0
    assert out.exists()
    assert count_kept(tmp_path) == 9
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())


@pytest.mark.parametrize("damage", ["cut", "empty", "changed"])
def test_damaged_outcome_is_computed_again_and_said(tmp_path, damage):
    X, y = load_iris(return_X_y=True)
    options = {"cv": 3, "random_state": 0, "check_leaks": False, "memory": tmp_path}
    model = LogisticRegression(max_iter=500)
    whole = compare_estimators({"model": model}, X, y, **options)
    path = min(tmp_path.rglob("output.pkl"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"cut": content[:100], "empty": b"", "changed": content}[damage])
    with pytest.warns(UserWarning, match="1 of 3 folds: an outcome kept in memory= was damaged"):
        again = compare_estimators({"model": clone(model)}, X, y, **options)
    assert again.folds["test_accuracy"].equals(whole.folds["test_accuracy"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare_estimators({"model": model}, X, y, **options)


@pytest.mark.slow
def test_last_training_of_a_command_goes_on_after_a_kill(start, run, tmp_path):
    # The state is written every few seconds, so the training must take longer than that.
    rng = np.random.default_rng(0)
    y = np.arange(3000) % 5
    np.savez(tmp_path / "rows.npz", X=rng.normal(size=(3000, 300)) + y[:, None], y=y)
    arguments = ["train", "spectrum_mlp", "--data", "rows.npz", "--no-estimate", "--epochs", 100]
    memory = ["--memory", "kept"]
    program = start(*arguments, *memory, "--out", "resumed.sklv")
    program.wait_until(lambda: list((tmp_path / "kept" / "sklvision_fits").glob("*.pkl")))
    program.send(signal.SIGKILL)
    program.wait()
    assert not (tmp_path / "resumed.sklv").exists()
    program = run(*arguments, *memory, "--out", "resumed.sklv")
    assert "resumed after epoch" in program.errors
    assert "epoch 100/100" in program.errors
    assert not list((tmp_path / "kept" / "sklvision_fits").iterdir())
    model = load(tmp_path / "resumed.sklv")
    assert model.score(np.load(tmp_path / "rows.npz")["X"], y) > 0.9
