"""Rare classes from the terminal: scores by class, weights, calibration, doubtful labels."""

import re

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.svm import LinearSVC

from sklvision import recipes


@pytest.fixture(scope="module")
def rare_file(tmp_path_factory):
    """Ninety good spectra and ten foreign ones, which overlap with them."""
    rng = np.random.default_rng(0)
    y = np.array(["good"] * 90 + ["foreign"] * 10)
    X = rng.normal(size=(100, 20)) + 0.7 * (y == "foreign")[:, np.newaxis]
    path = tmp_path_factory.mktemp("data") / "rare.npz"
    np.savez(path, X=X, y=y)
    return path


@pytest.fixture
def train(rare_file, tmp_path, run):
    def train(*argv, model="spectrum_mlp"):
        out = tmp_path / "model.joblib"
        options = ["--data", rare_file, "--out", out, "--epochs", 20, "--quiet"]
        status, output, err = run("train", model, *options, *argv)
        assert status == 0, err
        return out, output

    return train


def read_recall(output, label):
    return float(re.search(rf"^{label} +\d+ +(\d\.\d+)", output, re.M)[1])


def test_train_prints_recall_and_precision_of_every_class(train):
    _, output = train("--cv", 4, "--scoring", "balanced_accuracy")
    assert "Accuracy over 4 folds" in output
    assert "balanced_accuracy on the same samples, mean over folds:\n  spectrum_mlp" in output
    assert re.search(r"^good +90 +0\.\d{3} \(0\.\d{3} to [01]\.\d{3}\) +0\.\d{3} \(", output, re.M)
    assert re.search(r"^foreign +10 +0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", output, re.M)
    assert "Intervals: 95 %, by Wilson's method for independent samples." in output
    assert re.search(r"^true \\ predicted +foreign +good$", output, re.M)
    assert "Calibration: the predicted label has a probability of" in output


def test_info_of_an_archive_indents_the_estimate(rare_file, tmp_path, run):
    out = tmp_path / "model.sklv"
    argv = ["--data", rare_file, "--out", out, "--epochs", 2, "--quiet"]
    assert run("train", "spectrum_mlp", *argv)[0] == 0
    status, output, _ = run("info", out)
    assert status == 0
    lines = [line for line in output.splitlines() if line.strip()]
    assert any(line.strip().startswith("true \\ predicted") for line in lines)
    column = len(lines[0]) - len(lines[0].partition("  ")[2].lstrip())
    assert all(line[column - 1] == " " for line in lines)


def test_train_class_weight_finds_more_of_the_rare_class(train):
    recalls = [
        read_recall(train("--cv", 4, *options)[1], "foreign")
        for options in ([], ["--class-weight", "foreign=30"])
    ]
    assert recalls[1] > recalls[0]
    for weight, expected in (("balanced", "balanced"), ("foreign=30", {"foreign": 30.0})):
        out, _ = train("--no-estimate", "--class-weight", weight)
        assert joblib.load(out).class_weight == expected


def test_train_class_weight_goes_through_recipes(train):
    out, _ = train("--no-estimate", "--class-weight", "foreign=9", "good=2", model="spectra")
    model = joblib.load(out)
    values = model.get_params()
    classes = model.classes_.tolist()  # a vote passes the positions of labels to its members
    weights = [value for key, value in values.items() if key.endswith("class_weight")]
    assert weights
    expected = {classes.index("foreign"): 9.0, classes.index("good"): 2.0}
    assert all(value == expected for value in weights)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--scoring", "balanced_acuracy"], "--scoring 'balanced_acuracy' is not the name of a"),
        (["--scoring", "balanced_acuracy"], "Did you mean 'balanced_accuracy'?"),
        (["--scoring", "f1", "--no-estimate"], "--scoring f1: --no-estimate measures nothing"),
        (["--scoring", "f1"], "--scoring 'f1' does not fit these labels"),
        (
            ["--class-weight", "forreign=3"],
            "--class-weight has 'forreign', which no sample is labeled",
        ),
        (["--class-weight", "foreign"], "--class-weight foreign: expected 'balanced', or LABEL="),
        (["--class-weight", "foreign=-1"], "expected 'balanced', or LABEL=WEIGHT with a positive"),
        (["--class-weight", "balanced", "foreign=2"], "--class-weight balanced: expected"),
        (["--class-weight", "foreign=2", "foreign=3"], "foreign is set twice"),
    ],
)
def test_train_refuses_bad_scores_and_weights(rare_file, tmp_path, run_error, argv, words):
    out = tmp_path / "model.joblib"
    options = ["--data", rare_file, "--out", out, "--epochs", 1, "--quiet"]
    assert words in run_error("train", "spectrum_mlp", *options, *argv)
    assert not out.exists()


@pytest.fixture
def compare(run, tmp_path):
    def compare(*argv):
        report = ["--report", tmp_path / "report.html"]
        status, out, err = run("compare", *argv, "--n-jobs", 1, *report, "--quiet")
        assert status == 0, err
        return out, err

    return compare


