"""Labeled samples from folders, files and data sets by name."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sklvision.datasets import ImageCollection, load_labeled

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def image_folder(tmp_path):
    """Twenty each of two digits as images of 16 × 24 pixels."""
    digits = load_digits()
    folder = tmp_path / "digits_of_two"
    for label in (0, 1):
        (folder / str(label)).mkdir(parents=True)
        for i in np.flatnonzero(digits.target == label)[:20]:
            pixels = (digits.images[i] * 15).astype(np.uint8)
            Image.fromarray(pixels).resize((24, 16)).save(folder / str(label) / f"{i}.png")
    return folder


def test_load_labeled_folder_stays_on_disk(image_folder):
    labeled = load_labeled(image_folder)
    assert isinstance(labeled.data, ImageCollection)
    assert labeled.kind == "images"
    assert labeled.groups is None
    assert labeled.DESCR == "digits_of_two: 40 images of 16 × 24 pixels, 2 classes"
    X, y = load_labeled(image_folder, return_X_y=True)
    assert (len(X), y.tolist()) == (40, ["0"] * 20 + ["1"] * 20)


def test_load_labeled_max_side_reduces_a_folder(image_folder):
    X = load_labeled(image_folder, max_side=12).data
    assert X.shape == (40, 8, 12)
    assert X.origin["reading"]["size"] == [8, 12]
    assert load_labeled(image_folder, max_side=99).data.shape == (40, 16, 24)


def test_load_labeled_on_error_skip_leaves_images_out(image_folder):
    (image_folder / "1" / "broken.png").write_bytes(b"no image")
    with pytest.raises(OSError, match=r"broken.png: is not an image"):
        load_labeled(image_folder)
    with pytest.warns(UserWarning, match=r"1 of 41 images cannot be read.*broken.png") as records:
        labeled = load_labeled(image_folder, on_error="skip")
    assert len(records) == 1
    assert len(labeled.data) == len(labeled.target) == 40


def test_load_labeled_npz_of_images_has_the_roles_of_spectra(tmp_path):
    path = tmp_path / "images.npz"
    labels = np.array(list("abab"), dtype=object)
    pickled = np.array([None])
    np.savez(path, X=np.zeros((4, 8, 8)), Labels=labels, Groups=[1, 1, 2, 2], note=pickled)
    labeled = load_labeled(path, allow_pickle=True)
    assert list(labeled.target) == list("abab")
    assert list(labeled.groups) == [1, 1, 2, 2]
    assert labeled.grouped_by == "Groups"
    np.savez(path, X=np.zeros((4, 8, 8)), labels=labels.astype(str), note=pickled)
    assert list(load_labeled(path).target) == list("abab")
    with pytest.raises(ValueError, match="there is no target='kind'"):
        load_labeled(path, target="kind")


def test_load_labeled_image_shape_makes_images_of_rows(tmp_path):
    X = np.arange(48.0).reshape(4, 12)
    np.savez(tmp_path / "rows.npz", X=X, y=list("abab"))
    labeled = load_labeled(tmp_path / "rows.npz", image_shape=(3, 4))
    assert (labeled.kind, labeled.data.dtype) == ("images", np.uint8)
    np.testing.assert_array_equal(labeled.data, X.reshape(4, 3, 4))
    with pytest.raises(
        ValueError, match=r"image_shape=\(5, 4\) needs rows of 20 numbers, got rows"
    ):
        load_labeled(tmp_path / "rows.npz", image_shape=(5, 4))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_load_labeled_groups_of_a_file_by_name(image_folder, tmp_path, delimiter):
    names = sorted(path.name for path in image_folder.rglob("*.png"))
    lines = ["file;group", *(f"{name};{i // 4}" for i, name in enumerate(names))]
    groups = tmp_path / "series.csv"
    groups.write_text("\n".join(lines).replace(";", delimiter))
    labeled = load_labeled(image_folder, groups=groups)
    assert len(np.unique(labeled.groups)) == 10
    assert labeled.DESCR.endswith("2 classes, grouped by series.csv")
    groups.write_text("\n".join(lines[1:]).replace(";", " "))
    with pytest.raises(ValueError, match=r"series.csv: all 40 groups differ"):
        load_labeled(image_folder, groups=groups)
    groups.write_text("\n".join(lines).replace(".png", ".jpg"))
    with pytest.raises(ValueError, match=r"series.csv: no group for 40 images"):
        load_labeled(image_folder, groups=groups)


def test_load_labeled_groups_by_ambiguous_names_are_refused(tmp_path):
    for file in ("nok/0.png", "nok/1.png", "ok/0.png", "ok/1.png"):
        (tmp_path / "data" / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / "data" / file)
    groups = tmp_path / "groups.csv"
    groups.write_text("0.png,a\n1.png,a\n")
    with pytest.raises(ValueError, match=r"0.png could be nok/0.png or ok/0.png; name files with"):
        load_labeled(tmp_path / "data", groups=groups)
    groups.write_text("0.png,a\n1.png,a\n0.png,b\n1.png,b\n")
    with pytest.raises(ValueError, match=r"0.png has two groups, 'a' and 'b'. Name files with"):
        load_labeled(tmp_path / "data", groups=groups)
    groups.write_text("nok/0.png,a\nnok/1.png,a\nok/0.png,b\nok/1.png,b\n")
    labeled = load_labeled(tmp_path / "data", groups=groups)
    assert labeled.groups.tolist() == ["a", "a", "b", "b"]


@pytest.mark.parametrize("name", ["groups.npy", "groups.txt", "with_header.txt", "excel.csv"])
def test_load_labeled_groups_of_a_file_in_order(tmp_path, name):
    np.savez(tmp_path / "spectra.npz", X=np.eye(4), y=list("abab"))
    groups, path = ["p 1", "p 1", "p 2", "p 2"], tmp_path / name
    if name.endswith(".npy"):
        np.save(path, groups)
    else:
        first = {"with_header.txt": ["patient"], "excel.csv": ["sep=;"]}.get(name, [])
        path.write_text("\n".join([*first, *groups]))
    labeled = load_labeled(tmp_path / "spectra.npz", groups=path)
    assert labeled.groups.tolist() == groups
    assert (labeled.kind, labeled.grouped_by) == ("spectra", name)


def test_load_labeled_groups_that_do_not_fit(image_folder, tmp_path):
    np.savez(tmp_path / "spectra.npz", X=np.eye(4), y=list("abab"))
    np.save(tmp_path / "groups.npy", [1, 2])
    with pytest.raises(ValueError, match=r"groups.npy: has shape \(2,\), expected \(4,\)"):
        load_labeled(tmp_path / "spectra.npz", groups=tmp_path / "groups.npy")
    (tmp_path / "groups.csv").write_text("1,2,3\n")
    with pytest.raises(ValueError, match="expected one group per line, or lines of file name"):
        load_labeled(image_folder, groups=tmp_path / "groups.csv")
    with pytest.raises(ValueError, match="groups='patient': does not exist as a file"):
        load_labeled(image_folder, groups="patient")
    with pytest.raises(ValueError, match="target='kind': a folder has no columns"):
        load_labeled(image_folder, target="kind")


def test_load_labeled_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_labeled("digits").DESCR == "digits: 1797 images of 8 × 8 pixels, 10 classes"
    for option in ("target", "groups"):
        with pytest.raises(ValueError, match=f"{option}='y': the data set digits has no columns"):
            load_labeled("digits", **{option: "y"})
    with pytest.raises(FileNotFoundError, match=r"digit: .*Did you mean 'digits'\?"):
        load_labeled("digit")
    with pytest.raises(FileNotFoundError, match=r"digit.csv: does not exist") as error:
        load_labeled("digit.csv")
    assert "Did you mean" not in str(error.value)
    (tmp_path / "digits").mkdir()
    with (
        pytest.warns(UserWarning, match="not the data set of that name"),
        pytest.raises(ValueError, match="holds no images"),
    ):
        load_labeled("digits")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("nails", "160 images of 1216 × 1936 pixels, 2 classes, grouped by capture series"),
        ("flowers17", "1360 images of many sizes, 17 classes"),
        ("mnist", "60000 images of 28 × 28 pixels, 10 classes"),
        ("cifar10", "50000 images of 32 × 32 × 3 pixels, 10 classes"),
    ],
)
def test_load_labeled_fetches_data_sets(data_home, monkeypatch, name, description):
    monkeypatch.setenv("SKLVISION_DATA", str(data_home))
    assert f"{name}: {description}" == load_labeled(name).DESCR
