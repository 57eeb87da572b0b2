"""ForegroundCrop: the published recipe, objects found and turned, and all that may go wrong."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.image import FlattenImages, ForegroundCrop
from sklvision.image._foreground import (
    compute_foreground_level,
    compute_principal_axis,
)
from sklvision.recipes import nails

OTSU = {"center_crop": None, "threshold": "otsu"}
ALIGNED = {**OTSU, "align": True, "output_size": (24, 80)}


def nail(row=150, column=200, angle=0.0, *, shape=(300, 400), length=120, bend=0.0, sign=1, seed=0):
    """A bright pin with a head at its left end, on card lit from one side."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    distance_along = (columns - column) * cos + (rows - row) * sin
    distance_across = (
        (rows - row) * cos - (columns - column) * sin - bend * (distance_along / length) ** 2
    )
    shaft = (abs(distance_along) < length / 2) & (abs(distance_across) < 5)
    head = (abs(distance_along + length / 2) < 5) & (abs(distance_across) < 12)
    noise = np.random.default_rng(seed).normal(0, 2, shape)
    image = 90 + 20 * columns / shape[1] + noise + sign * 60 * (shaft | head)
    return np.rint(image).astype(np.uint8)


def crop(image, **settings):
    return ForegroundCrop(**settings).fit_transform(np.asarray(image)[np.newaxis])[0]


def crop_as_published(image, center=960, depth=32, size=448, output=112):
    """The recipe in the plainest words, for windows that stay inside."""
    top, left = (image.shape[0] - center) // 2, (image.shape[1] - center) // 2
    middle = image[top : top + center, left : left + center].astype(int)
    rows, columns = np.nonzero(middle >= middle.max() - depth)
    top += int(rows.mean() + 1 - size / 2)
    left += int(columns.mean() + 1 - size / 2)
    window = image[top : top + size, left : left + size].astype(float)
    factor = size // output
    return np.rint(window.reshape(output, factor, output, factor).mean(axis=(1, 3)))


def test_foreground_crop_default_is_the_published_recipe():
    image = nail(600, 1000, 30, shape=(1216, 1936), length=220)
    image[300, 1000] = 255  # one bright spot moves the centroid as it would then
    result = crop(image)
    assert result.dtype == np.uint8
    np.testing.assert_allclose(result, crop_as_published(image), atol=1)


@pytest.mark.data
def test_foreground_crop_default_on_the_nails(data_home):
    data = load_image_folder(data_home / "nails" / "test").data[::5]
    images = np.asarray(data)
    result = ForegroundCrop().fit_transform(images)
    assert result.shape == (8, 112, 112)
    for image, small in zip(images, result, strict=True):
        np.testing.assert_allclose(small, crop_as_published(image), atol=1)
    np.testing.assert_array_equal(ForegroundCrop().fit(data).transform(data), result)


@pytest.mark.data
@pytest.mark.slow
def test_foreground_crop_aligned_nails_are_complete_and_bent_ones_differ(data_home):
    """Plain features of the mask tell bent nails of a later series, with no net."""
    train, test = (load_image_folder(data_home / "nails" / part) for part in ("train", "test"))
    aligned = nails()[0].set_params(output_size=(28, 112), output="mask").fit(train.data)
    masks = np.asarray(aligned.transform(train.data)), np.asarray(aligned.transform(test.data))
    for mask in np.concatenate(masks):
        columns = np.flatnonzero((mask > 127).any(axis=0))
        rows = np.flatnonzero((mask > 127).any(axis=1))
        # It fills the window along one side, and leaves it nowhere.
        assert np.ptp(columns) > 88 or np.ptp(rows) > 17
        assert not mask[[0, -1]].any()
        assert not mask[:, [0, -1]].any()
    model = make_pipeline(FlattenImages(), LogisticRegression(C=1e-5, max_iter=1000))
    assert model.fit(masks[0], train.target).score(masks[1], test.target) > 0.85


