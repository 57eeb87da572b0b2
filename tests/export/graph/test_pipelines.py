"""to_onnx of whole pipelines: what is left out, what is refused, and images of any size."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklvision.datasets import ImageCollection
from sklvision.export import OnnxClassifier, to_onnx
from sklvision.export._graph import builder
from sklvision.feature_extraction import ShapeFeatures
from sklvision.image import FlattenImages, ForegroundCrop, Resize
from sklvision.neural_network import ImageClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from tests.export.graph._cases import load_data, logistic, pixels


class Doubled(TransformerMixin, BaseEstimator):
    """A step of a user's own."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return 2 * X


def find_metadata(path):
    (prop,) = onnx.load(path).metadata_props
    return json.loads(prop.value)


def fit_crop():
    """A pipeline whose first step follows connected parts of an image."""
    crop = ForegroundCrop(
        center_crop=None, threshold="otsu", align=True, output_size=(12, 24), output="mask"
    )
    X, y = load_data("objects")
    return make_pipeline(crop, ShapeFeatures(), LinearDiscriminantAnalysis()).fit(X, y), X


def test_to_onnx_names_the_steps_that_stay_outside(tmp_path):
    model, _ = fit_crop()
    with pytest.raises(ValueError, match=r"'foregroundcrop': .*skip_steps=\['foregroundcrop'\]"):
        to_onnx(model, tmp_path / "model.onnx")
    X, y = load_data("spectra")
    model = make_pipeline(SpectralScaler(), Doubled(), logistic()).fit(X, y)
    with pytest.raises(
        ValueError, match=r"'doubled': Doubled .*skip_steps=\['spectralscaler', 'doubled'\]"
    ):
        to_onnx(model, tmp_path / "model.onnx")
    last = make_pipeline(Doubled(), FunctionTransformer(np.cbrt), logistic()).fit(X, y)
    with pytest.raises(ValueError, match=r"'doubled': "):
        to_onnx(last, tmp_path / "model.onnx", samples=X)
    vote = VotingClassifier([("a", model), ("b", last)], voting="soft").fit(X, y)
    with pytest.raises(ValueError, match=r"'a/doubled': .*Ship the model by joblib"):
        to_onnx(vote, tmp_path / "model.onnx", samples=X)
    assert not list(tmp_path.iterdir())


def test_to_onnx_leaves_out_first_steps_and_describes_them(tmp_path):
    model, X = fit_crop()
    path = to_onnx(model, tmp_path / "model.onnx", skip_steps=["foregroundcrop"])
    classifier = OnnxClassifier(path)
    np.testing.assert_array_equal(classifier.predict(model[:1].transform(X)), model.predict(X))
    (step,) = classifier.skipped_steps_
    assert step["name"] == "foregroundcrop"
    assert step["class"] == "sklvision.ForegroundCrop"
    assert step["parameters"]["output_size"] == "(12, 24)"
    fields = find_metadata(path)
    assert fields["steps"] == ["shapefeatures", "lineardiscriminantanalysis"]
    assert fields["skipped_contract"]["shape"] == [60, 80]
    assert fields["contract"]["shape"] == [12, 24]
    with pytest.raises(ValueError, match=r"the output of the steps \['foregroundcrop'\]"):
        classifier.predict(X)
    # The same by slicing, where nothing is known of the steps before.
    sliced = OnnxClassifier(to_onnx(model[1:], tmp_path / "sliced.onnx"))
    assert sliced.skipped_steps_ == []
    with pytest.raises(ValueError, match="must be the first steps"):
        to_onnx(model, tmp_path / "model.onnx", skip_steps=["shapefeatures"])
    with pytest.raises(ValueError, match="not the last one"):
        to_onnx(model, tmp_path / "model.onnx", skip_steps=[name for name, _ in model.steps])


def test_to_onnx_skips_steps_in_front_of_one_without_a_contract(tmp_path):
    X, y = load_data("objects")
    model = make_pipeline(
        ForegroundCrop(threshold="otsu", crop_size=30, output_size=8),
        FunctionTransformer(np.asarray),
        pixels(),
    ).fit(X, y)
    path = to_onnx(model, tmp_path / "model.onnx", skip_steps=["foregroundcrop"])
    expected = model.predict_proba(X)
    crops = model[:1].transform(X)
    np.testing.assert_allclose(OnnxClassifier(path).predict_proba(crops), expected, atol=1e-5)


