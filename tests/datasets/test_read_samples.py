"""Samples read as a fitted model takes them; ``tests/cli/test_predict.py`` has the whole way."""

from __future__ import annotations

import numpy as np
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


def test_read_samples_validates_arguments(image_files, image_model):
    with pytest.raises(ValueError, match="paths must name at least one"):
        read_samples([], image_model)
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1, got 0"):
        read_samples(image_files, image_model, batch_size=0)
