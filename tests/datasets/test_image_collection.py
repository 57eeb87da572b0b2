"""Images on disk behave as the array they would be, in scikit-learn's hands too."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from functools import partial

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import _safe_indexing, resample, shuffle
from sklearn.utils.validation import _num_samples, check_consistent_length

from sklvision.datasets import ImageCollection, load_image_folder
from tests.datasets._images import pixels, save


def brighter(image, step=1):
    return image + np.uint8(step)


class MeanBrightness(ClassifierMixin, BaseEstimator):
    """A classifier that reads a collection in batches, and an array as well."""

    def __init__(self, batch_size=4):
        self.batch_size = batch_size

    def _features(self, X):
        batches = X.batches(self.batch_size) if hasattr(X, "batches") else [np.asarray(X)]
        return np.concatenate([b.reshape(len(b), -1).mean(axis=1, keepdims=True) for b in batches])

    def fit(self, X, y):
        check_consistent_length(X, y)
        self.model_ = LogisticRegression().fit(self._features(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(self._features(X))

    def predict_proba(self, X):
        return self.model_.predict_proba(self._features(X))


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classes")
    for name, level in (("dark", 60), ("light", 90)):
        (folder / name).mkdir()
        for i in range(12):
            save(folder / name / f"{i}.png", (pixels(6, 8, seed=i) % 60 + level).astype(np.uint8))
    return load_image_folder(folder, return_X_y=True)


class TestAsAnArray:
    def test_collection_resembles_its_array(self, images, stack):
        assert (len(images), images.shape, images.ndim) == (12, stack.shape, 3)
        assert images.dtype == np.uint8
        np.testing.assert_array_equal(np.asarray(images), stack)
        np.testing.assert_array_equal(list(images), stack)
        assert np.asarray(images, dtype=np.float32).dtype == np.float32
        assert "12 images, mode 'L'" in repr(images)

    @given(
        key=st.one_of(
            npst.integer_array_indices((12,), result_shape=npst.array_shapes(max_dims=1)).map(
                lambda key: key[0]
            ),
            npst.arrays(bool, 12),
            st.slices(12),
            st.lists(st.integers(-12, 11), max_size=20),
            st.lists(st.booleans(), min_size=12, max_size=12),
        )
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_collection_slices_as_an_array(self, images, stack, key):
        expected = stack[key] if not isinstance(key, list) or key else stack[:0]
        for selection in (
            images[key],
            _safe_indexing(images, key) if len(expected) else images[key],
        ):
            assert isinstance(selection, ImageCollection)
            assert len(selection) == len(expected)
            if len(expected):
                np.testing.assert_array_equal(np.asarray(selection), expected)

    @pytest.mark.parametrize("key", [0, -1, np.int64(3), np.uint8(2), (4, Ellipsis)])
    def test_collection_integer_gives_an_image(self, images, stack, key):
        np.testing.assert_array_equal(images[key], stack[key])

    @pytest.mark.parametrize(
        "key", [12, -13, [0, 12], np.zeros(5, bool), [[0, 1]], 1.5, [0.5], "a", (0, 1), None, True]
    )
    def test_collection_refuses_a_wrong_index(self, images, key):
        with pytest.raises(IndexError):
            images[key]

    def test_collection_slices_of_slices(self, images, stack):
        np.testing.assert_array_equal(np.asarray(images[2:][::3][[1, 0]]), stack[2:][::3][[1, 0]])
        assert len(images[:0]) == 0
        assert np.asarray(images[:0]).size == 0

    def test_collection_array_needs_a_copy(self, images):
        with pytest.raises(ValueError, match="without a copy"):
            images.__array__(copy=False)


class TestMap:
    def test_map_equals_eager_functions(self, images, stack):
        mapped_images = images.map(brighter).map(partial(brighter, step=3)).map(np.ravel)
        assert mapped_images.shape == (12, 35)
        np.testing.assert_array_equal(
            np.asarray(mapped_images), (stack + np.uint8(4)).reshape(12, 35)
        )
        np.testing.assert_array_equal(
            np.asarray(mapped_images[[5, 1]]), np.asarray(mapped_images)[[5, 1]]
        )
        assert images.shape == stack.shape
        assert "mapped by brighter, partial, ravel" in repr(mapped_images)

    def test_map_reads_when_needed(self, images):
        read = []
        mapped_images = images.map(lambda image: read.append(1) or image)[::2].map(np.ravel)
        assert read == []
        assert len(mapped_images) == 6
        assert mapped_images[3].shape == (35,)
        assert len(read) == 1

    def test_map_changes_dtype_and_shape(self, images):
        half = images.map(lambda image: image[:3] / np.float32(255))
        assert half.dtype == np.float32
        assert half.shape == (12, 3, 7)

    def test_map_shape_reads_no_image_twice(self, images, stack):
        read = []
        mapped_images = images.map(lambda image: read.append(1) or image + np.uint8(1))
        assert mapped_images[:1].shape == (1, *stack.shape[1:])
        read.clear()
        assert mapped_images.shape == stack.shape
        for _ in range(2):
            np.testing.assert_array_equal(np.asarray(mapped_images), stack + np.uint8(1))
        assert len(read) == 24

    def test_map_with_differing_results_names_the_file(self, images):
        odd = images.map(lambda image: image if image[0, 0] == images[0][0, 0] else image[1:])
        with pytest.raises(
            ValueError, match=r"01.png is uint8 of shape \(4, 7\), .*00.png is uint8"
        ):
            np.asarray(odd)

    def test_map_with_a_failing_function_names_the_file(self, images):
        with pytest.raises(ZeroDivisionError) as error_info:
            list(images[3:].map(lambda image: 1 // 0))
        assert "03.png" in error_info.value.__notes__[0]

    def test_map_refuses_what_is_not_callable(self, images):
        with pytest.raises(TypeError, match="func must be callable, got 3"):
            images.map(3)


class TestBatches:
    @pytest.mark.parametrize("n_threads", [None, 1, 3])
    @pytest.mark.parametrize("batch_size", [1, 5, 12, 100])
    def test_batches_keep_the_order(self, images, stack, batch_size, n_threads):
        batches = list(images.batches(batch_size, n_threads=n_threads))
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
        np.testing.assert_array_equal(np.concatenate(batches), stack)

    def test_batches_read_ahead(self, images):
        read, next_batch_done = [], threading.Event()

        def note(image):
            read.append(threading.current_thread())
            if len(read) == 8:  # two batches of four, the first image of which gave the shape
                next_batch_done.set()
            return image

        batches = images.map(note).batches(4)
        next(batches)
        assert next_batch_done.wait(timeout=10)
        assert threading.main_thread() not in read[1:]
        batches.close()

    def test_batches_leave_no_thread(self, images):
        n_threads = threading.active_count()
        for _ in images.batches(2, n_threads=3):
            break
        for _ in images:
            break
        assert threading.active_count() == n_threads

    @pytest.mark.parametrize("batch_size", [0, -1, 2.5, "a"])
    def test_batches_validate_batch_size(self, images, batch_size):
        with pytest.raises(ValueError, match="batch_size must be an integer of at least 1"):
            next(images.batches(batch_size))


class TestInScikitLearn:
    def test_collection_in_utilities_of_scikit_learn(self, images, stack):
        assert _num_samples(images) == 12
        train, test, y_train, y_test = train_test_split(images, np.arange(12), random_state=0)
        assert isinstance(train, ImageCollection)
        np.testing.assert_array_equal(np.asarray(train), stack[y_train])
        np.testing.assert_array_equal(np.asarray(test), stack[y_test])
        shuffled_images, y = shuffle(images, np.arange(12), random_state=0)
        np.testing.assert_array_equal(np.asarray(shuffled_images), stack[y])
        drawn_images, y = resample(images, np.arange(12), random_state=0)
        np.testing.assert_array_equal(np.asarray(drawn_images), stack[y])

    def test_collection_cross_validation_equals_the_array(self, two_classes):
        X, y = two_classes
        lazy = cross_val_score(MeanBrightness(), X, y, cv=3, error_score="raise")
        np.testing.assert_array_equal(
            lazy, cross_val_score(MeanBrightness(), np.asarray(X), y, cv=3)
        )
        assert lazy.mean() > 0.9

    @pytest.mark.slow
    def test_collection_in_search_vote_and_learning_curve(self, two_classes):
        X, y = two_classes
        search = GridSearchCV(MeanBrightness(), {"batch_size": [2, 7]}, cv=3, n_jobs=2).fit(X, y)
        assert search.best_score_ > 0.9
        vote = VotingClassifier([("a", MeanBrightness()), ("b", MeanBrightness(3))], voting="soft")
        assert (cross_val_predict(vote, X, y, cv=3) == y).mean() > 0.9
        sizes = learning_curve(
            MeanBrightness(), X, y, cv=3, train_sizes=[8, 16], shuffle=True, random_state=0
        )[0]
        assert sizes.tolist() == [8, 16]

    def test_collection_in_pipeline_equals_the_array(self, two_classes):
        X, y = two_classes
        flatten = FunctionTransformer(lambda X: X.map(np.ravel))
        pipe = make_pipeline(flatten, LogisticRegression(max_iter=300))
        lazy = pipe.fit(X, y).predict_proba(X)
        array = np.asarray(X).reshape(24, -1)
        np.testing.assert_array_equal(lazy, pipe[-1].fit(array, y).predict_proba(array))

    def test_collection_is_refused_by_an_estimator_of_tables(self, two_classes):
        with pytest.raises(ValueError, match="dim 3"):
            LogisticRegression().fit(*two_classes)

    def test_collection_pickles_names_not_pixels(self, images, stack):
        mapped_images = images.map(partial(brighter, step=2))
        text = pickle.dumps(mapped_images)
        assert len(text) < 200 * len(images)
        assert len(pickle.dumps(mapped_images[:2])) < len(text)
        np.testing.assert_array_equal(np.asarray(pickle.loads(text)), stack + np.uint8(2))

    def test_collection_hash_does_not_change_when_read(self, images):
        mapped_images = images.map(brighter)
        digest = joblib.hash(mapped_images)
        assert mapped_images.shape == (12, 5, 7)
        assert joblib.hash(mapped_images) == digest
        assert joblib.hash(images) != digest


@pytest.mark.data
def test_batches_of_nails_hold_few_images_in_memory(data_home):
    code = """
import resource, sys
import numpy as np, PIL.ImageOps
from sklvision.datasets import load_image_folder
images = load_image_folder(sys.argv[1]).data
total = np.prod(images.shape)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for batch in images.batches(8, n_threads=2):
    pass
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(total / 2**20, (after - before) / 2**10)
"""
    command = [sys.executable, "-c", code, str(data_home / "nails" / "train")]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    full_size, growth = map(float, output.split())
    assert full_size > 350  # MiB, all 160 images
    assert growth < 100
