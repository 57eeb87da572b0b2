"""Small shared modules: lazy images, predictions, threads, optional imports, seeds, kernels."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.utils._kernels import make_path_kernels
from sklvision.utils._lazy import LazySamples, read_blocks
from sklvision.utils._optional import import_optional
from sklvision.utils._predictions import (
    PredictionsMixin,
    ProbabilitiesMixin,
    predict_with_probabilities,
)
from sklvision.utils._random import draw_seed
from sklvision.utils._samples import is_collection
from sklvision.utils._sklearn import get_response_methods, open_callback_context
from sklvision.utils._suggest import did_you_mean
from sklvision.utils._threads import map_ahead
from sklvision.utils._validation import is_plain

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 4, 5), dtype=np.uint8)


class Collection:
    """The least that a collection of images must have."""

    def __init__(self, images):
        self.images = images
        self.shape = images.shape
        self.dtype = images.dtype

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return Collection(self.images[index])

    def map(self, function):
        return Collection(np.stack([function(image) for image in self.images]))

    def batches(self, size):
        return (self.images[i : i + size] for i in range(0, len(self), size))


class Logits(PredictionsMixin):
    """Logits that are the input."""

    def __init__(self, *classes):
        self.classes_ = np.array(classes)

    def _compute_logits(self, X):
        return np.asarray(X, dtype=float)


class Probabilities(ProbabilitiesMixin):
    """Probabilities that are the input."""

    classes_ = np.array(["a", "b"])

    def _compute_probabilities(self, X):
        return np.asarray(X, dtype=float)


def test_is_collection_needs_map_and_batches():
    assert is_collection(Collection(IMAGES))
    assert not is_collection(IMAGES)
    assert not is_collection(type("Half", (), {"map": None})())


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_lazy_images_are_read_in_blocks_with_an_axis_of_channels(size):
    lazy = LazySamples(Collection(IMAGES), (4, 5, 1), np.float32)
    assert lazy.shape == (7, 4, 5, 1)
    blocks = list(read_blocks(lazy, size))
    assert [len(block) for block in blocks] == [len(b) for b in read_blocks(IMAGES, size)]
    np.testing.assert_array_equal(np.concatenate(blocks), IMAGES[..., np.newaxis])
    assert blocks[0].dtype == np.uint8
    selection = lazy[[5, 2]]
    assert len(selection) == 2
    np.testing.assert_array_equal(
        np.concatenate(list(selection.batches(2)))[..., 0], IMAGES[[5, 2]]
    )


def test_lazy_images_convert_floats_and_reject_nan():
    images = IMAGES / 7
    lazy = LazySamples(Collection(images), (4, 5, 1), np.float32)
    (block,) = lazy.batches(7)
    assert block.dtype == np.float32
    images[6, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        list(lazy.batches(2))


def test_predictions_of_three_classes_are_made_of_logits():
    X = np.array([[0.0, 2.0, 1.0], [3.0, -1.0, 0.5]])
    model = Logits("a", "b", "c")
    assert model.predict(X).tolist() == ["b", "a"]
    np.testing.assert_allclose(model.predict_proba(X), softmax(X, axis=1))
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(softmax(X, axis=1)))
    np.testing.assert_array_equal(model.decision_function(X), X)


def test_decision_function_of_two_classes_is_one_column():
    X = np.array([[1.0, 3.5], [2.0, -1.0]])
    np.testing.assert_array_equal(Logits(0, 1).decision_function(X), [2.5, -3.0])
    assert Logits(0, 1).predict(X).tolist() == [1, 0]


def test_predictions_made_of_probabilities():
    X = [[0.25, 0.75], [0.6, 0.4]]
    assert Probabilities().predict(X).tolist() == ["b", "a"]
    np.testing.assert_array_equal(Probabilities().predict_proba(X), X)
    np.testing.assert_allclose(Probabilities().predict_log_proba(X), np.log(X))


@pytest.mark.parametrize("n_items", [0, 1, 2, 9])
@pytest.mark.parametrize("n_ahead", [0, 1, 20])
def test_map_ahead_keeps_the_order(n_items, n_ahead):
    results = map_ahead(lambda x: x * x, range(n_items), n_threads=3, n_ahead=n_ahead)
    assert list(results) == [i * i for i in range(n_items)]


def test_map_ahead_computes_only_so_many_in_advance():
    started = []
    results = map_ahead(started.append, iter(range(100)), n_threads=1, n_ahead=2)
    next(results)
    next(results)
    results.close()
    assert len(started) <= 2 + 2


def test_map_ahead_computes_a_single_item_without_a_thread():
    (name,) = map_ahead(lambda _: threading.current_thread().name, [0], n_threads=2, n_ahead=2)
    assert name == threading.current_thread().name


def test_map_ahead_passes_errors_on():
    with pytest.raises(ZeroDivisionError):
        list(map_ahead(lambda x: 1 // x, [2, 1, 0, 1], n_threads=2, n_ahead=1))


def test_import_optional_names_the_extra(monkeypatch):
    assert import_optional("json", extra="none") is sys.modules["json"]
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"PIL is needed.*pip install 'sklvision\[images\]'"):
        import_optional("PIL.Image", extra="images")


def test_draw_seed_repeats_for_an_integer_and_varies_for_none():
    assert draw_seed(3) == draw_seed(3) == np.random.RandomState(3).randint(2**31 - 1)
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)
    global_state = np.random.get_state()[1].copy()
    assert draw_seed(None) != draw_seed(None)
    np.testing.assert_array_equal(np.random.get_state()[1], global_state)


def test_did_you_mean_suggests_similar_names_only():
    names = ["resnet8", "mlp"]
    assert did_you_mean("restnet8", names) == "Did you mean 'resnet8'? Known names: mlp, resnet8."
    assert did_you_mean("zzz", iter(names)) == "Known names: mlp, resnet8."


def test_path_kernels_divide_time_among_cells():
    cells = np.arange(-1.0, 2)
    x = np.array([[0.0, 0.0], [0.5, 1.0]])
    y = np.array([[0.0, 0.0], [0.0, -0.25]])
    kernels = make_path_kernels(x, y, cells)
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1)
    np.testing.assert_array_equal(kernels[0], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    # Half of the time between two cells of the middle row, half a quarter row above the last.
    np.testing.assert_allclose(kernels[1], [[0, 0, 0.125], [0, 0.25, 0.25 + 0.375], [0, 0, 0]])


PIXELS = np.zeros((3, 4, 5), np.uint8)
ROWS = np.ones((3, 6), np.float32)


@pytest.mark.parametrize(
    ("X", "shape", "dtype", "expected"),
    [
        (ROWS, (6,), np.float32, True),
        (ROWS.astype(np.float64), (6,), np.float32, True),
        (PIXELS, (4, 5, 1), np.float32, True),
        (PIXELS[..., np.newaxis], (4, 5, 1), np.float32, True),
        (ROWS[:0], (6,), np.float32, False),
        (ROWS[:, ::2], (3,), np.float32, False),
        (ROWS, (5,), np.float32, False),
        (PIXELS, (4, 5, 3), np.float32, False),
        (ROWS.astype(np.uint8), (6,), np.float32, False),
        (ROWS.astype(np.int64), (6,), np.float32, False),
        (ROWS.astype(np.float16), (6,), np.float32, False),
        (ROWS.tolist(), (6,), np.float32, False),
        (np.ma.masked_array(ROWS), (6,), np.float32, False),
        (ROWS * np.nan, (6,), np.float32, False),
        (ROWS * np.inf, (6,), np.float32, False),
        (ROWS.astype(np.float64) * 1e30, (6,), np.float32, False),
        (ROWS.astype(np.float64) * 1e30, (6,), np.float64, True),
    ],
)
def test_is_plain_of_finite_contiguous_arrays_of_the_shape(X, shape, dtype, expected):
    assert is_plain(X, shape, dtype) is expected


@pytest.mark.parametrize("n_steps", [1, 2, 3])
def test_predict_with_probabilities_is_predict_and_predict_proba(n_steps):
    X, y = load_iris(return_X_y=True)
    steps = [StandardScaler() for _ in range(n_steps - 1)]
    model = make_pipeline(*steps, LogisticRegression(max_iter=1000)).fit(X, y)
    labels, probabilities = predict_with_probabilities(model, X)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_array_equal(probabilities, model.predict_proba(X))
    model = make_pipeline(*steps, RidgeClassifier()).fit(X, y)
    labels, probabilities = predict_with_probabilities(model, X)
    np.testing.assert_array_equal(labels, model.predict(X))
    assert probabilities is None


def test_predict_with_probabilities_computes_own_classifiers_once():
    X = np.array([[0.0, 2.0, 1.0], [3.0, -1.0, 0.5]])
    labels, probabilities = predict_with_probabilities(Logits("a", "b", "c"), X)
    assert labels.tolist() == ["b", "a"]
    np.testing.assert_allclose(probabilities, softmax(X, axis=1))


def test_predict_with_probabilities_takes_labels_of_a_threshold_from_the_model():
    X, y = load_iris(return_X_y=True)
    y = y == 2
    model = FixedThresholdClassifier(LogisticRegression(max_iter=1000), threshold=0.01).fit(X, y)
    labels, probabilities = predict_with_probabilities(model, X)
    np.testing.assert_array_equal(labels, probabilities[:, 1] >= 0.01)
    assert (labels != (probabilities[:, 1] >= 0.5)).any()


@pytest.mark.parametrize(
    ("scorer", "methods"),
    [
        ("accuracy", ["predict"]),
        ("neg_log_loss", ["predict_proba"]),
        ("roc_auc", ["decision_function", "predict_proba"]),
    ],
)
def test_get_response_methods_lists_what_a_scorer_calls(scorer, methods):
    assert sorted(get_response_methods(get_scorer(scorer))) == methods
    assert get_response_methods(lambda estimator, X, y: 1.0) == []


def test_open_callback_context_calls_scikit_learn_where_it_has_callbacks():
    class WithCallbacks:
        def _init_callback_context(self, **params):
            return params

    context = open_callback_context(WithCallbacks(), "fit", 7)
    assert context == {"task_name": "fit", "max_subtasks": 7}
    assert open_callback_context(object(), "fit", 7) is None
