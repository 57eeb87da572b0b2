"""OnnxClassifier: an ONNX file as a scikit-learn classifier."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from functools import partial

import joblib
import numpy as np
import onnx
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
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler


@pytest.mark.parametrize("kind", ["spectrum", "digit", "color"])
def test_onnx_classifier_predicts_as_the_net(kind, request):
    data = {"spectrum": "spectra", "digit": "digits", "color": "color_images"}[kind]
    names = (f"{kind}_file", f"{kind}_net", data)
    path, clf, (X, y) = (request.getfixturevalue(name) for name in names)
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
        np.testing.assert_allclose(getattr(onnx_clf, method)(X), expected, rtol=0.02, atol=0.05)
    assert onnx_clf.score(X, y) == clf.score(X, y)


@given(X=hnp.arrays(np.float32, (5, 502), elements=st.floats(0, 4, width=32)))
def test_onnx_classifier_computes_the_logits_of_the_net(spectrum_file, spectrum_net, X):
    expected = spectrum_net.module_(torch.from_numpy(X.copy())).detach().numpy()
    np.testing.assert_allclose(OnnxClassifier(spectrum_file).run(X), expected, rtol=1e-3, atol=1e-3)


def test_onnx_classifier_matches_columns_by_name_and_restores_text_labels(spectra, tmp_path):
    X, _ = spectra
    frame = pd.DataFrame(X[:60], columns=[f"{i} nm" for i in range(502)])
    clf = SpectrumClassifier(max_epochs=1, random_state=0)
    clf.fit(frame, pd.Series(["good", "bad"] * 30, dtype=object))
    onnx_clf = OnnxClassifier(to_onnx(clf, tmp_path / "net.onnx"))
    assert onnx_clf.classes_.tolist() == ["bad", "good"]
    np.testing.assert_array_equal(onnx_clf.feature_names_in_, clf.feature_names_in_)
    np.testing.assert_array_equal(onnx_clf.predict(frame), clf.predict(frame))
    assert onnx_clf.decision_function(frame).shape == (60,)
    with pytest.raises(ValueError, match="feature names"):
        onnx_clf.predict(frame[frame.columns[::-1]])
    with pytest.warns(UserWarning, match="valid feature names"):
        onnx_clf.predict(X)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_onnx_classifier_takes_tables(library, spectrum_file, spectra):
    table = pytest.importorskip(library)
    make = table.table if library == "pyarrow" else table.DataFrame
    X = spectra[0][:5]
    frame = make({str(i): band for i, band in enumerate(X.T)})
    onnx_clf = OnnxClassifier(spectrum_file)
    with pytest.warns(UserWarning, match="fitted without feature names"):
        np.testing.assert_array_equal(onnx_clf.predict_proba(frame), onnx_clf.predict_proba(X))


def test_onnx_classifier_takes_images_in_every_layout_and_files(digit_file, digits, tmp_path):
    X = digits[0][:20].astype(np.uint8)
    paths = [tmp_path / f"{i:02}.png" for i in range(20)]
    for path, image in zip(paths, X, strict=True):
        Image.fromarray(image).save(path)
    onnx_clf = OnnxClassifier(digit_file)
    expected = onnx_clf.predict_proba(X)
    collection = ImageCollection(paths)
    for images in (X[..., np.newaxis], X.reshape(20, -1), X.astype(float), X.tolist(), collection):
        np.testing.assert_array_equal(onnx_clf.predict_proba(images), expected)
    with pytest.raises(ValueError, match="collection of 0 images"):
        onnx_clf.predict(collection[:0])
    with pytest.raises(ValueError, match="such pixels"):
        onnx_clf.predict(collection.map(partial(np.multiply, np.nan)))
    Image.new("L", (9, 9)).save(tmp_path / "large.png")
    with pytest.raises(ValueError, match="differ in size"):
        onnx_clf.predict(ImageCollection([paths[0], tmp_path / "large.png"]))


def test_onnx_classifier_names_wrong_samples(spectrum_file, digit_file, spectra):
    X, _ = spectra
    spectrum_clf, digit_clf = OnnxClassifier(spectrum_file), OnnxClassifier(digit_file)
    for clf, samples, message in (
        (spectrum_clf, X[:, :500], "502 features"),
        (spectrum_clf, np.full_like(X[:2], np.nan), "NaN"),
        (digit_clf, np.zeros((3, 9, 8)), r"\(9, 8, 1\).*\(8, 8, 1\)"),
        (digit_clf, np.zeros((8, 8)), r"one image.*newaxis"),
        (digit_clf, [np.zeros((8, 8)), np.zeros((9, 9))], r"\(8, 8\) and \(9, 9\)"),
    ):
        with pytest.raises(ValueError, match=message):
            clf.predict(samples)


def test_onnx_classifier_names_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx"):
        OnnxClassifier(tmp_path / "nothing.onnx").predict([[0.0]])
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.onnx is not an ONNX file"):
        OnnxClassifier(tmp_path / "text.onnx").predict([[0.0]])
    with pytest.raises(ValueError, match="The content of model is not an ONNX file"):
        OnnxClassifier(b"hello, location").predict([[0.0]])
    with pytest.raises(ValueError, match="n_threads"):
        OnnxClassifier(b"", n_threads=0).predict([[0.0]])
    with pytest.raises(ValueError, match="model"):
        OnnxClassifier(7).predict([[0.0]])


def test_onnx_classifier_refuses_files_of_others():
    X, logits = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 2])
        for name in ("X", "logits")
    )
    node = onnx.helper.make_node("Identity", ["X"], ["logits"])
    graph = onnx.helper.make_graph([node], "other", [X], [logits])
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)
    with pytest.raises(ValueError, match="not written by sklvision"):
        OnnxClassifier(model.SerializeToString()).predict([[0.0, 1.0]])


@pytest.mark.parametrize("as_content", [False, True])
def test_onnx_classifier_refuses_weights_in_other_files(
    as_content, spectrum_file, tmp_path, monkeypatch
):
    path = tmp_path / "net.onnx"
    onnx.save(
        onnx.load(spectrum_file),
        path,
        save_as_external_data=True,
        location="weights",
        size_threshold=0,
    )
    monkeypatch.chdir(tmp_path)  # where onnxruntime would look for them
    model = path.read_bytes() if as_content else path
    with pytest.raises(ValueError, match=r"in another file \(external data of ONNX\)"):
        OnnxClassifier(model).predict(np.zeros((1, 502)))


def test_onnx_classifier_takes_a_net_with_a_part_called_location(tmp_path):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.location = torch.nn.Linear(20, 2)

        def forward(self, x):
            return self.location(x)

    X = np.random.RandomState(0).rand(20, 20)
    clf = SpectrumClassifier(lambda shape, n: Net(), max_epochs=1).fit(X, np.arange(20) % 2)
    path = to_onnx(clf, tmp_path / "net.onnx")
    assert b"location" in path.read_bytes()
    np.testing.assert_array_equal(OnnxClassifier(path).predict(X), clf.predict(X))


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("is_fitted", [False, True])
def test_onnx_classifier_pickle_needs_no_other_file(
    protocol, is_fitted, spectrum_file, spectra, tmp_path
):
    X, y = spectra
    path = shutil.copy(spectrum_file, tmp_path / "net.onnx")
    onnx_clf = OnnxClassifier(path)
    if is_fitted:
        onnx_clf.fit(X, y)
    expected = onnx_clf.predict_proba(X)
    content = pickle.dumps(onnx_clf, protocol=protocol)
    if protocol > 2:  # the old protocol writes bytes as text
        assert len(content) < path.stat().st_size + 2000
    path.unlink()
    copy = pickle.loads(content)
    np.testing.assert_array_equal(copy.predict_proba(X), expected)
    np.testing.assert_array_equal(clone(copy).predict_proba(X), expected)
    assert len(repr(copy)) < 200
    assert len(copy._repr_html_()) < 50_000


@pytest.mark.slow  # tests/test_without_torch.py has a quick one
def test_onnx_classifier_in_an_application_needs_no_torch(spectrum_file, spectra, tmp_path):
    """One joblib file of a pipeline, in a process of its own."""
    X, _ = spectra
    model = make_pipeline(SpectralScaler("l2").fit(X), OnnxClassifier(spectrum_file))
    joblib.dump(model, tmp_path / "model.joblib")
    np.save(tmp_path / "X.npy", X[:50])
    code = (
        "import sys, joblib, numpy as np\n"
        "model = joblib.load(sys.argv[1])\n"
        "print(*model.predict(np.load(sys.argv[2])))\n"
        "assert not {'torch', 'skorch', 'onnx'}.intersection(sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model.joblib", tmp_path / "X.npy"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    assert output.split() == [str(label) for label in model.predict(X[:50])]


def test_onnx_classifier_fit_checks_samples_and_labels(spectrum_file, spectra):
    X, y = spectra
    onnx_clf = OnnxClassifier(spectrum_file)
    assert onnx_clf.fit(X, y) is onnx_clf
    with pytest.raises(ValueError, match="502 features"):
        onnx_clf.fit(X[:2, :9], [0, 1])
    with pytest.raises(ValueError, match="inconsistent"):
        onnx_clf.fit(X[:2], [0])
    with pytest.raises(ValueError, match=r"not in the file: \['bad'\]; .* \[0, 1, 5\]"):
        onnx_clf.fit(X[:2], ["bad", "bad"])


def test_onnx_classifier_takes_the_place_of_the_net(spectrum_file, spectra):
    X, y = spectra
    onnx_clf = OnnxClassifier(spectrum_file)
    net = SpectrumClassifier(max_epochs=3, random_state=0)
    ensemble = VotingClassifier([("a", onnx_clf), ("b", net)], voting="soft").fit(X[:300], y[:300])
    assert ensemble.score(X, y) > 0.9
    assert cross_val_score(onnx_clf, X, y, cv=3).mean() == pytest.approx(onnx_clf.score(X, y), 0.01)
    calibrated = CalibratedClassifierCV(FrozenEstimator(onnx_clf)).fit(X[:300], y[:300])
    assert calibrated.score(X, y) > 0.9


@pytest.mark.parametrize("kind", ["spectrum", "digit"])
def test_onnx_classifier_predicts_positions_where_an_ensemble_encodes_labels(kind, request):
    path = request.getfixturevalue(f"{kind}_file")
    X, y = request.getfixturevalue("spectra" if kind == "spectrum" else "digits")
    onnx_clf = OnnxClassifier(path)
    ensemble = VotingClassifier([("a", onnx_clf), ("b", clone(onnx_clf))]).fit(X, y)
    np.testing.assert_array_equal(ensemble.predict(X), onnx_clf.predict(X))
    member = pickle.loads(pickle.dumps(ensemble.estimators_[0]))
    positions = np.searchsorted(onnx_clf.classes_, onnx_clf.predict(X))
    np.testing.assert_array_equal(member.predict(X), positions)
    np.testing.assert_array_equal(member.classes_, np.arange(len(onnx_clf.classes_)))
    np.testing.assert_array_equal(clone(member).classes_, onnx_clf.classes_)


def test_onnx_classifier_set_params_changes_one_that_is_not_fitted(spectrum_file, digit_file):
    onnx_clf = OnnxClassifier(spectrum_file)
    assert onnx_clf.input_shape_ == (502,)
    assert onnx_clf.set_params(model=str(digit_file), n_threads=2).input_shape_ == (8, 8, 1)


def test_onnx_classifier_set_params_changes_the_next_fit_of_a_fitted_one(
    spectrum_file, digit_file, spectra, digits
):
    onnx_clf = OnnxClassifier(spectrum_file).fit(*spectra)
    expected = onnx_clf.predict_proba(spectra[0])
    onnx_clf.set_params(model=str(digit_file), n_threads=2)
    for fitted_clf in (onnx_clf, pickle.loads(pickle.dumps(onnx_clf))):
        np.testing.assert_array_equal(fitted_clf.predict_proba(spectra[0]), expected)
        assert fitted_clf.get_params() == {"model": str(digit_file), "n_threads": 2}
        assert fitted_clf.fit(*digits).input_shape_ == (8, 8, 1)


def test_onnx_classifier_predicts_the_same_labels_with_two_threads(digit_file, digits):
    X, _ = digits
    labels = [OnnxClassifier(digit_file, n_threads=n).predict(X) for n in (1, 2)]
    np.testing.assert_array_equal(*labels)
