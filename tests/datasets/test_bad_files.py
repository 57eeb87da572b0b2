"""Readers of files and makers of data: what they refuse, and in which words."""

from __future__ import annotations

import warnings
import zipfile

import numpy as np
import pytest

from sklvision.cli import main
from sklvision.datasets import (
    ImageCollection,
    load_labeled,
    load_spectra,
    make_spectra,
    read_samples,
)
from sklvision.neural_network import (
    ImageClassifier,
)

Y = np.arange(12) % 2
X = np.random.default_rng(0).normal(size=(12, 8)) + Y[:, np.newaxis]
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 6, 5), dtype=np.uint8)
NET = {"architecture_params": {"hidden_layer_sizes": (4,)}, "max_epochs": 1, "random_state": 0}


def test_collection_refuses_a_mask_of_another_length(tmp_path):
    pil = pytest.importorskip("PIL.Image")
    for name in "ab":
        pil.new("L", (4, 3)).save(tmp_path / f"{name}.png")
    collection = ImageCollection(sorted(tmp_path.iterdir()))
    with pytest.raises(IndexError, match="A mask of 1 booleans cannot index 2 images"):
        collection[[True]]


@pytest.mark.parametrize("shape", [(6, 8), (6, 4, 4)])
def test_load_labeled_refuses_arrays_of_missing_or_too_few_labels(tmp_path, shape):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.ones(shape), y=[0, 1, np.nan, 1, 0, 1])
    with pytest.raises(ValueError, match="y has no label for 1 of 6 samples, first in row 3"):
        load_labeled(path)
    np.savez(path, X=np.ones(shape), y=[0, 1, 1, 0, 1])
    with pytest.raises(ValueError, match=r"y has shape \(5,\), expected \(6,\)"):
        load_labeled(path)


def test_load_spectra_refuses_a_quote_that_nothing_closes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('900,902,label\n1,2,a\n2,3,b\n1,2,"a\n2,3,b\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.csv"):
        load_spectra(path)


@pytest.mark.filterwarnings("error::ResourceWarning")
def test_damaged_npz_is_closed_and_named(tmp_path, capsys):
    path = tmp_path / "a.npz"
    np.savez(path, X=X, y=Y)
    path.write_bytes(path.read_bytes().replace(b"PK\1\2", b"PK\7\7"))  # entries of its directory
    with pytest.raises(ValueError, match=r"a\.npz"):
        load_labeled(path)
    assert main(["info", str(path)]) == 2
    assert "a.npz" in capsys.readouterr().err
    assert zipfile.is_zipfile(path)


def test_load_spectra_of_infinite_values_gives_no_warning_of_numpy(tmp_path):
    path = tmp_path / "a.csv"
    rows = "\n".join(f"{'inf' if i % 2 else i},{i},{'ab'[i % 2]}" for i in range(12))
    path.write_text(f"x,z,label\n{rows}\n", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        load_spectra(path)


def test_make_spectra_refuses_what_does_not_fit_float32():
    with pytest.raises(ValueError, match="brightness_spread"):
        make_spectra(20, n_bands=3, brightness_spread=1e4, random_state=0)


def test_read_samples_of_a_batch_without_a_readable_image(tmp_path):
    image = ImageClassifier("mlp", **NET).fit(IMAGES, Y)
    reader = read_samples([b"x", b"y"], image, on_error="skip", batch_size=1)
    with pytest.raises(OSError, match="None of the 2 files can be read"):
        list(reader)


@pytest.mark.parametrize("has_header", [True, False])
def test_header_lines_beyond_every_table_are_refused(tmp_path, has_header):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(ValueError, match="blank or beyond the first 200 lines"):
        load_spectra(tmp_path / "table.csv", header_line=10**30, has_header=has_header)
