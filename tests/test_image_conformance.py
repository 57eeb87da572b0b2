"""scikit-learn's estimator checks, repeated with images.

scikit-learn checks estimators with tables only. These tests require the same of every transformer
and classifier of images, with gray images (n, h, w) and images of several channels (n, h, w, c).
"""

from __future__ import annotations

import copy
import math
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from sklvision.datasets import ImageCollection
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import Resize
from tests._image_cases import (
    IMAGE_ESTIMATORS,
    LAYOUTS,
    METHODS,
    Case,
    assert_equal,
    assert_same,
    compute_outputs,
    every_estimator,
    every_estimator_once,
    every_transformer,
)

# scikit-learn leaves these out where tables are rejected, although they need no data.
CHECKS_WITHOUT_DATA = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]


@pytest.fixture(scope="module")
def case(request):
    estimator, layout = request.param
    X, y = LAYOUTS[layout]()
    X.flags.writeable = False
    model = clone(estimator).fit(X, y)
    return Case(estimator, X, y, model, compute_outputs(model, X))


@pytest.mark.parametrize("estimator", IMAGE_ESTIMATORS.values(), ids=IMAGE_ESTIMATORS)
def test_image_estimator_passes_checks_without_data(estimator):
    for check in CHECKS_WITHOUT_DATA:
        check(type(estimator).__name__, clone(estimator))


@every_estimator_once
def test_clone_is_unfitted_and_fits_alike(case):
    cloned_model = clone(case.model)
    assert not [name for name in vars(cloned_model) if name.endswith("_")]
    assert joblib.hash(cloned_model.get_params()) == joblib.hash(case.model.get_params())
    assert cloned_model.fit(case.X, case.y) is cloned_model
    assert_same(compute_outputs(cloned_model, case.X), case.outputs)


@every_estimator_once
def test_pickle_and_copy_keep_outputs(case):
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        restored = pickle.loads(pickle.dumps(case.model, protocol))
        assert_equal(compute_outputs(restored, case.X), case.outputs)
    assert_equal(compute_outputs(copy.deepcopy(case.model), case.X), case.outputs)
    unfitted = pickle.loads(pickle.dumps(clone(case.estimator)))
    assert_same(compute_outputs(unfitted.fit(case.X, case.y), case.X), case.outputs)


@every_estimator_once
def test_joblib_file_keeps_outputs(case, tmp_path):
    joblib.dump(case.model, tmp_path / "model.joblib")
    for mmap_mode in (None, "r"):
        restored = joblib.load(tmp_path / "model.joblib", mmap_mode=mmap_mode)
        assert_equal(compute_outputs(restored, case.X), case.outputs)


@every_estimator_once
def test_fit_and_predict_leave_input_and_parameters_unchanged(case):
    X, y, estimator = case.X.copy(), case.y.copy(), clone(case.estimator)
    digest = joblib.hash((X, y, estimator.get_params()))
    compute_outputs(estimator.fit(X, y), X)
    if hasattr(estimator, "fit_transform"):
        estimator.fit_transform(X, y)
    assert joblib.hash((X, y, estimator.get_params())) == digest


@every_estimator
def test_outputs_stay_when_input_is_overwritten(case):
    """A view of the images may change with them."""
    X = case.X.copy()
    outputs = compute_outputs(case.model, X)
    own_state = {name: v for name, v in outputs.items() if not np.shares_memory(v, X)}
    copies = {name: values.copy() for name, values in own_state.items()}
    X[:] = 0
    assert_equal(own_state, copies)


@every_estimator_once
def test_predict_leaves_attributes_unchanged(case):
    attributes = vars(case.model).copy()
    compute_outputs(case.model, case.X)
    assert vars(case.model).keys() == attributes.keys()
    assert all(vars(case.model)[name] is value for name, value in attributes.items())


@every_estimator
def test_second_fit_gives_same_outputs(case):
    model = case.fit(case.X)
    assert_same(compute_outputs(model.fit(case.X, case.y), case.X), case.outputs)


@every_estimator
def test_second_fit_forgets_the_first(case):
    model = case.fit(case.X)
    smaller = case.X[:, :-1, 1:]
    fresh = case.fit(smaller)
    assert_same(
        compute_outputs(model.fit(smaller, case.y), smaller), compute_outputs(fresh, smaller)
    )
    assert vars(model).keys() == vars(fresh).keys()


