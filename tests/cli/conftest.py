"""Small real data, models trained by the command itself, and ways to run a command."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from sklvision.cli import main
from sklvision.datasets import make_spectra


@pytest.fixture(scope="session")
def digit_folder(tmp_path_factory):
    """Sixty each of the digits 0, 1 and 2 as gray PNG files of 8 × 8 pixels, named by number."""
    image = pytest.importorskip("PIL.Image")
    digits = load_digits()
    folder = tmp_path_factory.mktemp("data") / "numbers"
    for label in (0, 1, 2):
        (folder / str(label)).mkdir(parents=True)
        for i in np.flatnonzero(digits.target == label)[:60]:
            pixels = (digits.images[i] * 15).astype(np.uint8)
            image.fromarray(pixels).save(folder / str(label) / f"{i}.png")
    return folder


@pytest.fixture(scope="session")
def spectra_file(tmp_path_factory):
    """Simulated spectra of three classes, measured five times each."""
    X, y = make_spectra(150, n_bands=40, random_state=0)
    path = tmp_path_factory.mktemp("data") / "line.npz"
    np.savez(path, X=X, y=y, group=np.arange(150) // 5)
    return path


@pytest.fixture(scope="session")
def iris_file(tmp_path_factory):
    """A third of iris, small and real, as an npz of four bands with plants in groups."""
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    path = tmp_path_factory.mktemp("data") / "iris.npz"
    np.savez(path, X=X[::3], y=names[y[::3]], plant=np.arange(50) // 2)
    return path


@pytest.fixture(scope="session")
def image_model(digit_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("model") / "numbers.joblib"
    argv = ["train", "resnet8", "--data", str(digit_folder), "--epochs", "5", "--no-estimate"]
    assert main([*argv, "--quiet", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def spectra_model(spectra_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("model") / "line.joblib"
    argv = ["train", "spectrum_mlp", "--data", str(spectra_file), "--epochs", "10"]
    assert main([*argv, "--no-estimate", "--quiet", "--out", str(out)]) == 0
    return out


@pytest.fixture
def run(capsys):
    """Run a command; returns its status and the text on both streams."""

    def run(*argv):
        try:
            status = main([str(arg) for arg in argv])
        except SystemExit as exit_:
            status = exit_.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def run_error(run):
    """Run a command that must fail with one line on standard error, which is returned."""

    def run_error(*argv):
        status, out, err = run(*argv)
        assert (status, out) == (2, "")
        assert err.startswith(f"sklvision {argv[0]}: error: ")
        assert err.count("\n") == 1, err
        return err

    return run_error


@pytest.fixture
def start():
    """Start a command as a process of its own, in a folder; all are ended with the test."""
    running = []

    def start(folder, *argv, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", "sklvision", *map(str, argv)],
            cwd=folder,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()
