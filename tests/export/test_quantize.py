"""8-bit files: size, accuracy, and what they say."""

from __future__ import annotations

import logging

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_digits

from sklvision.datasets import ImageCollection
from sklvision.export import OnnxClassifier, quantize, to_onnx
from sklvision.neural_network import ImageClassifier
from tests.export._models import digits, fitted_digits, fitted_spectra, spectra


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nets")
    to_onnx(fitted_spectra(), folder / "spectra.onnx")
    to_onnx(fitted_digits(), folder / "digits.onnx")
    return folder


def test_spectra_keep_their_accuracy_at_a_quarter_of_the_size(folder):
    X, y = spectra()
    float_file, small = folder / "spectra.onnx", folder / "spectra_int8.onnx"
    assert quantize(float_file, X[:300], small) == small
    assert small.stat().st_size < 0.3 * float_file.stat().st_size
    assert abs(OnnxClassifier(small).score(X, y) - OnnxClassifier(float_file).score(X, y)) <= 0.002
    change = OnnxClassifier(small).predict_proba(X) - OnnxClassifier(float_file).predict_proba(X)
    assert 0 < np.abs(change).max() < 0.2


def test_images_keep_their_accuracy(folder):
    X, y = digits()
    small = quantize(folder / "digits.onnx", X[:600], folder / "digits_int8.onnx")
    float_file = OnnxClassifier(folder / "digits.onnx")
    assert abs(OnnxClassifier(small).score(X, y) - float_file.score(X, y)) < 0.01


def test_weights_are_bytes(folder):
    X, _ = spectra()
    path = quantize(folder / "spectra.onnx", X[:300], folder / "bytes.onnx")
    model = onnx.load(path)
    onnx.checker.check_model(model)
    bytes_ = [t for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    assert sum(int(np.prod(t.dims)) for t in bytes_) >= 502 * 512 + 512 * 128 + 128 * 64


def test_the_labels_go_with_it(folder):
    X, _ = digits()
    small = OnnxClassifier(quantize(folder / "digits.onnx", X[:100], folder / "labels_int8.onnx"))
    np.testing.assert_array_equal(small.classes_, fitted_digits().classes_)
    assert small.input_shape_ == (8, 8, 1)


def test_from_content_and_from_images_in_files(folder, tmp_path):
    from PIL import Image

    X = load_digits().images[:30].astype(np.uint8)
    for i, image in enumerate(X):
        Image.fromarray(image).save(tmp_path / f"{i:02}.png")
    content = (folder / "digits.onnx").read_bytes()
    eager = quantize(content, X, folder / "eager.onnx")
    lazy = quantize(content, ImageCollection(sorted(tmp_path.iterdir())), folder / "lazy.onnx")
    np.testing.assert_array_equal(
        OnnxClassifier(eager).predict_proba(X), OnnxClassifier(lazy).predict_proba(X)
    )


def test_it_is_quiet(folder, capfd, caplog, recwarn):
    X, _ = spectra()
    with caplog.at_level(logging.DEBUG):
        quantize(folder / "spectra.onnx", X[:50], folder / "quiet.onnx")
    captured = capfd.readouterr()
    assert (captured.out, captured.err, caplog.messages, list(recwarn)) == ("", "", [], [])
    assert logging.root.manager.disable == 0


def test_wrong_samples_and_files_leave_nothing(folder, tmp_path):
    X, _ = spectra()
    with pytest.raises(ValueError, match="502 features"):
        quantize(folder / "spectra.onnx", X[:, :10], tmp_path / "small.onnx")
    with pytest.raises(ValueError, match="0 sample"):
        quantize(folder / "spectra.onnx", X[:0], tmp_path / "small.onnx")
    with pytest.raises(FileNotFoundError):
        quantize(tmp_path / "nothing.onnx", X, tmp_path / "small.onnx")
    with pytest.raises(FileNotFoundError):
        quantize(folder / "spectra.onnx", X, tmp_path / "nowhere" / "small.onnx")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        quantize(folder / "spectra.onnx", X, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_is_quantized_once(folder):
    X, _ = spectra()
    once_quantized = quantize(folder / "spectra.onnx", X[:50], folder / "once.onnx")
    content = once_quantized.read_bytes()
    with pytest.raises(ValueError, match="8-bit weights already"):
        quantize(once_quantized, X[:50], once_quantized)
    assert once_quantized.read_bytes() == content


def test_a_sample_that_spoils_the_file_is_told(folder):
    X, _ = spectra()
    X = X[:100].copy()
    X[7] *= 1e6
    with pytest.warns(UserWarning, match=r"\d\d% of the samples in X get another label"):
        quantize(folder / "spectra.onnx", X, folder / "spoilt.onnx")


def test_batch_norm_inside_a_forward_of_its_own_is_folded(tmp_path):
    """onnxruntime folds batch normalization that torch keeps apart from its convolution."""
    rng = np.random.RandomState(0)
    X, y = rng.randint(256, size=(60, 16, 16), dtype=np.uint8), np.arange(60) % 2
    clf = ImageClassifier("resnet18", max_epochs=1, precision="float32", random_state=0).fit(X, y)
    path = to_onnx(clf, tmp_path / "net.onnx")
    small = quantize(path, X, tmp_path / "small.onnx")
    operations = {node.op_type for node in onnx.load(small).graph.node}
    assert "BatchNormalization" not in operations
    change = OnnxClassifier(small).predict_proba(X) - OnnxClassifier(path).predict_proba(X)
    assert np.abs(change).max() < 0.1
