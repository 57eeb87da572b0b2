"""``sklvision compare``: table, report and errors."""

import re
from typing import ClassVar

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision import recipes
from sklvision.image import FlattenImages


def read_scores(table):
    """Read the mean of the first score by estimator from the output table."""
    return {
        name.removesuffix(" *"): float(mean)
        for name, mean in re.findall(r"^(\S.*?)  +(-?\d\.\d{4}) ±", table, flags=re.MULTILINE)
    }


@pytest.fixture
def compare(run, tmp_path):
    """Compare in one process, quietly; the report is report.html in the temporary folder."""

    def compare(*argv):
        report = ["--report", tmp_path / "report.html"]
        return run("compare", *argv, "--n-jobs", 1, *report, "--quiet")

    return compare


@pytest.fixture
def candidates(monkeypatch):
    """Replace the candidates by a tree, or by the given ones."""
    estimators = {"tree": DecisionTreeClassifier()}
    monkeypatch.setattr(
        recipes, "make_candidates", lambda X, *names, **options: (dict(estimators), [])
    )
    return estimators


class OutOfMemory(DecisionTreeClassifier):
    """A classifier whose fit fails in an unusual way."""

    def fit(self, X, y):
        raise MemoryError("no 9 TiB")


def test_compare_spectra(iris_file, run, tmp_path):
    out = tmp_path / "report.html"
    options = ["--cv", 2, "--scoring", "accuracy", "f1_macro", "--groups", "plant", "--out", out]
    status, output, err = run("compare", iris_file, *options, "--n-jobs", 1)
    assert status == 0, err
    assert "3 classes, grouped by plant" in err
    assert "14/14" in err
    scores = read_scores(output)
    assert set(scores) == {
        "majority class",
        "logistic regression",
        "PCA + LDA",
        "PLS-DA",
        "spectrum_mlp",
        "SNV + spectrum_mlp",
        "spectrum_cnn",
    }
    assert scores["majority class"] < 0.4
    assert scores["logistic regression"] > 0.8
    assert "PCA + LDA *" in output
    assert "PLS-DA *" in output
    assert "f1_macro" in output
    assert str(out) in output
    page = out.read_text(encoding="utf-8")
    assert "StratifiedGroupKFold(n_splits=2" in page
    assert "spectrum_cnn" in page
    assert "iris: 50 spectra of 4 bands" in page


