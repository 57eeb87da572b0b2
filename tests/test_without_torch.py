"""Machines without torch: models of other libraries and ONNX files predict and are compared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_spectra
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler

BLOCK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "skorch", "torchvision"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
"""
MAIN = "from sklvision.cli import main; sys.exit(main(sys.argv[1:]))"
X, y = make_spectra(120, n_bands=30, random_state=0, return_X_y=True)


def run_without_torch(code, *arguments):
    process = subprocess.run(
        [sys.executable, "-c", BLOCK + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def csv_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("without_torch") / "new.csv"
    header = ",".join(f"{900 + 5 * band}" for band in range(X.shape[1]))
    np.savetxt(path, X[:4], delimiter=",", header=header, comments="", fmt="%.9g")
    return path


def predict_labels(path, csv_file):
    lines = run_without_torch(MAIN, "predict", path, csv_file, "--quiet").splitlines()[1:]
    return [line.split(",")[2] for line in lines]


def test_compare_estimators_runs_without_torch():
    code = (
        "from sklearn.datasets import load_iris\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "from sklvision.model_selection import compare_estimators\n"
        "data = load_iris(return_X_y=True)\n"
        "print(compare_estimators({'bayes': GaussianNB()}, *data, cv=2))"
    )
    assert "bayes" in run_without_torch(code)


def test_info_runs_without_torch():
    out = run_without_torch(MAIN, "info")
    assert "scikit-learn" in out
    assert "none without torch" in out


def test_predict_by_a_model_of_scikit_learn_runs_without_torch(csv_file, tmp_path):
    model = make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    labels = predict_labels(tmp_path / "model.joblib", csv_file)
    assert labels == list(map(str, model.predict(X[:4])))


def test_predict_by_an_onnx_file_runs_without_torch(csv_file, tmp_path, capfd):
    pytest.importorskip("onnxscript")
    from sklvision.export import OnnxClassifier, to_onnx

    model = make_pipeline(SpectralScaler("snv"), SpectrumClassifier(max_epochs=3, random_state=0))
    model.fit(X, y)
    capfd.readouterr()
    to_onnx(model[-1], tmp_path / "net.onnx")
    assert capfd.readouterr() == ("", "")  # nothing of torch's
    shipped_model = make_pipeline(*model[:-1], OnnxClassifier(tmp_path / "net.onnx"))
    joblib.dump(shipped_model, tmp_path / "model.joblib")
    labels = predict_labels(tmp_path / "model.joblib", csv_file)
    assert labels == list(map(str, model.predict(X[:4])))


@pytest.mark.slow
def test_a_whole_pipeline_in_an_onnx_file_runs_without_torch(tmp_path):
    pytest.importorskip("onnxscript")
    from sklvision.export import to_onnx

    model = make_pipeline(SpectralScaler("snv"), SpectrumClassifier(max_epochs=3, random_state=0))
    to_onnx(model.fit(X, y), tmp_path / "model.onnx")
    np.save(tmp_path / "X.npy", X[:4])
    code = (
        "import numpy as np\n"
        "from sklvision.export import OnnxClassifier\n"
        "import sys\n"
        "print(*OnnxClassifier(sys.argv[1]).predict(np.load(sys.argv[2])))"
    )
    labels = run_without_torch(code, tmp_path / "model.onnx", tmp_path / "X.npy").split()
    assert labels == list(map(str, model.predict(X[:4])))


def test_archives_load_without_torch_or_name_it():
    """A model without nets needs no torch; a net without a graph in the file says what to do."""
    code = (
        "from sklvision.export import load\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        print(type(load(path)).__name__)\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    folder = Path(__file__).parent / "export" / "archives"
    names = ("format_1_pipeline.sklv", "format_1_net.sklv")
    lines = run_without_torch(code, *(folder / name for name in names)).splitlines()
    assert lines[0] == "Pipeline"
    assert "pip install torch" in lines[1]
    assert "onnx=True" in lines[1]
