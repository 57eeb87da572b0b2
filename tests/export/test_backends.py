"""compare_backends, and smaller weights of whole pipelines."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from sklearn.pipeline import make_pipeline

from sklvision.datasets import make_spectra
from sklvision.export import BackendComparison, OnnxClassifier, compare_backends, quantize, to_onnx
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from tests.export.graph._cases import load_data, logistic


class Constant:
    """A classifier without probabilities."""

    def __init__(self, label):
        self.label = label

    def predict(self, X):
        return np.full(len(X), self.label)


@pytest.fixture(scope="module")
def data():
    return make_spectra(900, random_state=0, return_X_y=True)


@pytest.fixture(scope="module")
def model(data):
    X, y = data
    net = SpectrumClassifier(max_epochs=8, random_state=0)
    return make_pipeline(SavitzkyGolay(deriv=1), SpectralScaler(), net).fit(X[:300], y[:300])


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    return to_onnx(model, tmp_path_factory.mktemp("pipeline") / "model.onnx")


@pytest.fixture(scope="module")
def linear_file(tmp_path_factory):
    X, y = load_data("spectra")
    pipeline = make_pipeline(SpectralScaler(), logistic()).fit(X, y)
    return to_onnx(pipeline, tmp_path_factory.mktemp("linear") / "model.onnx")


@pytest.mark.parametrize(("bits", "fraction"), [(8, 0.35), (16, 0.6)])
def test_quantize_of_a_pipeline_keeps_accuracy_at_a_fraction_of_the_size(
    bits, fraction, model, file, data, tmp_path
):
    X, y = data
    path = quantize(
        file,
        X[:300],
        tmp_path / "small.onnx",
        bits=bits,
        max_accuracy_drop=0.01,
        validation=(X[300:], y[300:]),
    )
    onnx.checker.check_model(onnx.load(path))
    assert path.stat().st_size < fraction * file.stat().st_size
    small = OnnxClassifier(path)
    assert small.score(X[300:], y[300:]) >= model.score(X[300:], y[300:]) - 0.01
    assert small.input_contract_ == OnnxClassifier(file).input_contract_
    difference = np.abs(small.predict_proba(X) - OnnxClassifier(file).predict_proba(X)).max()
    assert 0 < difference < (0.2 if bits == 8 else 0.01)


def test_quantize_keeps_the_steps_before_the_net_exact(file, data, tmp_path):
    path = quantize(file, data[0][:300], tmp_path / "small.onnx")
    nodes = onnx.load(path).graph.node
    names = {name for node in nodes if node.op_type == "QuantizeLinear" for name in node.input}
    assert names
    assert not any("spectralscaler" in name or "savitzkygolay" in name for name in names)


def test_quantize_writes_nothing_where_accuracy_may_fall_further(file, data, tmp_path):
    X, y = data
    path = tmp_path / "small.onnx"
    with pytest.raises(ValueError, match=r"on 50 samples.*max_accuracy_drop=0\.001.*Try bits=16"):
        quantize(file, X[:300], path, max_accuracy_drop=0.001, validation=(X[300:350], y[300:350]))
    assert not path.exists()
    wrong = np.roll(y[300:], 1)
    with pytest.raises(ValueError, match="Pass more"):
        quantize(file, X[:9], path, bits=16, max_accuracy_drop=1e-4, validation=(X[300:], wrong))
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bits": 4}, "bits=4 must be 8 or 16"),
        ({"max_accuracy_drop": 0.1}, "pass both or neither"),
        ({"validation": (np.zeros((1, 502)), [0])}, "pass both or neither"),
        ({"max_accuracy_drop": 2, "validation": (np.zeros((1, 502)), [0])}, "between 0 and 1"),
    ],
)
def test_quantize_names_wrong_options(options, message, file, data, tmp_path):
    with pytest.raises(ValueError, match=message):
        quantize(file, data[0][:30], tmp_path / "small.onnx", **options)


def test_quantize_of_files_that_cannot_be_made_smaller(file, linear_file, data, tmp_path):
    X, _ = load_data("spectra")
    with pytest.raises(ValueError, match="holds no net"):
        quantize(linear_file, X, tmp_path / "small.onnx")
    half = quantize(file, data[0][:30], tmp_path / "half.onnx", bits=16)
    with pytest.raises(ValueError, match="16-bit weights already"):
        quantize(half, data[0][:30], tmp_path / "small.onnx")


def test_compare_backends_measures_labels_accuracy_size_and_time(model, file, data, tmp_path):
    X, y = data[0][300:], data[1][300:]
    models = {"pipeline": model, "ONNX": file, "content": file.read_bytes()}
    comparison = compare_backends(models, X, y, n_repeats=1)
    table = comparison.to_frame()
    assert table.index.tolist() == list(models)
    assert table["equal_labels"].tolist() == [1, 1, 1]
    assert table["accuracy"].tolist() == [model.score(X, y)] * 3
    assert table.loc["pipeline", "probability_difference"] == 0
    assert 0 < table.loc["ONNX", "probability_difference"] < 5e-3
    assert table.loc["ONNX", "bytes"] == table.loc["content", "bytes"] == file.stat().st_size
    assert (table[["ms_one", "ms_per_sample"]] > 0).all(axis=None)
    assert str(comparison).startswith("600 samples\n")
    assert len(comparison.to_markdown().splitlines()) == 5
    assert isinstance(comparison, BackendComparison)


def test_compare_backends_without_labels_or_probabilities(linear_file):
    X, y = load_data("spectra")
    table = compare_backends({"constant": Constant(y[0]), "ONNX": linear_file}, X).to_frame()
    assert table["accuracy"].isna().all()
    assert table["probability_difference"].isna().all()
    assert 0 < table.loc["ONNX", "equal_labels"] < 1
    for model in (1, SpectrumClassifier):
        with pytest.raises(TypeError, match=r"models\['a'\]"):
            compare_backends({"a": model}, X)
    with pytest.raises(ValueError, match="at least one model"):
        compare_backends({}, X)
    with pytest.raises(ValueError, match="at least one sample, got none"):
        compare_backends({"ONNX": linear_file}, X[:0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare_backends({"ONNX": linear_file}, X, y[:-1])
