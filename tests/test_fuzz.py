"""A seeded part of ``python -m benchmarks fuzz``: no case has an unclear end."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from benchmarks import fuzz
from benchmarks.__main__ import main as benchmark
from benchmarks._fuzz.case import Case
from benchmarks._fuzz.commands import run_command
from benchmarks._fuzz.judge import FaultError, RefusalError, judge_error
from benchmarks._fuzz.targets import (
    EXCLUDED,
    EXCLUDED_COMMANDS,
    list_commands,
    list_public_members,
    list_targets,
    pick_target,
)
from benchmarks._fuzz_worker import run_case
from sklvision.cli._main import _make_parser
from sklvision.datasets import make_spectra
from sklvision.neural_network import SpectrumClassifier
from sklvision.utils.discovery import all_estimators

pytest.importorskip("polars")
pytest.importorskip("pyarrow")

# Targets whose cases take milliseconds; OnnxClassifier first has to write files.
QUICK_TARGETS = [
    target.name
    for target in list_targets()
    if target.share >= 4 and target.group in ("estimators", "functions", "readers")
]
QUICK_TARGETS.remove("OnnxClassifier")
N_CASES = 5  # of each


def test_generated_cases_succeed_or_are_refused_clearly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes = []
    for name in QUICK_TARGETS:
        for seed in range(N_CASES):
            folder = tmp_path / name / str(seed)
            folder.mkdir(parents=True)
            row = run_case(seed, folder, name)
            assert row["outcome"] != "fault", "\n".join(f"{k}: {v}" for k, v in row.items())
            outcomes.append(row["outcome"])
    assert len(outcomes) >= 200
    assert np.mean([outcome == "success" for outcome in outcomes]) > 0.2


def test_targets_are_all_public_names_and_commands():
    names = {target.name for target in list_targets()}
    assert {name for name, _ in all_estimators()} <= names
    assert set(list_public_members()) <= names | set(EXCLUDED)
    commands = {f"sklvision {name}" for name in list_commands() if name not in EXCLUDED_COMMANDS}
    assert commands <= names


def test_case_depends_on_the_seed_alone(tmp_path):
    first, again, other = (Case(seed, tmp_path) for seed in (7, 7, 8))
    assert pick_target(first).name == pick_target(again).name
    assert first.rng.random() == again.rng.random() != other.rng.random()


def catch(function):
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("no error")


def test_judge_error_knows_raw_errors_from_clear_ones():
    X = np.ones((6, 3))
    clear = (
        lambda: SpectrumClassifier().fit(X, [0] * 5),
        lambda: SpectrumClassifier(lr=-1).fit(X, [0, 1] * 3),
        lambda: SpectrumClassifier().predict(X),
        lambda: open("no-such-file"),  # noqa: PTH123, SIM115
    )
    raw = (
        lambda: np.linalg.inv(np.ones(3)),
        lambda: json.loads("{"),
        lambda: SpectrumClassifier._check_state({"_weights": 1}),
    )
    assert [judge_error(catch(function)) for function in clear] == [None] * len(clear)
    faults = [judge_error(catch(function)) for function in raw]
    assert [fault.kind for fault in faults] == [
        "raw LinAlgError of numpy",
        "raw JSONDecodeError of decoder",
        "raw KeyError of an expression",
    ]


def test_case_call_finds_traces_of_a_call(tmp_path):
    array = np.ones(3)
    faults = {
        "input modified": lambda values: values.fill(2),
        "global generator changed": lambda values: np.random.random(),
        "printed": lambda values: print("x"),
        "RuntimeWarning of test_fuzz": lambda values: np.log(-values),
    }
    for kind, function in faults.items():
        with pytest.raises(FaultError, match=kind):
            Case(0, tmp_path).call(function, array)
    Case(0, tmp_path).call(lambda axes: axes[0].set_title("x"), plt.subplots(2)[1])
    plt.close()
    with pytest.raises(RefusalError, match="lr"):
        Case(0, tmp_path).call(SpectrumClassifier(lr=-1).fit, np.ones((4, 2)), [0, 1, 0, 1])
    with pytest.raises(FaultError, match="refused what was accepted"):
        Case(0, tmp_path).call_again(SpectrumClassifier().predict, np.ones((4, 2)))


def test_train_leaves_its_arguments_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = make_spectra(30, n_bands=8, random_state=0)
    pd.DataFrame(X).assign(label=y).to_csv("spectra.csv", index=False)
    argv = ["train", "spectrum_mlp", "--data", "spectra.csv", "--epochs", "1", "--no-estimate"]
    # Without a suffix: the command adds that of an archive.
    run_command(Case(0, tmp_path), _make_parser(), [*argv, "--target", "label", "--out", "model"])
    assert (tmp_path / "model.sklv").is_file()


@pytest.mark.slow
def test_fuzz_continues_and_counts_faults(tmp_path):
    state = tmp_path / "state.jsonl"
    for n in ("5", "15"):
        benchmark(["fuzz", "--state", str(state), "--n", n])
    rows = fuzz._read_state(state)
    assert sorted(rows) == list(range(15))
    (*_, total) = fuzz.summarize(list(rows.values()))
    assert total["cases"] == total["succeeded"] + total["refused"] + total["faults"] == 15
    fault = rows[0] | {"outcome": "fault", "kind": "end of the process", "message": "status -9"}
    assert "end of the process" in fuzz.list_faults([fault])[0]