def test_to_onnx_needs_samples_where_the_model_describes_none(tmp_path):
    X, y = load_data("spectra")
    model = make_pipeline(StandardScaler(), logistic()).fit(X, y)
    with pytest.raises(ValueError, match=r"begins with \['StandardScaler'\]. Pass samples=X"):
        to_onnx(model, tmp_path / "model.onnx")
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=X))
    np.testing.assert_allclose(classifier.predict_proba(X), model.predict_proba(X), atol=1e-6)
    assert classifier.input_contract_ is None
    with pytest.raises(ValueError, match="at least one sample"):
        to_onnx(model, tmp_path / "model.onnx", samples=X[:0])


def test_to_onnx_names_the_first_step_that_differs(tmp_path, monkeypatch):
    X, y = load_data("spectra")
    model = make_pipeline(SavitzkyGolay(deriv=1), SpectralScaler("l2"), logistic()).fit(X, y)
    convert = builder.CONVERTERS["sklvision.SpectralScaler"]

    def convert_wrongly(graph, step, value):
        value = convert(graph, step, value)
        return value.change(graph.add("Mul", value.name, np.float64(1.5)))

    monkeypatch.setitem(builder.CONVERTERS, "sklvision.SpectralScaler", convert_wrongly)
    with pytest.raises(ValueError, match=r"probabilities differ by .*differs is 'spectralscaler'"):
        to_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_to_onnx_opens_searches_and_frozen_estimators(tmp_path):
    X, y = load_data("spectra")
    search = GridSearchCV(make_pipeline(SpectralScaler(), logistic()), {}, cv=2).fit(X, y)
    frozen = FrozenEstimator(search)
    path = to_onnx(frozen, tmp_path / "model.onnx", skip_steps=["spectralscaler"])
    inputs = search.best_estimator_[:1].transform(X)
    np.testing.assert_array_equal(OnnxClassifier(path).predict(inputs), search.predict(X))
    model = CalibratedClassifierCV(frozen).fit(X, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx"))
    np.testing.assert_allclose(classifier.predict_proba(X), model.predict_proba(X), atol=1e-5)


def test_to_onnx_computes_derivatives_of_spectra_in_64_bits(tmp_path):
    """With a large offset, sums of 32 bits would lose what the derivative is made of."""
    X, y = load_data("spectra")
    X = (X + 100).astype(np.float32)
    model = make_pipeline(SavitzkyGolay(deriv=1), SpectralScaler(), logistic()).fit(X, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=X))
    np.testing.assert_allclose(classifier.predict_proba(X), model.predict_proba(X), atol=5e-5)


