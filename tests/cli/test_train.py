"""``sklvision train``: one file that holds a fitted estimator, and an honest number beside it."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline

from sklvision.cli._data import load_named
from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.nets import list_architectures
from sklvision.neural_network import SpectrumClassifier


def accuracies(out):
    return {name: float(x) for name, x in re.findall(r"^  (\S.*?)  +(\d\.\d{4})", out, re.M)}


def test_images_become_a_file_that_takes_raw_images(digit_folder, tmp_path, run):
    out = tmp_path / "model.joblib"
    status, told, progress = run(
        "train", "resnet8", "--data", digit_folder, "--out", out, "--epochs", 6
    )
    assert status == 0
    assert "numbers: 180 images of 8 × 8 pixels, 3 classes" in progress
    assert "3/3" in progress
    assert "6/6" in progress
    assert "trained without 36 of 180 samples (20 %, stratified)" in told
    scores = accuracies(told)
    assert list(scores) == ["resnet8", "logistic regression", "majority class"]
    assert scores["majority class"] == 0.3333
    assert scores["resnet8"] > 0.8
    assert re.search(r"Written to .*model.joblib \(\d+ kB, 77,299 parameters\)", told)
    assert list(tmp_path.iterdir()) == [out]

    model = joblib.load(out)
    assert isinstance(model, Pipeline)
    assert model[-1].n_iter_ == 6
    assert model[-1].verbose == 0
    folder = load_image_folder(digit_folder)
    assert model.score(folder.data, folder.target) > 0.9
    large = ImageCollection(folder.data.files, size=(20, 24), mode="L")
    assert model.score(large, folder.target) > 0.7


def test_the_same_seed_trains_the_same_model(digit_folder, image_model, tmp_path, run):
    argv = ["train", "resnet8", "--data", digit_folder, "--epochs", 5, "--quiet"]
    status, _, progress = run(*argv, "--out", tmp_path / "again.joblib")
    assert status == 0
    assert "Training" not in progress
    X = load_image_folder(digit_folder).data
    first, again = joblib.load(image_model), joblib.load(tmp_path / "again.joblib")
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    run(*argv, "--no-estimate", "--seed", 1, "--out", tmp_path / "other.joblib")
    other = joblib.load(tmp_path / "other.joblib")
    assert np.abs(first.predict_proba(X) - other.predict_proba(X)).max() > 0.01


def test_images_of_many_sizes_are_seen_at_the_size_asked_for(digit_folder, tmp_path, run):
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path / "sizes"
    for label in ("0", "1"):
        (folder / label).mkdir(parents=True)
        for i, file in enumerate(sorted((digit_folder / label).iterdir())[:20]):
            image.open(file).resize((8 + i, 9)).save(folder / label / file.name)
    out = tmp_path / "model.joblib"
    argv = ["train", "mlp", "--data", folder, "--image-size", 12, "--epochs", 20, "--out", out]
    status, told, progress = run(*argv)
    assert status == 0
    assert "sizes: 40 images of many sizes, 2 classes" in progress
    assert accuracies(told)["logistic regression"] > 0.8
    model = joblib.load(out)
    assert model[-1].input_shape_ == (12, 12, 1)
    one = ImageCollection([folder / "1" / file.name])
    assert model.predict(one).tolist() == ["1"]


def test_spectra_are_estimated_by_group_and_options_find_their_place(spectra_file, tmp_path, run):
    out = tmp_path / "line.joblib"
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 10]
    options = ["--option", "dropout=0.25", "--option", "optimizer=sgd"]
    status, told, _ = run(*argv, *options, "--cv", 3, "--quiet")
    assert status == 0
    assert "3 times trained without and asked about another part" in told
    assert "(groups kept together by group)" in told
    assert "interval" not in told  # five spectra of one thing are no independent samples
    model = joblib.load(out)
    assert isinstance(model, SpectrumClassifier)
    assert model.architecture_params == {"dropout": 0.25}
    assert model.optimizer == "sgd"
    assert model.n_iter_ == 10
    status, told, _ = run(*argv, "--no-groups", "--quiet")
    assert "trained without 30 of 150 samples (20 %, stratified)" in told
    assert "95 % interval" in told


def test_no_better_than_the_baseline_is_said(spectra_file, tmp_path, run):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", tmp_path / "m.joblib"]
    status, told, _ = run(*argv, "--option", "lr=1e-9", "--epochs", 1, "--quiet")
    assert status == 0
    assert "spectrum_mlp was no better than logistic regression on these samples." in told


def test_rows_of_pixels_are_images_on_request(tmp_path, run, refused):
    digits = load_digits()
    table = pd.DataFrame(digits.data[:200]).add_prefix("pixel").assign(label=digits.target[:200])
    table.to_csv(tmp_path / "train.csv", index=False)
    out = tmp_path / "model.joblib"
    argv = ["train", "resnet8", "--data", tmp_path / "train.csv", "--out", out, "--epochs", 3]
    assert "takes images, and train holds rows of 64 numbers" in refused(*argv, "--quiet")
    err = refused(*argv, "--quiet", "--image-shape", "8x9")
    assert "--image-shape asks for rows of 72 numbers" in err
    assert run(*argv, "--no-estimate", "--image-shape", "8x8")[0] == 0
    images = digits.images[:200].astype(np.uint8)
    assert joblib.load(out).score(images, digits.target[:200]) > 0.5


def test_damaged_images_are_left_out_where_asked(digit_folder, tmp_path, run, refused):
    folder = tmp_path / "some"
    for file in digit_folder.rglob("1?.png"):
        copy = folder / file.parent.name / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (folder / "1" / "broken.png").write_bytes(b"no image")
    out = tmp_path / "model.joblib"
    argv = ["train", "mlp", "--data", folder, "--out", out, "--no-estimate", "--epochs", 1]
    assert "broken.png: not an image that Pillow can read" in refused(*argv)
    assert not out.exists()
    status, _, err = run(*argv, "--on-error", "skip", "--quiet")
    assert (status, err.count("\n")) == (0, 1)
    assert re.search(r"warning: 1 of \d+ images cannot be read.*broken.png", err)


def test_list_names_everything(run):
    status, out, _ = run("train", "--list")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert set(names) >= set(list_architectures(library="sklvision"))
    assert len(set(names)) == len(names)
    assert all(len(line.split()) > 3 for line in out.splitlines())


def test_recipes_train_as_architectures_do(digit_folder, spectra_file, tmp_path, run, refused):
    from sklvision import recipes

    listed = [line.split()[:2] for line in run("train", "--list")[1].splitlines()]
    assert [name for name, kind in listed if kind == "recipe"] == list(recipes.__all__)
    out = tmp_path / "recipe.joblib"
    argv = ["train", "spectra", "--out", out, "--epochs", 1, "--quiet", "--data"]
    assert "spectra takes spectra, and numbers holds images" in refused(*argv, digit_folder)
    assert "has no such option" in refused(*argv, spectra_file, "--option", "vot=True")
    err = refused(*argv, spectra_file, "--image-size", 9)
    assert "the recipe spectra has sizes of its own" in err
    argv[1] = "spectre"
    assert "Did you mean the recipe 'spectra'?" in refused(*argv, spectra_file)
    argv[1] = "digits"
    assert "digits takes images" in refused(*argv, spectra_file)
    for name, data in (("spectra", spectra_file), ("digits", digit_folder)):
        argv[1] = name
        status, told, _ = run(*argv, data, "--seed", 3)
        assert status == 0
        assert list(accuracies(told)) == [name, "logistic regression", "majority class"]
        assert run("predict", out, data)[0] == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "MODEL is missing"),
        (["resnet8"], "--data is missing"),
        (["resnet8", "--data", "images.npz"], "--out is missing"),
        (["restnet8", *["--data", "images.npz", "--out", "m"]], "Did you mean 'resnet8'?"),
        (
            ["resnet8", *["--data", "images.npz", "--out", "nowhere/m"]],
            "there is no folder nowhere",
        ),
        (["resnet8", *["--data", "images.npz", "--out", "."]], "--out .: is a folder"),
        (["resnet8", *["--data", "nowhere", "--out", "m"]], "nowhere: there is no such file"),
        (["resnet8", *["--data", "nail", "--out", "m"]], "Did you mean 'nails'?"),
        (
            ["resnet8", *["--data", "digits", "--out", "m", "--target", "y"]],
            "digits has no columns",
        ),
        (
            ["resnet8", *["--data", "spectra.npz", "--out", "m"]],
            "resnet8 takes images, and spectra",
        ),
        (
            ["spectrum_mlp", *["--data", "images.npz", "--out", "m"]],
            "takes spectra, and images holds",
        ),
        (["resnet8", *["--data", "one.npz", "--out", "m"]], "y holds a single class, 3"),
        (
            ["resnet8", *["--data", "rare.npz", "--out", "m"]],
            "of class '9' there is one sample only",
        ),
        (["resnet8", *["--data", "group.npz", "--out", "m"]], "all samples are of one group"),
        (
            ["resnet8", *["--data", "rare.npz", "--out", "m", "--cv", "2"]],
            "fewer, and their counts: 9 (1)",
        ),
        (
            ["nail_cnn", *["--data", "images.npz", "--out", "m", "--image-size", "20"]],
            "at least 60 pixels",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--option", "dropot=1"]],
            "no such option",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--option", "max_epoch=1"]],
            "'max_epochs'?",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--option", "lr"]],
            "expected NAME=VALUE",
        ),
        (
            [
                "resnet8",
                *["--data", "images.npz", "--out", "m", "--option", "lr=1", "--option", "lr=2"],
            ],
            "twice",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--option", "lr=-1"]],
            "'lr' parameter",
        ),
        (["resnet8", *["--data", "images.npz", "--out", "m", "--device", "cuda:77"]], "cuda:77"),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--epochs", "0"]],
            "integer of at least 1",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--image-shape", "8"]],
            "expected HEIGHTxWIDTH",
        ),
        (
            ["resnet8", *["--data", "images.npz", "--out", "m", "--cv", "3", "--no-estimate"]],
            "not allowed with",
        ),
    ],
)
def test_what_is_wrong_is_said_before_any_training(tmp_path, monkeypatch, refused, argv, words):
    monkeypatch.chdir(tmp_path)
    X, y = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2
    np.savez("images.npz", X=X, y=y)
    np.savez("spectra.npz", X=X[:, 0], y=y)
    np.savez("one.npz", X=X, y=np.full(20, 3))
    np.savez("rare.npz", X=X, y=[*y[:19], 9])
    np.savez("group.npz", X=X, y=y, group=np.zeros(20))
    before = sorted(Path().iterdir())
    assert words in refused("train", *argv, *([] if "--quiet" in argv else ["--quiet"]))
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "sklvision train: interrupted"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
    ],
)
def test_no_half_file_is_left(spectra_file, tmp_path, monkeypatch, run, error, status, words):
    def dump(model, file):
        file.write(b"half of it")
        raise error

    out = tmp_path / "model.joblib"
    out.write_text("the model of yesterday")
    monkeypatch.setattr(joblib, "dump", dump)
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 1]
    found, _, err = run(*argv, "--no-estimate", "--quiet")
    assert found == status
    assert words in err
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_text() == "the model of yesterday"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_the_model_is_written_even_if_nobody_reads_the_estimate(spectra_file, tmp_path):
    argv = ["spectrum_mlp", "--data", spectra_file, "--out", "m.joblib", "--epochs", "1", "--quiet"]
    running = subprocess.Popen(
        [sys.executable, "-m", "sklvision", "train", *argv],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running.stdout.close()
    assert running.communicate(timeout=60)[1] == b""
    assert running.returncode == 0
    assert joblib.load(tmp_path / "m.joblib").n_iter_ == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_interrupted_while_it_trains(spectra_file, tmp_path):
    argv = ["spectrum_mlp", "--data", spectra_file, "--out", "m.joblib", "--epochs", 1_000_000]
    running = subprocess.Popen(
        [sys.executable, "-m", "sklvision", "train", *map(str, argv), "--no-estimate"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    told = b""
    deadline = time.monotonic() + 60
    while b"epoch/s, loss" not in told and time.monotonic() < deadline:
        told += running.stderr.read1()
    running.send_signal(signal.SIGINT)
    err = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "\nsklvision train: interrupted\n" in err.decode()
    assert b"Traceback" not in told + err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_before_the_data_set_of_its_name(digit_folder, tmp_path, monkeypatch, run):
    (tmp_path / "digits").symlink_to(digit_folder)
    monkeypatch.chdir(tmp_path)
    argv = ["train", "mlp", "--data", "digits", "--out", "m.joblib", "--epochs", 1]
    status, _, err = run(*argv, "--no-estimate")
    assert status == 0
    assert "not the data set of that name" in err
    assert "180 images" in err
    (tmp_path / "digits").unlink()
    assert "digits: 1797 images of 8 × 8" in run(*argv, "--no-estimate")[2]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nails", "160 images of 1216 × 1936 pixels, 2 classes, grouped by capture series"),
        ("flowers17", "1360 images of many sizes, 17 classes"),
        ("mnist", "60000 images of 28 × 28 pixels, 10 classes"),
    ],
)
def test_data_sets_by_name(data_home, monkeypatch, name, told):
    monkeypatch.setenv("SKLVISION_DATA", str(data_home))
    assert str(load_named(name)) == f"{name}: {told}"


@pytest.mark.data
@pytest.mark.slow
def test_nails_from_full_size_images_to_a_file(data_home, tmp_path, monkeypatch, run):
    monkeypatch.setenv("SKLVISION_DATA", str(data_home))
    monkeypatch.chdir(tmp_path)
    argv = ["train", "mlp", "--data", "nails", "--out", "m.joblib", "--epochs", 2, "--quiet"]
    assert run(*argv, "--no-estimate")[0] == 0
    test = data_home / "nails" / "test"
    status, out, _ = run("predict", "m.joblib", test)
    assert status == 0
    labels = [line.split(",")[1] for line in out.splitlines()[1:]]
    folder = load_image_folder(test)
    assert labels == joblib.load("m.joblib").predict(folder.data).tolist()
