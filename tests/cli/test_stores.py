"""Commands on zarr stores and Parquet files: info, train, predict and compare of the same data."""

import numpy as np
import pandas as pd
import pytest

from sklvision.cli import main

zarr = pytest.importorskip("zarr")
pytest.importorskip("pyarrow")

RNG = np.random.RandomState(0)
LABELS = np.array(["bad", "good"])[np.arange(40) % 2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A zarr store of images with a file of labels, and a Parquet file of spectra."""
    monkeypatch.chdir(tmp_path)
    pixels = RNG.randint(0, 80, (40, 6, 6)) + 90 * (LABELS == "good")[:, None, None]
    array = zarr.open("belt.zarr", mode="w", shape=pixels.shape, dtype=np.uint8, chunks=(7, 6, 6))
    array[:] = pixels
    (tmp_path / "labels.csv").write_text("\n".join(LABELS))
    table = pd.DataFrame(pixels.reshape(40, 36), columns=[str(900 + i) for i in range(36)])
    table.assign(label=LABELS).to_parquet("line.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "options", "model", "kind"),
    [
        ("belt.zarr", ["--target", "labels.csv"], "mlp", "images"),
        ("line.parquet", [], "spectrum_mlp", "spectra"),
    ],
)
def test_commands_take_what_predict_takes(folder, capsys, source, options, model, kind):
    assert main(["info", source, *options]) == 0
    assert f"40 {kind} of" in capsys.readouterr().out
    command = ["train", model, "--data", source, *options, "--out", "m.sklv", "--epochs", "20"]
    assert main([*command, "--option", "hidden_layer_sizes=(8,)", "--quiet"]) == 0
    assert "Accuracy on 8 of 40 samples held out" in capsys.readouterr().out
    assert main(["predict", "m.sklv", source, "--out", "p.csv"]) == 0
    predictions = pd.read_csv("p.csv")
    assert (predictions["label"] == LABELS).mean() > 0.9
    capsys.readouterr()
    assert main(["compare", source, *options, "--models", "knn", "--n-jobs", "1", "--quiet"]) == 0
    assert "on the same 5 folds of 40 samples" in capsys.readouterr().out


def test_missing_labels_of_a_store_are_a_clear_error(folder, capsys):
    assert main(["train", "mlp", "--data", "belt.zarr", "--out", "m.sklv"]) == 2
    error = capsys.readouterr().err
    assert "name them, or a file with one label per line, with --target" in error