@given(
    shift=st.tuples(st.integers(-60, 60), st.integers(-90, 90)),
    kind=st.sampled_from(["image", "mask", "both"]),
)
def test_foreground_crop_is_invariant_to_shifts(shift, kind):
    """Exactly so in the published recipe, on a background without a mark."""
    image = np.full((300, 400), 50, np.uint8)
    image[140:160, 160:230] = 220
    image[130:170, 160:168] = 240
    options = {"center_crop": None, "crop_size": 100, "output_size": 50, "output": kind}
    shifted_image = np.roll(image, shift, axis=(0, 1))
    np.testing.assert_array_equal(crop(shifted_image, **options), crop(image, **options))


@given(
    row=st.floats(80, 220), column=st.floats(90, 310), angle=st.floats(-180, 180), bend=st.sampled_from([0.0, 80.0]),
    sign=st.sampled_from([1, -1]), polarity=st.sampled_from(["own", "both"]),
)  # fmt: skip
def test_foreground_crop_aligned_is_invariant_to_shifts_and_rotations(
    row, column, angle, bend, sign, polarity
):
    polarity_of_sign = "bright" if sign > 0 else "dark"
    options = {
        **ALIGNED,
        "output": "mask",
        "polarity": polarity_of_sign if polarity == "own" else "both",
    }
    expected = crop(nail(bend=bend, sign=sign), **options).astype(float)
    result = crop(nail(row, column, angle, bend=bend, sign=sign, seed=1), **options)
    assert expected.max() == 255
    # The outline is that of pixels that lie differently: it may move by half a new one.
    assert np.abs(result - expected).mean() < 0.09 * 255
    assert abs(result.mean() / expected.mean() - 1) < 0.25


def test_foreground_crop_takes_center_crop_as_fractions():
    image = nail(120, 180)
    expected = crop(image, **ALIGNED | {"center_crop": (150, 320)})
    np.testing.assert_array_equal(crop(image, **ALIGNED | {"center_crop": (0.5, 0.8)}), expected)
    np.testing.assert_array_equal(crop(image, **ALIGNED | {"center_crop": (150, 0.8)}), expected)
    full_crop = crop(image, **ALIGNED)
    np.testing.assert_array_equal(crop(image, **ALIGNED | {"center_crop": 1.0}), full_crop)
    assert crop(image, center_crop=0.001, crop_size=8, output_size=8).shape == (8, 8)


def test_foreground_crop_aligned_puts_the_head_on_the_left():
    for angle in (0, 90, 180, 270, 200):
        mask = crop(nail(angle=angle), **ALIGNED, output="mask") > 127
        heights = mask.sum(axis=0)
        assert heights[:12].max() > 1.6 * heights[20:].max()


def test_foreground_crop_aligned_keeps_bends():
    def middle(bend):
        mask = crop(nail(angle=40, bend=bend), **ALIGNED, output="mask") / 255.0
        rows = np.arange(24)[:, np.newaxis]
        return (mask * rows).sum(axis=0)[8:72] / mask.sum(axis=0)[8:72]

    assert np.ptp(middle(0)) < 1
    assert np.ptp(middle(80)) > 6


def test_foreground_crop_aligned_is_scaled_to_the_object():
    for length in (90, 120, 240):
        mask = crop(nail(length=length, angle=20), **ALIGNED, output="mask") > 127
        assert np.ptp(np.flatnonzero(mask.any(axis=0))) == pytest.approx(68, abs=3)


def test_foreground_crop_averages_large_objects():
    image = np.full((1200, 1600), 20, np.uint8)
    image[500:700, 200:1400] = 60 + 150 * (np.indices((200, 1200)).sum(axis=0) % 2)
    rotated_image = np.asarray(
        Image.fromarray(image).rotate(10, Image.Resampling.NEAREST, fillcolor=20)
    )
    for variant in (image, rotated_image):
        inner_pixels = crop(variant, **OTSU, align=True, output_size=(10, 40))[4:6, 4:36]
        assert np.abs(inner_pixels - 135.0).max() < 6


