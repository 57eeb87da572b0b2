"""OnnxClassifier as a scikit-learn classifier."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection
from sklvision.export import OnnxClassifier, to_onnx
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler
from tests.export._models import digits, fitted_digits, fitted_spectra, spectra


@pytest.fixture(scope="module")
def spectrum_file(tmp_path_factory):
    return to_onnx(fitted_spectra(), tmp_path_factory.mktemp("spectra") / "net.onnx")


@pytest.fixture(scope="module")
def digit_file(tmp_path_factory):
    return to_onnx(fitted_digits(), tmp_path_factory.mktemp("digits") / "net.onnx")


def test_predicts_as_the_net(spectrum_file, digit_file):
    for path, clf, (X, y) in (
        (spectrum_file, fitted_spectra(), spectra()),
        (digit_file, fitted_digits(), digits()),
    ):
        onnx_clf = OnnxClassifier(path)
        assert is_classifier(onnx_clf)
        np.testing.assert_array_equal(onnx_clf.classes_, clf.classes_)
        assert onnx_clf.classes_.dtype == clf.classes_.dtype
        assert onnx_clf.input_shape_ == clf.input_shape_
        assert onnx_clf.n_features_in_ == clf.n_features_in_
        assert onnx_clf.n_parameters_ == clf.n_parameters_
        np.testing.assert_array_equal(onnx_clf.predict(X), clf.predict(X))
        for method in ("predict_proba", "decision_function"):
            expected = getattr(clf, method)(X)
            values = getattr(onnx_clf, method)(X)
            np.testing.assert_allclose(values, expected, rtol=0.02, atol=0.05)
        assert onnx_clf.score(X, y) == clf.score(X, y)


@given(X=hnp.arrays(np.float32, (5, 502), elements=st.floats(0, 4, width=32)))
def test_any_spectrum_gives_the_nets_probabilities(spectrum_file, X):
    clf = fitted_spectra()
    onnx_clf = OnnxClassifier(spectrum_file)
    expected = clf.module_(torch.from_numpy(X.copy())).detach().numpy()
    np.testing.assert_allclose(onnx_clf.run(X), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 5],
        [-1, 1],
        [False, True],
        ["good", "bad"],
        [1.0, 2.0],
        ["ä", "\N{SNOWMAN}"],
    ],
)
def test_labels_come_back_as_they_were(labels, tmp_path):
    X, _ = spectra()
    y = np.array(labels)[np.arange(60) % 2]
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit(X[:60], y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_array_equal(onnx_clf.predict(X[:60]), clf.predict(X[:60]))
    assert onnx_clf.classes_.dtype == clf.classes_.dtype
    assert onnx_clf.decision_function(X[:60]).shape == (60,)


def test_string_labels_of_object_type(tmp_path):
    X, _ = spectra()
    y = pd.Series(["good", "bad"] * 30, dtype=object)
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit(X[:60], y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    assert onnx_clf.classes_.tolist() == ["bad", "good"]
    np.testing.assert_array_equal(onnx_clf.predict(X[:60]), clf.predict(X[:60]))


def test_columns_are_matched_by_name(tmp_path):
    X, y = spectra()
    frame = pd.DataFrame(X, columns=[f"{i} nm" for i in range(502)])
    clf = SpectrumClassifier(max_epochs=1, random_state=0).fit(frame, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_array_equal(onnx_clf.feature_names_in_, clf.feature_names_in_)
    np.testing.assert_array_equal(onnx_clf.predict(frame), clf.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        onnx_clf.predict(frame[frame.columns[::-1]])
    with pytest.warns(UserWarning, match="valid feature names"):
        onnx_clf.predict(X)


def test_images_in_every_layout_and_from_files(digit_file, tmp_path):
    X, _ = digits()
    X = X[:20].astype(np.uint8)
    paths = []
    for i, image in enumerate(X):
        paths.append(tmp_path / f"{i:02}.png")
        Image.fromarray(image).save(paths[-1])
    onnx_clf = OnnxClassifier(digit_file)
    expected = onnx_clf.predict_proba(X)
    for container in (X[..., np.newaxis], X.reshape(20, -1), X.astype(float), X.tolist()):
        np.testing.assert_array_equal(onnx_clf.predict_proba(container), expected)
    files = ImageCollection(paths)
    np.testing.assert_array_equal(onnx_clf.predict_proba(files), expected)
    with pytest.raises(ValueError, match="collection of 0 images"):
        onnx_clf.predict(files[:0])
    Image.new("L", (9, 9)).save(tmp_path / "large.png")
    with pytest.raises(ValueError, match="differ in size"):
        onnx_clf.predict(ImageCollection([paths[0], tmp_path / "large.png"]))
    with pytest.raises(ValueError, match="such pixels"):
        onnx_clf.predict(files.map(partial(np.multiply, np.nan)))


def test_wrong_input_is_named(spectrum_file, digit_file):
    X, _ = spectra()
    with pytest.raises(ValueError, match="502 features"):
        OnnxClassifier(spectrum_file).predict(X[:, :500])
    with pytest.raises(ValueError, match="NaN"):
        OnnxClassifier(spectrum_file).predict(np.full_like(X[:2], np.nan))
    with pytest.raises(ValueError, match=r"\(9, 8, 1\).*\(8, 8, 1\)"):
        OnnxClassifier(digit_file).predict(np.zeros((3, 9, 8)))
    with pytest.raises(ValueError, match=r"one image.*newaxis"):
        OnnxClassifier(digit_file).predict(np.zeros((8, 8)))
    with pytest.raises(ValueError, match="of one size"):
        OnnxClassifier(digit_file).predict([np.zeros((8, 8)), np.zeros((9, 9))])


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx"):
        OnnxClassifier(tmp_path / "nothing.onnx").predict([[0.0]])
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.onnx is no ONNX file"):
        OnnxClassifier(tmp_path / "text.onnx").predict([[0.0]])
    with pytest.raises(ValueError, match="n_threads"):
        OnnxClassifier(b"", n_threads=0).predict([[0.0]])
    with pytest.raises(ValueError, match="model"):
        OnnxClassifier(7).predict([[0.0]])


def test_files_of_others_are_refused(tmp_path):
    import onnx

    X = onnx.helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, ["n", 2])
    logits = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["n", 2])
    node = onnx.helper.make_node("Identity", ["X"], ["logits"])
    graph = onnx.helper.make_graph([node], "other", [X], [logits])
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ValueError, match="not written by sklvision"):
        OnnxClassifier(tmp_path / "other.onnx").predict([[0.0, 1.0]])


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_a_pickle_needs_no_other_file(protocol, tmp_path):
    X, _ = spectra()
    path = to_onnx(fitted_spectra(), tmp_path / "net.onnx")
    onnx_clf = OnnxClassifier(path)
    expected = onnx_clf.predict_proba(X)
    content = pickle.dumps(onnx_clf, protocol=protocol)
    if protocol > 2:  # the old protocol writes bytes as text
        assert len(content) < path.stat().st_size + 2000
    path.unlink()
    restored = pickle.loads(content)
    np.testing.assert_array_equal(restored.predict_proba(X), expected)
    np.testing.assert_array_equal(clone(restored).predict_proba(X), expected)
    assert len(repr(restored)) < 200
    assert len(restored._repr_html_()) < 50_000


def test_an_application_needs_no_torch(spectrum_file, tmp_path):
    """One joblib file of a pipeline, in a process of its own."""
    X, _ = spectra()
    model = make_pipeline(SpectralScaler("l2").fit(X), OnnxClassifier(spectrum_file))
    joblib.dump(model, tmp_path / "model.joblib")
    np.save(tmp_path / "X.npy", X[:50])
    code = (
        "import sys, joblib, numpy as np\n"
        "model = joblib.load(sys.argv[1])\n"
        "print(*model.predict(np.load(sys.argv[2])))\n"
        "assert not {'torch', 'skorch'}.intersection(sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model.joblib", tmp_path / "X.npy"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    assert output.split() == [str(label) for label in model.predict(X[:50])]


def test_takes_the_place_of_the_net(spectrum_file):
    X, y = spectra()
    onnx_clf = OnnxClassifier(spectrum_file)
    assert onnx_clf.fit(X, y) is onnx_clf
    with pytest.raises(ValueError, match="502 features"):
        onnx_clf.fit(X[:2, :9], [0, 1])
    with pytest.raises(ValueError, match="inconsistent"):
        onnx_clf.fit(X[:2], [0])
    with pytest.raises(ValueError, match=r"does not know, \['bad'\].*\[0, 1, 5\]"):
        onnx_clf.fit(X[:2], ["bad", "bad"])
    vote = VotingClassifier(
        [("a", onnx_clf), ("b", SpectrumClassifier(max_epochs=3, random_state=0))], voting="soft"
    ).fit(X[:300], y[:300])
    assert vote.score(X, y) > 0.9
    assert cross_val_score(onnx_clf, X, y, cv=3).mean() == pytest.approx(onnx_clf.score(X, y), 0.01)
    calibrated = CalibratedClassifierCV(FrozenEstimator(onnx_clf)).fit(X[:300], y[:300])
    assert calibrated.score(X, y) > 0.9


def test_a_vote_counts_labels_as_it_encodes_them(spectrum_file, digit_file):
    for path, (X, y) in ((spectrum_file, spectra()), (digit_file, digits())):
        onnx_clf = OnnxClassifier(path)
        vote = VotingClassifier([("a", onnx_clf), ("b", clone(onnx_clf))]).fit(X, y)
        np.testing.assert_array_equal(vote.predict(X), onnx_clf.predict(X))
        member = pickle.loads(pickle.dumps(vote.estimators_[0]))
        positions = np.searchsorted(onnx_clf.classes_, onnx_clf.predict(X))
        np.testing.assert_array_equal(member.predict(X), positions)
        np.testing.assert_array_equal(member.classes_, np.arange(len(onnx_clf.classes_)))
        np.testing.assert_array_equal(clone(member).classes_, onnx_clf.classes_)


def test_parameters_set_later_count(spectrum_file, digit_file):
    onnx_clf = OnnxClassifier(spectrum_file)
    assert onnx_clf.input_shape_ == (502,)
    assert onnx_clf.set_params(model=str(digit_file), n_threads=2).input_shape_ == (8, 8, 1)


def test_two_threads_give_the_same_labels(digit_file):
    X, _ = digits()
    labels_by_one, labels_by_two = (
        OnnxClassifier(digit_file, n_threads=n).predict(X) for n in (1, 2)
    )
    np.testing.assert_array_equal(labels_by_one, labels_by_two)


def test_color_images(tmp_path):
    rng = np.random.RandomState(0)
    X, y = rng.randint(256, size=(40, 16, 12, 3), dtype=np.uint8), np.arange(40) % 2
    clf = ImageClassifier("resnet8", max_epochs=2, precision="float32", random_state=0).fit(X, y)
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    np.testing.assert_allclose(onnx_clf.predict_proba(X), clf.predict_proba(X), atol=1e-5)
