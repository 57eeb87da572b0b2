"""Samples read as a fitted model takes them; ``tests/cli/test_predict.py`` has the whole way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection, read_samples
from sklvision.image import FlattenImages

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def image_files(tmp_path):
    files = [tmp_path / f"{i}.png" for i in (1, 2, 10)]
    for i, file in enumerate(files):
        Image.fromarray(np.full((4, 5), i, np.uint8)).save(file)
    return files


@pytest.fixture
def image_model(image_files):
    X = ImageCollection(image_files)
    return make_pipeline(FlattenImages(), DummyClassifier()).fit(X, [0, 1, 1])


def test_read_samples_of_images_in_batches(image_files, image_model, tmp_path):
    reader = read_samples([tmp_path], image_model, batch_size=2)
    assert (reader.files, reader.has_rows, reader.n_samples) == (image_files, False, 3)
    batches = list(reader)
    assert [len(batch.data) for batch in batches] == [2, 1]
    assert batches[1].names == [(str(image_files[2]),)]
    assert [batch.data.mode for batch in batches] == ["L", "L"]


def test_read_samples_sorts_on_request(image_files, image_model):
    backward = image_files[::-1]
    assert read_samples(backward, image_model).files == backward
    assert read_samples(backward, image_model, sort=True).files == image_files


def test_read_samples_of_rows_become_images(image_model, tmp_path):
    np.savez(tmp_path / "rows.npz", X=np.arange(40.0).reshape(2, 20))
    (batch,) = read_samples([tmp_path / "rows.npz"], image_model)
    assert batch.data.shape == (2, 4, 5)
    assert batch.names == [(str(tmp_path / "rows.npz"), 1), (str(tmp_path / "rows.npz"), 2)]


@pytest.mark.parametrize("kind", ["csv", "npz", "array"])
@pytest.mark.parametrize("batch_size", [2, 100])
def test_read_samples_records_invalid_rows(image_model, tmp_path, kind, batch_size):
    """Invalid rows are left out before pixels become bytes, so batches do not change them."""
    rows = np.arange(100.0).reshape(5, 20)
    rows[[1, 4], [3, 0]] = np.nan, np.inf
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        pd.DataFrame(rows).add_prefix("pixel").to_csv(path, index=False)
    elif kind == "npz":
        np.savez(path, X=rows)
    source = [rows] if kind == "array" else [path]
    reader = read_samples(source, image_model, batch_size=batch_size, on_error="record")
    batches = [batch for batch, _ in reader.apply(image_model.predict)]
    valid_rows = [batch.names[place][1] for batch in batches for place in batch.positions.tolist()]
    errors = {
        batch.names[place][1]: error for batch in batches for place, error in batch.errors.items()
    }
    assert valid_rows == [1, 3, 4]
    assert errors == {2: "value 4 is missing", 5: "value 1 is infinite"}
    images = np.concatenate([batch.data for batch in batches if len(batch.positions)])
    np.testing.assert_array_equal(images.reshape(3, 20), rows[[0, 2, 3]])
    assert images.dtype == np.uint8
    (batch,) = read_samples(source, image_model, on_error="record").iterate(start=3)
    assert (len(batch.data), batch.positions.tolist(), list(batch.errors)) == (1, [0], [1])
    with pytest.raises(ValueError, match="is missing, the first in sample 2"):
        list(read_samples(source, image_model))


def test_read_samples_records_a_table_without_valid_rows(image_model, tmp_path):
    rows = pd.DataFrame(np.full((2, 20), np.nan)).add_prefix("p")
    rows.assign(p0=1).to_csv(tmp_path / "empty.csv", index=False)
    reader = read_samples([tmp_path / "empty.csv"], image_model, on_error="record")
    ((batch, result),) = reader.apply(image_model.predict)
    assert (batch.errors, result) == ({0: "value 2 is missing", 1: "value 2 is missing"}, None)


def test_read_samples_validates_arguments(image_files, image_model):
    with pytest.raises(ValueError, match="paths must name at least one"):
        read_samples([], image_model)
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1, got 0"):
        read_samples(image_files, image_model, batch_size=0)