def test_onnx_classifier_keeps_the_input_contract_of_a_pipeline(tmp_path):
    X, y = load_data("spectra")
    model = make_pipeline(SpectralScaler(None), logistic()).fit(X, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx"))
    assert classifier.input_contract_ == model[0].input_contract_
    with pytest.warns(UserWarning, match="another scale or unit"):
        classifier.predict(100 * X)
    with pytest.raises(ValueError, match="features"):
        classifier.predict(X[:, :-1])
    with pytest.raises(ValueError, match="NaN"):
        classifier.predict(np.where(X[0, 0] == X, np.nan, X))


def test_onnx_classifier_has_the_methods_that_the_model_has(tmp_path):
    X, y = load_data("spectra")
    members = [("a", make_pipeline(SpectralScaler(), logistic())), ("b", logistic())]
    vote = VotingClassifier(members).fit(X, y)
    classifier = OnnxClassifier(to_onnx(vote, tmp_path / "model.onnx"))
    for name in ("predict_proba", "predict_log_proba", "decision_function"):
        assert not hasattr(classifier, name)
    model = members[0][1].fit(X, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx"))
    np.testing.assert_allclose(
        classifier.predict_log_proba(X), model.predict_log_proba(X), atol=1e-3
    )
    np.testing.assert_allclose(
        classifier.decision_function(X), model.decision_function(X), atol=1e-4
    )


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Images in files, of different sizes."""
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for i in range(12):
        height, width = rng.integers(30, 70, 2)
        image = np.kron(rng.integers(0, 256, (4, 5, 3)), np.ones((20, 20, 1)))
        Image.fromarray(image[:height, :width].astype(np.uint8)).save(folder / f"{i:02}.png")
    return ImageCollection(sorted(folder.iterdir()), mode="RGB"), np.arange(12) % 3


@pytest.mark.parametrize("resample", ["bilinear", "box", "nearest"])
def test_to_onnx_takes_images_of_any_size(resample, collection, tmp_path):
    images, y = collection
    model = pixels(Resize((15, 20), resample=resample)).fit(images, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx"))
    assert classifier.input_shape_ is None
    assert not hasattr(classifier, "n_features_in_")
    expected = model.predict_proba(images)
    np.testing.assert_allclose(classifier.predict_proba(images), expected, atol=1e-5)
    arrays = [np.asarray(image) for image in images]
    np.testing.assert_allclose(classifier.predict_proba(arrays), expected, atol=1e-5)
    np.testing.assert_allclose(
        classifier.predict_proba(arrays[0][np.newaxis]), expected[:1], atol=1e-5
    )
    with pytest.raises(ValueError, match="1 channels, but the file takes images of 3"):
        classifier.predict(np.zeros((2, 30, 30), dtype=np.uint8))


def test_to_onnx_refuses_bicubic_resizing_of_images_of_any_size(collection, tmp_path):
    model = pixels(Resize(9, resample="bicubic")).fit(*collection)
    with pytest.raises(ValueError, match="'resize': resample=\"bicubic\" needs images of one size"):
        to_onnx(model, tmp_path / "model.onnx")


def test_to_onnx_of_rows_of_pixels(tmp_path):
    X, y = load_data("digits")
    rows = X.reshape(len(X), -1).astype(float)
    net = ImageClassifier(
        "mlp",
        architecture_params={"hidden_layer_sizes": (8,)},
        image_shape=(8, 8),
        max_epochs=1,
        random_state=0,
    )
    model = make_pipeline(StandardScaler(), net).fit(rows, y)
    classifier = OnnxClassifier(to_onnx(model, tmp_path / "model.onnx", samples=rows))
    np.testing.assert_allclose(classifier.predict_proba(rows), model.predict_proba(rows), atol=2e-2)


@settings(max_examples=20, deadline=None)
@given(
    n_bands=st.integers(3, 60),
    n_samples=st.integers(1, 30),
    deriv=st.integers(0, 1),
    method=st.sampled_from(["snv", "msc", "minmax", "l2", "standard"]),
    seed=st.integers(0, 10),
)
def test_to_onnx_of_spectra_of_any_width_and_number(n_bands, n_samples, deriv, method, seed):
    rng = np.random.default_rng(seed)
    X = rng.random((40, n_bands)).astype(np.float32)
    y = np.array(["a", "b", "c"])[np.arange(40) % 3]
    model = make_pipeline(SavitzkyGolay(deriv=deriv), SpectralScaler(method), LogisticRegression())
    model.fit(X, y)
    content = write_content(model)
    classifier = OnnxClassifier(content)
    new = rng.random((n_samples, n_bands)).astype(np.float32)
    np.testing.assert_allclose(classifier.predict_proba(new), model.predict_proba(new), atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    old=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    n_channels=st.integers(0, 4),
    resample=st.sampled_from(["bilinear", "box", "bicubic", "nearest"]),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
)
def test_to_onnx_resizes_images_of_any_shape(old, size, n_channels, resample, dtype):
    rng = np.random.default_rng(0)
    shape = (12, *old, *([n_channels] if n_channels else []))
    X = (rng.random(shape) * 250).astype(dtype)
    model = make_pipeline(Resize(size, resample=resample), FlattenImages(), RidgeClassifier())
    model.fit(X, np.arange(12) % 2)
    model[-1].coef_[:] = 1 / model[-1].coef_.size  # scores are means of pixels
    classifier = OnnxClassifier(write_content(model))
    expected = model.decision_function(X)
    # Of a pixel at exactly a half, the sum may be rounded the other way.
    n_rounded = 0 if dtype is np.float32 else 1
    atol = 1e-3 + n_rounded / model[-1].coef_.size
    np.testing.assert_allclose(classifier.decision_function(X), expected, atol=atol)


def write_content(model):
    """Content of the file, written where no other test looks."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return to_onnx(model, Path(folder) / "model.onnx").read_bytes()
