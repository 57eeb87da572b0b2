"""``sklvision train``: a fitted estimator in one file, and an estimate of its accuracy."""

import re
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline

from sklvision.datasets import ImageCollection, load_image_folder
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.nets import list_architectures
from sklvision.neural_network import SpectrumClassifier


def accuracies(out):
    return {name: float(x) for name, x in re.findall(r"^  (\S.*?)  +(\d\.\d{4})", out, re.M)}


def test_train_images_writes_a_model_of_raw_images(digit_folder, tmp_path, run):
    out = tmp_path / "model.joblib"
    status, output, progress = run(
        "train", "resnet8", "--data", digit_folder, "--out", out, "--epochs", 6
    )
    assert status == 0
    assert "numbers: 180 images of 8 × 8 pixels, 3 classes" in progress
    assert "3/3" in progress
    assert "6/6" in progress
    assert "Accuracy on 36 of 180 samples held out (20 %, stratified)" in output
    scores = accuracies(output)
    assert list(scores) == ["resnet8", "logistic regression", "majority class"]
    assert scores["majority class"] == 0.3333
    assert scores["resnet8"] > 0.8
    assert re.search(r"Written to .*model.joblib \(\d+ kB, 77,299 parameters\)", output)
    assert list(tmp_path.iterdir()) == [out]

    model = joblib.load(out)
    assert isinstance(model, Pipeline)
    assert model[-1].n_iter_ == 6
    assert model[-1].verbose == 0
    folder = load_image_folder(digit_folder)
    assert model.score(folder.data, folder.target) > 0.9
    large = ImageCollection(folder.data.files, size=(20, 24), mode="L")
    assert model.score(large, folder.target) > 0.7


def test_train_is_reproducible_by_seed(digit_folder, image_model, tmp_path, run):
    argv = ["train", "resnet8", "--data", digit_folder, "--epochs", 5, "--quiet"]
    status, _, progress = run(*argv, "--out", tmp_path / "again.joblib")
    assert status == 0
    assert "Training" not in progress
    X = load_image_folder(digit_folder).data
    first, same_model = joblib.load(image_model), joblib.load(tmp_path / "again.joblib")
    np.testing.assert_array_equal(first.predict_proba(X), same_model.predict_proba(X))
    run(*argv, "--no-estimate", "--seed", 1, "--out", tmp_path / "other.joblib")
    other_model = joblib.load(tmp_path / "other.joblib")
    assert np.abs(first.predict_proba(X) - other_model.predict_proba(X)).max() > 0.01


def test_train_image_size_resizes_images_of_many_sizes(digit_folder, tmp_path, run):
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path / "sizes"
    for label in ("0", "1"):
        (folder / label).mkdir(parents=True)
        for i, file in enumerate(sorted((digit_folder / label).iterdir())[:20]):
            image.open(file).resize((8 + i, 9)).save(folder / label / file.name)
    out = tmp_path / "model.joblib"
    argv = ["train", "mlp", "--data", folder, "--image-size", 12, "--epochs", 20, "--out", out]
    status, output, progress = run(*argv)
    assert status == 0
    assert "sizes: 40 images of many sizes, 2 classes" in progress
    assert accuracies(output)["logistic regression"] > 0.8
    model = joblib.load(out)
    assert model[-1].input_shape_ == (12, 12, 1)
    collection = ImageCollection([folder / "1" / file.name])
    assert model.predict(collection).tolist() == ["1"]
    assert "images of many sizes, uint8\n" in run("info", out)[1]


def test_train_spectra_keeps_groups_and_passes_options(spectra_file, tmp_path, run):
    out = tmp_path / "line.joblib"
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 10]
    options = ["--option", "dropout=0.25", "--option", "optimizer=sgd"]
    status, output, _ = run(*argv, *options, "--cv", 3, "--quiet")
    assert status == 0
    assert "Accuracy over 3 folds" in output
    assert "(groups kept together)" in output
    assert "interval" not in output  # five spectra of one thing are no independent samples
    model = joblib.load(out)
    assert isinstance(model, SpectrumClassifier)
    assert model.architecture_params == {"dropout": 0.25}
    assert model.optimizer == "sgd"
    assert model.n_iter_ == 10
    status, output, _ = run(*argv, "--no-groups", "--quiet")
    assert "Accuracy on 30 of 150 samples held out (20 %, stratified)" in output
    assert "95 % interval" in output


def test_train_says_if_no_better_than_the_baseline(spectra_file, tmp_path, run):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", tmp_path / "m.joblib"]
    status, output, _ = run(*argv, "--option", "lr=1e-9", "--epochs", 1, "--quiet")
    assert status == 0
    assert "spectrum_mlp was no better than logistic regression on these samples." in output


