"""Labeled samples of zarr stores, npy and Parquet files: the same as of an npz and a csv."""

import os

import numpy as np
import pandas as pd
import pytest

from sklvision.datasets import ArrayCollection, load_labeled, load_spectra

zarr = pytest.importorskip("zarr")
pytest.importorskip("pyarrow")

RNG = np.random.RandomState(0)
NAMES = [f"{900 + 10 * i}" for i in range(12)]
SPECTRA = RNG.rand(60, 12).astype(np.float32)
PIXELS = RNG.randint(0, 256, (60, 6, 6)).astype(np.uint8)
LABELS = np.array(["good", "bad"])[np.arange(60) % 2]
PARTS = np.arange(60) // 5


@pytest.fixture
def write_zarr(tmp_path):
    def write(name, **arrays):
        for array_name, values in arrays.items():
            path = tmp_path / name / array_name if array_name else tmp_path / name
            if array_name:
                zarr.open_group(str(tmp_path / name), mode="a")
            array = zarr.open(str(path), mode="w", shape=values.shape, dtype=values.dtype)
            array[...] = values
        return tmp_path / name

    return write


def make_table():
    return pd.DataFrame(SPECTRA, columns=NAMES).assign(label=LABELS, part=PARTS)


def test_parquet_is_read_as_a_csv_of_the_same_table(tmp_path):
    table = make_table()
    table.to_csv(tmp_path / "table.csv", index=False)
    table.set_index("part", drop=False).to_parquet(tmp_path / "table.parquet")
    (tmp_path / "parts").mkdir()
    table[:7].to_parquet(tmp_path / "parts" / "2.parquet")
    table[7:].to_parquet(tmp_path / "parts" / "10.parquet")
    expected = load_labeled(tmp_path / "table.csv", groups="part", as_frame=True)
    for name in ("table.parquet", "parts"):
        actual = load_labeled(tmp_path / name, groups="part", as_frame=True)
        pd.testing.assert_frame_equal(actual.data, expected.data, check_exact=False)
        assert actual.data.attrs == expected.data.attrs
        assert actual.roles == expected.roles
        np.testing.assert_array_equal(actual.target, LABELS)
        np.testing.assert_array_equal(actual.groups, PARTS)
    spectra = load_spectra(tmp_path / "parts", bands="920:960")
    assert spectra.feature_names == NAMES[2:7]
    assert "possible groups: part" in " ".join(spectra.advice)


@pytest.mark.parametrize(("load", "n_listings"), [(load_spectra, 1), (load_labeled, 2)])
def test_folder_of_parquet_files_is_listed_once_a_question(tmp_path, monkeypatch, load, n_listings):
    (tmp_path / "parts").mkdir()
    make_table().to_parquet(tmp_path / "parts" / "1.parquet")
    listed_folders, scandir = [], os.scandir

    def count_listings(path="."):
        listed_folders.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", count_listings)
    assert load(tmp_path / "parts").data.shape == (60, 12)
    assert listed_folders.count(str(tmp_path / "parts")) == n_listings


def test_columns_of_parquet_are_of_any_type(tmp_path):
    table = make_table().assign(
        label=pd.Categorical(LABELS),
        day=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(60), unit="D"),
        note=None,
        code=pd.array(["x", None] * 30, dtype="string"),
    )
    table.to_parquet(tmp_path / "t.parquet")
    labeled = load_labeled(tmp_path / "t.parquet", time="day")
    assert labeled.data.shape == (60, 12)
    np.testing.assert_array_equal(labeled.target, LABELS)
    assert labeled.times[1] == np.datetime64("2026-01-02")
    table.assign(label=[1, 2] * 30).to_parquet(tmp_path / "n.parquet")
    assert load_labeled(tmp_path / "n.parquet").target.tolist()[:2] == [1, 2]
    with pytest.raises(ValueError, match=r"'code', row 2: the label is missing"):
        load_labeled(tmp_path / "t.parquet", target="code")


