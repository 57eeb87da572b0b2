"""Image files for a fitted model: read as the training images were."""

from __future__ import annotations

import warnings

import joblib
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklvision.cli import main
from sklvision.datasets import ImageCollection, load_image_folder, read_samples
from sklvision.image import FlattenImages

Image = pytest.importorskip("PIL.Image")

# Gray values of four classes in 8 bits: halved or doubled, each is that of another class.
LEVELS = {"a": 10, "b": 20, "c": 40, "d": 80}


def make_folder(root, *, bits=16, suffix=".png"):
    """Write three images of every class, of one gray value each."""
    for label, level in LEVELS.items():
        (root / label).mkdir(parents=True)
        for i in range(3):
            pixels = np.full((4, 6), level + i, np.uint8)
            pixels = pixels if bits == 8 else pixels.astype(np.uint16) * 257
            Image.fromarray(pixels).save(root / label / f"{i}{suffix}")
    return root


def fit(data, target):
    return make_pipeline(FlattenImages(), KNeighborsClassifier(1)).fit(data, target)


def predict_labels(model, root):
    """Predict with files below a folder; returns the labels and the names of the folders."""
    pairs = [
        (label, file.parent.name)
        for batch, files in ((b, [n[0] for n in b.names]) for b in read_samples([root], model))
        for label, file in zip(model.predict(batch.data), map(root.__class__, files), strict=True)
    ]
    return [label for label, _ in pairs], [folder for _, folder in pairs]


@pytest.mark.parametrize("trained_bits", [8, 16])
@pytest.mark.parametrize("new_bits", [8, 16])
def test_read_samples_scales_every_depth_to_the_white_of_training(tmp_path, trained_bits, new_bits):
    training_data = load_image_folder(make_folder(tmp_path / "train", bits=trained_bits))
    new = make_folder(tmp_path / "new", bits=new_bits)
    labels, folders = predict_labels(fit(training_data.data, training_data.target), new)
    assert labels == folders


def test_predict_reads_deep_images_as_a_model_of_python_was_trained(tmp_path, capsys):
    training_data = load_image_folder(make_folder(tmp_path / "train"))
    joblib.dump(fit(training_data.data, training_data.target), tmp_path / "model.joblib")
    assert main(["predict", str(tmp_path / "model.joblib"), str(tmp_path / "train")]) == 0
    rows = [line.split(",")[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(rows) == 12
    assert all(file.split("/")[-2] == label for file, label in rows)


def test_read_samples_uses_every_option_of_the_reading(tmp_path):
    files = sorted(make_folder(tmp_path, bits=8).rglob("*.png"))
    options = {"size": (3, 2), "mode": "RGB", "reduce": 2, "background": "black"}
    collection = ImageCollection(files, **options)
    (batch,) = read_samples(files[:2], fit(collection, [file.parent.name for file in files]))
    assert batch.data.origin == collection.origin
    assert batch.data.shape == (2, 3, 2, 3)


def test_read_samples_keeps_the_sizes_that_training_kept(tmp_path):
    training_data = load_image_folder(make_folder(tmp_path / "train", bits=8))
    Image.new("L", (9, 5)).save(tmp_path / "new.png")
    (batch,) = read_samples([tmp_path / "new.png"], fit(training_data.data, training_data.target))
    assert batch.data.shape == (1, 5, 9)


def test_read_samples_follows_links_to_folders_beside_files(tmp_path):
    root = make_folder(tmp_path / "real", bits=8)
    training_data = load_image_folder(root)
    view = tmp_path / "view"
    view.mkdir()
    for label in LEVELS:
        (view / label).symlink_to(root / label)
    (root / "a" / "loop").symlink_to(view)
    model = fit(training_data.data, training_data.target)
    labels, folders = predict_labels(model, view)
    assert (len(labels), labels) == (12, folders)
    Image.new("L", (6, 4), 10).save(view / "loose.png")
    assert read_samples([view], model).n_samples == 13


def test_read_samples_counts_what_is_left_out_in_one_line(tmp_path):
    training_data = load_image_folder(make_folder(tmp_path / "train", bits=8))
    new = make_folder(tmp_path / "new", bits=8, suffix=".pgm")
    for name in ("a/notes.txt", "b/more.txt"):
        (new / name).write_text("x")
    (new / "a" / "link.png").symlink_to("/nowhere/at/all.png")
    model = fit(training_data.data, training_data.target)
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        labels, folders = predict_labels(model, new)
    assert (len(labels), labels) == (12, folders)
    (record,) = records
    message = "left out because they are not images: 2 .txt, 1 link that leads nowhere"
    assert message in str(record.message)