def test_compare_images_in_an_npz_with_groups_in_a_file(tmp_path, run, monkeypatch):
    digits = load_digits()
    keep = digits.target < 2
    X, y = digits.images[keep][:60], digits.target[keep][:60]
    np.savez(tmp_path / "images.npz", X=X, y=y)
    (tmp_path / "series.txt").write_text("\n".join(["series", *map(str, np.arange(60) // 4)]))
    monkeypatch.chdir(tmp_path)
    options = ["--groups", "series.txt", "--cv", 2, "--n-jobs", 1]
    status, output, err = run("compare", "images.npz", *options)
    assert status == 0, err
    assert "60 images of 8 × 8 pixels, 2 classes, grouped by series.txt" in err
    assert read_scores(output)["resnet8"] > 0.9
    assert (tmp_path / "sklvision_report.html").exists()


def test_compare_a_folder_reduces_large_images(digit_folder, compare, candidates, tmp_path):
    candidates["tree"] = make_pipeline(FlattenImages(), candidates["tree"])
    status, output, err = compare(digit_folder, "--cv", 2, "--image-size", 6)
    assert status == 0
    # No progress, and a warning about the series of the writers.
    assert [line.partition(": ")[2][:8] for line in err.splitlines()] == ["warning:"]
    assert read_scores(output)["majority class"] == 0.3333
    assert "6 × 6 pixels" in (tmp_path / "report.html").read_text(encoding="utf-8")


class GroupRecorder(DecisionTreeClassifier):
    """Records the groups of every fit, and the samples that it predicts."""

    pairs: ClassVar = []

    def fit(self, X, y, groups=None):
        self.samples_ = {tuple(row) for row in np.asarray(X).tolist()}
        self.pairs.append((None if groups is None else set(groups), None))
        return super().fit(X, y)

    def predict_proba(self, X):
        self.pairs.append((self.samples_, {tuple(row) for row in np.asarray(X).tolist()}))
        return super().predict_proba(X)


@pytest.mark.parametrize("extra", [[], ["--robustness"], ["--forecast"]])
def test_compare_keeps_groups_together_inside_of_the_candidates(
    iris_file, compare, candidates, extra
):
    data = np.load(iris_file)
    plant_of = dict(zip(map(tuple, data["X"].tolist()), data["plant"].tolist(), strict=True))
    GroupRecorder.pairs.clear()
    candidates["tree"] = CalibratedClassifierCV(GroupRecorder(), cv=2)
    status, _, err = compare(iris_file, "--groups", "plant", "--cv", 2, *extra)
    assert status == 0
    assert "The inner folds of CalibratedClassifierCV (" in err
    fits = [groups for groups, predicted in GroupRecorder.pairs if predicted is None]
    assert fits
    assert None not in fits
    for fitted, predicted in GroupRecorder.pairs:
        if predicted is not None and predicted <= set(plant_of):  # not corrupted
            plants = {plant_of[row] for row in fitted} & {plant_of[row] for row in predicted}
            assert not plants


@pytest.mark.slow
def test_compare_digits_finds_a_net_that_beats_the_baseline(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = load_digits()
    np.savez("digits.npz", X=data.images[:900].astype("uint8"), y=data.target[:900])
    status, output, err = run("compare", "digits.npz", "--cv", 2, "--n-jobs", 2)
    assert status == 0, err
    scores = read_scores(output)
    assert 0.09 < scores["majority class"] < 0.12
    assert 0.94 < scores["logistic regression"] < 0.98
    assert max(scores.values()) >= scores["logistic regression"] + 0.01
    assert set(scores) > {
        "spectrum_mlp",
        "resnet8",
        "ensemble of logistic regression + spectrum_mlp + resnet8",
    }
    assert "10/10" in err
    assert (tmp_path / "sklvision_report.html").exists()


def test_compare_adds_robustness_and_forecast_to_the_report(
    spectra_file, compare, candidates, tmp_path
):
    status, output, _ = compare(spectra_file, "--cv", 3, "--robustness", "--forecast")
    assert status == 0
    assert "has the largest effect" in output
    assert re.search(r"^(tree|logistic regression): ", output, flags=re.MULTILINE)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "robustness" in page.lower()
    assert len(re.findall("<h2", page)) > 5


def test_compare_memory_continues_an_earlier_run(iris_file, compare, candidates, tmp_path):
    memory = tmp_path / "memory"
    command = [iris_file, "--cv", 2, "--memory", memory]
    status, first, _ = compare(*command)
    assert status == 0
    times = {file: file.stat().st_mtime_ns for file in memory.rglob("output.pkl")}
    assert len(times) == 6
    assert compare(*command)[1] == first  # the measured times as well
    assert {file: file.stat().st_mtime_ns for file in memory.rglob("output.pkl")} == times


def test_compare_repeats_the_folds(iris_file, compare, candidates):
    assert "the same 4 folds" in compare(iris_file, "--cv", 2, "--repeats", 2)[1]


def test_compare_no_groups_takes_samples_apart(spectra_file, compare, candidates, tmp_path):
    compare(spectra_file, "--cv", 2, "--no-groups")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "StratifiedKFold(n_splits=2" in page
    assert "grouped by" not in page


def test_compare_keep_going_makes_a_row_of_a_failure(iris_file, compare, candidates):
    candidates["PCA"] = make_pipeline(PCA(40), LinearDiscriminantAnalysis())
    status, _, err = compare(iris_file, "--cv", 2)
    assert status == 1
    assert "n_components=40" in err
    status, output, err = compare(iris_file, "--cv", 2, "--keep-going")
    assert status == 0
    assert "PCA failed in 2 of 2 folds" in output
    assert "in 2 of 2 folds: failed with ValueError: n_components=40" in err


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (make_pipeline(PCA(2), LinearDiscriminantAnalysis()), "Error: .*Raised by 'it' in fold 0."),
        (OutOfMemory(), "Memory ran out. no 9 TiB Raised by"),
    ],
)
def test_compare_prints_a_failed_fit_in_one_line(tmp_path, compare, candidates, estimator, words):
    np.savez(tmp_path / "constant.npz", X=np.ones((20, 4)), y=np.arange(20) % 2)
    candidates |= {"it": estimator}
    status, out, err = compare(tmp_path / "constant.npz", "--cv", 2)
    errors = [line for line in err.splitlines() if ": warning: " not in line]
    assert (status, out, len(errors)) == (1, "", 1)
    assert re.match(f"sklvision compare: error: .*{words}", errors[0])


@pytest.fixture(scope="module")
def bad_input(tmp_path_factory):
    """Files and folders that cannot be compared."""
    folder = tmp_path_factory.mktemp("bad")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 6)), np.repeat(["p", "q"], 20)
    np.savez(folder / "good.npz", X=X, y=y, patient=np.arange(40) // 4)
    np.savez(folder / "no_x.npz", Z=X, y=y)
    np.savez(folder / "no_y.npz", X=X)
    np.savez(folder / "nan.npz", X=np.where(X[3, 2] == X, np.nan, X), y=y)
    np.savez(folder / "few.npz", X=X, y=[*y[:38], "r", "r"])
    np.savez(folder / "real.npz", X=X, y=X[:, 0])
    np.savez(folder / "images.npz", X=np.zeros((4, 8, 8)), kind=[0, 1, 0, 1])
    pixels, labels = np.zeros((4, 8, 8)), np.arange(4) % 2
    np.savez(folder / "objects.npz", X=pixels, y=labels.astype(object))
    pixels[1, 2, 3] = np.nan
    np.savez(folder / "nan_images.npz", X=pixels, y=labels)
    (folder / "inf.csv").write_text("y,400,410\na,1,2\nb,3,inf\n")
    (folder / "junk.npz").write_text("no zip")
    (folder / "text.csv").write_text("y,400,410\na,1,2\nb,3,oops\n")
    (folder / "short.txt").write_text("1\n2\n")
    (folder / "empty").mkdir()
    (folder / "one" / "a").mkdir(parents=True)
    image = pytest.importorskip("PIL.Image")
    image.new("L", (8, 8)).save(folder / "one" / "a" / "0.png")
    return folder


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere"], "nowhere: does not exist as a file or folder"),
        (["digit"], "Did you mean 'digits'?"),
        (["empty"], "empty: holds no images"),
        (["one"], "one: holds one class only, 'a'"),
        (["text.csv"], "text.csv: column '410', row 2: expected a number, got 'oops'"),
        (["no_x.npz"], "no_x.npz: has no array 'X'"),
        (["no_y.npz"], "no_y.npz: has no labels; name them with --target"),
        (["junk.npz"], "junk.npz: is not an npz file"),
        (["nan.npz"], "nan.npz: 1 value is missing, the first in sample 4, band 'band2'"),
        (["few.npz"], "'r' (2)"),
        (["real.npz"], "class labels, got 'continuous'"),
        (["images.npz"], "images.npz: has no labels; name them with --target (there are: kind)"),
        (["images.npz", "--target", "kin"], "images.npz: there is no --target 'kin'. Did you"),
        (["objects.npz"], "objects.npz: holds pickled objects"),
        (["objects.npz"], "Pass --allow-pickle if"),
        (["nan_images.npz"], "nan_images.npz: 1 value is missing, the first in sample 2, pixel"),
        (["inf.csv"], "inf.csv: 1 value is infinite, the first in sample 2, band '410'"),
        (["good.npz", "--scoring", "acuracy"], "Did you mean 'accuracy'?"),
        (["good.npz", "--scoring", "accuracy,f1_makro"], "Did you mean 'f1_macro'?"),
        (["--scoring", "accuracy", "good.npz"], "put DATA before --scoring"),
        (["good.npz", "--cv", "1"], "--cv: expected an integer of at least 2, got '1'"),
        (["good.npz", "--cv", "five"], "--cv: expected an integer of at least 2, got 'five'"),
        (["good.npz", "--cv", "30"], "'p' (20), 'q' (20)"),
        (["good.npz", "--groups", "patiant"], "Did you mean 'patient'?"),
        (["good.npz", "--groups", "patient", "--cv", "15"], "as many groups, got 10"),
        (["good.npz", "--groups", "short.txt"], "short.txt: holds 2 groups for 40 samples"),
        (["--groups", "patient"], "--groups 'patient': the data set digits has no columns"),
        (["good.npz", "--n-jobs", "0"], "--n-jobs: expected an integer other than 0"),
        (["good.npz", "--seed", "-1"], "--seed: expected an integer of at least 0, got '-1'"),
        (["good.npz", "--out", "nowhere/r.html"], "the directory nowhere does not exist"),
        (["good.npz", "--out", "empty"], "--out empty: is a directory"),
    ],
)
def test_compare_errors_take_one_line(bad_input, monkeypatch, run_error, argv, words):
    monkeypatch.chdir(bad_input)
    assert words in run_error("compare", *argv, "--quiet")


