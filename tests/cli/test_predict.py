"""``sklvision predict``: a line for every sample of files of any kind."""

import gzip
import os
import re
import sys
from io import StringIO
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.image import FlattenImages, Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("batch_size", [7, 256])
def test_predict_a_folder_equals_the_estimator(
    digit_folder, image_model, tmp_path, run, batch_size
):
    out = tmp_path / "predictions.csv"
    argv = ["predict", image_model, digit_folder, "--out", out, "--batch-size", batch_size]
    status, output, progress = run(*argv, "--proba")
    assert (status, output) == (0, "")
    assert "180/180" in progress
    assert "180 predictions written to" in progress
    table = pd.read_csv(out, dtype={"label": str})
    model = joblib.load(image_model)
    images = ImageCollection(table["file"].tolist())
    assert table["label"].tolist() == model.predict(images).tolist()
    columns = [f"probability_{label}" for label in model.classes_]
    assert list(table.columns) == ["file", "label", "probability", *columns]
    np.testing.assert_allclose(table[columns], model.predict_proba(images), atol=1e-6)
    assert (table["probability"] == table[columns].max(axis=1)).all()
    assert list(tmp_path.iterdir()) == [out]


def test_predict_searches_folders_in_natural_order(digit_folder, image_model, tmp_path, run):
    source = next((digit_folder / "1").iterdir())
    names = ["b/2.png", "b/10.png", "b/deep/1.PNG", ".hidden/1.png", "b/.x.png", "b/notes.txt"]
    for name in [*names, "a.png"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(source.read_bytes())
    status, out, err = run("predict", image_model, tmp_path / "b", tmp_path / "a.png")
    assert status == 0
    assert err.endswith("b: left out because they are not images: 1 .txt.\n")
    files = [line.split(",")[0] for line in out.splitlines()[1:]]
    assert files == [str(tmp_path / name) for name in [*names[:3], "a.png"]]
    argv = [image_model, tmp_path / "b" / "10.png", tmp_path / "b" / "2.png", tmp_path / "a.png"]
    status, out, _ = run("predict", *argv, "--format", "kaggle")
    assert out == "ImageId,Label\n1,1\n2,1\n3,1\n"


def test_predict_kaggle_digits(tmp_path, run, run_error):
    """A csv for training and one to be labeled, as in Kaggle's digit recognizer."""
    digits = load_digits()
    pixels = pd.DataFrame(np.kron(digits.images, np.ones((3, 3))).reshape(-1, 576).astype(int))
    pixels = pixels.add_prefix("pixel")
    train, test, model = tmp_path / "train.csv", tmp_path / "test.csv", tmp_path / "m.joblib"
    pixels[:300].assign(label=digits.target[:300]).to_csv(train, index=False)
    pixels[300:400].to_csv(test, index=False)
    argv = ["train", "mlp", "--data", train, "--out", model, "--epochs", 20, "--no-estimate"]
    assert run(*argv, "--image-shape", "24x24", "--quiet")[0] == 0
    out = tmp_path / "submission.csv"
    argv = ["predict", model, test, "--format", "kaggle", "--out", out, "--batch-size", 33]
    assert run(*argv, "--quiet") == (0, "", "")
    table = pd.read_csv(out)
    assert table["ImageId"].tolist() == list(range(1, 101))
    images = pixels[300:400].to_numpy(np.uint8).reshape(-1, 24, 24)
    assert table["Label"].tolist() == joblib.load(model).predict(images).tolist()
    assert (table["Label"] == digits.target[300:400]).mean() > 0.7
    np.savez(tmp_path / "images.npz", X=images)
    by_row = pd.read_csv(StringIO(run("predict", model, tmp_path / "images.npz")[1]))
    assert by_row["label"].tolist() == table["Label"].tolist()
    assert by_row["row"].tolist() == table["ImageId"].tolist()
    pixels.iloc[:5, 1:].to_csv(test, index=False)
    err = run_error(*argv, "--quiet")
    assert "rows of 575 numbers, and the model takes images of 24 × 24, 576" in err
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".csv.gz"])
def test_predict_spectra(spectra_file, spectra_model, tmp_path, run, suffix):
    with np.load(spectra_file) as arrays:
        X = arrays["X"].astype(np.float64)
    path = tmp_path / f"today{suffix}"
    if suffix == ".npz":
        np.savez(path, X=X)
    else:
        text = pd.DataFrame(X).assign(y="?").to_csv(index=False).encode()
        path.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    status, out, err = run("predict", spectra_model, path, path, "--batch-size", 64)
    assert status == 0
    assert re.fullmatch(r"sklvision: note: .*line\.joblib is a pickle: .* ran the code.*\n", err)
    table = pd.read_csv(StringIO(out))
    assert table["row"].tolist() == 2 * list(range(1, 151))
    assert table["label"].tolist() == 2 * joblib.load(spectra_model).predict(X).tolist()