def test_spectra_of_a_store_have_roles_as_those_of_an_npz(tmp_path, write_zarr):
    arrays = {"X": SPECTRA, "y": PARTS % 3, "group": PARTS, "wavelengths": np.arange(12) + 900.5}
    np.savez(tmp_path / "rows.npz", **arrays)
    expected = load_labeled(tmp_path / "rows.npz", as_frame=True)
    actual = load_labeled(write_zarr("rows.zarr", **arrays), as_frame=True)
    pd.testing.assert_frame_equal(actual.data, expected.data)
    assert actual.DESCR == expected.DESCR
    np.testing.assert_array_equal(actual.groups, PARTS)


def test_images_of_a_store_are_not_read(write_zarr):
    path = write_zarr("images.zarr", X=PIXELS, y=PARTS % 2, part=PARTS)
    images = load_labeled(path, groups="part")
    assert isinstance(images.data, ArrayCollection)
    assert images.DESCR == "images: 60 images of 6 × 6 pixels, 2 classes, grouped by part"
    np.testing.assert_array_equal(np.asarray(images.data), PIXELS)
    np.testing.assert_array_equal(images.groups, PARTS)
    with pytest.raises(ValueError, match="bands= is for spectra in memory"):
        load_labeled(path, bands="1:2")


def test_spectra_larger_than_the_buffer_are_not_read(tmp_path):
    group = zarr.open_group(str(tmp_path / "large.zarr"), mode="w")
    shape = {"shape": (300_000, 500), "chunks": (10_000, 500), "dtype": np.float32}
    create_array = group.create_array if hasattr(group, "create_array") else group.create_dataset
    create_array("X", **shape)  # 600 MB of zeros, none of which is written
    create_array("y", shape=(300_000,), dtype=np.int8)[:100] = 1
    spectra = load_labeled(tmp_path / "large.zarr")
    assert isinstance(spectra.data, ArrayCollection)
    assert (spectra.kind, spectra.target.sum()) == ("spectra", 100)


@pytest.mark.parametrize("name", ["images.zarr", "images.npy"])
def test_labels_of_an_array_are_in_a_file(tmp_path, write_zarr, name):
    path = tmp_path / name
    if name.endswith("npy"):
        np.save(path, PIXELS)
    else:
        write_zarr(name, **{"": PIXELS})
    labels = tmp_path / "labels.csv"
    labels.write_text("quality\n" + "\n".join(LABELS))
    np.testing.assert_array_equal(load_labeled(path, target=str(labels)).target, LABELS)
    labels.write_text("\n".join(map(str, PARTS)))
    np.testing.assert_array_equal(load_labeled(path, target=str(labels)).target, PARTS)
    labels.write_text("1\n2\n")
    with pytest.raises(ValueError, match=r"labels.csv: holds 2 labels for 60 samples"):
        load_labeled(path, target=str(labels))
    labels.write_text("\n".join(f"{label},1" for label in LABELS))
    with pytest.raises(ValueError, match="expected one label per line"):
        load_labeled(path, target=str(labels))
    with pytest.raises(ValueError, match="a file with one label per line"):
        load_labeled(path)


def test_damaged_files_are_named(tmp_path, write_zarr):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"t\.parquet: cannot be read as a Parquet file"):
        load_labeled(tmp_path / "t.parquet")
    make_table().to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"t\.parquet: decimal= is for tables of text"):
        load_labeled(tmp_path / "t.parquet", decimal=",")
    (tmp_path / "parts").mkdir()
    make_table().to_parquet(tmp_path / "parts" / "1.parquet")
    make_table().drop(columns="900").to_parquet(tmp_path / "parts" / "2.parquet")
    with pytest.raises(ValueError, match=r"2\.parquet: has other columns than"):
        load_labeled(tmp_path / "parts")
    with pytest.raises(ValueError, match="has no array 'X'; it holds 'y'"):
        load_labeled(write_zarr("y.zarr", y=PARTS))
    path = write_zarr("images.zarr", X=PIXELS, y=PARTS)
    (chunk,) = [
        p for p in (path / "y").rglob("*") if p.is_file() and not p.name.startswith((".z", "zarr"))
    ]
    chunk.write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"images\.zarr: is damaged"):
        load_labeled(path)
