"""Official splits, folds in the order of time, and groups, from the terminal."""

import re

import joblib
import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def table(tmp_path):
    """Spectra of two kinds; days, a part in the names, and an official split."""
    rng = np.random.default_rng(0)
    kinds = np.tile(["oak", "ash"], 20)
    bands = [f"{900 + 10 * i} nm" for i in range(12)]
    X = rng.normal(size=(40, 12)) + np.linspace(0, 2, 12) * (kinds == "oak")[:, np.newaxis]
    frame = pd.DataFrame(X.round(4), columns=bands)
    frame.insert(0, "day", [f"2026-03-{1 + i // 4:02}" for i in range(40)])
    frame.insert(1, "part", ["train"] * 24 + ["validation"] * 4 + ["test"] * 12)
    frame["kind"] = kinds
    path = tmp_path / "wood.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def train(table, tmp_path, run):
    def train(*argv):
        out = tmp_path / "model.joblib"
        options = ["--data", table, "--target", "kind", "--out", out, "--epochs", 30]
        status, output, err = run("train", "spectrum_mlp", *options, *argv)
        assert status == 0, err
        return out, output, err

    return train


def test_train_split_trains_on_one_part_and_scores_the_other(train, table):
    out, output, err = train("--split", "part")
    assert "split: part" in err
    assert "Trained on the 24 samples of the official training set" in output
    assert "Accuracy on 12 of 40 samples, the official test set (column part):" in output
    assert "logistic regression" in output
    model = joblib.load(out)
    frame = pd.read_csv(table)
    X, y, part = frame.filter(like="nm"), frame["kind"], frame["part"]
    accuracy = (model.predict(X[part == "test"]) == y[part == "test"]).mean()
    assert f"spectrum_mlp         {accuracy:.4f}" in output  # of the very model in the file
    contract = model.input_contract_
    assert contract["roles"]["split"] == "part"
    assert contract["unit"] == "nm"


def test_train_split_without_an_estimate_leaves_the_test_set_out(train):
    _, output, _ = train("--split", "part", "--no-estimate", "--quiet")
    assert "Trained on the 24 samples of the official training set" in output
    assert "not measured" in output


def test_train_split_of_a_table_of_images_keeps_how_they_are_read(digit_folder, tmp_path, run):
    files = [file for label in "01" for file in sorted((digit_folder / label).iterdir())[:30]]
    rows = [
        f"{file.relative_to(digit_folder)},{file.parent.name},{'test' if i % 3 else 'train'}"
        for i, file in enumerate(files)
    ]
    table = digit_folder / "part.csv"
    table.write_text("\n".join(["file,label,set", *rows]))
    out = tmp_path / "model.sklv"
    argv = ["--data", table, "--split", "set", "--epochs", 20, "--out", out, "--quiet"]
    status, output, err = run("train", "mlp", *argv)
    table.unlink()
    assert status == 0, err
    assert "Trained on the 20 samples of the official training set" in output
    assert "Accuracy on 40 of 60 samples, the official test set (column set):" in output
    status, output, err = run("predict", out, files[0], files[-1])
    assert status == 0, err
    assert [line.split(",")[1] for line in output.splitlines()[1:]] == ["0", "1"]
    assert "mode='L'" in run("info", out)[1]


def test_train_time_holds_out_the_latest_or_folds(train):
    out, output, err = train("--time", "day")
    assert "time: day" in err
    assert (
        "Accuracy on 8 of 40 samples, later than all samples of their training (column day):"
        in output
    )
    assert "Trained on all 40 samples" in output
    assert joblib.load(out).input_contract_["roles"]["time"] == "day"
    _, output, _ = train("--time", "day", "--cv", 3, "--quiet")
    assert "Accuracy on 24 of 40 samples, in 3 folds, later than all samples" in output


def test_info_shows_the_range_of_times(table, run):
    status, output, _ = run("info", table, "--target", "kind", "--time", "day")
    assert status == 0
    assert re.search(r"^times +2026-03-01 to 2026-03-10$", output, re.M)


def test_train_proposes_dates(train):
    _, _, err = train("--no-estimate", "--drop", "part")
    assert "dates: day; for folds in their order use --time 'day'" in err


def test_compare_time_tests_on_later_samples(table, tmp_path, run):
    report = tmp_path / "report.html"
    argv = ["--target", "kind", "--n-jobs", 1, "--quiet", "--report", report, "--models", "lda"]
    status, output, err = run("compare", table, *argv, "--time", "day", "--cv", 4)
    assert status == 0, err
    assert "on the same 4 folds of 40 samples" in output
    page = " ".join(report.read_text(encoding="utf-8").split())
    assert "in 4 folds, later than all samples of their training (column day)" in page
    status, output, err = run("compare", table, *argv, "--split", "part")
    assert status == 0, err
    assert "the official test set (column part)" in " ".join(report.read_text().split())