@pytest.mark.parametrize("name", ["report.html", "deep/report.html"])
def test_compare_finds_an_unwritable_place_first(tmp_path, monkeypatch, run_error, name):
    """A limit on the size of files stands for a full disk: permissions do not stop root."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        err = run_error("compare", "nowhere.npz", "--out", name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert err.endswith(f"error: --out {name}: cannot be written to (File too large).\n")
    assert list(tmp_path.rglob("*")) == [tmp_path / "deep"]


def test_compare_chosen_models(iris_file, compare, run_error):
    status, output, err = compare(iris_file, "--cv", 2, "--models", "lda", "pls-da", "forest")
    assert status == 0, err
    scores = read_scores(output)
    assert set(scores) == {"majority class", "logistic regression", "lda", "pls-da", "forest"}
    assert min(scores["lda"], scores["pls-da"], scores["forest"]) > 0.7
    err = run_error("compare", "not_read.npz", "--models", "ldda", "--quiet")
    assert "There is no candidate 'ldda'. Did you mean 'lda'" in err


@pytest.mark.slow
def test_compare_a_folder_tries_pretrained_features(tmp_path, compare):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for i in range(16):
        (tmp_path / "data" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 60, (60, 80, 3), dtype=np.uint8)
        pixels[:, 10 * (i % 2) :: 20] += 150
        image.fromarray(pixels).save(tmp_path / "data" / "ab"[i % 2] / f"{i}.png")
    status, output, err = compare(tmp_path / "data", "--cv", 2)
    assert status == 0, err
    assert {"pretrained", "resnet8", "spectrum_mlp"} <= set(read_scores(output))
