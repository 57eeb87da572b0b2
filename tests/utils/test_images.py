"""The one check of images, and what their values mean."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sklvision.image import Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.utils._images import (
    check_images,
    check_same_shape,
    convert_to_gray,
    find_value_range,
    get_dtype_range,
    measure_value_range,
    resolve_pixel_range,
    round_to_dtype,
    warn_of_channels_first,
)
from sklvision.utils._samples import as_samples
from tests.utils.test_samples import Lazy


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 4, 5, 3)])
def test_check_images_accepts_arrays_lists_and_collections(shape):
    images = np.zeros(shape, dtype=np.uint8)
    for X in (images, list(images), Lazy(images)):
        samples = check_images(X, requester="Resize")
        assert samples.shape == shape
        assert samples.dtype == np.uint8
    assert check_images(samples, requester="Resize").data is samples.data


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 6)), r"shape \(2, 6\), but Resize expects \(n, height, width\)"),
        (np.zeros((2, 6)), r"one sample alone is X\[np.newaxis\]"),
        (np.zeros((1, 2, 3, 4, 5)), r"Resize expects"),
        (np.zeros((0, 4, 4)), "0 sample"),
        (np.zeros((2, 0, 4)), "no values"),
        (np.full((1, 2, 2), np.nan), "NaN"),
        ([np.zeros((4, 4)), np.zeros((5, 4))], r"different shapes, \(4, 4\) and \(5, 4\)"),
        (Lazy(np.zeros((0, 4, 4))), "0 images"),
        (Lazy(np.zeros((3, 4))), r"images of shape \(4,\)"),
        (np.array([["a"]]), "X holds 'a', expected numbers"),
    ],
)
def test_check_images_says_what_is_wrong(X, message):
    with pytest.raises(ValueError, match=message):
        check_images(X, requester="Resize")


def test_check_images_takes_rows_only_where_two_dimensions_are_allowed():
    assert check_images(np.zeros((2, 6)), requester="F", n_dims=(2, 3, 4)).is_table
    with pytest.raises(ValueError, match=r"\(n, n_features\) or \(n, height, width\)"):
        check_images(np.zeros(6), requester="F", n_dims=(2, 3, 4))


def test_check_images_of_several_sizes_needs_permission():
    lazy = Lazy(np.zeros((2, 3, 3)))
    lazy.shape = (2,)
    assert check_images(lazy, requester="Resize", one_size=False).sample_shape is None
    with pytest.raises(ValueError, match="differ in size"):
        check_images(lazy, requester="Resize")


def test_check_same_shape_compares_with_training():
    check_same_shape((3, 4), (3, 4), "Resize")
    check_same_shape(None, (3, 4), "Resize")
    check_same_shape((3, 4), None, "Resize")
    with pytest.raises(
        ValueError, match=r"shape \(3, 5\), but Resize was fitted on images of shape \(3, 4\)"
    ):
        check_same_shape((3, 5), (3, 4), "Resize")
    with pytest.raises(ValueError, match="rows of 5 features"):
        check_same_shape((5,), (3, 4), "Resize")


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0, 3], np.uint8, (0, 255)),
        ([0, 3], np.uint16, (0, 65535)),
        ([False, True], bool, (0, 1)),
        ([0.2, 1.0], np.float32, (0, 1)),
        ([0.2, 1.01], np.float32, (0, 255)),
        ([0.0, 255.0], np.float64, (0, 255)),
        ([0.0, 255.5], np.float64, (0, 255.5)),
        ([-0.5, 0.5], np.float64, (-0.5, 0.5)),
        ([0, 200], np.int64, (0, 255)),
    ],
)
def test_find_value_range_gives_black_and_white(values, dtype, expected):
    images = np.array(values, dtype=dtype).reshape(2, 1, 1)
    assert find_value_range(as_samples(images)) == expected
    assert find_value_range(as_samples(Lazy(images))) == expected


def test_measure_value_range_refuses_what_is_not_finite():
    images = np.array([1.0, 7.0]).reshape(2, 1, 1)
    assert measure_value_range(as_samples(images)) == (1.0, 7.0)
    images[1] = np.inf
    with pytest.raises(ValueError, match="NaN or infinity"):
        measure_value_range(as_samples(Lazy(images)))


def test_get_dtype_range_is_unknown_for_signed_numbers_and_floats():
    assert get_dtype_range(np.dtype(np.int16)) is None
    assert get_dtype_range(np.dtype(np.float32)) is None


def test_convert_to_gray_weighs_colors_by_luminance():
    pixel = np.array([[[100.0, 200.0, 50.0]]])
    gray = 0.299 * 100 + 0.587 * 200 + 0.114 * 50
    assert convert_to_gray(pixel)[0, 0] == pytest.approx(gray)
    with_alpha = np.concatenate([pixel, [[[255.0]]]], axis=-1)
    assert convert_to_gray(with_alpha)[0, 0] == pytest.approx(gray)
    assert convert_to_gray(pixel[..., :1])[0, 0] == 100
    assert convert_to_gray(pixel[..., :2])[0, 0] == 150


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.uint8, [0, 0, 2, 4, 255]),
        (np.int8, [-3, 0, 2, 4, 127]),
        (bool, [False, True, True, True, True]),
        (np.float64, [-3.2, 0.5, 1.5, 3.6, 300.0]),
    ],
)
def test_round_to_dtype_rounds_and_clips_whole_numbers(dtype, expected):
    values = np.array([-3.2, 0.5, 1.5, 3.6, 300.0], dtype=np.float32)
    result = round_to_dtype(values, np.dtype(dtype))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
def test_round_to_dtype_stays_within_the_largest_whole_numbers(dtype):
    result = round_to_dtype(np.array([1e30, -1e30], dtype=np.float32), np.dtype(dtype))
    assert result[0] > 0
    assert result[0] <= np.iinfo(dtype).max
    assert result[1] == np.iinfo(dtype).min


@pytest.mark.parametrize(
    ("pixel_range", "images", "expected"),
    [
        ("auto", np.zeros((2, 3, 4), np.uint8), (0, 255)),
        ("auto", np.zeros((2, 3, 4), np.uint16), (0, 65535)),
        ("auto", np.full((2, 3, 4), 0.5), (0, 1)),
        ("auto", np.full((2, 3, 4), 200.0), (0, 255)),
        ((-1, 2.5), np.zeros((2, 3, 4), np.uint8), (-1, 2.5)),
    ],
)
def test_resolve_pixel_range_gives_black_and_white(pixel_range, images, expected):
    assert resolve_pixel_range(pixel_range, as_samples(images)) == expected


@pytest.mark.parametrize(
    ("pixel_range", "message"),
    [
        ("auto", r"cannot infer black and white of float64 images with values from -3 to 400"),
        ("full", r"pixel_range must be 'auto' or \(black, white\), got 'full'"),
        ((1, 0), r"pixel_range=\(1, 0\) must be two finite numbers, the smaller one first"),
        ((1, 1), r"two finite numbers"),
        ((1,), r"two finite numbers"),
        ((0, 1, 2), r"two finite numbers"),
        ((0, "1"), r"two finite numbers"),
        ((0, np.inf), r"two finite numbers"),
        ((np.nan, 1), r"two finite numbers"),
        (3, r"two finite numbers"),
    ],
)
def test_resolve_pixel_range_says_what_is_wrong(pixel_range, message):
    images = np.full((2, 3, 4), -3.0)
    images[0, 0, 0] = 400
    with pytest.raises(ValueError, match=message):
        resolve_pixel_range(pixel_range, as_samples(images))


@pytest.mark.parametrize("kind", ["path", "name", "bytes", "image", "names", "paths", "array"])
def test_files_of_images_are_refused_with_the_way_to_read_them(tmp_path, kind):
    image = pytest.importorskip("PIL.Image").new("L", (6, 6))
    path = tmp_path / "0.png"
    image.save(path)
    X = {
        "path": path,
        "name": str(path),
        "bytes": path.read_bytes(),
        "image": image,
        "names": [str(path), str(path)],
        "paths": [path],
        "array": np.array([str(path)]),
    }[kind]
    images = np.zeros((4, 6, 6), np.uint8)
    net = ImageClassifier(max_epochs=1).fit(images, [0, 1, 0, 1])
    way = r'ImageCollection\(files, \*\*classifier.input_contract_\["reading"\]\)'
    with pytest.raises(TypeError, match=f"Expected images, got .*{way} to predict"):
        net.predict(X)
    with pytest.raises(TypeError, match="ImageCollection\\(files\\) to fit"):
        Resize(4).fit(X)


@pytest.mark.parametrize("name", ["new.csv", "spectra.NPZ"])
def test_path_of_a_table_is_refused_with_the_way_to_read_it(name):
    with pytest.raises(TypeError, match=rf"got the path '{name}'. Read it first: by load_spectra"):
        SpectrumClassifier(max_epochs=1).fit(np.eye(4), [0, 1, 0, 1]).predict(name)


@pytest.mark.parametrize(
    ("shape", "is_suspect"),
    [
        ((3, 8, 8), True),
        ((1, 8, 20), True),
        ((4, 300, 200), True),
        ((3, 7, 8), False),
        ((3, 8, 7), False),
        ((2, 8, 8), False),
        ((8, 8, 3), False),
        ((3, 8), False),
        (None, False),
    ],
)
def test_warn_of_channels_first_where_one_of_the_first_is_followed_by_many(shape, is_suspect):
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        warn_of_channels_first(shape, stacklevel=1)
    assert len(records) == is_suspect
