"""Words and options by which commands take a model and data, and misspelled ones."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklvision.export import load

COMMANDS = ["compare", "train", "predict", "export", "serve", "info"]


@pytest.mark.parametrize("command", COMMANDS)
def test_parser_suggests_the_nearest_option(run_error, command):
    option = {"compare": "--modles", "export": "--onxx", "serve": "--prt"}.get(command, "--verfy")
    nearest = {"--modles": "--models", "--onxx": "--onnx", "--prt": "--port"}.get(option)
    err = run_error(command, option, "x")
    assert f"There is no option {option}. " in err
    assert nearest is None or f"Did you mean {nearest}? " in err
    assert f"sklvision {command} --help lists all" in err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["kompare", "x.csv"], "There is no command 'kompare'. Did you mean 'compare'?"),
        (["data.csv"], "There is no command 'data.csv'. To look at data, type: sklvision info"),
        (["--quiet", "compare"], "no option --quiet. Options of a command come after its name."),
    ],
)
def test_parser_suggests_the_nearest_command(run, tmp_path, monkeypatch, argv, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,b\n")
    status, out, err = run(*argv)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_parser_suggests_the_nearest_value(run_error):
    err = run_error("train", "spectra", "x.csv", "--on-error", "skop")
    assert "argument --on-error: 'skop' is not one of the values. Did you mean 'skip'?" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["MODEL", "DATA"],
        ["MODEL", "--quiet", "DATA"],
        ["DATA", "--model", "MODEL"],
        ["--model", "MODEL", "--data", "DATA"],
        ["MODEL", "--data", "DATA"],
        ["MODEL", "--quiet", "--", "DATA"],
    ],
)
def test_predict_takes_words_or_options(spectra_file, spectra_model, run, argv):
    places = {"MODEL": spectra_model, "DATA": spectra_file}
    status, out, _ = run("predict", *[places.get(word, word) for word in argv])
    assert (status, out.count("\n")) == (0, 151)


def test_predict_takes_several_paths_by_an_option(spectra_file, spectra_model, run):
    argv = ["predict", "--data", spectra_file, spectra_file, "--model", spectra_model]
    assert run(*argv)[1].count("\n") == 301


@pytest.mark.parametrize(
    "argv",
    [
        ["spectrum_mlp", "DATA"],
        ["DATA", "--model", "spectrum_mlp"],
        ["spectrum_mlp", "--quiet", "DATA"],
        ["--data", "DATA", "spectrum_mlp"],
    ],
)
def test_train_takes_words_or_options(spectra_file, tmp_path, run, argv):
    argv = [spectra_file if word == "DATA" else word for word in argv]
    out = tmp_path / "model.sklv"
    status, _, err = run("train", *argv, "--out", out, "--epochs", 1, "--no-estimate")
    assert status == 0, err
    assert load(out).architecture == "spectrum_mlp"


def test_train_without_a_model_takes_the_recipe_for_the_data(spectra_file, tmp_path, run):
    out = tmp_path / "model.sklv"
    argv = ["train", spectra_file, "--out", out, "--no-groups"]
    status, _, err = run(*argv, "--epochs", 1, "--no-estimate")
    assert (status, "model: the recipe spectra; sklvision train --list" in err) == (0, True)
    assert type(load(out)).__name__ == "GeometricVotingClassifier"


def test_train_without_a_model_takes_a_net_for_a_few_bands(tmp_path, run):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.random((40, 6)), columns=[f"channel {i}" for i in range(6)])
    table["label"] = ["good", "bad"] * 20
    table.to_csv(tmp_path / "camera.csv", index=False)
    argv = ["train", tmp_path / "camera.csv", "--out", tmp_path / "camera.sklv", "--epochs", "1"]
    status, _, err = run(*argv)
    assert (status, "model: spectrum_mlp; sklvision train --list" in err) == (0, True)


def test_train_takes_a_name_of_both_as_the_model(tmp_path, monkeypatch, spectra_file, run_error):
    """A folder that is named as a recipe is data by its option, or as ./spectra."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spectra").mkdir()
    assert "DATA is missing" in run_error("train", "spectra", "--out", "m.sklv")
    err = run_error("train", "./spectra", "--out", "m.sklv")
    assert "spectra: holds no images" in err


def test_compare_and_info_take_data_by_an_option(spectra_file, run, run_error):
    assert run("info", "--data", spectra_file) == run("info", spectra_file)
    assert "nowhere: does not exist" in run_error("compare", "--data", "nowhere")


