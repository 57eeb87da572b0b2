"""The command line as a whole: help, errors of one line, processes, pipes and signals."""

import os
import re
import signal
import subprocess
import sys
import time

import joblib
import pytest
from sklearn.naive_bayes import GaussianNB

import sklvision
from sklvision import recipes
from sklvision.cli import main

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="pipes and signals as POSIX has them")


def test_python_m_sklvision_runs_a_command(tmp_path, start):
    process = start(tmp_path, "compare", "nowhere.csv")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b"")
    assert err.decode() == (
        "sklvision compare: error: nowhere.csv: does not exist as a file or folder, and is not the "
        "name of a data set.\n"
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from sklvision.cli import main\n"
        "for command in ['compare'], ['train'], ['predict'], ['export'], ['info'], []:\n"
        "    try: main([*command, '--help'])\n"
        "    except SystemExit: pass\n"
        "assert not {'numpy', 'sklearn', 'torch'} & set(sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True
    )
    assert process.stdout.count("usage: sklvision") == 6


def test_version(run):
    assert run("--version") == (0, f"sklvision {sklvision.__version__}\n", "")


def test_help_has_examples_and_a_place_to_start(run):
    _, out, _ = run("--help")
    assert "Start with a comparison" in out
    for command in ("compare", "train", "predict"):
        assert f"\n  sklvision {command} " in out


def test_without_a_command_shows_the_help(capsys):
    assert main([]) == 2
    assert "compare" in capsys.readouterr().err


def test_info_lists_versions_devices_and_architectures(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for word in ("scikit-learn", "torch", "devices", "cpu", "resnet8", "spectrum_mlp"):
        assert word in out


@pytest.fixture
def closed_stdout(monkeypatch):
    """Replace standard output by a pipe that nobody reads."""
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    with os.fdopen(writing_end, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing_end)  # so that closing it raises nothing


@POSIX_ONLY
def test_train_writes_the_model_if_nobody_reads_the_estimate(
    spectra_file, tmp_path, closed_stdout, capfd
):
    out = tmp_path / "m.joblib"
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 1]
    assert main([*map(str, argv), "--quiet"]) == 0
    assert joblib.load(out).n_iter_ == 1
    assert capfd.readouterr().err == ""


@pytest.mark.slow
@POSIX_ONLY
def test_train_writes_the_model_if_nobody_reads_its_progress(spectra_file, tmp_path):
    """As in ``sklvision train ... 2>&1 | head -1``."""
    out = tmp_path / "m.joblib"
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 3]
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    process = subprocess.run(
        [sys.executable, "-m", "sklvision", *map(str, argv)],
        stdout=writing_end,
        stderr=writing_end,
        check=False,
    )
    os.close(writing_end)
    assert process.returncode == 0
    assert joblib.load(out).n_iter_ == 3


@pytest.mark.slow
@POSIX_ONLY
def test_compare_writes_the_report_if_nobody_reads_the_table(
    iris_file, tmp_path, closed_stdout, monkeypatch
):
    monkeypatch.setattr(
        recipes, "make_candidates", lambda X, *names, **options: ({"bayes": GaussianNB()}, [])
    )
    out = tmp_path / "report.html"
    assert main(["compare", str(iris_file), "--cv", "2", "--quiet", "--out", str(out)]) == 0
    assert out.stat().st_size > 0


@POSIX_ONLY
def test_predict_ends_if_nobody_reads_the_labels(spectra_file, spectra_model, closed_stdout):
    assert main(["predict", str(spectra_model), str(spectra_file), "--quiet"]) == 0


@POSIX_ONLY
@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_compare_ends_when_interrupted(tmp_path, start, n_jobs):
    process = start(tmp_path, "compare", "--n-jobs", n_jobs, start_new_session=True)
    progress = read_until(process, rb"[1-9]\d*/25")
    # A terminal interrupts the command and the workers it started, all at once.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().endswith("\nsklvision compare: interrupted\n")
    assert b"Traceback" not in progress + err
    assert out == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@POSIX_ONLY
def test_train_ends_when_interrupted(spectra_file, tmp_path, start):
    argv = ["spectrum_mlp", "--data", spectra_file, "--out", "m.joblib", "--epochs", 1_000_000]
    process = start(tmp_path, "train", *argv, "--no-estimate")
    progress = read_until(process, rb"epoch [1-9]\d*/1000000 after .*loss=")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "\nsklvision train: interrupted\n" in err.decode()
    assert b"Traceback" not in progress + err
    assert list(tmp_path.iterdir()) == []


def read_until(process, pattern):
    """Read the standard error of a process up to a text."""
    text = b""
    deadline = time.monotonic() + 120
    while not re.search(pattern, text) and time.monotonic() < deadline:
        part = os.read(process.stderr.fileno(), 4096)
        assert part, text.decode()
        text += part
    return text
