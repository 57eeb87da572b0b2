"""What ``sklvision compare`` adds to its report, and what it keeps."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_iris

import sklvision.cli._candidates
from sklvision.cli import main


@pytest.fixture
def spectra(tmp_path):
    """A third of iris, so that nets train in no time."""
    X, y = load_iris(return_X_y=True)
    path = tmp_path / "iris.npz"
    np.savez(path, X=X[::2], y=np.array(["setosa", "versicolor", "virginica"])[y[::2]])
    return path


@pytest.mark.slow
def test_report_with_robustness_and_forecast(spectra, tmp_path, capsys):
    page = tmp_path / "client.html"
    arguments = [
        "--cv",
        3,
        "--report",
        page,
        "--robustness",
        "--forecast",
        "--n-jobs",
        1,
        "--quiet",
    ]
    assert main(["compare", str(spectra), *map(str, arguments)]) == 0
    printed = capsys.readouterr().out
    assert "hurts most" in printed
    assert "more samples would give about" in printed
    headings = re.findall("<h2>(.*?)</h2>", page.read_text(encoding="utf-8"))
    assert "Will it hold when the images or spectra get worse?" in headings
    assert "What would more samples bring?" in headings


def test_memory_goes_on_where_it_was(spectra, tmp_path, capsys):
    kept = tmp_path / "kept"
    command = [
        "compare",
        str(spectra),
        "--cv",
        "2",
        "--quiet",
        "--n-jobs",
        "1",
        "--memory",
        str(kept),
    ]
    command += ["--report", str(tmp_path / "report.html")]
    assert main(command) == 0
    first = capsys.readouterr().out
    written = {file: file.stat().st_mtime_ns for file in kept.rglob("output.pkl")}
    assert len(written) == 12
    assert main(command) == 0
    assert capsys.readouterr().out == first  # times as well
    assert {file: file.stat().st_mtime_ns for file in kept.rglob("output.pkl")} == written


def test_repeats(spectra, tmp_path, capsys):
    command = ["compare", str(spectra), "--cv", "2", "--repeats", "2", "--quiet", "--n-jobs", "1"]
    assert main([*command, "--report", str(tmp_path / "report.html")]) == 0
    assert "the same 4 folds" in capsys.readouterr().out


def test_a_failure_ends_the_command_or_becomes_a_row(spectra, tmp_path, capsys, monkeypatch):
    choose = sklvision.cli._candidates.choose_candidates

    def with_a_broken_one(data):
        candidates, baselines = choose(data)
        broken = candidates["PCA + LDA"].set_params(pca__n_components=40)
        return {"PCA + LDA": broken}, baselines

    monkeypatch.setattr(sklvision.cli._candidates, "choose_candidates", with_a_broken_one)
    command = ["compare", str(spectra), "--cv", "2", "--quiet", "--n-jobs", "1"]
    command += ["--report", str(tmp_path / "report.html")]
    assert main(command) != 0
    assert "n_components=40" in capsys.readouterr().err
    assert main([*command, "--keep-going"]) == 0
    told = capsys.readouterr()
    assert "Left out: PCA + LDA failed in 2 of 2 folds" in told.out
    assert "in 2 of 2 folds: failed with ValueError: n_components=40" in told.err
