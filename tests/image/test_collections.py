"""Images on disk through the image transformers: unread until needed, pixels as in memory."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages, ForegroundCrop, PixelScaler, Resize


def save(folder, images, suffix="png"):
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:03}.{suffix}")
    return ImageCollection(sorted(folder.glob(f"*.{suffix}")))


@pytest.fixture
def mixed(tmp_path):
    """Six images of different sizes, and the collection of them."""
    rng = np.random.default_rng(0)
    shapes = [(20, 30), (25, 30), (9, 12), (20, 30), (31, 8), (20, 30)]
    images = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    return images, save(tmp_path, images)


@pytest.fixture
def reads(monkeypatch):
    """Files that were decoded, in order."""
    files = []
    read = ImageCollection._read
    monkeypatch.setattr(
        ImageCollection, "_read", lambda self, file: files.append(file) or read(self, file)
    )
    return files


@pytest.mark.parametrize(
    "transformer",
    [
        Resize((7, 9)),
        Resize(5, resample="nearest"),
        ForegroundCrop(crop_size=10, output_size=6),
        ForegroundCrop(threshold="otsu", align=True, output_size=6, output="both"),
    ],
)
def test_mixed_sizes_become_one(mixed, reads, transformer):
    images, collection = mixed
    transformer.fit(collection)
    assert transformer.input_shape_ is None
    assert not hasattr(transformer, "n_features_in_")
    result = transformer.transform(collection)
    assert isinstance(result, ImageCollection)
    assert reads == []
    each = [transformer.transform(image[np.newaxis])[0] for image in images]
    np.testing.assert_array_equal(np.asarray(result), each)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(result))[2], each[2])


def test_a_part_may_hold_other_sizes_than_the_part_seen_in_fit(mixed):
    images, collection = mixed
    same = Resize(4).fit(collection[[0, 3]])
    assert same.input_shape_ == (20, 30)
    assert same.n_features_in_ == 20
    assert np.asarray(same.transform(collection)).shape == (6, 4, 4)
    with pytest.raises(ValueError, match=r"shape \(9, 12\).*fitted on images of shape \(20, 30\)"):
        same.transform(images[2][np.newaxis])
    same.fit(collection)
    assert not hasattr(same, "n_features_in_")


def test_gray_and_colour_are_not_mixed_up(tmp_path, mixed):
    _, gray = mixed
    color = ImageCollection(gray.files, mode="RGB")[[0, 3]]
    with pytest.raises(ValueError, match=r"shape \(20, 30, 3\).*fitted on.*\(20, 30\)"):
        Resize(4).fit(gray[[0, 3]]).transform(color)
    with pytest.raises(ValueError, match=r"shape \(20, 30\).*fitted on.*\(20, 30, 3\)"):
        PixelScaler().fit(color).transform(gray[[0, 3]])
    with pytest.raises(ValueError, match=r"images of shape \(20, 30\).*rows of 4 features"):
        PixelScaler().fit(np.eye(4)).transform(gray[[0, 3]])


def test_range_of_bytes_is_known_without_reading(mixed, reads):
    images, collection = mixed
    scaler = PixelScaler((-1, 1)).fit(collection)
    assert scaler.data_range_ == (0, 255)
    assert reads == []
    scaled = scaler.transform(collection)
    np.testing.assert_array_equal(scaled[1], scaler.transform(images[1][np.newaxis])[0])
    np.testing.assert_allclose(scaler.inverse_transform(scaled)[1], images[1], atol=1e-4)


def test_range_of_floats_is_learned_from_all_images_read_once(tmp_path, reads):
    rng = np.random.default_rng(0)
    images = [rng.normal(i, 1, (6 + i, 5)).astype(np.float32) for i in range(4)]
    collection = save(tmp_path, images, "tiff")
    scaler = PixelScaler().fit(collection)
    assert len(reads) == 4
    low, high = min(image.min() for image in images), max(image.max() for image in images)
    assert scaler.data_range_ == (low, high)
    assert PixelScaler(data_range=(0, 4)).fit(collection).data_range_ == (0, 4)
    assert len(reads) == 4
    same = collection.map(lambda image: image[:6])
    eager = PixelScaler().fit(np.asarray(same))
    assert PixelScaler().fit(same).data_range_ == eager.data_range_


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused_when_read(tmp_path, value):
    images = [np.full((5, 5), i, np.float32) for i in range(3)]
    collection = save(tmp_path, images, "tiff")
    collection = collection.map(lambda image: np.where(image == 1, np.float32(value), image))
    with pytest.raises(ValueError, match="NaN or infinity"):
        PixelScaler().fit(collection)
    resized = Resize(3).fit_transform(collection)
    with pytest.raises(ValueError, match="NaN or infinity") as raised:
        np.asarray(resized)
    assert "001.tiff" in "".join(raised.value.__notes__)


def test_flatten_reads_all_into_one_table(mixed, reads):
    images, collection = mixed
    same = collection[[0, 3, 5]]
    flatten = FlattenImages().fit(same)
    assert reads == []
    expected = np.stack([images[i].ravel() for i in (0, 3, 5)])
    np.testing.assert_array_equal(flatten.transform(same), expected)
    frame = FlattenImages().set_output(transform="pandas").fit_transform(same)
    assert list(frame.columns[:2]) == ["pixel_0_0", "pixel_0_1"]
    with pytest.raises(ValueError, match=r"differ in size.*Resize"):
        FlattenImages().fit(collection)
    with pytest.raises(ValueError, match="Images differ"):
        flatten.transform(collection)
    with pytest.raises(ValueError, match="fitted on images of shape"):
        flatten.transform(collection[[2]])


def test_what_is_no_collection_of_images_is_refused(mixed):
    _, collection = mixed
    with pytest.raises(ValueError, match="0 samples"):
        Resize(4).fit(collection[[]])
    with pytest.raises(ValueError, match=r"shape \(600,\).*expects \(height, width\)"):
        Resize(4).fit(collection[[0, 3]].map(np.ravel))


def test_pipeline_search_and_processes(tmp_path, digits):
    images, y = digits
    collection = save(tmp_path, images[:120])
    model = make_pipeline(
        ForegroundCrop(threshold=255, crop_size=10, output_size=8),
        PixelScaler(),
        FlattenImages(),
        LogisticRegression(),
    )
    eager = cross_val_score(model, images[:120], y[:120], cv=3, error_score="raise")
    lazy = cross_val_score(model, collection, y[:120], cv=3, n_jobs=2, error_score="raise")
    np.testing.assert_allclose(lazy, eager)
    search = GridSearchCV(model, {"foregroundcrop__output_size": [4, 8]}, cv=2, error_score="raise")
    assert search.fit(collection, y[:120]).best_score_ > 0.5
