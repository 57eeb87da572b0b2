"""``sklvision info`` of data and of models."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklvision.datasets import make_spectra


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "wood.csv"
    values = np.random.default_rng(0).normal(size=(12, 4)).round(3)
    lines = ["rep,patient,900 nm,910 nm,920 nm,930 nm,species"]
    for i, row in enumerate(values):
        species = "oak" if i < 6 else "ash"
        lines.append(f"{i % 2},p{i // 2},{','.join(map(str, row))},{species}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read_facts(text):
    return dict(line.split("  ", 1) for line in text.splitlines() if "  " in line)


def test_info_of_a_table_says_what_would_be_read(table, run):
    status, out, err = run("info", table, "--groups", "patient", "--target", "species")
    facts = {name: value.strip() for name, value in read_facts(out).items()}
    assert (status, err) == (0, "")
    assert facts["columns"] == (
        "labels: species; bands: 4, 900 to 930 nm; groups: patient; left out: rep"
    )
    assert facts["classes"] == "2: ash (6), oak (6)"
    assert facts["groups"] == "6, of 2 samples each"


def test_info_of_a_table_needs_neither_labels_nor_all_values(table, run):
    rows = [line.split(",")[2:6] for line in table.read_text(encoding="utf-8").splitlines()]
    rows[3][0] = ""
    table.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    status, out, _ = run("info", table)
    assert status == 0
    assert "no labels; name their column with --target" in out
    assert "1 of 48 values" in out


def test_info_of_a_table_names_an_empty_band(tmp_path, run):
    path = tmp_path / "dead.csv"
    path.write_text("kind,900,910,920\n" + "a,1,,2\nb,2,,3\n" * 4, encoding="utf-8")
    _, out, _ = run("info", path)
    assert "8 of 24 values; empty in all samples: 910" in out


def test_info_of_a_folder_counts_classes(digit_folder, run):
    status, out, _ = run("info", digit_folder)
    assert status == 0
    assert "180 images of 8 × 8 pixels" in out
    assert "0 (60), 1 (60), 2 (60)" in out


def test_info_searches_for_leaks(tmp_path, run):
    X, y = make_spectra(30, n_bands=40, random_state=0)
    path = tmp_path / "copies.npz"
    np.savez(path, X=np.repeat(X, 2, axis=0), y=np.repeat(y, 2), part=np.repeat(np.arange(30), 2))
    assert "exact cop" in run("info", path, "--leaks")[1]
    assert "No leaks found" in run("info", path, "--leaks", "--groups", "part")[1]


def test_info_of_a_model_shows_its_contract(spectra_model, run):
    status, out, _ = run("info", spectra_model)
    facts = read_facts(out)
    assert status == 0
    assert facts["model"].strip() == "SpectrumClassifier"
    assert "spectra of 40 bands" in facts["input"]


def test_info_of_a_model_of_another_package(tmp_path, run):
    X, y = make_spectra(30, n_bands=40, random_state=0)
    joblib.dump(LogisticRegression().fit(X, y), tmp_path / "plain.joblib")
    assert "rows of 40 numbers" in run("info", tmp_path / "plain.joblib")[1]


def test_info_of_an_onnx_file_shows_labels_and_contract(spectra_model, tmp_path, run, run_error):
    pytest.importorskip("onnxruntime")
    from sklvision.export import to_onnx

    path = to_onnx(joblib.load(spectra_model), tmp_path / "line.onnx")
    status, out, err = run("info", path)
    assert (status, err) == (0, "")
    facts = {name: value.strip() for name, value in read_facts(out).items()}
    assert facts["model"] == "OnnxClassifier"
    assert facts["classes"].startswith("3: ")
    assert facts["net input"] == "40"
    assert "spectra of 40 bands" in facts["input"]
    assert "values" in facts
    assert "searches data" in run_error("info", path, "--leaks")
    (tmp_path / "junk.onnx").write_bytes(b"no graph")
    assert "junk.onnx is not an ONNX file" in run_error("info", tmp_path / "junk.onnx")


def test_info_refuses_to_search_a_model_for_leaks(spectra_model, run_error):
    assert "searches data" in run_error("info", spectra_model, "--leaks")


def test_info_of_data_loads_no_torch(table):
    code = (
        "import sys\n"
        "from sklvision.cli import main\n"
        f"assert main(['info', {str(table)!r}, '--target', 'species', '--leaks']) == 0\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
