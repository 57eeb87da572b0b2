"""Outcomes kept on disk: an interrupted comparison goes on where it was."""

import os
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages
from sklvision.model_selection import compare_estimators

TIMES = ["fit_seconds", "predict_ms_per_sample"]
SCRIPT = """
import sys
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklvision.model_selection import compare_estimators
X, y = load_digits(return_X_y=True)
models = [MLPClassifier(max_iter=100), RandomForestClassifier(100)]
memory, out = sys.argv[1:]
result = compare_estimators(
    models, X[:400], y[:400], n_jobs=2, random_state=0,
    memory=None if memory == "none" else memory,
)
result.folds.to_pickle(out)
"""


class CountingClassifier(ClassifierMixin, BaseEstimator):
    """Leaves a line in a file for every fit."""

    def __init__(self, log, is_broken=False):
        self.log = log
        self.is_broken = is_broken

    def fit(self, X, y):
        with open(self.log, "a") as file:  # noqa: PTH123 - appended to
            file.write("fit\n")
        if self.is_broken:
            raise RuntimeError("out of order")
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


def fits(log):
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_memory_runs_missing_pairs_only(iris, tmp_path):
    log, memory = tmp_path / "log", tmp_path / "memory"
    estimators = {"counting": CountingClassifier(str(log))}
    kwargs = {"random_state": 0, "memory": memory, "baselines": False}
    first = compare_estimators(estimators, *iris, **kwargs)
    assert fits(log) == 5
    second_result = compare_estimators(estimators, *iris, **kwargs)
    assert fits(log) == 5
    pd.testing.assert_frame_equal(
        first.folds, second_result.folds
    )  # times as well: those of the first run
    larger_result = compare_estimators({**estimators, "bayes": GaussianNB()}, *iris, **kwargs)
    assert fits(log) == 5
    assert larger_result.scores().loc["counting"].equals(first.scores().loc["counting"])
    assert larger_result.confusion_matrix("counting").equals(first.confusion_matrix("counting"))


def test_memory_runs_other_data_estimators_folds_or_scores(iris, tmp_path):
    X, y = iris
    log = tmp_path / "log"
    kwargs = {"memory": tmp_path / "memory", "baselines": False, "check_leaks": False}
    expected = 0
    for X_, y_, seed, scoring in [
        (X, y, 0, "accuracy"),
        (X + 0.1, y, 0, "accuracy"),
        (X, y.astype(str), 0, "accuracy"),
        (X, y, 1, "accuracy"),
        (X, y, 0, "f1_macro"),
    ]:
        compare_estimators(
            CountingClassifier(str(log)), X_, y_, random_state=seed, scoring=scoring, **kwargs
        )
        expected += 5
        assert fits(log) == expected


def test_memory_does_not_store_failures(iris, tmp_path):
    log = tmp_path / "log"
    kwargs = {"memory": tmp_path / "memory", "random_state": 0, "error_score": np.nan}
    for n in (5, 10):
        with pytest.warns(FitFailedWarning, match="out of order"):
            compare_estimators(CountingClassifier(str(log), is_broken=True), *iris, **kwargs)
        assert fits(log) == n


def test_memory_notices_a_changed_file(tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(12)]
    for i, file in enumerate(files):
        Image.fromarray(np.full((4, 4), 20 * i, np.uint8)).save(file)
    y = np.tile([0, 1], 6)
    log = tmp_path / "log"
    model = make_pipeline(FlattenImages(), CountingClassifier(str(log)))
    kwargs = {"cv": 2, "memory": tmp_path / "memory", "random_state": 0, "check_leaks": False}
    for n in (2, 2):
        compare_estimators(model, ImageCollection(files), y, **kwargs)
        assert fits(log) == n
    Image.fromarray(np.full((4, 4), 7, np.uint8)).save(files[0])
    os.utime(files[0], (0, 0))
    compare_estimators(model, ImageCollection(files), y, **kwargs)
    assert fits(log) == 4


def test_memory_takes_a_joblib_memory(iris, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    result = compare_estimators(DummyClassifier(), *iris, memory=memory, random_state=0)
    assert result.scores().shape == (3, 5)
    assert any(tmp_path.rglob("output.pkl"))


def test_memory_refuses_a_file(iris, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ValueError, match=r"memory='.*file' is not a directory"):
        compare_estimators(LogisticRegression(), *iris, memory=file)
    with pytest.raises(TypeError, match=r"memory must be a directory or a joblib\.Memory, got 3"):
        compare_estimators(LogisticRegression(), *iris, memory=3)


@pytest.mark.slow
def test_memory_resumes_a_killed_comparison(tmp_path, monkeypatch):
    memory, out = tmp_path / "memory", tmp_path / "folds.pkl"
    command = [sys.executable, "-c", SCRIPT, str(memory)]
    process = subprocess.Popen([*command, str(out)], start_new_session=True)
    give_up = time.monotonic() + 120
    while len(list(memory.rglob("output.pkl"))) < 6 and time.monotonic() < give_up:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    write_times = {file: file.stat().st_mtime_ns for file in memory.rglob("output.pkl")}
    assert 6 <= len(write_times) < 20
    assert not out.exists()
    subprocess.run([*command, str(out)], check=True)
    resumed_frame = pd.read_pickle(out)
    assert all(file.stat().st_mtime_ns == write_time for file, write_time in write_times.items())
    monkeypatch.setattr(sys, "argv", ["-c", "none", str(out)])
    exec(SCRIPT.replace("n_jobs=2", "n_jobs=1"), {})  # n_jobs changes times only
    full_frame = pd.read_pickle(out)
    # Another process pickles equal strings more than once: some tens of bytes.
    np.testing.assert_allclose(
        resumed_frame.pop("pickled_bytes"), full_frame.pop("pickled_bytes"), atol=300
    )
    pd.testing.assert_frame_equal(
        resumed_frame.drop(columns=TIMES), full_frame.drop(columns=TIMES), check_exact=True
    )


def test_memory_needs_estimators_that_can_be_pickled(iris, tmp_path):
    model = make_pipeline(FunctionTransformer(lambda X: X), GaussianNB())
    words = r"estimators\['bayes'\] can't be pickled: .*not as a lambda"
    with pytest.raises(ValueError, match=words):
        compare_estimators({"bayes": model}, *iris, memory=tmp_path)
    compare_estimators({"bayes": model}, *iris)
