"""``sklvision predict --out``: parts, what an interrupted run leaves, and what becomes of bad samples."""

import os
import signal
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

pytest.importorskip("PIL.Image")
pytest.importorskip("pyarrow")


class StopsAtFile(ClassifierMixin, BaseEstimator):
    """Ends as by Ctrl-C, or by an error, at the fourth batch while a file of that name exists."""

    def fit(self, X, y):
        self.classes_, self.n_calls_ = np.array(["a", "b"]), 0
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        self.n_calls_ += 1
        if self.n_calls_ == 4 and Path("interrupt").exists():
            raise KeyboardInterrupt
        if self.n_calls_ == 4 and Path("fail").exists():
            raise RuntimeError("out of luck")
        return self.classes_[(X[:, 0] > 0.5).astype(int)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a model, a hundred rows, and their predictions by an undisturbed run."""
    monkeypatch.chdir(tmp_path)
    X = np.random.RandomState(0).rand(100, 3)
    np.save("rows.npy", X)
    joblib.dump(StopsAtFile().fit(X, None), "model.joblib")
    return tmp_path


@pytest.mark.parametrize("cause", ["interrupt", "fail"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predict_goes_on_where_an_interrupted_run_ended(workplace, run, cause, suffix):
    argv = ["predict", "model.joblib", "rows.npy", "--batch-size", 8, "--out"]
    assert run(*argv, f"whole{suffix}", "--quiet")[0] == 0
    (workplace / cause).touch()
    status, out, err = run(*argv, f"out{suffix}")
    assert (status, out) == ({"interrupt": 130, "fail": 1}[cause], "")
    assert (
        f"24 predictions are saved in {workplace / 'out'}{suffix}.parts. Run the same command"
        in err
    )
    assert not (workplace / f"out{suffix}").exists()
    (workplace / cause).unlink()
    status, _, err = run(*argv, f"out{suffix}")
    assert status == 0
    assert "24 samples were predicted before; continuing." in err
    assert "sample 32/100" in err
    assert (workplace / f"out{suffix}").read_bytes() == (workplace / f"whole{suffix}").read_bytes()
    assert not list(workplace.glob("*.parts"))


def test_predict_refuses_to_go_on_with_something_else(workplace, run, run_error):
    argv = ["predict", "model.joblib", "rows.npy", "--batch-size", 8, "--out", "out.csv"]
    (workplace / "interrupt").touch()
    assert run(*argv)[0] == 130
    (workplace / "interrupt").unlink()
    argv.append("--quiet")
    err = run_error(*argv, "--batch-size", 9)
    assert "out.csv.parts: holds 24 predictions of an earlier run that did not end" in err
    assert "the option --batch-size (before: 8) changed since" in err
    os.utime("rows.npy", (1, 1))
    assert "and the files changed since" in run_error(*argv)
    joblib.dump(StopsAtFile().fit(np.zeros((1, 3)), None), "model.joblib", compress=True)
    assert "and the model and the files changed since" in run_error(*argv)
    assert run(*argv, "--restart")[0] == 0
    assert len(pd.read_csv("out.csv")) == 100


def test_predict_refuses_to_write_what_another_process_writes(workplace, run_error):
    fcntl = pytest.importorskip("fcntl")
    (workplace / "out.csv.parts").mkdir()
    with Path("out.csv.parts/lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        argv = ["predict", "model.joblib", "rows.npy", "--out", "out.csv", "--quiet"]
        assert "another process is writing these predictions now" in run_error(*argv)


def test_predict_replaces_an_output_only_when_it_is_complete(workplace, run):
    argv = ["predict", "model.joblib", "rows.npy", "--batch-size", 8, "--out", "out.csv"]
    for name in ("out.csv", "out.errors.csv"):
        (workplace / name).write_text("old\n")
    (workplace / "interrupt").touch()
    assert run(*argv)[0] == 130
    assert (workplace / "out.csv").read_text() == "old\n"
    (workplace / "interrupt").unlink()
    assert run(*argv, "--quiet") == (0, "", "")
    assert len(pd.read_csv("out.csv")) == 100
    assert not (workplace / "out.errors.csv").exists()


def test_predict_records_rows_with_missing_values(workplace, run, run_error):
    X = np.load("rows.npy")
    X[[4, 70], [1, 2]] = np.nan, np.inf
    np.save("gaps.npy", X)
    argv = ["predict", "model.joblib", "gaps.npy", "--batch-size", 8]
    assert run(*argv, "--out", "out.csv", "--quiet")[0] == 1
    table, errors = pd.read_csv("out.csv"), pd.read_csv("out.errors.csv")
    assert table.index[table["label"].isna()].tolist() == [4, 70]
    assert errors.to_numpy().tolist() == [
        ["gaps.npy", 5, "value 2 is missing"],
        ["gaps.npy", 71, "value 3 is infinite"],
    ]
    status, out, err = run(*argv, "--on-error", "skip", "--quiet")
    assert (status, err.count("\n")) == (0, 1)
    assert out == (workplace / "out.csv").read_text()
    assert "2 of 100 samples cannot be read, and get no label: gaps.npy, row 5, gaps" in err
    err = run_error(*argv, "--out", "raise.csv", "--on-error", "raise", "--quiet")
    assert "gaps.npy: value 2 is missing in sample 5" in err


def test_predict_records_rows_of_a_csv(workplace, run, run_error):
    table = pd.DataFrame(np.load("rows.npy")).add_prefix("band").astype(object)
    table.iloc[4, 1], table.iloc[20, 2], table.iloc[70, 2] = None, "n.d.", "12%"
    table.to_csv("gaps.csv", index=False)
    argv = ["predict", "model.joblib", "gaps.csv", "--batch-size", 8, "--quiet"]
    status, _, err = run(*argv, "--out", "out.csv")
    assert status == 1
    assert "3 of 100 samples cannot be read, and get no label: gaps.csv, row 5, gaps.csv" in err
    table, errors = pd.read_csv("out.csv"), pd.read_csv("out.errors.csv")
    assert table.index[table["label"].isna()].tolist() == [4, 20, 70]
    hint = "Export numbers without a percent sign"
    assert errors.to_numpy().tolist() == [
        ["gaps.csv", 5, "value 2 is missing"],
        ["gaps.csv", 21, "column 'band2': expected a number, got 'n.d.'"],
        ["gaps.csv", 71, f"column 'band2': expected a number, got '12%'. {hint}"],
    ]
    assert run(*argv, "--on-error", "skip")[:2] == (0, (workplace / "out.csv").read_text())
    err = run_error(*argv, "--on-error", "raise")
    assert "gaps.csv: column 'band2', row 21: expected a number, got 'n.d.'" in err


def test_predict_records_files_that_are_gone(digit_folder, image_model, tmp_path, run):
    """Names are listed first; a file may be deleted before it is its turn."""
    source = sorted((digit_folder / "1").iterdir())
    names = [tmp_path / f"{i}.png" for i in range(5)]
    for name, file in zip(names, source, strict=False):
        name.write_bytes(file.read_bytes())
    table = tmp_path / "names.csv"
    table.write_text("file\n" + "".join(f"{name}\n" for name in names))
    expected = run("predict", image_model, table, "--quiet")[1].splitlines()
    names[2].unlink()
    status, out, err = run("predict", image_model, table, "--quiet")
    if status == 2:  # a table is compared with its folder as it is read
        assert "2.png" in err
    else:
        assert status == 1
        assert out.splitlines() == [*expected[:3], f"{names[2]},,", *expected[4:]]


def test_predict_writes_labels_of_their_type_to_parquet(digit_folder, image_model, tmp_path, run):
    out = tmp_path / "out.parquet"
    argv = ["predict", image_model, digit_folder, "--out", out, "--proba", "--quiet"]
    assert run(*argv) == (0, "", "")
    table = pd.read_parquet(out)
    assert table["label"].tolist() == table["file"].str.split("/").str[-2].tolist()
    columns = [f"probability_{label}" for label in "012"]
    np.testing.assert_allclose(table[columns].sum(axis=1), 1)
    np.testing.assert_array_equal(table[columns].max(axis=1), table["probability"])
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_predict_goes_on_after_a_signal(workplace, start, run, number):
    X = np.random.RandomState(0).rand(24_000, 3)  # two parts and a rest
    np.save("rows.npy", X)
    from sklearn.neighbors import KNeighborsClassifier

    knn = KNeighborsClassifier(algorithm="brute").fit(X[:4000], np.arange(4000) % 7)
    joblib.dump(knn, "model.joblib")
    argv = ["predict", "model.joblib", "rows.npy", "--batch-size", 64]
    process = start(workplace, *argv, "--out", "out.csv", "--proba")
    deadline = time.monotonic() + 120
    while not list(workplace.glob("out.csv.parts/*.part")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(getattr(signal, number))
    process.wait()
    assert process.returncode == {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}[number]
    assert not (workplace / "out.csv").exists()
    status, _, err = run(*argv, "--out", "out.csv", "--proba")
    assert status == 0
    assert "samples were predicted before; continuing." in err
    assert run(*argv, "--out", "whole.csv", "--proba", "--quiet")[0] == 0
    assert (workplace / "out.csv").read_bytes() == (workplace / "whole.csv").read_bytes()
    assert sorted(path.name for path in workplace.iterdir()) == [
        "model.joblib", "out.csv", "rows.npy", "whole.csv",
    ]  # fmt: skip
