"""The questions of scikit-learn's battery, asked with images.

scikit-learn checks estimators with tables only. These checks ask the same of transformers
and classifiers with gray images (n, h, w) and images of several channels (n, h, w, c).
"""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import tempfile
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from PIL import Image
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks, get_tags

from sklvision.datasets import ImageCollection
from sklvision.neural_network import ImageClassifier

_METHODS = ("transform", "predict", "predict_proba", "predict_log_proba", "decision_function")

# Arguments that a constructor demands.
_REQUIRED = {
    "BatchedGridSearchCV": {"param_grid": {"lr": [1e-2]}},
    "OnnxClassifier": {"model": "net.onnx"},
    "Resize": {"size": (5, 3)},
}
# Settings that make training quick.
_SMALL = {
    "ImageClassifier": {
        "architecture": "mlp",
        "architecture_params": {"hidden_layer_sizes": (8,), "dropout": 0.0, "batch_norm": False},
        "max_epochs": 3,
        "batch_size": -1,
        "precision": "float64",
        "random_state": 0,
    },
}


def build(name, cls):
    """A quick estimator of this class."""
    required = dict(_REQUIRED.get(name, {}))
    if "estimator" in inspect.signature(cls).parameters:
        required["estimator"] = build("ImageClassifier", ImageClassifier)
    return cls(**required, **_SMALL.get(name, {}))


def takes_images(estimator):
    return get_tags(estimator).input_tags.three_d_array


