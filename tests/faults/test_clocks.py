"""Clocks that jump by hours and years, in a real process: what is measured goes by another clock."""

import re
from pathlib import Path

import pytest

import sklvision

# The clock of the day jumps at every reading: hours back and forth, or to a year.
PROGRAM = """
import itertools, sys, time

jumps = itertools.cycle([0, 7200, -7200, 86400, -3600])
base = {"now": time.time(), "1975": 1.6e8}[sys.argv[1]]
time.time = lambda: base + next(jumps)
time.time_ns = lambda: int(1e9 * time.time())

import io, warnings
from contextlib import redirect_stderr
from pathlib import Path
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklvision.export import load, model_card, save
from sklvision.model_selection import compare_estimators, latency_scorer
from sklvision.neural_network import SpectrumClassifier
from sklvision.utils._progress import ProgressLog

X = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
y = np.arange(60) % 2
begin = time.monotonic()
model = SpectrumClassifier("spectrum_mlp", max_epochs=10**6, time_limit=1, random_state=0)
model.fit(X, y)
print("fit", 0.9 < time.monotonic() - begin < 60 and model.n_iter_ > 1)

options = {"cv": 3, "random_state": 0, "check_leaks": False, "memory": "kept"}
scoring = ["accuracy", latency_scorer()]
results = [
    compare_estimators({"model": LogisticRegression()}, X, y, scoring=scoring, **options)
    for _ in range(2)
]
times = results[0].folds[["fit_seconds", "predict_ms_per_sample"]].to_numpy()
print("compare", bool((times > 0).all() and (times < 60_000).all()))
print("memory", results[0].folds.equals(results[1].folds))
print("latency", bool((results[0].folds.filter(like="latency").to_numpy() < 60_000).all()))

save(model, "model.sklv", data=(X, y))
print("archive", np.array_equal(load("model.sklv").predict(X), model.predict(X)))
print("card", "model" in model_card(model).to_markdown().lower())

log = io.StringIO()
with redirect_stderr(log), ProgressLog(3, "step", interval=1e6) as progress:
    for _ in range(3):
        progress.update()
print("progress", log.getvalue().count("after 0 s") == 2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["now", "1975"])
def test_jumps_of_the_clock_change_nothing(run, clock):
    program = run(clock, code=PROGRAM)
    lines = program.output.splitlines()
    names = ["fit", "compare", "memory", "latency", "archive", "card", "progress"]
    assert lines == [f"{name} True" for name in names], program.output + program.errors


def test_no_duration_is_measured_by_the_clock_of_the_day():
    """`time.time` stands for moments alone: for the time stamp that MLflow asks for."""
    uses = {
        path.name
        for path in Path(sklvision.__file__).parent.rglob("*.py")
        if re.search(
            r"\btime\.time\(|\bimport time\b.*\btime\(|datetime\.now\(\)", path.read_text()
        )
    }
    assert uses <= {"_mlflow.py"}