@pytest.mark.parametrize("batch_size", [2, 100])
def test_predict_keeps_the_line_of_an_unreadable_image(
    digit_folder, image_model, tmp_path, run, run_error, batch_size
):
    names = [f"{i}.png" for i in range(7)]
    for label, name in zip("0120120", names, strict=True):
        source = sorted((digit_folder / label).iterdir())[5]
        (tmp_path / name).write_bytes(source.read_bytes())
    (tmp_path / "2.png").write_bytes(b"no image")
    content = (tmp_path / "5.png").read_bytes()
    (tmp_path / "5.png").write_bytes(content[: len(content) // 2])
    argv = ["predict", image_model, *(tmp_path / name for name in names), "--quiet"]
    argv += ["--batch-size", batch_size]
    out = tmp_path / "out.csv"
    err = run_error(*argv, "--out", out, "--on-error", "raise")
    assert "2.png: is not an image that Pillow can read" in err or "5.png: cannot be read" in err
    assert not out.exists()
    status, output, err = run(*argv, "--on-error", "skip")
    assert status == 0
    assert err.count("\n") == 1
    expected_names = ", ".join(str(tmp_path / name) for name in ("2.png", "5.png"))
    assert f"warning: 2 of 7 images cannot be read, and get no label: {expected_names}" in err
    assert run(*argv, "--out", out)[:2] == (1, "")
    assert out.read_text() == output
    errors = pd.read_csv(tmp_path / "out.errors.csv")
    assert errors["file"].tolist() == expected_names.split(", ")
    assert errors["error"][0] == f"{errors['file'][0]}: is not an image that Pillow can read."
    labels = [line.split(",")[1] for line in output.splitlines()[1:]]
    assert labels == ["0", "1", "", "0", "1", "", "0"]
    status, output, err = run(*argv, "--on-error", "skip", "--format", "kaggle")
    assert output.splitlines() == ["ImageId,Label", "1,0", "2,1", "3,", "4,0", "5,1", "6,", "7,0"]


def test_predict_leaves_no_output_after_damage(digit_folder, image_model, tmp_path, run):
    file = tmp_path / "cut.png"
    content = next((digit_folder / "1").iterdir()).read_bytes()
    file.write_bytes(content[: len(content) - 40])
    argv = ["predict", image_model, digit_folder, file, "--out", tmp_path / "out.csv"]
    status, _, err = run(*argv, "--on-error", "raise")
    assert status == 2
    assert f"error: {file}: cannot be read as an image" in err
    assert list(tmp_path.iterdir()) == [file]


def test_predict_reads_files_in_the_mode_of_training(digit_folder, image_model, tmp_path, run):
    """Color files for a model of gray images, gray ones for a model of color."""
    files = sorted(digit_folder.rglob("1?.png"))
    for file in files:
        image.open(file).convert("RGB").save(tmp_path / file.name)
    gray, color = ([f"{file},"] for file in ("gray", "color"))
    gray = run("predict", image_model, *files)[1].splitlines()
    color = run("predict", image_model, *(tmp_path / file.name for file in files))[1].splitlines()
    assert [line.split(",")[1:] for line in gray] == [line.split(",")[1:] for line in color]
    model = tmp_path / "m.joblib"
    X = np.stack([np.asarray(image.open(file).convert("RGB")) for file in files])
    joblib.dump(ImageClassifier("mlp", max_epochs=1).fit(X, np.arange(len(X)) % 2), model)
    assert run("predict", model, *files)[0] == 0


def test_predict_reads_sixteen_bits_as_in_training(tmp_path, run):
    """16-bit images train on their own values, and are read so later, among others of 8 bits."""
    rng = np.random.default_rng(0)
    for i in range(20):
        folder = tmp_path / "deep" / str(i % 2)
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 60000, (8, 8)) // (1 + 5 * (i % 2))
        image.fromarray(pixels.astype(np.uint16)).save(folder / f"{i}.png")
    model = tmp_path / "m.joblib"
    argv = ["train", "resnet8", "--data", tmp_path / "deep", "--out", model, "--epochs", 5]
    assert run(*argv, "--no-estimate", "--quiet")[0] == 0
    image.new("L", (8, 8)).save(tmp_path / "flat.png")
    out = run("predict", model, tmp_path / "deep", tmp_path / "flat.png", "--proba")[1]
    table = pd.read_csv(StringIO(out))
    images = ImageCollection(table["file"].tolist(), mode="F")
    expected = joblib.load(model).predict_proba(images)
    assert np.asarray(images).max() > 255
    np.testing.assert_allclose(table[["probability_0", "probability_1"]], expected, atol=1e-6)


class FewAtOnce(ClassifierMixin, BaseEstimator):
    """Refuses more than five samples at once."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        assert len(X) <= 5
        return np.repeat(self.classes_[0], len(X))


def test_predict_by_any_fitted_classifier(digit_folder, tmp_path, run, run_error):
    folder = load_image_folder(digit_folder)
    y = np.where(folder.target == "1", "one", "other, a comma")
    X = np.asarray(folder.data)
    threshold = FixedThresholdClassifier(
        LogisticRegression(max_iter=500), threshold=0.999, response_method="predict_proba"
    )
    models = {
        "threshold": make_pipeline(FlattenImages(), threshold).fit(X, y),
        "svm": make_pipeline(Resize(6), FlattenImages(), LinearSVC()).fit(folder.data, y),
        "few": make_pipeline(FlattenImages(), FewAtOnce()).fit(X, y),
    }
    for name, model in models.items():
        path = tmp_path / f"{name}.joblib"
        joblib.dump(model, path)
        out = tmp_path / f"{name}.csv"
        argv = ["predict", path, digit_folder, "--out", out, "--batch-size", 5, "--quiet"]
        assert run(*argv) == (0, "", "")
        table = pd.read_csv(out)
        if name != "few":
            files = ImageCollection(table["file"].tolist())
            assert table["label"].tolist() == model.predict(files).tolist()
        assert ("probability" in table) == (name == "threshold")
    assert "few.joblib gives no probabilities" in run_error(*argv, "--proba")


@pytest.mark.skipif(sys.platform != "linux", reason="any bytes name a file")
def test_predict_writes_names_of_files_that_are_not_text(digit_folder, image_model, tmp_path, run):
    source = next((digit_folder / "1").iterdir())
    name = os.fsencode(tmp_path) + b'/\xe4"1.png'
    Path(os.fsdecode(name)).write_bytes(source.read_bytes())
    out = tmp_path / "out.csv"
    assert run("predict", image_model, tmp_path, "--out", out, "--quiet")[0] == 0
    assert out.read_bytes().splitlines()[1].startswith(b'"' + name.replace(b'"', b'""') + b'",1,')


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere", "a.png"], "nowhere: does not exist"),
        (["folder", "a.png"], "folder: is a directory, expected the file of a model"),
        (["a.png", "a.png"], "a.png: cannot be loaded as a model"),
        (["text", "a.png"], "text: cannot be loaded as a model"),
        (["gone", "a.png"], "gone: cannot be loaded as a model (ModuleNotFoundError: No module"),
        (["dict", "a.png"], "dict: holds a dict, not a model"),
        (["unfitted", "a.png"], "unfitted: holds a SpectrumClassifier that is not fitted"),
        (["{image}", "nowhere.png"], "nowhere.png: does not exist"),
        (["{image}", "folder"], "folder: holds no images"),
        (["{spectra}", "folder"], "), Parquet files or instrument files."),
        (["{image}", "text"], "text: has the suffix '', expected one of "),
        (["{image}", "a.png", "wide.npz"], "1 of 2 files hold rows, such as wide.npz"),
        (
            ["{image}", "empty.png", "--on-error", "raise"],
            "empty.png: cannot be read as an image (the file is empty)",
        ),
        (["{image}", "a.png", "--restart"], "--restart: there is nothing to begin again without"),
        (
            ["{image}", "a.png", "--format", "kaggle", "--out", "a.parquet"],
            "--out a.parquet: the format kaggle is written as csv",
        ),
        (["{image}", "wide.npz"], "wide.npz: holds rows of 7 numbers, and the model takes images"),
        (["{image}", "large.npz"], "images of shape (9, 9)"),
        (["{image}", "a.png", "--format", "kaggle", "--proba"], "no columns of probabilities"),
        (["{image}", "a.png", "--out", "nowhere/p.csv"], "the directory nowhere does not exist"),
        (["{image}", "a.png", "--batch-size", "0"], "--batch-size: expected an integer of at"),
        (["{spectra}", "a.png"], "a.png: is an image, and the model takes rows of numbers"),
        (["{spectra}", "wide.npz"], "rows of 7 numbers, and the model takes rows of 40"),
        (["{spectra}", "large.npz"], "large.npz: holds images, and the model takes rows"),
        (
            ["{spectra}", "gap.npz", "--on-error", "raise"],
            "gap.npz: 1 value is missing, the first in sample 2, value 3",
        ),
        (["{spectra}", "no_x.npz"], "no_x.npz: has no array 'X'"),
        (["{spectra}", "junk.npz"], "junk.npz: is not an npz file"),
        (["{spectra}", "objects.npz"], "objects.npz: holds pickled objects"),
    ],
)
def test_predict_errors_take_one_line(
    image_model, spectra_model, tmp_path, monkeypatch, run_error, argv, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "gone").write_bytes(b"cno_such_module\nThing\n.")
    (tmp_path / "empty.png").touch()
    (tmp_path / "junk.npz").write_text("no zip")
    image.new("L", (8, 8)).save("a.png")
    X = np.ones((4, 40))
    X[1, 2] = np.nan
    np.savez("gap.npz", X=X)
    np.savez("wide.npz", X=np.ones((2, 7)))
    np.savez("large.npz", X=np.ones((2, 9, 9)))
    np.savez("no_x.npz", Y=X)
    np.savez("objects.npz", X=np.array([[{}]]))
    joblib.dump({"weights": 1}, "dict")
    joblib.dump(SpectrumClassifier(), "unfitted")
    models = {"{image}": image_model, "{spectra}": spectra_model}
    err = run_error("predict", *(models.get(arg, arg) for arg in argv), "--quiet")
    assert words in err


def test_predict_reads_only_the_array_of_samples(spectra_file, spectra_model, tmp_path, run):
    with np.load(spectra_file) as arrays:
        np.savez(tmp_path / "a.npz", X=arrays["X"][:3], note=np.array([{}]))
    assert run("predict", spectra_model, tmp_path / "a.npz")[0] == 0


def test_predict_warns_of_a_model_of_another_version(
    spectra_file, spectra_model, tmp_path, monkeypatch, run
):
    model = joblib.load(spectra_model)
    with monkeypatch.context() as patch:
        patch.setattr("sklvision.neural_network._base.__version__", "0.0.1")
        joblib.dump(model, tmp_path / "old.joblib")
    status, out, err = run("predict", tmp_path / "old.joblib", spectra_file)
    assert (status, len(out.splitlines())) == (0, 151)
    assert err.startswith("sklvision predict: warning: This SpectrumClassifier was saved by")