def test_foreground_crop_otsu_keeps_dim_parts_beside_glare():
    image = nail()
    bright = np.flatnonzero(image[150] > 140)[:40]
    image[140:160, bright] = 255
    mask = crop(image, **ALIGNED, output="mask") > 127
    assert np.ptp(np.flatnonzero(mask.any(axis=0))) == pytest.approx(68, abs=3)


def test_foreground_crop_otsu_ignores_uneven_light_and_specks():
    image = nail(angle=30).astype(float)
    image += 60 * np.exp(-((np.mgrid[:300, :400][1] - 80) ** 2) / 2e4)
    image[20:23, 30:33] = image[280:284, 300] = 255
    straight = crop(nail(angle=30), **ALIGNED, output="mask") / 255.0
    mask = crop(np.rint(image).clip(0, 255).astype(np.uint8), **ALIGNED, output="mask") / 255.0
    assert np.abs(mask - straight).mean() < 0.03


@pytest.mark.parametrize("align", [False, True])
def test_foreground_crop_mask_without_object_is_empty(align):
    flat = np.full((640, 700), 90, np.uint8)
    options = {**OTSU, "align": align, "output": "mask", "crop_size": 100, "output_size": (9, 30)}
    assert not crop(flat, **options).any()


@pytest.mark.parametrize("slope", [0.0, 0.15, -0.15])
def test_foreground_crop_ignores_a_strip_along_the_border(slope):
    """A rotated camera sees the surroundings of the scene; alone, they are the only object."""
    rows, columns = np.mgrid[:300, :400]
    is_bright_side = rows < 22 + slope * (columns - 200)
    image = np.where(is_bright_side, 235, nail(angle=25))
    np.testing.assert_array_equal(
        crop(image, **ALIGNED, output="mask") > 127,
        crop(nail(angle=25), **ALIGNED, output="mask") > 127,
    )
    empty = np.where(is_bright_side, 235, nail(sign=0)).astype(np.uint8)
    assert crop(empty, **ALIGNED, output="mask").mean() > 10


def test_foreground_crop_both_polarities_leave_out_shadows():
    image = nail().astype(int)
    shadow = nail(157).astype(int) - nail(157, sign=0)
    image = np.where(image > 135, image, image - shadow // 2).astype(np.uint8)
    mask = crop(image, **ALIGNED, polarity="both", output="mask") / 255.0
    bright = crop(image, **ALIGNED, output="mask") / 255.0
    assert np.abs(mask - bright).mean() < 0.02
    half = np.where(np.arange(400) < 200, image, nail(sign=-1))  # bright in parts, dark in others
    mask = crop(half.astype(np.uint8), **ALIGNED, polarity="both", output="mask") > 127
    assert np.ptp(np.flatnonzero(mask.any(axis=0))) == pytest.approx(68, abs=3)


@pytest.mark.parametrize("polarity", ["bright", "dark", "both"])
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("threshold", [32, "otsu"])
@pytest.mark.parametrize("value", [0, 7, 255])
def test_foreground_crop_of_a_constant_image_is_its_middle(value, threshold, align, polarity):
    image = np.full((60, 80), value, np.uint8)
    result, mask = np.moveaxis(
        crop(image, threshold=threshold, align=align, polarity=polarity, crop_size=20, output_size=10, output="both"),
        -1, 0,
    )  # fmt: skip
    assert (result == value).all()
    if not align:
        assert (mask == (0 if threshold == "otsu" else 255)).all()
    full = crop(np.arange(80) + np.zeros((60, 1)), threshold=1000, crop_size=20, output_size=20)
    np.testing.assert_array_equal(full[0], np.arange(30, 50))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, bool])
