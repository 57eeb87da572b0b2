"""CropDisplay: the window of a crop on its image, and the crop next to it."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages, ForegroundCrop, Resize
from sklvision.inspection import CropDisplay


@pytest.fixture(scope="module")
def images():
    """Five gray images with a bright bar each."""
    images = np.full((5, 40, 60), 20, dtype=np.uint8)
    for i, image in enumerate(images):
        image[10 + i : 14 + i, 20 : 40 + i] = 220
    return images


@pytest.fixture(scope="module")
def crop(images):
    return ForegroundCrop(crop_size=24, output_size=24).fit(images)


def get_pixels(ax):
    return ax.get_images()[0].get_array()


def test_crop_display_draws_the_window_that_is_cut(images, crop):
    display = CropDisplay.from_estimator(crop, images)
    crops = crop.transform(images)
    for i, (image_ax, crop_ax) in enumerate(display.axes_):
        np.testing.assert_array_equal(get_pixels(image_ax), images[i])
        np.testing.assert_array_equal(get_pixels(crop_ax), crops[i])
        left, top = (display.windows_[i].get_xy()[0] + 0.5).astype(int)
        pixels = images[i][max(top, 0) : top + 24, left : left + 24]
        np.testing.assert_array_equal(pixels, crops[i][-len(pixels) :])


def test_crop_display_draws_a_rotated_window_about_the_object():
    images = np.zeros((1, 60, 80), np.uint8)
    rows, columns = np.mgrid[:60, :80]
    images[0][(abs(rows - columns) < 3) & (abs(rows - 30) < 14)] = 200
    crop = ForegroundCrop(center_crop=None, threshold="otsu", align=True, output_size=(8, 24))
    display = CropDisplay.from_estimator(crop.fit(images), images)
    corners = display.corners[0]
    np.testing.assert_allclose(corners.mean(axis=0), 30.5, atol=1.5)
    direction = corners[1] - corners[0]
    assert abs(abs(direction[1] / direction[0]) - 1) < 0.1
    assert display.search_areas is None


def test_crop_display_finds_a_crop_behind_other_steps_and_names_files(images, tmp_path):
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"bar_{i}.png")
    collection = ImageCollection(sorted(tmp_path.glob("*.png")))
    model = make_pipeline(
        Resize((20, 30)),
        ForegroundCrop(crop_size=12, output_size=12),
        FlattenImages(),
        GaussianNB(),
    ).fit(collection, [0, 0, 1, 1, 1])
    display = CropDisplay.from_estimator(model, collection, indices=[3, -1], max_samples=2)
    assert [image.shape for image in display.images] == [(20, 30)] * 2
    assert [image_ax.get_title() for image_ax, _ in display.axes_] == ["bar_3", "bar_4"]
    assert display.figure_.get_suptitle() == ""


@pytest.mark.parametrize(("indices", "n_total"), [(None, 5), ([True, True, True, False, False], 3)])
def test_crop_display_counts_all_images_in_its_title(images, crop, indices, n_total):
    display = CropDisplay.from_estimator(crop, images, indices=indices, max_samples=2)
    assert display.figure_.get_suptitle() == f"2 of {n_total} images"


@pytest.mark.parametrize("output", ["mask", "both"])
def test_crop_display_draws_masks(images, output):
    crop = ForegroundCrop(crop_size=24, output_size=24, output=output).fit(images)
    _, crop_ax = CropDisplay.from_estimator(crop, images, max_samples=1).axes_[0]
    assert get_pixels(crop_ax).shape == (24, 24)
    assert len(crop_ax.collections) == (output == "both")


def test_crop_display_refuses_bad_input(images, crop):
    with pytest.raises(NotFittedError):
        CropDisplay.from_estimator(ForegroundCrop(), images)
    bayes = GaussianNB().fit(*load_digits(return_X_y=True))
    with pytest.raises(ValueError, match="no ForegroundCrop in it; its steps are"):
        CropDisplay.from_estimator(bayes, images)
    for message, options in {
        "names must have one name per sample: it has 1, X has 5": {"names": ["a"]},
        "indices must be below 5": {"indices": [7]},
        "indices must be a non-empty list": {"indices": [0.5]},
        "indices is a mask of length 2": {"indices": [True, False]},
        "max_samples must be an integer of at least 1, got 0": {"max_samples": 0},
    }.items():
        with pytest.raises(ValueError, match=message):
            CropDisplay.from_estimator(crop, images, **options)
    with pytest.raises(ValueError, match="X must hold at least one sample"):
        CropDisplay.from_estimator(crop, images[:0])
