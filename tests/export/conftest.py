"""Data, fitted nets and their files, made once for all tests of the directory."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from torch import nn

from sklvision.datasets import make_spectra
from sklvision.export import to_onnx
from sklvision.export._archive.container import read_container, write_container
from sklvision.export._archive.load import check_members
from sklvision.neural_network import ImageClassifier, SpectrumClassifier


@pytest.fixture
def rewrite_archive():
    """A function that edits the members of an archive, and makes all checksums fit, as anyone can."""
    return edit_archive


def edit_archive(path, edit):
    members = {name: bytes(content) for name, content in read_container(path).members.items()}
    edit(members)
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = check_members(
        {name: content for name, content in members.items() if name != "manifest.json"}
    )
    members["manifest.json"] = json.dumps(manifest).encode()
    path.write_bytes(write_container(members))


@pytest.fixture(scope="session")
def spectra():
    return make_spectra(900, random_state=0, return_X_y=True)


@pytest.fixture(scope="session")
def spectrum_net(spectra):
    X, y = spectra
    return SpectrumClassifier(max_epochs=10, random_state=0).fit(X[:300], y[:300])


@pytest.fixture(scope="session")
def spectrum_file(spectrum_net, tmp_path_factory):
    return to_onnx(spectrum_net, tmp_path_factory.mktemp("spectra") / "net.onnx")


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X.reshape(-1, 8, 8).astype(np.float32), np.array([f"digit {label}" for label in y])


@pytest.fixture(scope="session")
def digit_net(digits):
    X, y = digits
    return ImageClassifier("resnet8", max_epochs=3, random_state=0).fit(X[:600], y[:600])


@pytest.fixture(scope="session")
def digit_file(digit_net, tmp_path_factory):
    return to_onnx(digit_net, tmp_path_factory.mktemp("digits") / "net.onnx")


class NormalizedConvolution(nn.Module):
    """A net whose normalization our folding leaves, for its layers are not in a sequence."""

    def __init__(self, n_classes):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, bias=False)
        self.normalization = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, n_classes)

    def forward(self, x):
        x = self.normalization(self.convolution(x)).relu()
        return self.head(x.mean(dim=(2, 3)))


@pytest.fixture(scope="session")
def color_images():
    rng = np.random.RandomState(0)
    return rng.randint(256, size=(60, 16, 12, 3), dtype=np.uint8), np.arange(60) % 2


@pytest.fixture(scope="session")
def color_net(color_images):
    def build(input_shape, n_classes):
        return NormalizedConvolution(n_classes)

    net = ImageClassifier(build, max_epochs=2, precision="float32", random_state=0)
    return net.fit(*color_images)


@pytest.fixture(scope="session")
def color_file(color_net, tmp_path_factory):
    return to_onnx(color_net, tmp_path_factory.mktemp("color") / "net.onnx")
