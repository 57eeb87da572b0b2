"""Small real data, and models trained by the command itself."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

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
    """Run a command; gives its status, and what it wrote to both streams."""

    def run(*argv):
        try:
            status = main([str(arg) for arg in argv])
        except SystemExit as exit_:
            status = exit_.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def refused(run):
    """Run a command that is to fail in one line, which it gives."""

    def refused(*argv):
        status, out, err = run(*argv)
        assert (status, out) == (2, "")
        assert err.startswith(f"sklvision {argv[0]}: error: ")
        assert err.count("\n") == 1, err
        return err

    return refused