def test_compare_prints_the_best_by_class_and_log_losses(rare_file, compare, tmp_path):
    output, _ = compare(rare_file, "--cv", 3, "--models", "lda", "forest")
    assert re.search(r"^lda +0\.\d{4} ± 0\.\d{4} +\d\.\d{4} ", output, re.M)
    best = re.search(r"^(lda|forest) +0", output, re.M)[1]
    assert f"{best} by class, out of fold" in output
    assert re.search(r"^foreign +10 +0\.\d{3} \(", output, re.M)
    assert "by Wilson's method" in output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for heading in ("Recall and precision by class", "Confusion matrices", "Calibration"):
        assert f"<h2>{heading}</h2>" in page
    for name in {"lda", "forest"} - {best} | {"majority class"}:
        assert f"<summary>{name} by class</summary>" in page


def test_compare_says_which_candidate_has_no_probabilities(rare_file, compare, monkeypatch):
    estimators = {"vectors": LinearSVC()}
    monkeypatch.setattr(recipes, "make_candidates", lambda *_, **__: (dict(estimators), []))
    output, _ = compare(rare_file, "--cv", 2)
    assert "– without probabilities: vectors" in output
    assert "Calibration: vectors predicts no probabilities." in output


def test_compare_lists_labels_that_are_probably_wrong(digit_folder, compare, run, tmp_path):
    folder = tmp_path / "numbers"
    for file in digit_folder.rglob("*.png"):
        if file.parent.name != "2":
            copy = folder / file.parent.name / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    names = sorted(path.name for path in (folder / "0").iterdir())[:2]
    for name in names:
        (folder / "0" / name).rename(folder / "1" / name)
    errors = tmp_path / "errors.csv"
    output, _ = compare(folder, "--cv", 4, "--models", "knn", "--label-errors", errors)
    assert re.search(r"^\d of 120 labels are probably wrong \(by out-of-fold", output, re.M)
    table = pd.read_csv(errors, dtype={"label": str, "suggested": str})
    listed = [name for name in names if f"1/{name}" in output]
    assert listed
    for name in listed:
        row = table.set_index("sample").loc[f"1/{name}"]
        assert (row["label"], row["suggested"]) == ("1", "0")
    assert f"All {len(table)} written to {errors}" in output
    assert f"1/{listed[0]}" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_compare_names_rows_of_a_table_from_one(compare, tmp_path):
    y = np.repeat(["oak", "ash"], 30)
    X = np.random.default_rng(0).normal(size=(60, 4)) + 4 * (y == "oak")[:, np.newaxis]
    y[4] = "ash"
    np.savez(tmp_path / "wood.npz", X=X, y=y)
    output, _ = compare(tmp_path / "wood.npz", "--cv", 3, "--models", "lda")
    assert re.search(r"^row 5 +ash +oak +0\.\d{3} +[01]\.\d{3}$", output, re.M)


def test_compare_names_whole_numbers_as_labels(compare, tmp_path):
    y = np.repeat([3, 5], 30)
    X = np.random.default_rng(0).normal(size=(60, 4)) + 4 * (y == 3)[:, np.newaxis]
    y[4] = 5
    np.savez(tmp_path / "numbers.npz", X=X, y=y)
    output, _ = compare(tmp_path / "numbers.npz", "--cv", 3, "--models", "lda")
    assert re.search(r"^row 5 +5 +3 +0", output, re.M)


def test_compare_label_errors_needs_a_place_to_write(iris_file, run_error):
    argv = ["compare", iris_file, "--quiet", "--label-errors"]
    assert "--label-errors nowhere/e.csv: the directory nowhere" in run_error(
        *argv, "nowhere/e.csv"
    )


def test_compare_time_limit_names_candidates_without_one(rare_file, compare, tmp_path):
    models = ["--models", "lda", "spectrum_mlp"]
    _, err = compare(rare_file, "--cv", 2, *models, "--time-limit", "0.05")
    assert "--time-limit 0.05 does not limit lda, which has no such parameter" in err
    assert re.search(r"spectrum_mlp, in 2 of 2 folds: Training stopped at --time-limit", err)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "0.05 seconds per fit; without a limit: majority class, logistic regression, lda" in page


@pytest.mark.parametrize("value", ["0", "-3", "soon", "inf", "nan"])
def test_compare_refuses_a_bad_time_limit(rare_file, run_error, value):
    err = run_error("compare", rare_file, f"--time-limit={value}")
    assert f"--time-limit: expected a positive number of seconds, got '{value}'" in err


def test_compare_names_images_of_an_array_by_number(compare, tmp_path):
    y = np.repeat(["bright", "dark"], 30)
    X = np.random.default_rng(0).normal(size=(60, 8, 8)) + 3 * (y == "bright")[:, None, None]
    y[4] = "dark"
    np.savez(tmp_path / "images.npz", X=X, y=y)
    output, _ = compare(tmp_path / "images.npz", "--cv", 3, "--models", "knn")
    assert re.search(r"^image 5 +dark +bright +0\.\d{3}", output, re.M)
