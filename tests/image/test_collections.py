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
def collection_of_sizes(tmp_path):
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
def test_image_transformers_bring_collections_to_one_size(collection_of_sizes, reads, transformer):
    images, collection = collection_of_sizes
    transformer.fit(collection)
    assert transformer.input_shape_ is None
    assert not hasattr(transformer, "n_features_in_")
    result = transformer.transform(collection)
    assert isinstance(result, ImageCollection)
    assert reads == []
    single_results = [transformer.transform(image[np.newaxis])[0] for image in images]
    np.testing.assert_array_equal(np.asarray(result), single_results)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(result))[2], single_results[2])


def test_resize_of_a_collection_accepts_sizes_unseen_in_fit(collection_of_sizes):
    images, collection = collection_of_sizes
    resize = Resize(4).fit(collection[[0, 3]])
    assert resize.input_shape_ == (20, 30)
    assert resize.n_features_in_ == 20
    assert np.asarray(resize.transform(collection)).shape == (6, 4, 4)
    with pytest.raises(ValueError, match=r"shape \(9, 12\).*fitted on images of shape \(20, 30\)"):
        resize.transform(images[2][np.newaxis])
    resize.fit(collection)
    assert not hasattr(resize, "n_features_in_")


def test_resize_distinguishes_gray_and_color(tmp_path, collection_of_sizes):
    _, gray = collection_of_sizes
    color = ImageCollection(gray.files, mode="RGB")[[0, 3]]
    with pytest.raises(ValueError, match=r"shape \(20, 30, 3\).*fitted on.*\(20, 30\)"):
        Resize(4).fit(gray[[0, 3]]).transform(color)
    with pytest.raises(ValueError, match=r"shape \(20, 30\).*fitted on.*\(20, 30, 3\)"):
        PixelScaler().fit(color).transform(gray[[0, 3]])
    with pytest.raises(ValueError, match=r"images of shape \(20, 30\).*rows of 4 features"):
        PixelScaler().fit(np.eye(4)).transform(gray[[0, 3]])


def test_pixel_scaler_knows_the_range_of_bytes_without_reading(collection_of_sizes, reads):
    images, collection = collection_of_sizes
    scaler = PixelScaler((-1, 1)).fit(collection)
    assert scaler.data_range_ == (0, 255)
    assert reads == []
    result = scaler.transform(collection)
    np.testing.assert_array_equal(result[1], scaler.transform(images[1][np.newaxis])[0])
    np.testing.assert_allclose(scaler.inverse_transform(result)[1], images[1], atol=1e-4)


def test_pixel_scaler_learns_the_range_of_floats_by_one_reading(tmp_path, reads):
    rng = np.random.default_rng(0)
    images = [rng.normal(i, 1, (6 + i, 5)).astype(np.float32) for i in range(4)]
    collection = save(tmp_path, images, "tiff")
    scaler = PixelScaler().fit(collection)
    assert len(reads) == 4
    low, high = min(image.min() for image in images), max(image.max() for image in images)
    assert scaler.data_range_ == (low, high)
    assert PixelScaler(data_range=(0, 4)).fit(collection).data_range_ == (0, 4)
    assert len(reads) == 4
    subset = collection.map(lambda image: image[:6])
    eager = PixelScaler().fit(np.asarray(subset))
    assert PixelScaler().fit(subset).data_range_ == eager.data_range_


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_image_transformers_refuse_nan_when_images_are_read(tmp_path, value):
    images = [np.full((5, 5), i, np.float32) for i in range(3)]
    collection = save(tmp_path, images, "tiff")
    collection = collection.map(lambda image: np.where(image == 1, np.float32(value), image))
    with pytest.raises(ValueError, match="NaN or infinity"):
        PixelScaler().fit(collection)
    resized_images = Resize(3).fit_transform(collection)
    with pytest.raises(ValueError, match="NaN or infinity") as raised:
        np.asarray(resized_images)
    assert "001.tiff" in "".join(raised.value.__notes__)


def test_flatten_images_reads_a_collection_into_one_table(collection_of_sizes, reads):
    images, collection = collection_of_sizes
    subset = collection[[0, 3, 5]]
    flatten = FlattenImages().fit(subset)
    assert reads == []
    expected = np.stack([images[i].ravel() for i in (0, 3, 5)])
    np.testing.assert_array_equal(flatten.transform(subset), expected)
    frame = FlattenImages().set_output(transform="pandas").fit_transform(subset)
    assert list(frame.columns[:2]) == ["pixel_0_0", "pixel_0_1"]
    with pytest.raises(ValueError, match=r"differ in size.*Resize"):
        FlattenImages().fit(collection)
    with pytest.raises(ValueError, match="Images differ"):
        flatten.transform(collection)
    with pytest.raises(ValueError, match="fitted on images of shape"):
        flatten.transform(collection[[2]])


def test_resize_refuses_collections_without_images(collection_of_sizes):
    _, collection = collection_of_sizes
    with pytest.raises(ValueError, match="0 samples"):
        Resize(4).fit(collection[[]])
    with pytest.raises(ValueError, match=r"shape \(600,\).*expects \(height, width\)"):
        Resize(4).fit(collection[[0, 3]].map(np.ravel))


def test_image_pipeline_scores_collections_as_arrays(tmp_path, digits):
    images, y = digits
    collection = save(tmp_path, images[:120])
    model = make_pipeline(
        ForegroundCrop(threshold=255, crop_size=10, output_size=8),
        PixelScaler(),
        FlattenImages(),
        LogisticRegression(),
    )
    eager = cross_val_score(model, images[:120], y[:120], cv=3, error_score="raise")
    lazy = cross_val_score(model, collection, y[:120], cv=3, error_score="raise")
    np.testing.assert_allclose(lazy, eager)
    search = GridSearchCV(model, {"foregroundcrop__output_size": [4, 8]}, cv=2, error_score="raise")
    assert search.fit(collection, y[:120]).best_score_ > 0.5