def test_train_image_shape_reads_rows_as_images(tmp_path, run, run_error):
    digits = load_digits()
    table = pd.DataFrame(digits.data[:200]).add_prefix("pixel").assign(label=digits.target[:200])
    table.to_csv(tmp_path / "train.csv", index=False)
    out = tmp_path / "model.joblib"
    argv = ["train", "resnet8", "--data", tmp_path / "train.csv", "--out", out, "--epochs", 3]
    assert "takes images, and train holds rows of 64 numbers" in run_error(*argv, "--quiet")
    err = run_error(*argv, "--quiet", "--image-shape", "8x9")
    assert "--image-shape (8, 9) needs rows of 72 numbers" in err
    assert run(*argv, "--no-estimate", "--image-shape", "8x8")[0] == 0
    images = digits.images[:200].astype(np.uint8)
    assert joblib.load(out).score(images, digits.target[:200]) > 0.5


def test_train_on_error_skip_leaves_damaged_images_out(digit_folder, tmp_path, run, run_error):
    folder = tmp_path / "some"
    for file in digit_folder.rglob("1?.png"):
        copy = folder / file.parent.name / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (folder / "1" / "broken.png").write_bytes(b"no image")
    out = tmp_path / "model.joblib"
    argv = ["train", "mlp", "--data", folder, "--out", out, "--no-estimate", "--epochs", 1]
    assert "broken.png: is not an image that Pillow can read" in run_error(*argv)
    assert not out.exists()
    status, _, err = run(*argv, "--on-error", "skip", "--quiet")
    assert (status, err.count("\n")) == (0, 1)
    assert re.search(r"warning: 1 of \d+ images cannot be read.*broken.png", err)


def test_train_option_with_an_option_of_its_own_names_it(spectra_file, run_error):
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", "m"]
    err = run_error(*argv, "--option", "random_state=3")
    assert err.endswith("error: Use --seed instead of --option random_state.\n")


class BrightnessFeatures(PretrainedFeatures):
    """Stands for a pretrained net: mean and standard deviation of each image."""

    def fit(self, X, y=None):
        self.input_shape_ = None
        return self

    def transform(self, X):
        return np.array([[image.mean(), image.std()] for image in X])


def test_train_flowers_on_a_folder_of_images(digit_folder, tmp_path, monkeypatch, run):
    """The first step is a union of transformers that take images."""
    monkeypatch.setattr("sklvision.recipes._flowers.PretrainedFeatures", BrightnessFeatures)
    out = tmp_path / "flowers.joblib"
    argv = ["train", "flowers", "--data", digit_folder, "--out", out, "--no-estimate", "--quiet"]
    status, _, err = run(*argv)
    assert (status, err) == (0, "")
    status, output, _ = run("predict", out, digit_folder / "1")
    assert status == 0
    assert len(output.splitlines()) == 61


def test_train_list_names_all_models(run):
    status, out, _ = run("train", "--list")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert set(names) >= set(list_architectures(library="sklvision"))
    assert len(set(names)) == len(names)
    assert all(len(line.split()) > 3 for line in out.splitlines())


