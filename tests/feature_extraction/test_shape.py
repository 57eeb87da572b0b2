"""ShapeFeatures: what each number says, what it does not depend on, and odd masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sklvision.datasets import ImageCollection
from sklvision.feature_extraction import ShapeFeatures
from sklvision.image import ForegroundCrop


def bar(length=60, thickness=6, sag=0.0, wave=0.0, *, shape=(40, 80)):
    """A bar about the middle of a mask, bowed by `sag` pixels from its ends to its middle."""
    rows, columns = (np.arange(side) + 0.5 - side / 2 for side in shape)
    position = columns / (length / 2)
    middle = sag * (position**2 - 1 / 3) + wave * np.sin(2 * np.pi * position)
    # The share of each pixel that is covered, so that no outline is rounded.
    coverage = np.clip(thickness / 2 + 0.5 - np.abs(rows[:, np.newaxis] - middle), 0, 1)
    return coverage * (np.abs(columns) < length / 2)


def ratios(*masks):
    shape = ShapeFeatures().fit(masks)
    values = np.exp(shape.transform(masks)) - 1e-3
    return [dict(zip(shape.get_feature_names_out(), row, strict=True)) for row in values]


def test_shape_features_of_a_straight_bar_are_its_lengths():
    (features,) = ratios(bar(60, 6))
    for name in ("height", "thickness", "spread"):
        assert features[name] == pytest.approx(0.1, rel=0.02)
    assert features["bend"] == pytest.approx(0, abs=1e-9)
    assert features["bow"] == pytest.approx(0, abs=1e-9)


@given(sag=st.floats(0, 12))
def test_shape_features_bow_of_a_parabola_is_its_bend(sag):
    features = ratios(bar(sag=sag), bar(sag=-sag))
    # The root mean square of x**2 - 1/3 between -1 and 1 is 2 / sqrt(45).
    for row in features:
        assert row["bend"] == pytest.approx(sag * 2 / np.sqrt(45) / 60, abs=2e-3)
        assert row["bow"] == pytest.approx(row["bend"], abs=1e-3)
        assert row["spread"] == pytest.approx(0.1, abs=2e-3)
        assert row["height"] >= row["spread"] - 1e-9


def test_shape_features_of_a_wave_have_a_bend_and_no_bow():
    (features,) = ratios(bar(wave=4))
    assert features["bend"] > 0.02
    assert features["bow"] < 1e-3


@given(
    data=st.data(),
    flip=st.sampled_from([np.flipud, np.fliplr, lambda m: m[::-1, ::-1]]),
    factor=st.sampled_from([1e-3, 0.5, 255]),
)
def test_shape_features_are_invariant_to_flips_shifts_and_units(data, flip, factor):
    seed = data.draw(st.integers(0, 1000))
    mask = np.zeros((30, 70))
    mask[5:20, 8:50] = np.random.default_rng(seed).random((15, 42))
    shifted_mask = np.roll(
        mask, (data.draw(st.integers(-5, 10)), data.draw(st.integers(-8, 20))), (0, 1)
    )
    rows_of_same_shape = ShapeFeatures().fit_transform(
        [mask, flip(mask), shifted_mask, factor * mask]
    )
    np.testing.assert_allclose(
        rows_of_same_shape,
        np.broadcast_to(rows_of_same_shape[0], rows_of_same_shape.shape),
        atol=1e-6,
    )


def test_shape_features_are_invariant_to_size():
    small, large = ratios(bar(60, 6, sag=6, shape=(80, 160)), bar(120, 12, sag=12, shape=(80, 160)))
    for name, value in small.items():
        assert large[name] == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize(
    "mask", [np.zeros((5, 9)), np.eye(1, 45).reshape(5, 9), np.ones((5, 9)), -np.ones((5, 9))]
)
def test_shape_features_of_odd_masks_are_finite(mask):
    assert np.isfinite(ShapeFeatures().fit_transform([mask, mask])).all()
    assert np.isfinite(ShapeFeatures().fit_transform([mask[:, :1], mask[:, :1]])).all()


def test_shape_features_are_computed_for_each_mask_alone():
    masks = np.stack([bar(sag=sag) for sag in range(6)])
    shape = ShapeFeatures().fit(masks)
    for i in range(6):
        np.testing.assert_allclose(shape.transform(masks[i : i + 1])[0], shape.transform(masks)[i])


def test_shape_features_of_files_equal_those_of_arrays(tmp_path):
    images = np.stack([np.rint(60 + 120 * bar(sag=sag)) for sag in (0, 3, 8)]).astype(np.uint8)
    files = [tmp_path / f"{i}.png" for i in range(3)]
    for image, file in zip(images, files, strict=True):
        Image.fromarray(image).save(file)
    crop = ForegroundCrop(
        center_crop=None, threshold="otsu", align=True, output_size=(20, 60), output="mask"
    )
    masks = crop.fit_transform(images)
    expected = ShapeFeatures().fit_transform(masks)
    shape = ShapeFeatures().fit(masks)
    np.testing.assert_array_equal(shape.transform(crop.transform(ImageCollection(files))), expected)
    bend = expected[:, list(shape.get_feature_names_out()).index("bend")]
    assert (np.diff(bend) > 0).all()


@pytest.mark.parametrize(
    "shapes",
    [[(40, 80)] * 35 + [(30, 70), (40, 80)], [(700, 800)] * 3],
    ids=["many small masks", "few large masks"],
)
def test_shape_features_of_files_of_any_size_are_those_of_each(shapes, tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(len(shapes))]
    for i, (file, shape) in enumerate(zip(files, shapes, strict=True)):
        Image.fromarray((bar(50, 6, sag=i / 5, shape=shape) * 255).astype(np.uint8)).save(file)
    features = ShapeFeatures().fit_transform(ImageCollection(files))
    expected = [ShapeFeatures().fit_transform(ImageCollection([file]))[0] for file in files]
    np.testing.assert_array_equal(features, expected)


@pytest.mark.parametrize("seed", range(3))
def test_shape_features_agree_with_plain_least_squares(seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:30, :50]
    # A tilted and bent bar of uneven cover, off the middle.
    line = 8 + 0.2 * columns + 0.005 * (columns - 20) ** 2
    mask = rng.uniform(0.2, 1, (30, 50)) * (abs(rows - line) < 3) * (columns > 5)
    cover = mask.sum(axis=0)[6:] / mask.max()
    x, weights = np.arange(6, 50), np.sqrt(cover)
    middles = (rows * mask).sum(axis=0)[6:] / mask.sum(axis=0)[6:]
    first, second = (np.polyval(np.polyfit(x, middles, k, w=weights), x) for k in (1, 2))

    def compute_mean(values):
        return np.average(values, weights=cover)

    def compute_variance(values, weights):
        mean = np.average(values, weights=weights)
        return np.average((values - mean) ** 2, weights=weights)

    length = np.sqrt(12 * compute_variance(x, cover))
    total = compute_variance(rows, mask)
    expected = {
        "height": np.sqrt(12 * total),
        "thickness": cover.sum() / length,
        "spread": np.sqrt(12 * (total - compute_variance(middles, cover))),
        "bend": np.sqrt(compute_mean((middles - first) ** 2)),
        "bow": np.sqrt(compute_mean((second - first) ** 2)),
    }
    shape = ShapeFeatures().fit([mask])
    features = np.exp(shape.transform([mask])[0]) - 1e-3
    for name, value in zip(shape.get_feature_names_out(), features, strict=True):
        assert value == pytest.approx(expected[name] / length, rel=1e-6), name


def test_shape_features_of_one_column_are_relative_to_its_width():
    mask = np.zeros((9, 7))
    mask[2:7, 3] = 1  # 5 pixels: as far apart as a bar of length sqrt(24)
    height, thickness, spread, bend, bow = np.exp(ShapeFeatures().fit_transform([mask])[0]) - 1e-3
    assert (height, spread) == pytest.approx((np.sqrt(24), np.sqrt(24)))
    assert thickness == pytest.approx(5)
    assert (bend, bow) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize("side", range(3, 40, 4))
def test_shape_features_of_a_line_of_one_pixel_are_finite(side):
    # The variance within columns is zero, or below it by rounding.
    features = ShapeFeatures().fit_transform([np.eye(side) / 3])
    assert np.isfinite(features).all()