@every_estimator
def test_each_image_is_computed_alone(case):
    # torch sums in another order for another number of images: after fifty layers in float32,
    # features of up to 6 differ by some units of the sixth digit.
    tolerance = 2e-5 if isinstance(case.model, PretrainedFeatures) else 1e-6
    for indices in (slice(0, 1), slice(2, 7), [3, 3, 5], [6, 1, 7, 0, 2, 5, 3, 4]):
        expected = {name: values[indices] for name, values in case.outputs.items()}
        actual = compute_outputs(case.model, case.X[indices])
        assert_same(actual, expected, rtol=1e-6, atol=tolerance)


@every_transformer
def test_one_image_is_enough_to_fit(case):
    X = case.X[:1]
    for values in compute_outputs(case.fit(X), X).values():
        assert len(values) == 1


@every_estimator
def test_outputs_do_not_depend_on_dtype(case):
    for dtype in ("u1", "i2", "i8", "f2", "f4", "f8", ">f4", ">i2", object):
        actual = compute_outputs(case.model, case.X.astype(dtype))
        # Whole numbers that stay whole are rounded, and float16 holds three digits.
        coarse = any(v.dtype.kind in "iu" or v.dtype == np.float16 for v in actual.values())
        assert_same(actual, case.outputs, rtol=1e-5, atol=0.501 if coarse else 1e-5)
    for images in (case.X.tolist(), list(case.X)):
        assert_same(compute_outputs(case.model, images), case.outputs)


@every_estimator
def test_fit_accepts_every_dtype(case):
    X = case.X
    inputs = [X.astype(dtype) for dtype in ("u1", "u2", "i8", "f2", "f4", object)]
    for images in (*inputs, X > 127, X.astype(int).tolist(), (X > 127).tolist()):
        for method, values in compute_outputs(case.fit(images), images).items():
            assert values.shape == case.outputs[method].shape
            if values.dtype.kind in "fc":
                assert np.isfinite(values).all()


@every_transformer
def test_transform_keeps_dtype_of_floats(case):
    for dtype in (np.float32, np.float64):
        images = case.X.astype(dtype)
        assert case.fit(images).transform(images).dtype == dtype


def make_memory_layouts(X, folder):
    """Hold the same images, which are read-only here, in memory in other unusual ways."""
    np.save(folder / "images.npy", X)
    yield np.load(folder / "images.npy", mmap_mode="r")
    yield X.copy()
    yield np.asfortranarray(X)
    yield np.repeat(X, 2, axis=0)[::2]
    yield np.repeat(X, 3, axis=2)[:, :, 1::3]
    yield X[:, ::-1, ::-1].copy()[:, ::-1, ::-1]


@every_estimator
def test_outputs_do_not_depend_on_memory_layout(case, tmp_path):
    for images in make_memory_layouts(case.X, tmp_path):
        assert_same(compute_outputs(case.model, images), case.outputs)
        assert_same(compute_outputs(case.fit(images), images), case.outputs)


@every_estimator
def test_wrong_number_of_dimensions_is_rejected(case):
    X = case.X
    wrong = [X[:, 0, 0].ravel()[: len(X)], X.reshape(len(X), 1, *X.shape[1:], *[1] * (4 - X.ndim))]
    if not case.takes_tables:
        wrong.append(X.reshape(len(X), -1))
    for images in wrong:
        with pytest.raises(ValueError, match=r"(?i)shape|dim"):
            case.fit(images)
        with pytest.raises(ValueError, match=r"(?i)shape|dim"):
            compute_outputs(case.model, images)


@every_estimator
def test_other_shape_than_in_fit_is_rejected(case):
    X = case.X
    wrong = [X[:, :-1], X[:, :, 1:], X.swapaxes(1, 2)]
    if X.ndim == 3:
        wrong += [np.stack([X, X], axis=-1)]
    else:
        wrong += [X[..., 0], X[..., :2], np.concatenate([X, X], axis=-1)]
    for images in wrong:
        for method in case.outputs:
            with pytest.raises(ValueError, match=r"shape|features"):
                getattr(case.model, method)(images)


@every_estimator
def test_images_of_different_shapes_are_rejected_except_by_resize(case):
    ragged = list(case.X)
    ragged[3] = ragged[3][:2]
    if isinstance(case.model, Resize):
        assert len({image.shape for image in case.fit(ragged, case.y).transform(ragged)}) == 1
        return
    with pytest.raises(ValueError, match=r"shape|size"):
        case.fit(ragged, case.y)


