"""The fast way to a prediction gives what the module gives, and what the slow way gives."""

import pickle
from functools import cache

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from torch import nn

from sklvision._torch.precision import has_fast_bfloat16
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.utils import _validation
from tests.neural_network._problems import QUICK, blobs_of_images

IMAGES, LABELS = blobs_of_images(n=70, shape=(16, 16))
SPECTRA = IMAGES.reshape(70, -1).astype(np.float32)
FAST_BFLOAT16 = has_fast_bfloat16(torch.device("cpu"))


def of_module(clf, X):
    """Logits of the trained module itself."""
    with torch.no_grad():
        return clf.module_(torch.from_numpy(X)).double().numpy()


def spectrum(**params):
    return SpectrumClassifier(**QUICK | params).fit(SPECTRA, LABELS)


@pytest.fixture(scope="module")
def classifiers():
    clf = SpectrumClassifier(max_epochs=20, random_state=0).fit(SPECTRA, LABELS)
    images = ImageClassifier(**QUICK).fit(IMAGES, LABELS)
    return {"spectra": (clf, SPECTRA), "images": (images, IMAGES[..., None])}


@cache
def fit_in_precision(kind, precision):
    """Fit a net once for all numbers of rows; return it and its samples."""
    if kind == "spectrum":
        return spectrum(precision=precision), SPECTRA
    clf = ImageClassifier("cifar_cnn", precision=precision, **QUICK).fit(IMAGES, LABELS)
    return clf, IMAGES[..., None]


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16", "auto"])
@pytest.mark.parametrize("n_rows", [1, 3, 70])
@pytest.mark.parametrize("kind", ["spectrum", "image"])
def test_predict_proba_is_that_of_the_module(kind, precision, n_rows):
    tolerance = {"float64": 1e-12, "float32": 1e-5}.get(precision, 0.05)
    clf, X = fit_in_precision(kind, precision)
    X = X[:n_rows]
    expected = of_module(clf, X)
    decisions = clf.decision_function(X)
    np.testing.assert_allclose(
        decisions, expected, rtol=0, atol=tolerance * (1 + abs(expected).max())
    )
    proba = clf.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(clf.predict_proba(X), proba)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("architecture", ["speed_cnn", "resnet8", "mlp"])
def test_predict_proba_of_one_image_has_the_bits_of_many(architecture, precision):
    clf = ImageClassifier(architecture, precision=precision, **QUICK).fit(IMAGES, LABELS)
    single = np.concatenate([clf.predict_proba(IMAGES[i : i + 1]) for i in range(20)])
    np.testing.assert_array_equal(single, clf.predict_proba(IMAGES)[:20])


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_predict_proba_of_one_spectrum_has_the_bits_of_many(precision):
    clf = SpectrumClassifier(max_epochs=2, precision=precision, random_state=0)
    clf.fit(SPECTRA, LABELS)
    single = np.concatenate([clf.predict_proba(SPECTRA[i : i + 1]) for i in range(len(SPECTRA))])
    np.testing.assert_array_equal(single, clf.predict_proba(SPECTRA))


@pytest.mark.skipif(not FAST_BFLOAT16, reason="no bfloat16 in this processor")
def test_precision_auto_infers_in_bfloat16_where_probabilities_hardly_change(classifiers):
    clf, X = classifiers["spectra"]
    assert clf.net_.can_infer_in_bfloat16_
    exact = SpectrumClassifier(max_epochs=20, random_state=0, precision="float32").fit(X, LABELS)
    difference = clf.predict_proba(X) - exact.predict_proba(X)
    assert 0 < abs(difference).max() < 1e-2
    np.testing.assert_array_equal(clf.predict(X), exact.predict(X))
    assert not exact.net_.can_infer_in_bfloat16_
    assert pickle.loads(pickle.dumps(clf)).net_.can_infer_in_bfloat16_
    # Large weights, whose products rounding would move far.
    sure = SpectrumClassifier(nn.Sequential(nn.Linear(256, 256), nn.Linear(256, 3)), **QUICK)
    with torch.no_grad():
        sure.architecture[1].weight.mul_(300)
    assert not sure.fit(X, LABELS).net_.can_infer_in_bfloat16_


@pytest.mark.parametrize("kind", ["spectra", "images"])
def test_predict_leaves_the_saved_model_as_it_was(classifiers, kind, tmp_path):
    clf, X = classifiers[kind]
    loaded_clf = pickle.loads(pickle.dumps(clf))
    content, attributes = pickle.dumps(loaded_clf), set(vars(loaded_clf))
    joblib.dump(loaded_clf, tmp_path / "before")
    expected = clf.predict_proba(X)
    np.testing.assert_array_equal(loaded_clf.predict_proba(X), expected)
    assert pickle.dumps(loaded_clf) == content
    assert set(vars(loaded_clf)) == attributes
    joblib.dump(loaded_clf, tmp_path / "after")
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
    assert loaded_clf.net_.__getstate__()["predictor_"] is None


