"""Images that are damaged, gone or replaced, when they are opened and while they are used."""

import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.datasets import ImageCollection
from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier
from sklvision.utils._files import READING_ADVICE

pil = pytest.importorskip("PIL.Image")

N = 40
PLACE = 23
Y = np.arange(N) % 2


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


def corrupt(path):
    content = bytearray(path.read_bytes())
    content[60:160] = bytes(100)
    path.write_bytes(content)


def replace_by_directory(path):
    path.unlink()
    path.mkdir()


def replace_by_other_size(path):
    pil.new("L", (16, 20)).save(path)


FAULTS = {
    "cut": (cut, "cannot be read as an image"),
    "corrupt": (corrupt, "cannot be read as an image"),
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "text": (lambda path: path.write_text("no image"), "is not an image"),
    "deleted": (Path.unlink, "there is no such file"),
    "directory": (replace_by_directory, "is a directory, expected an image"),
}


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(N):
        pixels = rng.integers(0, 255, (16, 16), dtype=np.uint8)
        pil.fromarray(pixels).save(tmp_path / f"{i:02}.png")
    return sorted(tmp_path.glob("*.png"))


def make_classifier(**params):
    return ImageClassifier("resnet8", **{"max_epochs": 2, "random_state": 0, **params})


@pytest.fixture(scope="module")
def classifier():
    X = np.random.default_rng(0).integers(0, 255, (N, 16, 16), dtype=np.uint8)
    return make_classifier(max_epochs=1).fit(X, Y)


@pytest.mark.parametrize("fault", FAULTS)
def test_fit_names_the_file_before_the_first_epoch(files, fault):
    damage, words = FAULTS[fault]
    images = ImageCollection(files)
    damage(files[PLACE])
    model = make_classifier()
    with pytest.raises(OSError, match=f"{PLACE}.png: .*{words}") as caught:
        model.fit(images, Y)
    assert READING_ADVICE in caught.value.__notes__
    assert not hasattr(model, "classes_")


@pytest.mark.parametrize("fault", FAULTS)
def test_predict_names_the_file(files, classifier, fault):
    damage, words = FAULTS[fault]
    images = ImageCollection(files)
    damage(files[PLACE])
    with pytest.raises(OSError, match=f"{PLACE}.png: .*{words}") as caught:
        classifier.predict(images)
    assert READING_ADVICE in caught.value.__notes__
    with pytest.raises(OSError, match=f"{PLACE}.png: .*{words}"):
        make_pipeline(FlattenImages(), LogisticRegression()).fit(images, Y)


@pytest.mark.parametrize("fault", FAULTS)
def test_collection_leaves_out_what_cannot_be_read(files, fault):
    damage, _ = FAULTS[fault]
    damage(files[PLACE])
    with pytest.warns(UserWarning, match=f"1 of {N} images cannot be read.*{PLACE}.png"):
        images = ImageCollection(files, on_error="skip")
    assert images.skipped == (str(files[PLACE]),)
    assert len(np.asarray(images)) == N - 1


def test_replaced_file_is_named(files, classifier):
    images = ImageCollection(files)
    replace_by_other_size(files[PLACE])
    words = f"{PLACE}.png is uint8 of shape .*has been replaced since it was opened"
    with pytest.raises(ValueError, match=words):
        make_classifier().fit(images, Y)
    with pytest.raises(ValueError, match=words):
        classifier.predict(images)


class Delete:
    """An augmenter that deletes a file in an epoch."""

    def __init__(self, path, epoch, n_batches):
        self.path, self.start, self.n_calls = path, epoch * n_batches, 0

    def __call__(self, X):
        self.n_calls += 1
        if self.n_calls > self.start:
            self.path.unlink(missing_ok=True)
        return X


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_fit_keeps_epochs_before_a_file_was_deleted(files, precision):
    """Batches are read ahead, so the file is missed in the third epoch or the one behind it."""
    model = make_classifier(
        max_epochs=9, batch_size=10, precision=precision, augment=Delete(files[PLACE], 2, 4)
    )
    with (
        pytest.warns(UserWarning, match=r"Training stopped at a file after epoch [23] of 9"),
        pytest.raises(FileNotFoundError, match=f"{PLACE}.png"),
    ):
        model.fit(ImageCollection(files), Y)
    assert model.n_iter_ in (2, 3)
    kept = np.delete(np.arange(N), PLACE)
    assert np.isfinite(model.predict_proba(ImageCollection([files[i] for i in kept]))).all()


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="users of POSIX")
def test_file_without_permission_is_named():
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        path = Path(folder, "closed.png")
        pil.new("L", (16, 16)).save(path)
        images = ImageCollection([path])
        path.chmod(0)
        if is_root:
            Path(folder).chmod(stat.S_IRWXU | stat.S_IXOTH)
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError, match=r"closed\.png: there is no permission"):
                np.asarray(images)
        finally:
            if is_root:
                os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_pipe_with_the_name_of_an_image_is_no_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OSError, match=r"pipe\.png"):
        ImageCollection([tmp_path / "pipe.png"])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["train", "compare"])
def test_command_names_the_file_before_any_training(files, run, tmp_path, command):
    folder = tmp_path / "photos"
    for i, path in enumerate(files):
        target = folder / "ab"[i % 2]
        target.mkdir(parents=True, exist_ok=True)
        path.rename(target / path.name)
    corrupt(folder / "ab"[PLACE % 2] / f"{PLACE}.png")
    arguments = {
        "train": ["train", "nail_cnn", "--data", "photos", "--epochs", 1, "--out", "x.sklv"],
        "compare": ["compare", "photos", "--models", "nail_cnn", "--cv", 2, "--n-jobs", 1],
    }
    program = run(*arguments[command])
    assert program.process.returncode == 2
    assert "epoch" not in program.errors
    assert "fit 1/" not in program.errors
    assert f"{PLACE}.png: cannot be read as an image" in program.errors
    assert "leave such files out with --on-error skip" in program.errors
    assert not (tmp_path / "x.sklv").exists()