def gray():
    """16 images whose whole-numbered pixels fit every dtype, and two classes of them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (16, 6, 7)).astype(np.float64)
    y = np.array(["good", "bad"] * 8)
    images[y == "bad", :3] += 55
    return images, y


def color():
    images, y = gray()
    return np.stack([images, images[:, ::-1], 255 - images], axis=-1), y


LAYOUTS = {"gray": gray, "color": color}


def image_checks():
    """Yield (name, check) pairs; a check is called with an estimator and a layout."""
    for name, check in globals().items():
        if name.startswith("check_") and check.__module__ == __name__:
            yield name, check
    for name in _DATA_FREE:
        yield name, partial(_run_sklearn_check, name)


# scikit-learn's own checks that need no data, which it leaves out where tables are refused.
_DATA_FREE = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_set_params",
    "check_valid_tag_types",
)


def _run_sklearn_check(check_name, estimator, layout):
    getattr(estimator_checks, check_name)(type(estimator).__name__, clone(estimator))


def outputs(estimator, X):
    """What every method of the estimator gives for X."""
    return {name: getattr(estimator, name)(X) for name in _METHODS if hasattr(estimator, name)}


def assert_same(actual, expected, *, rtol=1e-6, atol=1e-6):
    assert actual.keys() == expected.keys()
    for method, values in expected.items():
        if values.dtype.kind in "fiub":
            a, b = (v.astype(np.float64) for v in (actual[method], values))
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=method)
        else:
            np.testing.assert_array_equal(actual[method], values, err_msg=method)


def fitted(estimator, layout):
    X, y = layout()
    estimator = clone(estimator).fit(X, y)
    return estimator, X, y


def check_fit_returns_self(estimator, layout):
    estimator = clone(estimator)
    assert estimator.fit(*layout()) is estimator


def check_clone_is_unfitted_and_fits_alike(estimator, layout):
    model, X, y = fitted(estimator, layout)
    copied = clone(model)
    assert not [name for name in vars(copied) if name.endswith("_")]
    assert joblib.hash(copied.get_params()) == joblib.hash(model.get_params())
    assert_same(outputs(copied.fit(X, y), X), outputs(model, X))


def check_pickle(estimator, layout):
    model, X, y = fitted(estimator, layout)
    expected = outputs(model, X)
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        assert_same(
            outputs(pickle.loads(pickle.dumps(model, protocol)), X), expected, rtol=0, atol=0
        )
    assert_same(outputs(copy.deepcopy(model), X), expected, rtol=0, atol=0)
    unfitted = pickle.loads(pickle.dumps(clone(estimator)))
    assert_same(outputs(unfitted.fit(X, y), X), expected)


def check_joblib_file(estimator, layout):
    model, X, _ = fitted(estimator, layout)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.joblib"
        joblib.dump(model, path)
        for mmap_mode in (None, "r"):
            loaded = joblib.load(path, mmap_mode=mmap_mode)
            assert_same(outputs(loaded, X), outputs(model, X), rtol=0, atol=0)


def check_no_mutation(estimator, layout):
    X, y = layout()
    estimator = clone(estimator)
    before = joblib.hash((X, y, estimator.get_params()))
    outputs(estimator.fit(X, y), X)
    if hasattr(estimator, "fit_transform"):
        estimator.fit_transform(X, y)
    assert joblib.hash((X, y, estimator.get_params())) == before


def check_output_does_not_change_with_input(estimator, layout):
    """Predictions stay as given when the images are overwritten; a view of them may not."""
    model, X, _ = fitted(estimator, layout)
    given = {k: v for k, v in outputs(model, X).items() if not np.shares_memory(v, X)}
    kept = {name: values.copy() for name, values in given.items()}
    X[:] = 0
    assert_same(given, kept, rtol=0, atol=0)


def check_dict_unchanged(estimator, layout):
    model, X, _ = fitted(estimator, layout)
    before = vars(model).copy()
    outputs(model, X)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())


def check_fit_idempotent(estimator, layout):
    model, X, y = fitted(estimator, layout)
    expected = outputs(model, X)
    assert_same(outputs(model.fit(X, y), X), expected)


def check_refit_forgets(estimator, layout):
    model, X, y = fitted(estimator, layout)
    smaller = X[:, :-1, 1:]
    fresh = clone(estimator).fit(smaller, y)
    assert_same(outputs(model.fit(smaller, y), smaller), outputs(fresh, smaller))
    assert vars(model).keys() == vars(fresh).keys()


def check_subset_invariance(estimator, layout):
    model, X, _ = fitted(estimator, layout)
    expected = outputs(model, X)
    for part in (slice(0, 1), slice(5, 12), [3, 3, 9]):
        assert_same(outputs(model, X[part]), {k: v[part] for k, v in expected.items()})


def check_order_invariance(estimator, layout):
    model, X, _ = fitted(estimator, layout)
    order = np.random.default_rng(1).permutation(len(X))
    assert_same(outputs(model, X[order]), {k: v[order] for k, v in outputs(model, X).items()})


def check_one_sample(estimator, layout):
    X, y = layout()
    if not is_classifier(estimator):
        for values in outputs(clone(estimator).fit(X[:1], y[:1]), X[:1]).values():
            assert len(values) == 1


def check_dtypes_after_fit(estimator, layout):
    """The same pixel values give the same answer, whatever type holds them."""
    model, X, _ = fitted(estimator, layout)
    expected = outputs(model, X)
    for dtype in ("u1", "i2", "i8", "f2", "f4", "f8", ">f4", ">i2", object):
        actual = outputs(model, X.astype(dtype))
        # Whole numbers that stay whole are rounded, and float16 holds three digits.
        coarse = any(v.dtype.kind in "iu" or v.dtype == np.float16 for v in actual.values())
        assert_same(actual, expected, rtol=1e-5, atol=0.501 if coarse else 1e-5)
    assert_same(outputs(model, X.tolist()), expected)
    assert_same(outputs(model, list(X)), expected)


def check_fit_on_dtypes(estimator, layout):
    X, y = layout()
    n_outputs = outputs(clone(estimator).fit(X, y), X)
    inputs = [X.astype(dtype) for dtype in ("u1", "u2", "i8", "f2", "f4", object)]
    for images in (*inputs, X > 127, X.astype(int).tolist(), (X > 127).tolist()):
        for method, values in outputs(clone(estimator).fit(images, y), images).items():
            assert values.shape == n_outputs[method].shape
            if values.dtype.kind in "fc":
                assert np.isfinite(values).all()


def check_floats_keep_their_dtype(estimator, layout):
    if hasattr(estimator, "transform"):
        X, y = layout()
        for dtype in (np.float32, np.float64):
            images = X.astype(dtype)
            assert clone(estimator).fit(images, y).transform(images).dtype == dtype


def _same_values_in_memory(X, folder):
    """The same images, held in memory in every unusual way."""
    readonly = X.copy()
    readonly.flags.writeable = False
    yield readonly
    np.save(Path(folder) / "images.npy", X)
    yield np.load(Path(folder) / "images.npy", mmap_mode="r")
    yield np.asfortranarray(X)
    yield np.repeat(X, 2, axis=0)[::2]
    yield np.repeat(X, 3, axis=2)[:, :, 1::3]
    yield X[:, ::-1, ::-1].copy()[:, ::-1, ::-1]


def check_memory_layouts(estimator, layout):
    model, X, y = fitted(estimator, layout)
    expected = outputs(model, X)
    with tempfile.TemporaryDirectory() as folder:
        for images in _same_values_in_memory(X, folder):
            assert_same(outputs(model, images), expected)
            assert_same(outputs(clone(estimator).fit(images, y), images), expected)


def check_wrong_dimensions(estimator, layout):
    model, X, y = fitted(estimator, layout)
    wrong = [X[:, 0, 0].ravel()[: len(y)], X.reshape(len(X), 1, *X.shape[1:], *[1] * (4 - X.ndim))]
    if not get_tags(estimator).input_tags.two_d_array:
        wrong.append(X.reshape(len(X), -1))
    for images in wrong:
        with pytest.raises(ValueError, match=r"(?i)shape|dim"):
            clone(estimator).fit(images, y)
        with pytest.raises(ValueError, match=r"(?i)shape|dim"):
            outputs(model, images)


def check_wrong_shape_after_fit(estimator, layout):
    model, X, _ = fitted(estimator, layout)
    wrong = [X[:, :-1], X[:, :, 1:], X.swapaxes(1, 2), np.stack([X, X], axis=-1)[..., :4]]
    wrong = [images for images in wrong if images.ndim < 5]
    if X.ndim == 4:
        wrong += [X[..., 0], X[..., :2], np.concatenate([X, X], axis=-1)]
    for images in wrong:
        for method in (name for name in _METHODS if hasattr(model, name)):
            with pytest.raises(ValueError, match=r"shape|features"):
                getattr(model, method)(images)


def check_images_of_different_shapes(estimator, layout):
    X, y = layout()
    ragged = list(X)
    ragged[3] = ragged[3][:2]
    with pytest.raises(ValueError, match=r"shape|size"):
        clone(estimator).fit(ragged, y)


def check_no_samples_or_pixels(estimator, layout):
    model, X, y = fitted(estimator, layout)
    for images, labels in ((X[:0], y[:0]), (X[:, :0], y)):
        with pytest.raises(ValueError, match=r"0 sample|shape|0 feature"):
            clone(estimator).fit(images, labels)
        with pytest.raises(ValueError, match=r"0 sample|shape|0 feature"):
            outputs(model, images)


def check_nan_and_inf(estimator, layout):
    model, X, y = fitted(estimator, layout)
    for value, word in ((np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")):
        images = X.copy()
        images[2, 1, 1] = value
        with pytest.raises(ValueError, match=word):
            clone(estimator).fit(images, y)
        with pytest.raises(ValueError, match=word):
            outputs(model, images)


def check_not_numbers(estimator, layout):
    X, y = layout()
    words = np.full(X.shape, "nail")
    for images in (words, X + 1j, sparse.csr_array(X.reshape(len(X), -1)), None, "nails/"):
        with pytest.raises((ValueError, TypeError)):
            clone(estimator).fit(images, y)


def check_not_fitted(estimator, layout):
    X, _ = layout()
    for method in (*_METHODS, "inverse_transform"):
        if hasattr(estimator, method):
            with pytest.raises(NotFittedError):
                getattr(clone(estimator), method)(X)


def check_n_features_in(estimator, layout):
    assert not hasattr(clone(estimator), "n_features_in_")
    model, X, _ = fitted(estimator, layout)
    assert model.n_features_in_ == math.prod(X.shape[1:])
    assert math.prod(model.input_shape_) == model.n_features_in_


def check_feature_names_are_of_tables(estimator, layout):
    X, y = layout()
    model = clone(estimator)
    if get_tags(estimator).input_tags.two_d_array:
        table = pd.DataFrame(X.reshape(len(X), -1)).add_prefix("p")
        assert list(model.fit(table, y).feature_names_in_) == list(table.columns)
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def check_container_of_output(estimator, layout):
    """Tables come out as data frames with their names; images say that they can't."""
    if not hasattr(estimator, "transform"):
        return
    model, X, y = fitted(estimator, layout)
    result = model.transform(X)
    if result.ndim == 2:
        names = model.get_feature_names_out()
        assert len(set(names)) == len(names) == result.shape[1]
        frame = clone(estimator).set_output(transform="pandas").fit(X, y).transform(X)
        assert list(frame.columns) == list(names)
        np.testing.assert_array_equal(frame, result)
        return
    assert not hasattr(model, "get_feature_names_out")
    with pytest.raises(ValueError, match="gives images"):
        clone(estimator).set_output(transform="pandas").fit(X, y)
    with sklearn.config_context(transform_output="pandas"):
        np.testing.assert_array_equal(clone(estimator).fit(X, y).transform(X), result)


def check_collection_gives_the_same_pixels(estimator, layout):
    """Images on disk are transformed as those in memory are, when they are read at last."""
    if not hasattr(estimator, "transform"):
        return
    X, y = layout()
    X = X.astype(np.uint8)
    expected = clone(estimator).fit(X, y).transform(X)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / f"{i:02}.png") for i in range(len(X))]
        for image, file in zip(X, files, strict=True):
            Image.fromarray(image).save(file)
        collection = ImageCollection(files)
        model = clone(estimator).fit(collection, y)
        for result in (
            model.transform(collection),
            clone(estimator).fit(X, y).transform(collection),
        ):
            assert_same({"transform": np.asarray(result)}, {"transform": expected})
            assert len(result) == len(X)
        part = model.transform(collection[[3, 1]])
        assert_same({"transform": np.asarray(part)}, {"transform": expected[[3, 1]]})


def check_pipeline(estimator, layout):
    model, X, y = fitted(estimator, layout)
    assert_same(outputs(make_pipeline(clone(estimator)).fit(X, y), X), outputs(model, X))


def check_html(estimator, layout):
    assert type(estimator).__name__ in fitted(estimator, layout)[0]._repr_html_()
