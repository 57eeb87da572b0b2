"""Images on disk behave as the array they would be, in scikit-learn's hands too."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import warnings
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

Image = pytest.importorskip("PIL.Image")


def pixels(*shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


@pytest.fixture(scope="module")
def stack():
    return pixels(12, 5, 7)


@pytest.fixture(scope="module")
def images(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    return ImageCollection([save(folder / f"{i:02}.png", image) for i, image in enumerate(stack)])


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


class TestFiles:
    @pytest.mark.parametrize(
        ("suffix", "options"),
        [
            ("png", {}),
            ("bmp", {}),
            ("tiff", {}),
            ("tif", {"compression": "tiff_lzw"}),
            ("webp", {"lossless": True}),
            ("JPG", {"quality": 95}),
            ("jpeg", {"progressive": True}),
        ],
    )
    @pytest.mark.parametrize("shape", [(9, 6), (9, 6, 3)])
    def test_reader_formats(self, tmp_path, suffix, options, shape):
        array = pixels(*shape)
        path = save(tmp_path / f"image.{suffix}", array, **options)
        images = ImageCollection([path], mode="L" if len(shape) == 2 else "RGB")
        if "jp" in suffix.lower():
            array = np.asarray(Image.open(path))
        assert images.shape == (1, *shape)
        np.testing.assert_array_equal(images[0], array)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
    def test_reader_modes(self, tmp_path, mode):
        image = Image.fromarray(pixels(6, 5, 3)).convert(mode)
        image.save(tmp_path / "a.tif")
        images = ImageCollection([tmp_path / "a.tif"])
        expected = "L" if mode in {"1", "L", "LA"} else "RGB"
        assert images.mode == expected
        np.testing.assert_array_equal(images[0], np.asarray(image.convert(expected)))

    def test_collection_of_one_color_file_is_in_color(self, tmp_path):
        gray, color = pixels(4, 4), pixels(4, 4, 3)
        files = [save(tmp_path / "a.png", gray), save(tmp_path / "b.png", color)]
        images_of_modes = ImageCollection(files)
        assert images_of_modes.shape == (2, 4, 4, 3)
        np.testing.assert_array_equal(
            images_of_modes[0], np.repeat(gray[..., np.newaxis], 3, axis=2)
        )
        assert ImageCollection(files, mode="L").shape == (2, 4, 4)
        assert ImageCollection(files[:1]).mode == "L"

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_reader_sixteen_bits(self, tmp_path, suffix):
        deep = pixels(5, 4, dtype=np.uint16)
        file = save(tmp_path / f"deep.{suffix}", deep)
        default = ImageCollection([file])
        assert (default.mode, default.dtype) == ("F", np.float32)
        np.testing.assert_array_equal(default[0], deep)
        as_gray = ImageCollection([file], mode="L")
        np.testing.assert_array_equal(as_gray[0], np.rint(deep / 257))
        assert ImageCollection([file], mode="RGB")[0].shape == (5, 4, 3)

    def test_reader_float_pixels(self, tmp_path):
        array = np.linspace(-1, 1, 20, dtype=np.float32).reshape(4, 5)
        file = save(tmp_path / "a.tiff", array)
        np.testing.assert_array_equal(ImageCollection([file])[0], array)
        with pytest.raises(OSError, match=r"a.tiff: .*32 bits per pixel; mode='F' keeps them"):
            ImageCollection([file], mode="L")[0]

    @pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
    @pytest.mark.parametrize("shape", [(8, 16), (8, 16, 3)])
    @pytest.mark.parametrize(
        ("orientation", "upright"),
        [
            (1, lambda a: a),
            (2, np.fliplr),
            (3, lambda a: np.rot90(a, 2)),
            (4, np.flipud),
            (5, lambda a: np.rot90(np.fliplr(a))),
            (6, lambda a: np.rot90(a, -1)),
            (7, lambda a: np.rot90(np.fliplr(a), -1)),
            (8, np.rot90),
        ],
    )
    def test_reader_exif_orientation(self, tmp_path, suffix, shape, orientation, upright):
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"lossless": True} if suffix == "webp" else {}
        image = pixels(*shape)
        file = save(tmp_path / f"a.{suffix}", image, exif=exif, **options)
        if suffix == "jpg":  # the only one here that changes pixels
            image = np.asarray(Image.open(file))
        images = ImageCollection([file], mode="L" if len(shape) == 2 else "RGB")
        np.testing.assert_array_equal(images[0], upright(image))
        assert images.shape == (1, *upright(image).shape)

    def test_reader_exif_orientation_of_sixteen_bits(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        deep = pixels(5, 4, dtype=np.uint16)
        file = save(tmp_path / "a.png", deep, exif=exif)
        np.testing.assert_array_equal(ImageCollection([file])[0], np.rot90(deep, -1))

    def test_collection_sizes(self, tmp_path):
        files = [save(tmp_path / "a.png", pixels(40, 20)), save(tmp_path / "b.png", pixels(10, 12))]
        images = ImageCollection(files)
        assert images.shape == (2,)
        with pytest.raises(ValueError, match=r"a.png has 40 x 20, .*b.png 10 x 12. Give a size"):
            np.asarray(images)
        assert images[1:].shape == (1, 10, 12)
        assert images.map(lambda image: image[:10, :12]).shape == (2, 10, 12)
        resized_images = ImageCollection(files, size=(10, 12))
        assert np.asarray(resized_images).shape == resized_images.shape == (2, 10, 12)
        np.testing.assert_array_equal(resized_images[1], pixels(10, 12))
        assert ImageCollection(files, size=8).shape == (2, 8, 8)

    def test_reader_size_averages_over_the_area(self, tmp_path):
        stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
        resized_images = ImageCollection([save(tmp_path / "a.png", stripes)], size=8)[0]
        assert np.abs(resized_images.astype(int) - 128).max() < 16

    @pytest.mark.parametrize("suffix", ["jpg", "png"])
    @pytest.mark.parametrize("reduce", [1, 2, 4, 8])
    @pytest.mark.parametrize("shape", [(61, 94), (64, 40, 3), (3, 90), (1, 1)])
    def test_reader_reduce_averages(self, tmp_path, suffix, reduce, shape):
        rows, columns = np.mgrid[: shape[0], : shape[1]]
        smooth = (40 + 60 * np.sin(rows / 15) ** 2 + columns).astype(np.uint8)
        array = smooth if len(shape) == 2 else np.stack([smooth, smooth // 2, 255 - smooth], -1)
        file = save(tmp_path / f"a.{suffix}", array, **({"quality": 95} if suffix == "jpg" else {}))
        images = ImageCollection([file], reduce=reduce)
        assert images.shape == (1, -(-shape[0] // reduce), -(-shape[1] // reduce), *shape[2:])
        assert images[0].shape == np.asarray(images).shape[1:] == images.shape[1:]
        expected = np.asarray(Image.open(file).reduce(reduce)).astype(int)
        full_blocks = tuple(slice(0, max(side // reduce, 1)) for side in shape[:2])
        assert np.abs(images[0][full_blocks] - expected[full_blocks]).mean() < 3
        if suffix == "png":
            np.testing.assert_array_equal(images[0], expected)

    def test_reader_reduce_with_orientation_and_size(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        file = save(tmp_path / "a.jpg", pixels(64, 32), exif=exif)
        images = ImageCollection([file], reduce=4)
        assert images.shape == (1, 8, 16)
        np.testing.assert_array_equal(
            ImageCollection([file], reduce=4, size=(4, 8))[0],
            np.asarray(Image.fromarray(images[0]).resize((8, 4), Image.Resampling.BILINEAR)),
        )
        deep = save(tmp_path / "deep.png", pixels(8, 8, dtype=np.uint16))
        as_gray = ImageCollection([deep], reduce=2)
        assert (as_gray.dtype, as_gray.shape) == (np.float32, (1, 4, 4))

    def test_reader_color_as_gray_is_the_brightness(self, tmp_path):
        rows, columns = np.mgrid[:40, :48]
        color = np.stack([rows * 6, columns * 5, 255 - rows * 5], -1).astype(np.uint8)
        file = save(tmp_path / "a.jpg", color, quality=95)
        gray = ImageCollection([file], mode="L")[0].astype(int)
        assert np.abs(gray - np.asarray(Image.open(file).convert("L"))).max() <= 3
        np.testing.assert_array_equal(ImageCollection([file], mode="F")[0], gray)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"reduce": 3}, "reduce must be 1, 2, 4 or 8; got 3"),
            ({"reduce": "half"}, "reduce must be 1, 2, 4 or 8; got 'half'"),
            ({"size": 0}, "size must be .* got 0"),
            ({"size": (3, 4, 5)}, "size must be"),
            ({"size": 2.5}, "size must be"),
            ({"size": "big"}, "size must be"),
            ({"mode": "rgb"}, "mode must be None or one of L, RGB, F; got 'rgb'"),
            ({"on_error": "ignore"}, "on_error must be 'raise' or 'skip'; got 'ignore'"),
        ],
    )
    def test_collection_validates_parameters(self, images, parameters, message):
        with pytest.raises(ValueError, match=message):
            ImageCollection(images.files, **parameters)

    def test_collection_needs_several_paths(self, tmp_path):
        with pytest.raises(TypeError, match="a sequence of paths"):
            ImageCollection(tmp_path / "a.png")
        with pytest.raises(ValueError, match="at least one"):
            ImageCollection([])


class TestBadFiles:
    @pytest.fixture
    def good(self, tmp_path):
        return [save(tmp_path / f"good{i}.jpg", pixels(30, 40, 3, seed=i)) for i in range(3)]

    @pytest.fixture(params=["text", "empty", "bomb", "truncated", "missing", "folder"])
    def bad(self, request, tmp_path, monkeypatch, good):
        path = tmp_path / "bad.jpg"
        if request.param == "text":
            path.write_text("this is no image")
        elif request.param == "empty":
            path.touch()
        elif request.param == "bomb":
            save(path, pixels(200, 300))
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
        elif request.param == "truncated":
            content = good[0].read_bytes()
            path.write_bytes(content[: len(content) // 2])
        elif request.param == "folder":
            path.mkdir()
        return path

    def test_collection_raise_names_the_file(self, good, bad):
        with pytest.raises(OSError, match=r"bad\.jpg: ") as error_info:
            list(ImageCollection([*good, bad]))
        assert "\n" not in str(error_info.value)

    @pytest.mark.parametrize("bad", ["text", "empty", "bomb", "missing", "folder"], indirect=True)
    def test_collection_finds_damage_before_reading(self, good, bad):
        with pytest.raises(OSError, match=r"bad\.jpg: "):
            ImageCollection([*good, bad])

    def test_collection_skip_warns(self, good, bad):
        with pytest.warns(UserWarning, match=r"1 of 4 images cannot be read .*bad\.jpg"):
            images = ImageCollection([good[0], bad, *good[1:]], on_error="skip")
        assert images.files.tolist() == [str(path) for path in good]
        assert images.skipped == (str(bad),)
        assert np.asarray(images).shape == (3, 30, 40, 3)
        assert images[:2].skipped == ()

    def test_collection_skip_is_silent_without_damage(self, good):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert ImageCollection(good, on_error="skip").skipped == ()

    def test_collection_skip_of_all_files_raises(self, bad):
        with pytest.raises(OSError, match=r"None of the 1 files can be read; .*bad.jpg"):
            ImageCollection([bad], on_error="skip")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_reader_refuses_float_pixels_that_are_not_finite(tmp_path, value):
    good = np.linspace(-1, 1, 20, dtype=np.float32).reshape(4, 5)
    bad = good.copy()
    bad[1, 2] = value
    files = [save(tmp_path / "good.tiff", good), save(tmp_path / "bad.tiff", bad)]
    with pytest.raises(OSError, match=r"bad.tiff: .*NaN or infinite pixels"):
        np.asarray(ImageCollection(files))
    with pytest.warns(UserWarning, match=r"1 of 2 .*bad.tiff"):
        images = ImageCollection(files, on_error="skip")
    np.testing.assert_array_equal(np.asarray(images), good[np.newaxis])


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_reader_hides_warnings_about_damaged_metadata(tmp_path, recwarn, on_error):
    """Pillow warns of damaged EXIF data without naming the file."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = bytearray(save(tmp_path / "a.jpg", pixels(16, 8), exif=exif).read_bytes())
    content[content.index(b"MM\x00*") + 9] = 40  # more entries than there are
    (tmp_path / "a.jpg").write_bytes(content)
    warnings.simplefilter("always")
    with Image.open(tmp_path / "a.jpg") as image:
        image.getexif()
    assert len(recwarn) > 0
    recwarn.clear()
    assert ImageCollection([tmp_path / "a.jpg"], on_error=on_error)[0].size == 128
    assert len(recwarn) == 0


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