def test_train_recipes(digit_folder, spectra_file, tmp_path, run, run_error):
    rows = [line.split()[:2] for line in run("train", "--list")[1].splitlines()]
    assert [name for name, kind in rows if kind == "recipe"] == [
        "cifar10",
        "digits",
        "flowers",
        "images",
        "nails",
        "spectra",
    ]
    out = tmp_path / "recipe.joblib"
    argv = ["train", "spectra", "--out", out, "--epochs", 1, "--quiet", "--data"]
    assert "spectra takes spectra, and numbers holds images" in run_error(*argv, digit_folder)
    assert "has no option of that name" in run_error(*argv, spectra_file, "--option", "vot=True")
    err = run_error(*argv, spectra_file, "--image-size", 9)
    assert "the recipe spectra has sizes of its own" in err
    argv[1] = "spectre"
    err = run_error(*argv, spectra_file)
    assert "No recipe or architecture is named 'spectre'. Did you mean 'spectra'?" in err
    assert err.count("Did you mean") == 1
    argv[1] = "digits"
    assert "digits takes images" in run_error(*argv, spectra_file)
    for name, data in (("spectra", spectra_file), ("digits", digit_folder)):
        argv[1] = name
        status, output, _ = run(*argv, data, "--seed", 3)
        assert status == 0
        assert list(accuracies(output)) == [name, "logistic regression", "majority class"]
        assert run("predict", out, data)[0] == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "DATA is missing"),
        (["resnet8"], "DATA is missing; expected: sklvision train MODEL DATA --out MODEL.sklv"),
        (["images.npz", "resnet8", "--out", "m"], "images.npz is data, and resnet8 is a model"),
        (["resnet8", "--data", "images.npz"], "--out is missing"),
        (["restnet8", *["--data", "images.npz", "--out", "m"]], "Did you mean 'resnet8'?"),
        (
            ["resnet8", *["--data", "images.npz", "--out", "nowhere/m"]],
            "the directory nowhere does not exist",
        ),
        (["resnet8", *["--data", "images.npz", "--out", "."]], "--out .: is a directory"),
        (["resnet8", *["--data", "nowhere", "--out", "m"]], "nowhere: does not exist"),
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
            "class '9' has only one sample",
        ),
        (
            ["resnet8", *["--data", "group.npz", "--out", "m"]],
            "one group, so none can be held out. Pass --no-groups to",
        ),
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
            "no option of that name",
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
def test_train_errors_take_one_line(tmp_path, monkeypatch, run_error, argv, words):
    monkeypatch.chdir(tmp_path)
    X, y = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2
    np.savez("images.npz", X=X, y=y)
    np.savez("spectra.npz", X=X[:, 0], y=y)
    np.savez("one.npz", X=X, y=np.full(20, 3))
    np.savez("rare.npz", X=X, y=[*y[:19], 9])
    np.savez("group.npz", X=X, y=y, group=np.zeros(20))
    files = sorted(Path().iterdir())
    assert words in run_error("train", *argv, *([] if "--quiet" in argv else ["--quiet"]))
    assert sorted(Path().iterdir()) == files


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "sklvision train: interrupted"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
    ],
)
def test_train_leaves_no_partial_file(
    spectra_file, tmp_path, monkeypatch, run, error, status, words
):
    def dump(model, file):
        file.write(b"half of it")
        raise error

    out = tmp_path / "model.joblib"
    out.write_text("the model of yesterday")
    monkeypatch.setattr(joblib, "dump", dump)
    argv = ["train", "spectrum_mlp", "--data", spectra_file, "--out", out, "--epochs", 1]
    code, _, err = run(*argv, "--no-estimate", "--quiet")
    assert code == status
    assert words in err
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_text() == "the model of yesterday"


def test_train_prefers_a_folder_to_the_data_set_of_its_name(
    digit_folder, tmp_path, monkeypatch, run
):
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
@pytest.mark.slow
def test_train_and_predict_nails_of_full_size(data_home, tmp_path, monkeypatch, run):
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


@pytest.mark.slow
def test_train_images_takes_photographs_of_any_size(tmp_path, run):
    image = pytest.importorskip("PIL.Image")
    for i in range(12):
        (tmp_path / "data" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        pixels = np.zeros((40 + 4 * i, 60, 3), np.uint8)
        pixels[:, :: 10 + 20 * (i % 2)] = 200
        image.fromarray(pixels).save(tmp_path / "data" / "ab"[i % 2] / f"{i}.png")
    out = tmp_path / "model.joblib"
    argv = ["train", "images", "--data", tmp_path / "data", "--out", out, "--no-estimate"]
    assert run(*argv, "--quiet")[0] == 0
    status, output, _ = run("predict", out, tmp_path / "data", "--quiet")
    assert status == 0
    rows = [line.split(",") for line in output.splitlines()[1:]]
    assert [row[1] for row in rows] == [row[0].split("/")[-2] for row in rows]


def test_train_passes_groups_to_the_splits_inside_of_a_model(spectra_file, tmp_path, run):
    """Early stopping of a net, and the left-out samples of the members of the recipe."""
    data = np.load(spectra_file)
    options = ["--data", spectra_file, "--epochs", 6, "--no-estimate", "--quiet"]
    nets = {}
    for name, extra in (("groups", []), ("none", ["--no-groups"])):
        out = tmp_path / f"{name}.joblib"
        argv = ["train", "spectrum_mlp", *options, "--option", "early_stopping=True", *extra]
        assert run(*argv, "--out", out)[0] == 0
        nets[name] = joblib.load(out)
    for name, groups in (("groups", data["group"]), ("none", None)):
        expected = clone(nets[name]).fit(data["X"], data["y"], groups=groups)
        assert np.array_equal(
            nets[name].predict_proba(data["X"]), expected.predict_proba(data["X"])
        )
    assert nets["groups"].validation_scores_ != nets["none"].validation_scores_

    out = tmp_path / "vote.joblib"
    assert run("train", "spectra", *options, "--out", out)[0] == 0
    lda = joblib.load(out).named_estimators_["lda"]
    labels = np.searchsorted(np.unique(data["y"]), data["y"])
    by_groups = LinearDiscriminantAnalysisCV().fit(data["X"], labels, groups=data["group"])
    assert np.array_equal(lda.loss_path_, by_groups.loss_path_)
    single = LinearDiscriminantAnalysisCV().fit(data["X"], labels)
    assert not np.array_equal(lda.loss_path_, single.loss_path_)