def test_foreground_crop_threshold_does_not_wrap(dtype):
    image = np.zeros((40, 40), dtype)
    image[5:9, 5:9] = 1 if dtype is bool else 20
    result = crop(image, crop_size=20, output_size=20)
    np.testing.assert_array_equal(result, image[10:30, 10:30])
    dark = crop(
        ~image if dtype is bool else 20 - image, polarity="dark", crop_size=20, output_size=20
    )
    np.testing.assert_array_equal(dark, (~image if dtype is bool else 20 - image)[10:30, 10:30])


def test_foreground_crop_mirrors_the_image_beyond_its_border():
    image = np.arange(40 * 50, dtype=np.float64).reshape(40, 50) / 100
    image[2, 47] = 1000
    result, mask = np.moveaxis(
        crop(image, center_crop=None, crop_size=11, output_size=11, output="both"), -1, 0
    )
    padded_crop = np.pad(image, 10, mode="reflect")[7:18, 52:63]
    np.testing.assert_allclose(result, padded_crop, rtol=1e-6)
    assert mask.sum() == mask[5, 5] == 1
    for options in ({}, {"align": True}):
        result = crop(nail(5, 390), **OTSU, crop_size=80, output_size=40, **options)
        assert result.min() > 60


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("threshold", [32, "otsu"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (2, 3), (5, 40), (30, 20, 3)])
def test_foreground_crop_takes_images_smaller_than_the_crop(shape, threshold, align):
    rng = np.random.default_rng(0)
    for image in (rng.integers(0, 256, shape, dtype=np.uint8), rng.random(shape)):
        for kind, channels in (("image", 0), ("both", 1)):
            result = crop(image, threshold=threshold, align=align, output=kind)
            gray = image.ndim == 2
            expected = () if gray and not channels else (((1 if gray else 3) + channels),)
            assert result.shape == (112, 112, *expected)
            assert result.dtype == image.dtype
            assert np.isfinite(result).all()
            pixels = result if not channels else result[..., :-1]
            assert pixels.max() <= image.max() + 1e-5


