"""quantize: 8-bit files, their size and accuracy."""

from __future__ import annotations

import logging
import shutil
import warnings

import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from torch import nn

from sklvision.datasets import ImageCollection
from sklvision.export import OnnxClassifier, quantize, to_onnx
from sklvision.neural_network import ImageClassifier, SpectrumClassifier


@pytest.fixture(scope="module")
def small_spectrum_file(spectrum_file, spectra, tmp_path_factory):
    X, _ = spectra
    path = tmp_path_factory.mktemp("small") / "net.onnx"
    assert quantize(spectrum_file, X[:300], path) == path
    return path


def test_quantize_keeps_the_accuracy_on_spectra_at_a_quarter_of_the_size(
    spectrum_file, small_spectrum_file, spectra
):
    X, y = spectra
    original, small = OnnxClassifier(spectrum_file), OnnxClassifier(small_spectrum_file)
    assert small_spectrum_file.stat().st_size < 0.3 * spectrum_file.stat().st_size
    assert abs(small.score(X, y) - original.score(X, y)) <= 0.002
    assert 0 < np.abs(small.predict_proba(X) - original.predict_proba(X)).max() < 0.2


def test_quantize_keeps_the_accuracy_on_images_and_the_labels(digit_file, digits, tmp_path):
    X, y = digits
    original = OnnxClassifier(digit_file)
    small = OnnxClassifier(quantize(digit_file, X[:600], tmp_path / "small.onnx"))
    assert abs(small.score(X, y) - original.score(X, y)) < 0.01
    np.testing.assert_array_equal(small.classes_, original.classes_)
    assert small.input_shape_ == (8, 8, 1)


def test_quantize_writes_weights_as_bytes(small_spectrum_file):
    model = onnx.load(small_spectrum_file)
    onnx.checker.check_model(model)
    bytes_ = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    assert sum(int(np.prod(t.dims)) for t in bytes_) >= 502 * 512 + 512 * 128 + 128 * 64


def test_quantize_takes_content_and_images_in_files(digit_file, digits, tmp_path):
    X = digits[0][:30].astype(np.uint8)
    (tmp_path / "images").mkdir()
    for i, image in enumerate(X):
        Image.fromarray(image).save(tmp_path / "images" / f"{i:02}.png")
    collection = ImageCollection(sorted((tmp_path / "images").iterdir()))
    eager, lazy = (
        OnnxClassifier(quantize(model, images, tmp_path / "small.onnx")).predict_proba(X)
        for model, images in ((digit_file.read_bytes(), X), (digit_file, collection))
    )
    np.testing.assert_array_equal(eager, lazy)


def test_quantize_leaves_no_normalization_in_the_file(color_file, color_images, tmp_path):
    X, _ = color_images
    small = quantize(color_file, X, tmp_path / "small.onnx")
    assert "BatchNormalization" not in {node.op_type for node in onnx.load(small).graph.node}
    difference = OnnxClassifier(small).predict_proba(X) - OnnxClassifier(color_file).predict_proba(
        X
    )
    assert np.abs(difference).max() < 0.1


def test_quantize_is_quiet(spectrum_file, spectra, tmp_path, capfd, caplog, recwarn):
    X, _ = spectra
    with caplog.at_level(logging.DEBUG):
        quantize(spectrum_file, X[:50], tmp_path / "quiet.onnx")
    output = capfd.readouterr()
    assert (output.out, output.err, caplog.messages, list(recwarn)) == ("", "", [], [])
    assert logging.root.manager.disable == 0


def test_quantize_refuses_wrong_samples_and_files_and_leaves_nothing(
    spectrum_file, spectra, tmp_path
):
    X, _ = spectra
    small = tmp_path / "small.onnx"
    with pytest.raises(ValueError, match="502 features"):
        quantize(spectrum_file, X[:, :10], small)
    with pytest.raises(ValueError, match="0 sample"):
        quantize(spectrum_file, X[:0], small)
    with pytest.raises(FileNotFoundError):
        quantize(tmp_path / "nothing.onnx", X, small)
    with pytest.raises(FileNotFoundError):
        quantize(spectrum_file, X, tmp_path / "nowhere" / "small.onnx")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        quantize(spectrum_file, X, tmp_path)
    assert not list(tmp_path.iterdir())


def test_quantize_refuses_a_quantized_file(small_spectrum_file, spectra, tmp_path):
    path = shutil.copy(small_spectrum_file, tmp_path / "small.onnx")
    content = path.read_bytes()
    with pytest.raises(ValueError, match="8-bit weights already"):
        quantize(path, spectra[0][:50], path)
    assert path.read_bytes() == content


def test_quantize_warns_of_a_sample_that_spoils_the_file(spectrum_file, spectra, tmp_path):
    X = spectra[0][:100].copy()
    X[7] *= 1e6
    with pytest.warns(UserWarning, match=r"\d\d% of the samples in X get a different label"):
        quantize(spectrum_file, X, tmp_path / "spoiled.onnx")


@pytest.fixture(scope="module", params=["array", pytest.param("files", marks=pytest.mark.slow)])
def image_file(request, tmp_path_factory):
    """Images of random pixels, and the ONNX file of a net that was fitted to them."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (40, 12, 12), dtype=np.uint8), np.arange(40) % 2
    images = X
    if request.param == "files":
        for i, image in enumerate(X):
            Image.fromarray(image).save(folder / f"{i:02}.png")
        images = ImageCollection(sorted(folder.glob("*.png")))
    clf = ImageClassifier("mlp", max_epochs=1, random_state=0).fit(images, y)
    return X, to_onnx(clf, folder / "n.onnx")


@pytest.mark.parametrize("change", ["scaled", "black"])
def test_quantize_warns_of_samples_in_another_range(image_file, tmp_path, change):
    X, file = image_file
    samples = X / 255.0 if change == "scaled" else np.zeros_like(X)
    with pytest.warns(UserWarning, match="in another scale or unit"):
        quantize(file, samples, tmp_path / "small.onnx")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*another scale or unit")
        quantize(file, X, tmp_path / "small.onnx")


class SharpNet(nn.Module):
    """A net whose second layer has large weights for a channel that hardly varies."""

    def __init__(self, n_bands, n_classes):
        super().__init__()
        self.first = nn.Linear(n_bands, 16)
        self.second = nn.Linear(16, 8)
        self.third = nn.Linear(8, 64)
        self.head = nn.Linear(64, n_classes)
        with torch.no_grad():  # what training may arrive at
            self.first.weight[0] *= 1e-4
            self.first.bias[0] = 5.0
            self.second.weight[:, 0] = 0
            self.second.weight[0] = torch.eye(16)[0] * 2e4
            self.second.bias[0] = -1e5

    def forward(self, x):
        return self.head(torch.relu(self.third(torch.relu(self.second(self.first(x))))))


@pytest.mark.slow
def test_quantize_keeps_layers_that_8_bits_spoil(spectra, tmp_path):
    X, y = spectra
    clf = SpectrumClassifier(
        lambda shape, n: SharpNet(shape[0], n), max_epochs=20, lr=1e-3, random_state=0
    ).fit(X[:600], y[:600])
    path = to_onnx(clf, tmp_path / "net.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small = quantize(path, X[:300], tmp_path / "small.onnx")
    classifier = OnnxClassifier(small)
    assert np.mean(classifier.predict(X[600:]) == clf.predict(X[600:])) > 0.97
    model = onnx.load(small)
    floats = {t.name for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT}
    kept = [n for n in model.graph.node if n.op_type == "Gemm" and floats & set(n.input)]
    assert kept