def test_predict_follows_changed_weights():
    clf = spectrum()
    for _ in range(2):
        clf.predict(SPECTRA)
        clf.partial_fit(SPECTRA, LABELS)
        expected = of_module(clf, SPECTRA)
        np.testing.assert_allclose(clf.decision_function(SPECTRA), expected, rtol=1e-4, atol=1e-4)
    with torch.no_grad():
        clf.module_.net[-1].bias.add_(torch.tensor([100.0, 0, 0]))
    assert (clf.predict(SPECTRA) == 0).all()
    clf.fit(SPECTRA, LABELS)
    assert not (clf.predict(SPECTRA) == 0).all()


def test_predict_calls_forward_hooks():
    clf = spectrum()
    clf.predict(SPECTRA)
    batches = []
    handle = clf.module_.net[0].register_forward_hook(lambda *args: batches.append(args[2].shape))
    clf.predict(SPECTRA[:3])
    assert batches
    handle.remove()
    batches.clear()
    clf.predict(SPECTRA[:3])
    assert not batches


class Untypical(nn.Module):
    """Uses its layers otherwise than in turn."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.hidden = nn.Sequential(nn.Linear(256, 8), nn.BatchNorm1d(8), nn.Dropout(0.5))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        linear, norm, dropout = (self.hidden[i % len(self.hidden)] for i in range(3))
        x = linear(x)
        if self.kind == "norm behind the activation":
            x = norm(x.relu())
        elif self.kind == "tied weights":
            x = norm(x) + norm(x @ linear.weight @ linear.weight.T)
        return dropout(
            self.head(x) if self.kind != "a weight's own use" else x @ self.head.weight.T
        )


@pytest.mark.parametrize(
    "kind", ["norm behind the activation", "tied weights", "a weight's own use", "no norm"]
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_predict_is_right_for_any_kind_of_forward(kind, precision):
    clf = spectrum(architecture=lambda shape, n_classes: Untypical(kind), precision=precision)
    expected = of_module(clf, SPECTRA)
    tolerance = (1e-5 if precision == "float32" else 0.05) * (1 + abs(expected).max())
    np.testing.assert_allclose(clf.decision_function(SPECTRA), expected, rtol=0, atol=tolerance)


def slow(clf, X):
    """What scikit-learn's checks say to X, without the short way around them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklvision.utils._net_input.is_plain", lambda *args: False)
        return outcome(clf, X)


def outcome(clf, X):
    with np.errstate(all="ignore"):
        try:
            return repr(clf.predict_proba(X).tolist())
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@given(data=st.data(), kind=st.sampled_from(["spectra", "images"]))
def test_short_validation_accepts_what_the_full_one_does(classifiers, data, kind):
    clf, X = classifiers[kind]
    X = X[: data.draw(st.sampled_from([0, 1, 2, 5]), "rows")]
    dtype = data.draw(st.sampled_from(["f4", "f8", "f2", ">f4", "u1", "i8", "?", "O", "c8"]))
    X = X.astype(dtype)
    if X.size and X.dtype.kind == "f" and data.draw(st.booleans(), "put"):
        value = data.draw(st.sampled_from([np.nan, np.inf, -np.inf, 1e30, 1e39, 1e200]), "value")
        X.reshape(-1)[data.draw(st.integers(0, X.size - 1))] = value
    change = data.draw(
        st.sampled_from(
            ["none", "width", "1-D", "5-D", "Fortran", "every other", "list", "frame", "matrix"]
        )
    )
    if change == "width":
        X = X[..., :-1] if kind == "spectra" else X[:, :-1]
    elif change == "1-D":
        X = X.reshape(-1)
    elif change == "5-D":
        X = X.reshape(X.shape[0], 1, 1, *X.shape[1:])
    elif change == "Fortran":
        X = np.asfortranarray(X)
    elif change == "every other":
        X = X[::2]
    elif change == "list":
        X = X.tolist()
    elif change == "frame":
        X = pd.DataFrame(X.reshape(len(X), 256))
    elif change == "matrix":
        X = np.matrix(X.reshape(len(X), 256))
    with config_context(assume_finite=data.draw(st.booleans())):
        assert outcome(clf, X) == slow(clf, X)


@pytest.mark.filterwarnings("error")
def test_short_validation_of_values_whose_squares_overflow_is_silent(classifiers):
    clf, X = classifiers["spectra"]
    huge = np.full_like(X[:2], 1e30)
    with pytest.warns(UserWarning, match="another scale"):  # and nothing of NumPy
        clf.predict(huge)


def test_short_validation_notices_missing_column_names():
    frame = pd.DataFrame(SPECTRA).add_prefix("band")
    clf = SpectrumClassifier(**QUICK).fit(frame, LABELS)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        clf.predict(SPECTRA)


def test_short_validation_serves_plain_rows(classifiers, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("scikit-learn's checks were called")

    for kind, (clf, X) in classifiers.items():
        monkeypatch.setattr("sklvision.utils._net_input._check_samples", refuse)
        clf.predict(X[:1])
        clf.predict(X.astype(np.float64))
        if kind == "images":
            clf.predict(X[..., 0])
    assert not _validation.is_plain(np.ones((2, 256)) * 1e20, (256,), np.float32)
