"""The command line, run as people run it."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

import sklvision
from sklvision.cli import main
from sklvision.cli._data import load_data

ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "default"}


def sklvision_in(folder, *args):
    return subprocess.run(
        [sys.executable, "-m", "sklvision", *map(str, args)],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def scores_in(table):
    """Mean of the first score by estimator, as printed."""
    return {
        name.removesuffix(" *"): float(mean)
        for name, mean in re.findall(r"^(\S.*?)  +(-?\d\.\d{4}) ±", table, flags=re.MULTILINE)
    }


@pytest.fixture
def spectra(tmp_path):
    """Iris, which is small and real, as an npz of four bands with plants in groups."""
    X, y = load_iris(return_X_y=True)
    path = tmp_path / "iris.npz"
    plants = np.arange(150) // 3
    np.savez(path, X=X, y=np.array(["setosa", "versicolor", "virginica"])[y], plant=plants)
    return path


@pytest.fixture
def image_folder(tmp_path):
    image = pytest.importorskip("PIL.Image")
    digits = load_digits()
    folder = tmp_path / "digits"
    for label in (0, 1):
        (folder / str(label)).mkdir(parents=True)
        for i in np.flatnonzero(digits.target == label)[:20]:
            pixels = (digits.images[i] * 15).astype(np.uint8)
            image.fromarray(pixels).resize((24, 16)).save(folder / str(label) / f"{i}.png")
    return folder


def test_version(tmp_path):
    ran = sklvision_in(tmp_path, "--version")
    assert (ran.returncode, ran.stdout) == (0, f"sklvision {sklvision.__version__}\n")


@pytest.mark.parametrize(
    "argv", [["--help"], ["compare", "--help"], ["train", "--help"], ["predict", "--help"]]
)
def test_help_needs_nothing_heavy(tmp_path, argv):
    code = (
        "import sys; from sklvision.cli import main\n"
        f"try: main({argv!r})\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'sklearn', 'torch'} & set(sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True
    )
    assert "usage: sklvision" in ran.stdout


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 2
    assert "compare" in capsys.readouterr().err


def test_info(capsys):
    assert main(["info"]) == 0
    told = capsys.readouterr().out
    for word in ("scikit-learn", "torch", "devices", "cpu", "resnet8", "spectrum_mlp"):
        assert word in told


@pytest.mark.slow
def test_compares_spectra(spectra, tmp_path):
    out = tmp_path / "report.html"
    options = ("--cv", 3, "--scoring", "accuracy", "f1_macro", "--groups", "plant", "--out", out)
    ran = sklvision_in(tmp_path, "compare", spectra, *options, "--n-jobs", 1)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "3 classes, grouped by plant" in ran.stderr
    assert "18/18" in ran.stderr
    scores = scores_in(ran.stdout)
    assert set(scores) == {
        "majority class",
        "logistic regression",
        "PCA + LDA",
        "spectrum_mlp",
        "SNV + spectrum_mlp",
        "spectrum_cnn",
    }
    assert scores["majority class"] < 0.4
    assert scores["spectrum_mlp"] > 0.9
    assert "PCA + LDA *" in ran.stdout
    assert "f1_macro" in ran.stdout
    assert str(out) in ran.stdout
    page = out.read_text(encoding="utf-8")
    assert "StratifiedGroupKFold(n_splits=3" in page
    assert "spectrum_cnn" in page
    assert "iris: 150 spectra of 4 bands" in page


@pytest.mark.slow
def test_compares_a_folder_of_images_quietly(image_folder, tmp_path):
    ran = sklvision_in(
        tmp_path, "compare", image_folder, "--cv", 2, "--quiet", "--image-size", 12, "--n-jobs", 1
    )
    assert ran.returncode == 0, ran.stderr
    # No progress; that the digits come in series of their writers is a warning all the same.
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith(
        "sklvision compare: warning: Scores on these folds may flatter: 35 "
    )
    scores = scores_in(ran.stdout)
    assert scores["majority class"] == 0.5
    assert scores["resnet8"] > 0.8
    assert "8 × 12" in (tmp_path / "sklvision_report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_compares_images_in_an_npz_and_groups_in_a_file(tmp_path):
    digits = load_digits()
    keep = digits.target < 2
    X, y = digits.images[keep][:60], digits.target[keep][:60]
    np.savez(tmp_path / "images.npz", X=X, y=y)
    (tmp_path / "series.txt").write_text("\n".join(["series", *map(str, np.arange(60) // 4)]))
    ran = sklvision_in(
        tmp_path, "compare", "images.npz", "--groups", "series.txt", "--cv", 2, "--n-jobs", 1
    )
    assert ran.returncode == 0, ran.stderr
    assert "60 images of 8 × 8 pixels, 2 classes, grouped by series.txt" in ran.stderr
    assert scores_in(ran.stdout)["resnet8"] > 0.9


@pytest.mark.slow
def test_compares_digits_in_time_and_finds_a_net_that_beats_the_baseline(tmp_path):
    ran = sklvision_in(tmp_path, "compare", "--n-jobs", 2)
    assert ran.returncode == 0, ran.stderr
    scores = scores_in(ran.stdout)
    assert 0.09 < scores["majority class"] < 0.12
    assert 0.96 < scores["logistic regression"] < 0.98
    assert max(scores.values()) >= 0.985
    assert set(scores) > {"spectrum_mlp", "resnet8", "vote of the three"}
    assert "25/25" in ran.stderr
    assert (tmp_path / "sklvision_report.html").exists()


def make_bad_input(folder):
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


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere"], "nowhere: there is no such file or folder"),
        (["empty"], "empty: holds no images"),
        (["one"], "one: holds one class only, 'a'"),
        (["text.csv"], "text.csv: column '410', row 2: expected a number, got 'oops'"),
        (["no_x.npz"], "no_x.npz: no array 'X'"),
        (["no_y.npz"], "no_y.npz: no labels found; name them by --target"),
        (["junk.npz"], "junk.npz: not an npz file"),
        (["nan.npz"], "nan.npz: 1 values are missing, the first in sample 4, band 'band2'"),
        (["few.npz"], "'r' (2)"),
        (["real.npz"], "class labels, got 'continuous'"),
        (["images.npz"], "images.npz: no labels found; name them by --target (there are: kind)"),
        (["images.npz", "--target", "kin"], "images.npz: --target 'kin' is not there. Did you"),
        (["objects.npz"], "objects.npz: holds pickled objects"),
        (["nan_images.npz"], "nan_images.npz: 1 values are missing, the first in sample 2, pixel"),
        (["inf.csv"], "inf.csv: 1 values are infinite, the first in sample 2, band '410'"),
        (["good.npz", "--scoring", "acuracy"], "Did you mean 'accuracy'?"),
        (["good.npz", "--scoring", "accuracy,f1_makro"], "Did you mean 'f1_macro'?"),
        (["--scoring", "accuracy", "good.npz"], "put DATA before --scoring"),
        (["good.npz", "--cv", "1"], "--cv: expected an integer of at least 2, got '1'"),
        (["good.npz", "--cv", "five"], "--cv: expected an integer of at least 2, got 'five'"),
        (["good.npz", "--cv", "30"], "'p' (20), 'q' (20)"),
        (["good.npz", "--groups", "patiant"], "Did you mean 'patient'?"),
        (["good.npz", "--groups", "patient", "--cv", "15"], "as many groups, got 10"),
        (["good.npz", "--groups", "short.txt"], "short.txt: holds 2 groups for 40 samples"),
        (["--groups", "patient"], "--groups patient needs DATA"),
        (["good.npz", "--n-jobs", "0"], "--n-jobs: expected an integer other than 0"),
        (["good.npz", "--seed", "-1"], "--seed: expected an integer of at least 0, got '-1'"),
        (["good.npz", "--out", "nowhere/r.html"], "there is no folder nowhere"),
        (["good.npz", "--out", "empty"], "--out empty: is a folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, monkeypatch, capsys, argv, words):
    make_bad_input(tmp_path)
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["compare", "--quiet", *argv])
    except SystemExit as exit_:
        status = exit_.code
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.startswith("sklvision compare: error: ")
    assert err.count("\n") == 1
    assert words in err


def test_images_in_an_npz_are_named_as_in_files_of_spectra(tmp_path):
    path = tmp_path / "images.npz"
    labels = np.array(list("abab"), dtype=object)
    unread = np.array([None])
    np.savez(path, X=np.zeros((4, 8, 8)), Labels=labels, Groups=[1, 1, 2, 2], note=unread)
    data = load_data(path, target=None, groups=None, image_size=8, allow_pickle=True)
    assert list(data.y) == list("abab")
    assert list(data.groups) == [1, 1, 2, 2]
    np.savez(path, X=np.zeros((4, 8, 8)), labels=labels.astype(str), note=unread)
    data = load_data(path, target=None, groups=None, image_size=8, allow_pickle=False)
    assert list(data.y) == list("abab")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_groups_of_files_by_any_delimiter(image_folder, tmp_path, delimiter):
    names = sorted(path.name for path in image_folder.rglob("*.png"))
    lines = ["file;group", *(f"{name};{i // 4}" for i, name in enumerate(names))]
    groups = tmp_path / "series.csv"
    groups.write_text("\n".join(lines).replace(";", delimiter))
    options = {"target": None, "image_size": 8, "allow_pickle": False}
    data = load_data(image_folder, groups=str(groups), **options)
    assert len(np.unique(data.groups)) == 10
    groups.write_text("\n".join(lines[1:]).replace(";", " "))
    with pytest.raises(ValueError, match=r"series.csv: all 40 groups differ"):
        load_data(image_folder, groups=str(groups), **options)
    groups.write_text("\n".join(lines).replace(".png", ".jpg"))
    with pytest.raises(ValueError, match=r"series.csv: no group for 40 images"):
        load_data(image_folder, groups=str(groups), **options)


FEW_FITS = """
import sys
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklvision.cli import _candidates, main