@pytest.mark.parametrize("command", ["compare", "train"])
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--time", "dy"], "there is no --time 'dy'. Did you mean 'day'?"),
        (["--time", "kind"], "--target 'kind' and --time 'kind' must differ"),
        (["--time", "part"], "--time 'part': expected numbers, or dates of one kind"),
        (["--split", "prt"], "there is no --split 'prt'. Did you mean 'part'?"),
        (["--split", "day"], "--split day: holds '2026-03-01', '2026-03-02'"),
        (["--split", "part", "--time", "day"], "--split and --time exclude each other"),
        (["--split", "part", "--cv", "3"], "--cv 3: not with --split"),
        (["--time", "day", "--cv", "11"], "--cv 11 folds in the order of time need at least 12"),
        (["--groups", "day", "--no-groups"], "--groups and --no-groups exclude each other"),
        (["--groups-from-name", "x"], "--groups-from-name 'x': not every sample has a file of"),
    ],
)
def test_fold_options_refuse_wrong_values(table, tmp_path, run_error, command, argv, words):
    data = [table] if command == "compare" else ["spectrum_mlp", "--data", table]
    out = ["--out", tmp_path / "out"]
    err = run_error(command, *data, "--target", "kind", *out, "--quiet", *argv)
    assert words in err
    assert not (tmp_path / "out").exists()


def test_compare_repeats_excludes_given_folds(table, run_error):
    for option in (["--split", "part"], ["--time", "day"]):
        err = run_error("compare", table, "--target", "kind", *option, "--repeats", 2)
        assert f"--repeats 2: not with {option[0]}" in err


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Eight parts of two kinds, each photographed four times, named by part and shot."""
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("data") / "parts"
    for part in range(24):
        kind = "ok" if part % 2 else "bent"
        (folder / kind).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 200, (16, 16)) + 40 * (part % 2)
        for shot in range(4):
            noisy = pixels + rng.normal(scale=3, size=(16, 16))
            name = f"{rng.integers(10**6)}_part{part}_shot{shot}.png"
            image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / kind / name)
    return folder


def test_groups_from_name_keeps_parts_together(parts, tmp_path, run):
    status, output, err = run("info", parts, "--leaks", "--groups-from-name", r"part(\d+)_")
    assert (status, err) == (0, "")
    assert "grouped by file names" in output
    assert re.search(r"^groups +24, of 4 samples each", output, re.M)
    assert "No leaks found" in output
    assert "near-duplicate" in run("info", parts, "--leaks")[1]
    report = tmp_path / "report.html"
    argv = ["--models", "knn", "--cv", 3, "--n-jobs", 1, "--report", report, "--quiet"]
    status, output, err = run("compare", parts, "--groups-from-name", r"part\d+", *argv)
    assert (status, err) == (0, "")  # no warning of leaks
    assert "StratifiedGroupKFold" in report.read_text(encoding="utf-8")
    assert "samples of one group are not independent" in output


def test_groups_suggested_are_those_of_the_leak_search(parts, tmp_path, run):
    status, output, err = run("info", parts, "--groups", "suggested", "--leaks")
    assert (status, err) == (0, "")
    assert re.search(r"^groups +24, of 4 samples each", output, re.M)
    assert "in 24 suggested groups" in output
    assert "No leaks found" in output
    out = tmp_path / "model.joblib"
    argv = ["--data", parts, "--groups", "suggested", "--epochs", 1, "--cv", 2, "--out", out]
    status, output, err = run("train", "mlp", *argv)
    assert status == 0, err
    assert "in 24 suggested groups" in err
    assert "Accuracy over 2 folds (groups kept together)" in output


def test_groups_suggested_says_that_there_are_none(tmp_path, run):
    X = np.random.default_rng(0).normal(size=(60, 8))
    np.savez(tmp_path / "noise.npz", X=X, y=np.arange(60) % 2)
    status, output, err = run("info", tmp_path / "noise.npz", "--groups", "suggested")
    assert status == 0
    assert err == "No related samples found, so that no groups are suggested.\n"
    assert "groups  " not in output


def test_compare_warns_of_groups_that_an_official_split_cuts(table, tmp_path, run):
    frame = pd.read_csv(table)
    frame.insert(0, "tree", np.arange(40) % 8)
    frame.to_csv(table, index=False)
    argv = ["--target", "kind", "--groups", "tree", "--split", "part", "--models", "lda"]
    status, _, err = run("compare", table, *argv, "--n-jobs", 1, "--out", tmp_path / "r.html")
    assert status == 0, err
    assert "have others of their group in the training set" in err
    assert "Folds that --cv draws keep groups together." in err


def test_warnings_of_leaks_use_words_of_the_terminal(tmp_path, run):
    rng = np.random.default_rng(0)
    centers = np.repeat(rng.normal(size=(10, 30)), 6, axis=0)
    y = np.repeat(np.arange(10) % 2, 6)
    np.savez(tmp_path / "series.npz", X=centers + 0.3 * rng.normal(size=(60, 30)), y=y)
    argv = ["--cv", 3, "--n-jobs", 1, "--models", "lda", "--quiet"]
    status, _, err = run("compare", tmp_path / "series.npz", *argv, "--out", tmp_path / "r.html")
    assert status == 0
    output = run("info", tmp_path / "series.npz", "--leaks")[1]
    for text in (err, output):
        assert "--groups suggested" in text
        assert "groups=" not in text
        assert "suggested_groups()" not in text


def test_compare_names_the_files_of_leaks(tmp_path, run):
    """Images that are read into memory are searched under the names of their files."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("good", "bad"):
        (tmp_path / "parts" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "parts" / name / f"{i}.png")
    copy = tmp_path / "parts" / "good" / "3.png"
    (tmp_path / "parts" / "bad" / "3.png").write_bytes(copy.read_bytes())
    out = tmp_path / "report.html"
    argv = ["--models", "knn", "--cv", "3", "--n-jobs", "1", "--out", out]
    err = run("compare", tmp_path / "parts", *argv)[2]
    assert "another label: bad/3.png (bad) = good/3.png (good)" in err
    assert "good/3.png" in out.read_text(encoding="utf-8")
