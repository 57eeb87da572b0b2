"""Resize: values against Pillow and plain averages, rounding, dtypes, channels, wrong input."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision.image import FlattenImages, Resize

METHODS = ["bilinear", "box", "bicubic", "nearest"]
DTYPES = ["?", "u1", "i1", "u2", "i4", "i8", "f2", "f4", "f8"]


def random_images(shape, dtype="u1", seed=0):
    values = np.random.default_rng(seed).integers(0, 128, shape)
    return (values > 64) if dtype == "?" else values.astype(dtype)


@pytest.mark.parametrize("resample", METHODS)
@pytest.mark.parametrize("size", [(7, 5), (12, 18), (40, 31)])
def test_resize_agrees_with_pillow(resample, size):
    images = 64 + random_images((3, 12, 18, 3))
    result = Resize(size, resample=resample).fit_transform(images)
    for image, resized_image in zip(images, result, strict=True):
        picture = Image.fromarray(image).resize(size[::-1], Image.Resampling[resample.upper()])
        # Pillow rounds 8-bit images after each axis (and clips there: these are far from it).
        np.testing.assert_allclose(
            resized_image.astype(int), np.asarray(picture).astype(int), atol=1
        )


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_resize_box_averages_areas(dtype):
    images = random_images((4, 12, 18, 2), dtype)
    means = images.reshape(4, 3, 4, 6, 3, 2).mean(axis=(2, 4))
    result = Resize((3, 6), resample="box").fit_transform(images)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, np.rint(means) if dtype == "u1" else means, rtol=1e-6)


def test_resize_rounding_is_not_biased():
    """Rounding after each axis makes this one 1: half a pixel in one row rounds up first."""
    assert Resize(1, resample="box").fit_transform(np.array([[[0, 0], [0, 1]]], "u1")).item() == 0
    images = random_images((200, 8, 8))
    exact = images.mean()
    assert abs(Resize(4, resample="box").fit_transform(images).mean() - exact) < 0.05


@pytest.mark.parametrize("resample", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_resize_keeps_dtype_and_channels(dtype, resample):
    for channels in ((), (1,), (2,), (4,), (7,)):
        images = random_images((2, 6, 8, *channels), dtype)
        result = Resize((4, 5), resample=resample).fit_transform(images)
        assert result.dtype == images.dtype
        assert result.shape == (2, 4, 5, *channels)
        for channel in np.ndindex(channels):
            single_result = Resize((4, 5), resample=resample).fit_transform(images[(..., *channel)])
            np.testing.assert_array_equal(result[(..., *channel)], single_result)


def test_resize_takes_four_channels_alike():
    images = np.zeros((1, 4, 4, 4), np.uint8)
    images[..., 0] = 200
    assert Resize(2).fit_transform(images)[..., 0].min() == 200


@pytest.mark.parametrize("resample", METHODS)
@given(
    value=st.integers(-100, 100),
    shape=array_shapes(min_dims=3, max_dims=4, max_side=6),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_resize_keeps_constant_images(resample, value, shape, size):
    for dtype in ("i2", "f8"):
        result = Resize(size, resample=resample).fit_transform(np.full(shape, value, dtype))
        assert result.shape == (shape[0], *size, *shape[3:])
        np.testing.assert_allclose(result, value, rtol=1e-5)


@pytest.mark.parametrize("resample", METHODS)
@given(images=arrays(np.uint8, array_shapes(min_dims=3, max_dims=4, max_side=6)))
def test_resize_to_the_same_size_changes_nothing(resample, images):
    resized_image = Resize(images.shape[1:3], resample=resample).fit_transform(images)
    np.testing.assert_array_equal(resized_image, images)
    assert not np.shares_memory(resized_image, images)


@given(
    images=arrays(np.uint8, array_shapes(min_dims=3, max_dims=4, max_side=6)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    resample=st.sampled_from(["bilinear", "box", "nearest"]),
)
def test_resize_commutes_with_flips_and_stays_in_range(images, size, resample):
    resize = Resize(size, resample=resample).fit(images)
    result = resize.transform(images)
    assert result.min() >= images.min()
    assert result.max() <= images.max()
    if resample == "bilinear":
        mirror_result = resize.transform(images[:, ::-1, ::-1])[:, ::-1, ::-1].astype(int)
        np.testing.assert_allclose(mirror_result, result.astype(int), atol=1)


def test_resize_bicubic_clips_overshoot():
    images = np.zeros((1, 8, 8), np.uint8)
    images[:, :, 4:] = 255
    result = Resize(32, resample="bicubic").fit_transform(images)
    assert (result[:, :, :8] < 20).all()
    assert (result[:, :, -8:] > 235).all()
    floats = Resize(32, resample="bicubic").fit_transform(images.astype(np.float32))
    assert floats.max() > 255
    assert floats.min() < 0


@pytest.mark.parametrize("dtype", ["i4", "i8", "u8"])
def test_resize_of_the_largest_integers_does_not_wrap(dtype):
    images = np.full((1, 4, 4), np.iinfo(dtype).max, dtype)
    assert Resize(2, resample="bicubic").fit_transform(images).min() > np.iinfo(dtype).max // 2
    np.testing.assert_array_equal(
        Resize(2, resample="nearest").fit_transform(images), images[:, :2, :2]
    )


def test_resize_nearest_keeps_labels_of_a_mask():
    masks = np.array([[[2**60 + 1, 5], [7, 9]]])
    result = Resize(4, resample="nearest").fit_transform(masks)
    np.testing.assert_array_equal(result, masks.repeat(2, axis=1).repeat(2, axis=2))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, r"'size' parameter.*Got 0"),
        ({"size": 4.5}, r"'size' parameter.*Got 4.5"),
        ({"size": (4, 0)}, r"size must be .* or a pair \(height, width\) of them, got \(4, 0\)"),
        ({"size": 10**6}, r"'size' parameter.*Got 1000000"),
        (
            {"size": (4, 10**30)},
            r"size must be a whole number of pixels from 1 to 65536, .* got \(4, 10+\)",
        ),
        ({"size": (4, True)}, r"size must be .* got \(4, True\)"),
        ({"size": (2**16, 2**16)}, r"makes images of 4294967296 pixels: at most 268435456"),
        ({"size": (4, 2.5)}, r"size must be .* got \(4, 2.5\)"),
        ({"size": (4, 4, 3)}, r"size must be .* got \(4, 4, 3\)"),
        ({"size": 4, "resample": "area"}, r"'resample' parameter.*Got 'area'"),
    ],
)
def test_resize_names_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Resize(**settings).fit(np.zeros((1, 5, 5)))


def test_resize_hints_how_one_image_becomes_a_batch():
    with pytest.raises(ValueError, match=r"shape \(5, 5\).*X\[np.newaxis\]"):
        Resize(3).fit(np.zeros((5, 5)))


def test_resize_takes_a_list_of_pictures():
    pictures = [Image.fromarray(image) for image in random_images((3, 6, 8, 3))]
    assert Resize(4).fit_transform(pictures).shape == (3, 4, 4, 3)
    pictures[1] = pictures[1].crop((0, 0, 4, 4))
    assert Resize(4).fit_transform(pictures).shape == (3, 4, 4, 3)
    with pytest.raises(ValueError, match=r"\(6, 8, 3\) and \(4, 4, 3\) among them"):
        FlattenImages().fit(pictures)


def test_resize_fit_names_the_extra_of_a_missing_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"sklvision\[images\]"):
        Resize(4).fit(np.zeros((1, 5, 5)))
    assert Resize(4, resample="nearest").fit_transform(np.zeros((1, 5, 5))).shape == (1, 4, 4)


def test_resize_keeps_settings_until_the_next_fit():
    images = random_images((2, 8, 8))
    resize = Resize(4).fit(images).set_params(size=(2, 3), resample="nearest")
    np.testing.assert_array_equal(resize.transform(images), Resize(4).fit_transform(images))
    assert resize.fit(images).transform(images).shape == (2, 2, 3)


def test_resize_size_is_searchable(digits):
    images, y = digits
    model = make_pipeline(Resize(8), FlattenImages(), DecisionTreeClassifier(random_state=0))
    search = GridSearchCV(
        model,
        {"resize__size": [2, 4, (6, 5)], "resize__resample": METHODS},
        cv=2,
        error_score="raise",
    )
    assert search.fit(images, y).best_score_ > 0.6


def test_resize_brings_a_list_of_arrays_to_one_size():
    images = [random_images((h, w, 3), seed=h) for h, w in ((12, 18), (7, 9), (30, 20))]
    resize = Resize((6, 8)).fit(images)
    expected = [Resize((6, 8)).fit_transform(image[np.newaxis])[0] for image in images]
    np.testing.assert_array_equal(resize.transform(images), expected)
    np.testing.assert_array_equal(resize.transform(images[:1]), expected[:1])
    assert resize.input_shape_ is None
    with pytest.raises(ValueError, match=r"different channels: they become \(6, 8, 3\) and \(6, 8"):
        resize.transform([images[0], images[1][..., 0]])
    with pytest.raises(ValueError, match="NaN or infinity"):
        resize.transform([images[0], np.full((4, 4, 3), np.nan)])


def test_resize_brings_images_of_pillow_to_one_size():
    arrays = [random_images((h, w, 3), seed=h) for h, w in ((12, 18), (7, 9))]
    pictures = list(map(Image.fromarray, arrays))
    expected = Resize(5).fit_transform(arrays)
    np.testing.assert_array_equal(Resize(5).fit_transform(pictures), expected)
    transparent = Image.new("RGBA", (9, 7), (0, 0, 0, 0))
    palette = Image.new("RGB", (3, 4), "red").convert("P")
    white, red = Resize(2).fit_transform([transparent, palette])
    assert (white == 255).all()
    assert (red == [255, 0, 0]).all()
    sideways = Image.fromarray(arrays[0])
    sideways.getexif()[0x0112] = 6
    upright = Resize((18, 12)).fit_transform([sideways])[0]
    np.testing.assert_array_equal(upright, np.rot90(arrays[0], -1))


@pytest.mark.parametrize("step", [Resize(4), FlattenImages()])
def test_image_steps_warn_of_channels_first(step):
    with pytest.warns(UserWarning, match="look channels-first"):
        step.fit(np.zeros((2, 3, 8, 9)))
