"""A fitted net as an ONNX file: every architecture, and what the file says of itself."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from sklvision.export import OnnxClassifier, to_onnx
from sklvision.nets import list_architectures
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from tests.export._models import digits, fitted_digits, fitted_spectra, spectra

# Smallest images that the deeper nets take.
SHAPES = {"nail_cnn": (72, 72), "flowers_cnn": (60, 60, 3)}
ARCHITECTURES = [
    (kind, name)
    for kind in ("spectrum", "image")
    for name in list_architectures(kind, library="sklvision")
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), ARCHITECTURES)
def test_every_architecture_gives_the_same_probabilities(kind, name, tmp_path):
    shape = (40,) if kind == "spectrum" else SHAPES.get(name, (32, 32, 3))
    X = 50 * np.random.RandomState(0).rand(12, *shape) + 10
    y = np.arange(12) % 3
    params = {"pretrained": False} if "efficientnet" in name else None
    Classifier = SpectrumClassifier if kind == "spectrum" else ImageClassifier
    clf = Classifier(
        name, architecture_params=params, max_epochs=1, precision="float32", random_state=0
    ).fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(onnx_clf.predict_proba(X[:1]), clf.predict_proba(X[:1]), atol=1e-5)


@pytest.mark.parametrize("precision", ["float64", "bfloat16"])
def test_nets_of_every_precision_are_written_in_float32(precision, tmp_path):
    X, y = spectra()
    clf = SpectrumClassifier(max_epochs=2, precision=precision, random_state=0).fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    tolerance = 0.05 if precision == "bfloat16" else 1e-4
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=tolerance)


def test_a_net_of_the_users_own(tmp_path):
    def make_own_net(input_shape, n_classes):
        return nn.Sequential(nn.Linear(input_shape[0], 8), nn.Tanh(), nn.Linear(8, n_classes))

    X, y = spectra()
    clf = SpectrumClassifier(make_own_net, max_epochs=2, random_state=0).fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=1e-4)


def test_other_programs_read_the_file(tmp_path):
    """By onnx and onnxruntime alone: names, shapes, and rows of probabilities."""
    X, _ = digits()
    path = to_onnx(fitted_digits(), tmp_path / "net.onnx")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [i.name for i in model.graph.input] == ["X"]
    assert [o.name for o in model.graph.output] == ["logits", "probabilities"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for n in (1, 2, 37):
        images = X[:n, ..., np.newaxis]
        (probabilities,) = session.run(["probabilities"], {"X": images})
        np.testing.assert_allclose(probabilities, fitted_digits().predict_proba(X[:n]), atol=1e-4)


def test_only_what_predicts_is_in_the_graph(tmp_path):
    operations = {
        node.op_type
        for node in onnx.load(to_onnx(fitted_spectra(), tmp_path / "net.onnx")).graph.node
    }
    assert operations == {"Sub", "Div", "Gemm", "Relu", "Softmax"}


def test_the_classifier_is_left_as_it_was(tmp_path):
    X, _ = spectra()
    clf = fitted_spectra()
    probabilities, state = clf.predict_proba(X), torch.get_rng_state()
    to_onnx(clf, tmp_path / "net.onnx")
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(clf.predict_proba(X), probabilities)


def test_pipelines_are_told_how(tmp_path):
    X, y = spectra()
    pipeline = make_pipeline(SpectralScaler(), SpectrumClassifier(max_epochs=1)).fit(X, y)
    with pytest.raises(TypeError, match=r"pipeline\[-1\]"):
        to_onnx(pipeline, tmp_path / "net.onnx")


def test_wrong_estimators_are_named(tmp_path):
    with pytest.raises(TypeError, match="got LogisticRegression"):
        to_onnx(LogisticRegression(), tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="not fitted yet"):
        to_onnx(SpectrumClassifier(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_labels_that_no_file_can_hold(tmp_path):
    X, _ = spectra()
    y = np.array(["2026-01-01", "2026-01-02"] * 450, dtype="datetime64[D]")
    clf = SpectrumClassifier(max_epochs=1).fit(X, y)
    with pytest.raises(TypeError, match="datetime64"):
        to_onnx(clf, tmp_path / "net.onnx")


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        to_onnx(fitted_spectra(), tmp_path / "nowhere" / "net.onnx")


def test_the_path_is_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match=f"{tmp_path.name}.*is a directory"):
        to_onnx(fitted_spectra(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_net_for_one_number_of_samples(tmp_path):
    class Loop(nn.Linear):
        def forward(self, x):
            return torch.stack([super(Loop, self).forward(row) for row in x])

    X, y = spectra()
    clf = SpectrumClassifier(lambda shape, n: Loop(shape[0], n), max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="Loop cannot be expressed in ONNX for any number"):
        to_onnx(clf, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_an_operation_without_counterpart_leaves_no_file(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(502, 3)

        def forward(self, x):
            return self.linear(torch.special.bessel_j0(x))

    X, y = spectra()
    clf = SpectrumClassifier(lambda shape, n: Odd(), max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"Odd cannot be expressed in ONNX: No .*bessel_j0"):
        to_onnx(clf, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