@every_estimator
def test_no_images_or_pixels_are_rejected(case):
    for images in (case.X[:0], case.X[:, :0]):
        with pytest.raises(ValueError, match=r"0 sample|shape|0 feature"):
            case.fit(images)
        with pytest.raises(ValueError, match=r"0 sample|shape|0 feature"):
            compute_outputs(case.model, images)


@every_estimator
def test_non_finite_pixels_are_rejected(case):
    for value, word in ((np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")):
        images = case.X.copy()
        images[2, 1, 1] = value
        with pytest.raises(ValueError, match=word):
            case.fit(images)
        with pytest.raises(ValueError, match=word):
            compute_outputs(case.model, images)


@every_estimator
def test_fit_rejects_other_things_than_images_of_numbers(case):
    X = case.X
    words = np.full(X.shape, "nail")
    for images in (words, X + 1j, sparse.csr_array(X.reshape(len(X), -1)), None, "nails/"):
        with pytest.raises((ValueError, TypeError)):
            case.fit(images, case.y)


@every_estimator_once
def test_unfitted_estimator_raises_not_fitted_error(case):
    for method in (*METHODS, "inverse_transform"):
        if hasattr(case.estimator, method):
            with pytest.raises(NotFittedError):
                getattr(clone(case.estimator), method)(case.X)


@every_estimator
def test_fit_learns_shape_and_number_of_features(case):
    assert not hasattr(clone(case.estimator), "n_features_in_")
    assert math.prod(case.model.input_shape_) == math.prod(case.X.shape[1:])
    # As scikit-learn counts features, which other packages compare with.
    assert case.model.n_features_in_ == case.X.shape[1]


@every_estimator
def test_feature_names_are_those_of_tables(case):
    X, y = case.X, case.y
    model = clone(case.estimator)
    if case.takes_tables:
        table = pd.DataFrame(X.reshape(len(X), -1)).add_prefix("p")
        assert list(model.fit(table, y).feature_names_in_) == list(table.columns)
    assert not hasattr(model.fit(X, y), "feature_names_in_")


@every_transformer
def test_tables_come_as_frames_and_images_as_arrays(case):
    result = case.outputs["transform"]
    if result.ndim == 2:
        names = case.model.get_feature_names_out()
        assert len(set(names)) == len(names) == result.shape[1]
        with_frames = clone(case.estimator).set_output(transform="pandas")
        frame = with_frames.fit(case.X, case.y).transform(case.X)
        assert list(frame.columns) == list(names)
        np.testing.assert_array_equal(frame, result)
        return
    assert not hasattr(case.model, "get_feature_names_out")
    with pytest.raises(ValueError, match="images"):
        clone(case.estimator).set_output(transform="pandas").fit(case.X, case.y)
    with sklearn.config_context(transform_output="pandas"):
        np.testing.assert_array_equal(case.fit(case.X).transform(case.X), result)


@every_transformer
def test_collection_gives_the_same_pixels(case, tmp_path):
    """Images on disk are transformed like those in memory, when they are read at last."""
    image = pytest.importorskip("PIL.Image")
    X = case.X.astype(np.uint8)
    expected = case.fit(X).transform(X)
    files = [str(tmp_path / f"{i}.png") for i in range(len(X))]
    for pixels, file in zip(X, files, strict=True):
        image.fromarray(pixels).save(file)
    collection = ImageCollection(files)
    model = case.fit(collection)
    for result in (model.transform(collection), case.fit(X).transform(collection)):
        assert len(result) == len(X)
        assert_same({"transform": np.asarray(result)}, {"transform": expected})
    part = model.transform(collection[[3, 1]])
    assert_same({"transform": np.asarray(part)}, {"transform": expected[[3, 1]]})


@every_estimator_once
def test_pipeline_gives_the_same_outputs(case):
    pipeline = make_pipeline(clone(case.estimator)).fit(case.X, case.y)
    assert_same(compute_outputs(pipeline, case.X), case.outputs)


@every_estimator_once
def test_html_names_the_estimator(case):
    assert type(case.estimator).__name__ in case.model._repr_html_()


@every_estimator_once
def test_tensors_that_require_grad_are_taken_as_arrays(case):
    expected = compute_outputs(case.model, case.X)
    tensor = torch.from_numpy(case.X.copy()).requires_grad_()
    assert_same(compute_outputs(case.model, tensor), expected)
    case.fit(tensor, case.y)