def test_foreground_crop_finds_color_images_by_their_mean():
    gray = nail(angle=30)
    color = np.stack([gray, gray // 2, gray], axis=-1)
    for options in (ALIGNED, {"center_crop": None, "crop_size": 100, "output_size": 50}):
        result = crop(color, **options, output="both")
        assert result.shape[2] == 4
        np.testing.assert_array_equal(result[..., :3], crop(color, **options))
        np.testing.assert_array_equal(result[..., 3], crop(color, **options, output="mask"))
    color_image = np.stack([gray] * 3, axis=-1)
    for options in (ALIGNED, {}):
        crop_and_mask = crop(gray, **options, output="both")
        np.testing.assert_array_equal(
            crop(color_image, **options, output="both")[..., 2:], crop_and_mask
        )
        np.testing.assert_array_equal(
            crop(gray[..., np.newaxis], **options, output="both"), crop_and_mask
        )


@pytest.mark.parametrize(
    ("dtype", "top"),
    [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (np.int16, 1), (bool, 1)],
)
def test_foreground_crop_mask_is_a_fraction_in_the_range_of_the_dtype(dtype, top):
    image = np.zeros((40, 40))
    image[10:30, 12:28] = 200
    image = image.astype(dtype)
    options = {"threshold": 0.5, "crop_size": 40, "output_size": 10}
    mask = crop(image, **options, output="mask")
    assert mask.dtype == dtype
    assert mask.max() == top
    if dtype == np.float32:  # its outline goes through the middle of new pixels
        np.testing.assert_allclose(mask.mean(), 20 * 16 / 1600)
        np.testing.assert_allclose(mask[2], [0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0, 0])
    crop_and_mask = crop(image, **options, output="both")
    np.testing.assert_array_equal(crop_and_mask[..., 1], mask)
    np.testing.assert_array_equal(crop_and_mask[..., 0], crop(image, **options))


@pytest.mark.parametrize("angle", [0, 17, 45, 80, -60])
def test_principal_axis_is_that_of_the_object(angle):
    mask = compute_foreground_level(nail(angle=angle).astype(np.float32), "otsu", "bright") > 0
    centroid, axis = compute_principal_axis(mask)
    assert np.degrees(np.arctan2(*axis)) == pytest.approx(angle, abs=1.5)
    assert np.linalg.norm(axis) == pytest.approx(1)
    assert np.abs(centroid - (150, 200)).max() < 12


def test_foreground_crop_takes_files_of_several_sizes(tmp_path):
    shapes = [(300, 400), (260, 300), (400, 300, 3)]
    images = []
    for i, shape in enumerate(shapes):
        gray = nail(shape[0] // 2, 150, 10 * i, shape=shape[:2])
        images.append(gray if len(shape) == 2 else np.stack([gray, gray, gray], axis=-1))
        Image.fromarray(images[-1]).save(tmp_path / f"{i}.png")
    collection = ImageCollection(sorted(tmp_path.glob("*.png")), mode="L")
    lazy = ForegroundCrop(**ALIGNED).fit(collection)
    assert lazy.input_shape_ is None
    result = lazy.transform(collection)
    assert isinstance(result, ImageCollection)
    assert result.shape == (3, 24, 80)
    for image, small in zip(images[:2], result, strict=False):
        np.testing.assert_array_equal(small, crop(image, **ALIGNED))
        np.testing.assert_array_equal(lazy.transform(image[np.newaxis])[0], small)


def test_foreground_crop_settings_are_searchable():
    rng = np.random.default_rng(0)
    places = rng.uniform((80, 100, 0), (220, 300, 180), (24, 3))
    bends = np.tile([0.0, 90.0], 12)
    images = [nail(*place, bend=bend) for place, bend in zip(places, bends, strict=True)]
    model = make_pipeline(
        ForegroundCrop(center_crop=None, output="mask", output_size=(12, 40), crop_size=(140, 160)),
        FlattenImages(),
        LogisticRegression(C=1e-4),
    )
    grid = {"foregroundcrop__align": [False, True], "foregroundcrop__threshold": [30, "otsu"]}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(images, bends > 0)
    assert search.best_params_["foregroundcrop__align"]
    assert search.best_score_ > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": "ostu"}, r"'threshold' parameter.*Got 'ostu'"),
        ({"threshold": -1}, r"'threshold' parameter.*Got -1"),
        ({"polarity": "white"}, r"'polarity' parameter.*Got 'white'"),
        ({"crop_size": 0}, r"'crop_size' parameter.*Got 0"),
        ({"crop_size": None}, r"'crop_size' parameter.*Got None"),
        ({"crop_size": (4, 0)}, r"crop_size must be .* or a pair .* got \(4, 0\)"),
        ({"center_crop": (4, 5, 6)}, r"center_crop=\(4, 5, 6\)"),
        ({"center_crop": (0.5, 1.5)}, r"center_crop=\(0.5, 1.5\) .* a float up to 1.0"),
        ({"center_crop": (0.5, 0)}, r"center_crop=\(0.5, 0\) must be"),
        ({"output_size": 1.5}, r"'output_size' parameter.*Got 1.5"),
        ({"output": "masks"}, r"'output' parameter.*Got 'masks'"),
        ({"align": "yes"}, r"'align' parameter.*Got 'yes'"),
    ],
)
def test_foreground_crop_names_wrong_settings(options, message):
    with pytest.raises(ValueError, match=message):
        ForegroundCrop(**options).fit(np.zeros((1, 20, 20)))


def test_foreground_crop_fit_names_the_extra_of_a_missing_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"sklvision\[images\]"):
        ForegroundCrop().fit(np.zeros((1, 20, 20)))


def test_foreground_crop_keeps_settings_until_the_next_fit():
    images = nail()[np.newaxis]
    crop = ForegroundCrop(crop_size=100, output_size=50).fit(images)
    crop.set_params(output_size=20, align=True)
    assert crop.transform(images).shape == (1, 50, 50)
    assert crop.fit(images).transform(images).shape == (1, 20, 20)
