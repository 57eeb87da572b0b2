"""to_onnx: fitted nets as ONNX files that compute the same."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from sklvision.export import OnnxClassifier, to_onnx
from sklvision.nets import list_architectures
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler

# Smallest images that the deeper nets take.
SHAPES = {"nail_cnn": (72, 72), "flowers_cnn": (60, 60, 3)}
ARCHITECTURES = [
    (kind, name)
    for kind in ("spectrum", "image")
    for name in list_architectures(kind, library="sklvision")
]


def fit_small_net(build, X=None):
    """Fit a net of the user's own on a few spectra of 20 bands."""
    X = np.random.RandomState(0).rand(24, 20) if X is None else X
    return SpectrumClassifier(build, max_epochs=1, random_state=0).fit(X, np.arange(24) % 3), X


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), ARCHITECTURES)
def test_to_onnx_of_every_architecture_keeps_probabilities(kind, name, tmp_path):
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


def test_to_onnx_of_a_bfloat16_net_keeps_probabilities_nearly(spectra, tmp_path):
    X, y = spectra
    clf = SpectrumClassifier(max_epochs=2, precision="bfloat16", random_state=0).fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=0.05)


def test_to_onnx_of_a_float64_net_keeps_probabilities_of_bands_with_a_large_offset(tmp_path):
    X, y = np.random.RandomState(0).rand(12, 60) + 1e6, np.arange(12) % 3
    clf = SpectrumClassifier("spectrum_cnn", max_epochs=5, precision="float64", random_state=0)
    clf.fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=1e-6)


def test_to_onnx_of_the_users_own_net_leaves_it_and_the_generator_unchanged(tmp_path):
    clf, X = fit_small_net(
        lambda shape, n: nn.Sequential(nn.Linear(shape[0], 8), nn.Dropout(), nn.Linear(8, n))
    )
    probabilities, state = clf.predict_proba(X), torch.get_rng_state()
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(clf.predict_proba(X), probabilities)
    np.testing.assert_allclose(onnx_clf.predict_proba(X), probabilities, atol=1e-5)


def test_to_onnx_writes_a_file_for_other_programs(digit_file, digit_net, digits):
    """By onnx and onnxruntime alone: names, shapes, and rows of probabilities."""
    X, _ = digits
    model = onnx.load(digit_file)
    onnx.checker.check_model(model, full_check=True)
    assert [i.name for i in model.graph.input] == ["X"]
    assert [o.name for o in model.graph.output] == ["logits", "probabilities"]
    session = onnxruntime.InferenceSession(digit_file, providers=["CPUExecutionProvider"])
    for n in (1, 2, 37):
        (probabilities,) = session.run(["probabilities"], {"X": X[:n, ..., np.newaxis]})
        np.testing.assert_allclose(probabilities, digit_net.predict_proba(X[:n]), atol=1e-4)


def test_to_onnx_leaves_out_the_parts_that_only_training_needs(spectrum_file):
    operations = {node.op_type for node in onnx.load(spectrum_file).graph.node}
    assert operations == {"Sub", "Div", "Gemm", "Relu", "Softmax"}


def test_to_onnx_names_wrong_estimators(spectra, tmp_path):
    with pytest.raises(TypeError, match="got SpectralScaler"):
        to_onnx(SpectralScaler(), tmp_path / "net.onnx")
    with pytest.raises(NotFittedError, match="Pipeline"):
        to_onnx(make_pipeline(SpectralScaler(), LogisticRegression()), tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="not fitted yet"):
        to_onnx(SpectrumClassifier(), tmp_path / "net.onnx")
    X, _ = spectra
    dates = np.array(["2026-01-01", "2026-01-02"] * 450, dtype="datetime64[D]")
    with pytest.raises(TypeError, match="datetime64"):
        to_onnx(SpectrumClassifier(max_epochs=1).fit(X, dates), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_to_onnx_of_a_model_of_named_columns_is_quiet(spectra, tmp_path, recwarn):
    X, y = spectra
    table = pd.DataFrame(X[:200], columns=[f"{i} nm" for i in range(X.shape[1])])
    model = make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(table, y[:200])
    clf = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=table[:10]))
    assert (clf.predict(table) == model.predict(table)).all()
    assert [str(warning.message) for warning in recwarn] == []


def test_to_onnx_needs_a_path_that_can_be_written(spectrum_net, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        to_onnx(spectrum_net, tmp_path / "nowhere" / "net.onnx")
    with pytest.raises(IsADirectoryError, match=f"{tmp_path.name}.*is a directory"):
        to_onnx(spectrum_net, tmp_path)
    assert not list(tmp_path.iterdir())


class Loop(nn.Linear):
    """A net that loops over the samples."""

    def forward(self, x):
        return torch.stack([super(Loop, self).forward(row) for row in x])


class Bessel(nn.Linear):
    """A net with an operation that ONNX does not have."""

    def forward(self, x):
        return super().forward(torch.special.bessel_j0(x))


class Inconsistent(nn.Linear):
    """A net that computes something else while it is exported."""

    def forward(self, x):
        return super().forward(x) + float(torch.compiler.is_exporting())


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (Loop, "Loop cannot be expressed in ONNX for any number"),
        (Bessel, r"Bessel cannot be expressed in ONNX: No .*bessel_j0"),
        (Inconsistent, "in ONNX differ from those in torch by up to 1 "),
    ],
)
def test_to_onnx_refuses_nets_that_it_cannot_express(net, message, tmp_path):
    clf, _ = fit_small_net(lambda shape, n_classes: net(shape[0], n_classes))
    with pytest.raises(ValueError, match=message):
        to_onnx(clf, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
