"""Folders of images as data sets, and an error for each way to point at the wrong one."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from sklvision.datasets import ImageCollection, load_image_folder

Image = pytest.importorskip("PIL.Image")


def save(path, *, level=0, size=(8, 6), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, level).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes; the level of every image is its number."""
    for number, name in enumerate(["good/2.png", "good/10.png", "bad/1.bmp", "bad/0.JPG"]):
        save(tmp_path / "nails" / name, level=number)
    return tmp_path / "nails"


def test_load_image_folder_labels_by_folder(folder):
    nails = load_image_folder(folder)
    assert isinstance(nails.data, ImageCollection)
    assert nails.data.shape == (4, 6, 8)
    assert nails.target.tolist() == ["bad", "bad", "good", "good"]
    assert nails.target_names == ["bad", "good"]
    assert [name.rpartition("/")[2] for name in nails.filenames] == [
        "0.JPG",
        "1.bmp",
        "10.png",
        "2.png",
    ]
    assert [int(image.max()) for image in nails.data] == [3, 2, 1, 0]
    assert "4 images of 2 classes" in nails.DESCR
    assert nails.skipped == []


def test_load_image_folder_eager_equals_lazy(folder):
    lazy, y = load_image_folder(str(folder), size=(4, 5), mode="RGB", return_X_y=True)
    eager, y_eager = load_image_folder(folder, size=(4, 5), mode="RGB", lazy=False, return_X_y=True)
    assert isinstance(eager, np.ndarray)
    assert eager.shape == lazy.shape == (4, 4, 5, 3)
    np.testing.assert_array_equal(eager, np.asarray(lazy))
    np.testing.assert_array_equal(y, y_eager)


def test_load_image_folder_ignores_hidden_files_and_those_beside_the_classes(folder):
    (folder / "README.md").write_text("no class")
    (folder / ".cache").mkdir()
    save(folder / "good" / "._2.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_image_folder(folder).data) == 4


def test_load_image_folder_warns_of_images_outside_the_classes(folder):
    save(folder / "loose.png")
    with pytest.warns(UserWarning, match="1 images are not in a class folder and are left out"):
        assert len(load_image_folder(folder).data) == 4
    (folder / "loose.png").unlink()
    save(folder / "good" / "more" / "deep.png")
    with pytest.warns(UserWarning, match=r"good: images in its folders \['more'\] are left out"):
        assert len(load_image_folder(folder).data) == 4


def test_load_image_folder_with_images_of_many_sizes(folder):
    save(folder / "bad" / "large.png", size=(16, 12))
    assert load_image_folder(folder).data.shape == (5,)
    with pytest.raises(ValueError, match="Give a size"):
        load_image_folder(folder, lazy=False)
    assert load_image_folder(folder, size=6, lazy=False).data.shape == (5, 6, 6)


def test_load_image_folder_skips_files_and_their_labels(folder):
    (folder / "bad" / "broken.png").write_bytes((folder / "good" / "2.png").read_bytes()[:45])
    with pytest.warns(UserWarning, match=r"1 of 5 .*broken\.png"):
        nails = load_image_folder(folder, on_error="skip")
    assert nails.target.tolist() == ["bad", "bad", "good", "good"]
    assert nails.skipped == [str(folder / "bad" / "broken.png")]
    assert len(nails.data) == len(nails.filenames) == 4
    with pytest.raises(OSError, match=r"broken\.png"):
        load_image_folder(folder, lazy=False)


def test_load_image_folder_refuses_a_class_of_unreadable_files(folder):
    for file in (folder / "bad").iterdir():
        file.write_text("no image")
    with (
        pytest.warns(UserWarning, match="2 of 4"),
        pytest.raises(ValueError, match="the images that can be read are all of 'good'"),
    ):
        load_image_folder(folder, on_error="skip")


class TestWrongFolders:
    def test_load_image_folder_refuses_a_missing_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere: there is no such directory"):
            load_image_folder(tmp_path / "nowhere")

    def test_load_image_folder_refuses_a_file(self, folder):
        with pytest.raises(NotADirectoryError, match=r"2\.png: is not a directory"):
            load_image_folder(folder / "good" / "2.png")

    def test_load_image_folder_refuses_an_empty_folder(self, tmp_path):
        with pytest.raises(ValueError, match="holds no images and no folders"):
            load_image_folder(tmp_path)

    def test_load_image_folder_refuses_a_folder_of_one_class(self, folder):
        with pytest.raises(ValueError, match="good: holds 2 images but no folders"):
            load_image_folder(folder / "good")

    def test_load_image_folder_suggests_a_deeper_folder(self, folder):
        with pytest.raises(ValueError, match=r"nails: holds folders and no images; .*load .*nails"):
            load_image_folder(folder.parent)

    def test_load_image_folder_refuses_a_single_class(self, folder):
        for file in (folder / "bad").iterdir():
            file.unlink()
        with pytest.raises(ValueError, match=r"bad: holds no images \(.apng"):
            load_image_folder(folder)
        (folder / "bad").rmdir()
        with pytest.raises(ValueError, match="nails: holds one class only, 'good'"):
            load_image_folder(folder)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"lazy": "auto"}, "'lazy'"),
            ({"size": -1}, "size must be"),
            ({"mode": "BGR"}, "mode must be"),
            ({"on_error": "warn"}, "on_error must be"),
        ],
    )
    def test_load_image_folder_validates_parameters(self, folder, parameters, message):
        with pytest.raises(ValueError, match=message):
            load_image_folder(folder, **parameters)


def test_load_image_folder_without_pillow_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"pip install 'sklvision\[images\]'"):
        load_image_folder(folder)


@pytest.mark.data
def test_load_image_folder_reads_real_nails_and_flowers(data_home):
    nails = load_image_folder(data_home / "nails" / "train")
    assert (nails.data.shape, nails.data.mode) == ((160, 1216, 1936), "L")
    assert np.unique(nails.target, return_counts=True)[1].tolist() == [80, 80]
    flowers = load_image_folder(data_home / "flowers17")
    assert (flowers.data.shape, flowers.data.mode) == ((1360,), "RGB")
    assert len(flowers.target_names) == 17
    few = load_image_folder(data_home / "flowers17", size=180).data[::200]
    assert np.asarray(few).shape == (7, 180, 180, 3)