class OutOfMemory(DecisionTreeClassifier):
    def fit(self, X, y):
        raise MemoryError("no 9 TiB")

lda = make_pipeline(PCA(2), LinearDiscriminantAnalysis())
chosen = {"tree": DecisionTreeClassifier(), "lda": lda, "greedy": OutOfMemory()}
name = sys.argv.pop(1)
_candidates.choose_candidates = lambda data: ({name: chosen[name]}, [])
sys.exit(main(["compare", *sys.argv[1:], "--cv", "2", "--n-jobs", "1", "--quiet"]))
"""


def start_few_fits(folder, *args):
    return subprocess.Popen(
        [sys.executable, "-c", FEW_FITS, *map(str, args)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_reader_that_stops_early_keeps_the_report(spectra, tmp_path):
    running = start_few_fits(tmp_path, "tree", spectra)
    running.stdout.close()
    told = running.stderr.read().decode()
    running.stderr.close()
    assert (running.wait(60), told) == (0, "")
    assert (tmp_path / "sklvision_report.html").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [("lda", "Error: .*Raised by 'lda' in fold 0."), ("greedy", "MemoryError: no 9 TiB Raised by")],
)
def test_a_fit_that_fails_is_one_line(tmp_path, name, words):
    np.savez(tmp_path / "constant.npz", X=np.ones((20, 4)), y=np.arange(20) % 2)
    out, err = start_few_fits(tmp_path, name, "constant.npz").communicate(timeout=60)
    errors = [line for line in err.decode().splitlines() if ": warning: " not in line]
    assert out == b""
    assert len(errors) == 1
    assert re.match(f"sklvision compare: error: .*{words}", errors[0])


def test_images_that_cannot_be_read_are_left_out_where_asked(image_folder):
    (image_folder / "1" / "broken.png").write_bytes(b"no image")
    options = {"target": None, "groups": None, "image_size": 12, "allow_pickle": False}
    with pytest.raises(OSError, match=r"broken.png: not an image"):
        load_data(image_folder, **options)
    with pytest.warns(UserWarning, match=r"1 of 41 images cannot be read.*broken.png") as caught:
        data = load_data(image_folder, **options, on_error="skip")
    assert len(caught) == 1
    assert data.X.shape == (40, 8, 12)
    assert len(data.y) == 40


@pytest.mark.parametrize("name", ["report.html", "deep/report.html"])
def test_a_place_that_only_fails_on_writing_is_found_first(tmp_path, name):
    """A limit on the size of files stands for a full disk: permissions do not stop root."""
    code = (
        "import resource, signal, sys; from sklvision.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        f"sys.exit(main(['compare', 'nowhere.npz', '--out', {name!r}]))"
    )
    pytest.importorskip("resource")
    (tmp_path / "deep").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    told = f"sklvision compare: error: --out {name}: cannot be written to (File too large).\n"
    assert ran.stderr == told
    assert list(tmp_path.rglob("*")) == [tmp_path / "deep"]


def test_a_wrong_path_as_people_meet_it(tmp_path):
    ran = sklvision_in(tmp_path, "compare", "nowhere.csv")
    assert ran.returncode == 2
    assert ran.stderr == (
        "sklvision compare: error: nowhere.csv: there is no such file or folder.\n"
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_interrupted_it_says_so_and_ends(tmp_path, n_jobs):
    running = subprocess.Popen(
        [sys.executable, "-m", "sklvision", "compare", "--n-jobs", str(n_jobs)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    started = b""
    deadline = time.monotonic() + 120
    while not re.search(rb"[1-9]\d*/25", started) and time.monotonic() < deadline:
        read = os.read(running.stderr.fileno(), 4096)
        assert read, started.decode()
        started += read
    # A terminal interrupts the command and the workers it started, all at once.
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.decode().endswith("\nsklvision compare: interrupted\n")
    assert b"Traceback" not in started + err
    assert out == b""
    assert list(tmp_path.iterdir()) == []
