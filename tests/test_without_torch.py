"""Machines without torch: models of other libraries and ONNX files predict and are compared."""

from __future__ import annotations

import json
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
    return read_labels(run_without_torch(MAIN, "predict", path, csv_file, "--quiet"))


def read_labels(text):
    return [line.split(",")[2] for line in text.splitlines()[1:]]


# What is done without torch in one process, in which each piece of code has an output of its own.
RUN_ALL = """
import contextlib, io, json, traceback

outputs = {}
for name, (code, arguments) in json.loads(sys.argv[1]).items():
    sys.argv[1:] = arguments
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            exec(code, {"__name__": "__main__", "sys": sys})
        except SystemExit as end:
            print(*[f"ended with {end.code}"] if end.code else (), end="")
        except BaseException:
            print(traceback.format_exc())
    outputs[name] = out.getvalue()
print(json.dumps(outputs))
"""
COMPARE = """
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklvision.model_selection import compare_estimators

print(compare_estimators({"bayes": GaussianNB()}, *load_iris(return_X_y=True), cv=2))
"""
LOAD = """
from sklvision.export import load

for path in sys.argv[1:]:
    try:
        print(type(load(path)).__name__)
    except ImportError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def linear_model():
    return make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(X, y)


@pytest.fixture(scope="module")
def outputs(csv_file, linear_model, tmp_path_factory):
    """Output of each piece of code, all run in one process, which takes seconds to start."""
    model_file = tmp_path_factory.mktemp("models") / "model.joblib"
    joblib.dump(linear_model, model_file)
    archives = Path(__file__).parent / "export" / "archives"
    runs = {
        "compare": (COMPARE, []),
        "info": (MAIN, ["info"]),
        "predict": (MAIN, ["predict", model_file, csv_file, "--quiet"]),
        "load": (LOAD, [archives / "format_1_pipeline.sklv", archives / "format_1_net.sklv"]),
    }
    return json.loads(run_without_torch(RUN_ALL, json.dumps(runs, default=str)))


def test_compare_estimators_runs_without_torch(outputs):
    assert outputs["compare"].startswith("3 classifiers"), outputs["compare"]
    assert "\nbayes " in outputs["compare"]


def test_info_runs_without_torch(outputs):
    assert "scikit-learn" in outputs["info"]
    assert "none without torch" in outputs["info"]


def test_predict_by_a_model_of_scikit_learn_runs_without_torch(outputs, linear_model):
    assert read_labels(outputs["predict"]) == list(map(str, linear_model.predict(X[:4])))


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


def test_archives_load_without_torch_or_name_it(outputs):
    """A model without nets needs no torch; a net without a graph in the file says what to do."""
    lines = outputs["load"].splitlines()
    assert lines[0] == "Pipeline"
    assert "pip install torch" in lines[1]
    assert "onnx=True" in lines[1]
