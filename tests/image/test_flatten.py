"""FlattenImages: there and back, names, tables, and the baselines it serves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklvision.image import FlattenImages, PixelScaler, Resize


def batches(dtype):
    return arrays(dtype, array_shapes(min_dims=3, max_dims=4, max_side=5))


@given(st.one_of(batches(np.uint8), batches(np.int64), batches(bool)))
def test_flatten_images_inverse_restores_images(images):
    flatten = FlattenImages().fit(images)
    rows = flatten.transform(images)
    assert rows.shape == (len(images), images[0].size)
    restored = flatten.inverse_transform(rows)
    assert restored.dtype == rows.dtype == images.dtype
    np.testing.assert_array_equal(restored, images)


def test_flatten_images_names_columns_by_pixel():
    images = np.arange(2 * 3 * 4 * 2).reshape(2, 3, 4, 2)
    frame = FlattenImages().set_output(transform="pandas").fit_transform(images)
    assert frame["pixel_1_3_0"].tolist() == images[:, 1, 3, 0].tolist()
    gray = FlattenImages().set_output(transform="pandas").fit_transform(images[..., 1])
    assert gray["pixel_2_0"].tolist() == images[:, 2, 0, 1].tolist()


def test_flatten_images_passes_tables_with_their_names():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    flatten = FlattenImages().fit(table)
    np.testing.assert_array_equal(flatten.transform(table), table)
    assert list(flatten.get_feature_names_out()) == ["a", "b"]
    assert flatten.input_shape_ == (2,)
    X = table.to_numpy()
    assert FlattenImages().fit_transform(X) is X
    np.testing.assert_array_equal(FlattenImages().fit(X).inverse_transform(X), X)


def test_flatten_images_copies_no_contiguous_images():
    images = np.zeros((3, 4, 5), np.uint8)
    assert np.shares_memory(FlattenImages().fit_transform(images), images)


@pytest.mark.parametrize("rows", [np.zeros((2, 11)), np.zeros((2, 12, 1)), np.zeros(12)])
def test_flatten_images_inverse_refuses_rows_of_another_length(rows):
    with pytest.raises(ValueError, match=r"11 features.*makes 12.*\(3, 4\)|dim 3|1D array"):
        FlattenImages().fit(np.zeros((2, 3, 4))).inverse_transform(rows)


def test_flatten_images_distinguishes_tables_and_images():
    images = np.zeros((2, 3, 4))
    with pytest.raises(
        ValueError, match=r"rows of 12 features.*fitted on images of shape \(3, 4\)"
    ):
        FlattenImages().fit(images).transform(images.reshape(2, 12))
    with pytest.raises(
        ValueError, match=r"images of shape \(3, 4\).*fitted on rows of 12 features"
    ):
        FlattenImages().fit(images.reshape(2, 12)).transform(images)


def test_flatten_images_serves_baselines_and_reconstructions(digits):
    images, y = digits
    full = make_pipeline(PixelScaler(), FlattenImages(), LogisticRegression())
    by_hand = LogisticRegression().fit(images.reshape(len(images), -1) / np.float32(255), y)
    np.testing.assert_array_equal(
        full.fit(images, y).predict(images), by_hand.predict(full[:-1].transform(images))
    )

    small = make_pipeline(Resize(5), PixelScaler(), FlattenImages(), LogisticRegression())
    vote = VotingClassifier([("full", full), ("small", small)], voting="soft")
    assert cross_val_score(vote, images, y, cv=3, error_score="raise").min() > 0.8

    model = make_pipeline(PixelScaler(), FlattenImages(), PCA(40, random_state=0)).fit(images)
    restored = model.inverse_transform(model.transform(images))
    assert restored.shape == images.shape
    assert np.abs(restored - images).mean() < 0.03 * 255
