"""Small models of images and of spectra, in files, and servers of them."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection, make_spectra
from sklvision.image import FlattenImages, ForegroundCrop
from sklvision.spectral import SpectralScaler
from tests.serving._clients import run_in_thread

for module in ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "PIL"):
    pytest.importorskip(module)


def encode(pixels, image_format="PNG"):
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(pixels).save(stream, image_format)
    return stream.getvalue()


@pytest.fixture(scope="session")
def spectra():
    """A model of spectra with named bands, its file, and new samples."""
    X, y = make_spectra(160, n_bands=40, random_state=0, return_X_y=True)
    names = [f"{900 + 10 * i} nm" for i in range(40)]
    table = pd.DataFrame(X, columns=names)
    model = make_pipeline(SpectralScaler("snv"), LogisticRegression(max_iter=500))
    X = X[100:].astype(np.float64)  # as JSON and csv have them
    return SimpleNamespace(model=model.fit(table[:100], y[:100]), X=X, names=names)


@pytest.fixture(scope="session")
def images():
    """A model of images that are cropped, and the contents of new files."""
    rng = np.random.default_rng(0)

    def draw(label):
        pixels = rng.integers(0, 40, (48, 64), dtype=np.uint8)
        top, left = rng.integers(10, 30, 2)
        pixels[top : top + 4, left : left + (20 if label == "long" else 6)] = 220
        return encode(pixels)

    y = ["long", "short"] * 12
    X = ImageCollection([draw(label) for label in y], mode="L")
    model = make_pipeline(
        ForegroundCrop(center_crop=None, crop_size=32, output_size=16),
        FlattenImages(),
        LogisticRegression(max_iter=500),
    ).fit(X, y)
    return SimpleNamespace(model=model, files=[draw(label) for label in ["long", "short"] * 5])


@pytest.fixture(scope="session")
def spectra_file(spectra, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "line.joblib"
    joblib.dump(spectra.model, path)
    return path


@pytest.fixture(scope="session")
def image_file(images, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "parts.joblib"
    joblib.dump(images.model, path)
    return path


@pytest.fixture(scope="module")
def spectra_server(spectra):
    with run_in_thread(spectra.model) as address:
        yield address


@pytest.fixture(scope="module")
def image_server(images):
    with run_in_thread(images.model) as address:
        yield address