def test_info_and_export_take_a_model_by_an_option(spectra_model, spectra_file, tmp_path, run):
    assert run("info", "--model", spectra_model) == run("info", spectra_model)
    model = tmp_path / "line.joblib"
    shutil.copyfile(spectra_model, model)
    status, out, err = run("export", "--model", model, spectra_file, "--card", "--quiet")
    assert status == 0, err
    assert "README.md" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["compare", "a", "--data", "b"], "DATA is given twice, by --data b and as a; pass it"),
        (["compare", "a", "b c"], "'b c': too many arguments; expected: sklvision compare DATA"),
        (["compare", "--models", "lda", "x.csv"], "put DATA before --models, or pass it by --data"),
        (["compare", ""], "DATA is empty"),
        (["train", "a", "b", "--data", "c"], "besides --data c: a b; expected only MODEL."),
        (["train", "spectra", "--class-weight", "a=2", "x.csv"], "put DATA before --class-weight"),
        (["predict"], "MODEL is missing; expected: sklvision predict MODEL PATH [PATH ...]"),
        (["predict", "x.csv"], "PATH is missing; expected: sklvision predict MODEL PATH"),
        (["predict", "x.csv", "m.sklv"], "x.csv: is not the file of a model, but m.sklv is: MODEL"),
        (["predict", "x.csv", "x.csv"], "x.csv: cannot be loaded as a model"),
        (["export", "x.csv", "m.sklv", "--card"], "x.csv: is not the file of a model, but m.sklv"),
        (["export", "m", "a", "--samples", "b", "--card"], "besides --samples b: m a; expected"),
        (["serve", "a", "--model", "b"], "MODEL is given twice, by --model b and as a"),
        (["serve", "--model", "a", "--model", "b"], "--model: is given twice"),
        (["info", "--data", "a", "--model", "b"], "--data/--model: is given twice"),
    ],
)
def test_sources_that_are_missing_or_too_many_are_named(
    run_error, tmp_path, monkeypatch, argv, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("label,400,410\na,1,2\nb,3,4\n")
    (tmp_path / "m.sklv").write_bytes(b"")
    assert words in run_error(*argv)


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (["compare", "x.csv", "--report", "x.csv"], "--out x.csv"),
        (["compare", "--data", "x.csv", "--label-errors", "link.csv"], "--label-errors link.csv"),
        (["compare", "y", "--groups", "x.csv", "--out", "x.csv"], "--out x.csv"),
        (["train", "spectra", "m.sklv", "--out", "m.sklv"], "--out m.sklv"),
        (["train", "x", "y", "--out", "m.sklv", "--sign", "./m.sklv"], "--out m.sklv"),
        (["predict", "m.sklv", "x.csv", "--out", "m.sklv"], "--out m.sklv"),
        (["predict", "m.sklv", "y.csv", "x.csv", "--out", "x.csv"], "--out x.csv"),
    ],
)
def test_commands_do_not_overwrite_what_they_read(run_error, tmp_path, monkeypatch, argv, option):
    monkeypatch.chdir(tmp_path)
    for name in ("x.csv", "m.sklv"):
        (tmp_path / name).write_text("kept")
    (tmp_path / "link.csv").symlink_to("x.csv")
    assert f"{option}: is a file that the command reads, and would" in run_error(*argv)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "x.csv": "kept",
        "m.sklv": "kept",
        "link.csv": "kept",
    }


def test_compare_names_one_file_for_the_report_and_the_label_errors(run_error, tmp_path):
    out = tmp_path / "out.csv"
    err = run_error("compare", "--out", out, "--label-errors", out)
    assert f"--label-errors {out}: is the file of the report." in err
    assert not out.exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="permissions do not stop root")
def test_export_names_a_directory_that_cannot_be_made(spectra_model, run_error):
    name = "/proc/nowhere"
    err = run_error("export", spectra_model, "--card", "--quiet", "--out", name)
    assert f"--out {name}: cannot be made (" in err


def test_train_checks_options_before_the_first_fit(run_error, iris_file, tmp_path):
    argv = ["train", "spectrum_mlp", iris_file, "--out", tmp_path / "m.sklv", "--quiet"]
    err = run_error(*argv, "--option", "dropout=3")
    assert "error: --option dropout of the architecture spectrum_mlp: dropout must be a" in err
    assert "in fold" not in err
