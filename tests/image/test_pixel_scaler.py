"""PixelScaler: which range is learned, exact ends, inverse, dtypes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.preprocessing import MinMaxScaler

from sklvision.image import PixelScaler

images_of_floats = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=4, max_side=4),
    elements=st.floats(-1e4, 1e4).map(lambda value: round(value, 4)),
)
ranges = st.tuples(st.integers(-10, 10), st.integers(1, 20)).map(lambda r: (r[0], r[0] + r[1]))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.uint8, (0, 255)),
        (np.uint16, (0, 65535)),
        (np.uint32, (0, 2**32 - 1)),
        (bool, (0, 1)),
        (np.int16, (0, 1)),
        (np.int64, (0, 1)),
        (np.float32, (0, 1)),
    ],
)
def test_pixel_scaler_range_is_of_the_dtype_or_of_the_data(dtype, expected):
    images = np.array([[[0, 1], [1, 1]]], dtype=dtype)
    assert PixelScaler().fit(images).data_range_ == expected


def test_pixel_scaler_range_of_floats_is_of_training_images():
    scaler = PixelScaler().fit([[[2.0, 4.0]]])
    np.testing.assert_array_equal(scaler.transform([[[1.0, 5.0]]]), [[[-0.5, 1.5]]])
    clipped = PixelScaler(clip=True).fit([[[2.0, 4.0]]])
    np.testing.assert_array_equal(clipped.transform([[[1.0, 5.0]]]), [[[0.0, 1.0]]])


def test_pixel_scaler_takes_the_range_of_a_12_bit_camera():
    images = np.array([[[0, 4095]]], dtype=np.uint16)
    result = PixelScaler(data_range=(0, 4095)).fit_transform(images)
    np.testing.assert_array_equal(result, [[[0, 1]]])


@pytest.mark.parametrize("feature_range", [(0, 1), (-1, 1), (0.1, 0.7)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pixel_scaler_meets_the_ends_of_the_range(dtype, feature_range):
    high = np.iinfo(dtype).max if dtype != np.float32 else 1.5
    result = PixelScaler(feature_range).fit_transform(np.array([[[0, high]]], dtype))
    np.testing.assert_allclose(result.ravel(), feature_range, rtol=1e-7)


def test_pixel_scaler_channels_share_one_range(digits):
    images, _ = digits
    floats = images.astype(np.float64)
    result = PixelScaler().fit_transform(floats)
    one_column = MinMaxScaler().fit_transform(floats.reshape(-1, 1)).reshape(floats.shape)
    np.testing.assert_allclose(result, one_column)


@given(images_of_floats, ranges)
def test_pixel_scaler_inverse_restores_images(images, feature_range):
    scaler = PixelScaler(feature_range).fit(images)
    result = scaler.transform(images)
    low, high = feature_range
    assert result.min() >= low - 1e-9
    assert result.max() <= high + 1e-9
    np.testing.assert_allclose(scaler.inverse_transform(result), images, atol=1e-7)


def test_pixel_scaler_inverse_rounds_to_the_same_uint8():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    scaler = PixelScaler((-1, 1)).fit(images)
    restored = scaler.inverse_transform(scaler.transform(images))
    np.testing.assert_array_equal(np.rint(restored).astype(np.uint8), images)


@pytest.mark.parametrize("value", [0.0, 0.3, -5.0, 1e20])
def test_pixel_scaler_of_constant_images_is_the_lower_end(value):
    images = np.full((2, 3, 3), value)
    scaler = PixelScaler((0.25, 1)).fit(images)
    np.testing.assert_array_equal(scaler.transform(images), 0.25)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(images)), images)


def test_pixel_scaler_keeps_dtypes_small_if_exact():
    expected = {
        "u1": "f4", "u2": "f4", "i1": "f4", "i2": "f4", "f2": "f4", "?": "f4", "f4": "f4",
        "u4": "f8", "i4": "f8", "u8": "f8", "i8": "f8", "f8": "f8", "g": "f8",
    }  # fmt: skip
    for dtype, result in expected.items():
        images = np.array([[[0, 1], [1, 0]]], dtype=dtype)
        assert PixelScaler(data_range=(0, 1)).fit_transform(images).dtype == result
        assert PixelScaler().fit(images).transform(images).dtype == result


def test_pixel_scaler_tables_keep_their_names():
    table = pd.DataFrame({"a": [0.0, 2.0], "b": [1.0, 4.0]})
    frame = PixelScaler().set_output(transform="pandas").fit_transform(table)
    pd.testing.assert_frame_equal(frame, table / 4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data_range": (3, 1)}, r"data_range=\(3, 1\) must be two finite numbers"),
        ({"data_range": (1, 1)}, r"data_range=\(1, 1\)"),
        ({"data_range": (0, 1, 2)}, r"data_range=\(0, 1, 2\)"),
        ({"data_range": ("a", "b")}, r"data_range=\('a', 'b'\)"),
        ({"data_range": 255}, r"'data_range' parameter.*Got 255"),
        ({"feature_range": (0, np.inf)}, r"feature_range=\(0, inf\)"),
        ({"clip": "yes"}, r"'clip' parameter.*Got 'yes'"),
    ],
)
def test_pixel_scaler_names_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        PixelScaler(**settings).fit(np.zeros((1, 2, 2)))


def test_pixel_scaler_keeps_settings_until_the_next_fit():
    images = np.array([[[0.0, 10.0]]])
    scaler = PixelScaler().fit(images).set_params(feature_range=(-5, 5), clip=True)
    np.testing.assert_array_equal(scaler.transform(2 * images), [[[0.0, 2.0]]])
    np.testing.assert_array_equal(scaler.fit(images).transform(2 * images), [[[-5.0, 5.0]]])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    "ranges",
    [{"data_range": (0, 1e-300)}, {"feature_range": (0, 1e300)}, {"data_range": (-1e308, 1e308)}],
)
def test_pixel_scaler_refuses_ranges_that_overflow(ranges, dtype):
    images = np.array([[[0, 10], [20, 30]]], dtype)
    scaler = PixelScaler(**ranges).fit(images)
    with pytest.raises(ValueError, match="pixels of X become too large for float32"):
        scaler.transform(images)
    if "data_range" in ranges:  # which float64 holds
        assert np.isfinite(scaler.transform(images.astype(np.float64))).all()
