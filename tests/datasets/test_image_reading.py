"""Image files as people have them: each is read right, or said to be left out."""

from __future__ import annotations

import io
import logging
import pickle
import struct
import warnings

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from sklvision.datasets import ImageCollection, load_image_folder

GRAY = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)


def save(path, array, **options):
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(path, **options)
    return path


def encode(array, format="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, format, **options)
    return stream.getvalue()


def make_folder(root, names, array=GRAY):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = {".jfif": "JPEG", ".pgm": "PPM"}.get(path.suffix)
        save(path, array, format=kind)
    return root


@pytest.mark.parametrize("suffix", [".jfif", ".pgm", ".gif", ".PNG", ".tif"])
def test_load_image_folder_reads_every_common_suffix(tmp_path, suffix):
    make_folder(tmp_path, [f"{label}/{i}{suffix}" for label in ("nok", "ok") for i in range(2)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_image_folder(tmp_path).data.shape == (4, 4, 6)


def test_load_image_folder_counts_what_is_left_out(tmp_path):
    make_folder(tmp_path, ["nok/0.png", "ok/0.png"])
    for name in ("ok/notes.txt", "ok/more.txt", "nok/table.csv", "nok/README", "ok/Thumbs.db"):
        (tmp_path / name).write_text("x")
    (tmp_path / "ok" / "link.png").symlink_to("/nowhere/at/all.png")
    message = "left out because they are not images: 1 .csv, 2 .txt, 1 without a suffix, 1 link that leads nowhere"
    with pytest.warns(UserWarning, match=message):
        assert len(load_image_folder(tmp_path).data) == 2


def test_load_image_folder_follows_links_to_classes(tmp_path):
    make_folder(tmp_path / "real", ["nok/0.png", "ok/0.png"])
    (tmp_path / "view").mkdir()
    for label in ("nok", "ok"):
        (tmp_path / "view" / label).symlink_to(tmp_path / "real" / label)
    assert load_image_folder(tmp_path / "view").target.tolist() == ["nok", "ok"]


# ---------------------------------------------------------------- transparency


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(("background", "ground"), [("white", 255), ("black", 0)])
def test_transparent_pixels_show_the_background(tmp_path, mode, background, ground):
    rgba = np.zeros((4, 6, 4), dtype=np.uint8)
    rgba[..., :3] = 100
    rgba[1:3, 2:4, 3] = 255
    image = Image.fromarray(rgba)
    options = {}
    if mode == "P":
        flat = np.full((4, 6), 1, dtype=np.uint8)
        flat[1:3, 2:4] = 2
        image = Image.fromarray(flat, mode="P")
        image.putpalette([0, 0, 0, 50, 50, 50, 100, 100, 100])
        options = {"transparency": 1}
    elif mode == "LA":
        image = image.convert("LA")
    path = save(tmp_path / "icon.png", image, **options)
    expected = np.full((4, 6), ground, dtype=np.uint8)
    expected[1:3, 2:4] = 100
    read = ImageCollection([path], mode="L", background=background)[0]
    np.testing.assert_array_equal(read, expected)
    read = ImageCollection([path], background=background)[0]
    np.testing.assert_array_equal(read if read.ndim == 2 else read[..., 1], expected)


def test_half_transparent_pixels_are_blended():
    rgba = np.full((2, 2, 4), 128, dtype=np.uint8)
    rgba[..., :3] = 0
    read = ImageCollection([encode(rgba)])[0]
    assert (abs(read.astype(int) - 127) <= 1).all()


def test_opaque_images_do_not_change_with_the_background():
    rgba = np.dstack([GRAY] * 3 + [np.full_like(GRAY, 255)])
    for background in ("white", "black"):
        read = ImageCollection([encode(rgba)], background=background)[0]
        np.testing.assert_array_equal(read[..., 0], GRAY)


def test_gray_tiff_with_associated_alpha_is_read(tmp_path):
    side = 4
    data = bytes(value for i in range(side * side) for value in (i * 15, 255))
    tags = [
        *((256, 3, 1, side), (257, 3, 1, side), (258, 3, 2, 8 | 8 << 16), (259, 3, 1, 1)),
        *((262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 2), (278, 3, 1, side)),
        *((279, 4, 1, len(data)), (338, 3, 1, 1)),
    ]
    path = tmp_path / "associated.tif"
    path.write_bytes(write_tiff(data, tags))
    try:
        Image.open(path).close()
    except OSError:
        pytest.skip("this version of Pillow cannot open such a file")
    np.testing.assert_array_equal(
        ImageCollection([path])[0].ravel(), np.arange(16, dtype=np.uint8) * 15
    )


def write_tiff(data, tags):
    """Write a little-endian TIFF of one directory behind the data."""
    directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    count = struct.pack("<H", len(tags))
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + count + directory + b"\0\0\0\0"


# ---------------------------------------------------------------- depth


def test_one_shallow_image_leaves_the_deep_ones_deep(tmp_path):
    deep = np.arange(0, 218, dtype=np.uint16).reshape(2, 109)
    files = [save(tmp_path / f"{i}.png", deep) for i in range(3)]
    shallow = save(tmp_path / "z.png", np.full((2, 109), 128, dtype=np.uint8))
    with pytest.warns(UserWarning, match=r"1 of 4 images have 8 bits of gray, .*z\.png"):
        images = np.asarray(ImageCollection([*files, shallow]))
    assert len(np.unique(images[:3])) == 218
    assert (images[3] == 128 * 257).all()


@pytest.mark.parametrize(("white", "expected"), [(65535, 257), (255, 1), (None, 1)])
def test_white_brings_shallow_images_to_one_level(white, expected):
    images = ImageCollection([encode(np.ones((2, 2), dtype=np.uint8))], mode="F", white=white)
    assert (images[0] == expected).all()


def test_white_brings_deep_images_to_one_level():
    content = encode(np.full((2, 2), 514, dtype=np.uint16))
    assert (ImageCollection([content])[0] == 514).all()
    assert (ImageCollection([content], mode="F", white=255)[0] == 2).all()


def test_deep_gray_among_color_is_said(tmp_path):
    color = encode(np.zeros((2, 2, 3), dtype=np.uint8))
    deep = encode(np.zeros((2, 2), dtype=np.uint16))
    with pytest.warns(UserWarning, match=r"1 of 2 images have 16 bits .* read in 8 bits.*'RGB'"):
        assert ImageCollection([color, deep]).mode == "RGB"


def make_planar_tiff(path):
    side = 8
    planes = [np.full((side, side), value, "<u2") for value in (51400, 25700, 257)]
    planes[0][:] = np.arange(side) * 8000
    data = b"".join(plane.tobytes() for plane in planes)
    size = side * side * 2
    tags = [
        *((256, 3, 1, side), (257, 3, 1, side), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2)),
        *((273, 4, 3, 14), (277, 3, 1, 3), (278, 3, 1, side), (279, 4, 3, 26), (284, 3, 1, 2)),
    ]
    head = struct.pack("<HHH", 16, 16, 16)
    head += struct.pack("<III", 38, 38 + size, 38 + 2 * size) + struct.pack("<III", *[size] * 3)
    path.write_bytes(write_tiff(head + data, tags))
    return path, planes


def test_planar_tiff_of_sixteen_bits_is_read_by_tifffile(tmp_path):
    pytest.importorskip("tifffile")
    path, planes = make_planar_tiff(tmp_path / "planar.tif")
    read = ImageCollection([path])[0]
    expected = np.rint(np.dstack(planes) / 257).astype(np.uint8)
    np.testing.assert_array_equal(read, expected)


def test_planar_tiff_of_sixteen_bits_is_refused_without_tifffile(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    path, _ = make_planar_tiff(tmp_path / "planar.tif")
    with pytest.raises(OSError, match=r"planar\.tif.*sklvision\[instruments\]"):
        ImageCollection([path])[0]


# ---------------------------------------------------------------- sources


def test_every_source_of_an_image_is_read_alike(tmp_path):
    array = np.arange(2 * 8 * 3, dtype=np.uint8).reshape(2, 8, 3)
    content = encode(array, exif=Image.Exif())
    path = tmp_path / "a.png"
    path.write_bytes(content)
    sources = [path, str(path), content, io.BytesIO(content), Image.open(path)]
    images = ImageCollection(sources)
    assert list(images.files[2:]) == ["image 2", "image 3", "image 4"]
    for image in images:
        np.testing.assert_array_equal(image, array)
    np.testing.assert_array_equal(images[[4, 2]][0], array)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(images))[3], array)


def test_bytes_respect_the_orientation_of_exif():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode(np.zeros((4, 6, 3), dtype=np.uint8), "JPEG", exif=exif)
    assert ImageCollection([content]).shape == (1, 6, 4, 3)
    assert ImageCollection([Image.open(io.BytesIO(content))]).shape == (1, 6, 4, 3)


@pytest.mark.parametrize("content", [b"", b"not an image"])
def test_bytes_that_are_not_an_image_are_named(content):
    with pytest.raises(OSError, match="image 0"):
        ImageCollection([content])


def test_sources_of_another_type_are_refused():
    with pytest.raises(TypeError, match="ndarray at position 0"):
        ImageCollection([GRAY])


def test_origin_reads_other_files_alike(tmp_path):
    deep = save(tmp_path / "deep.png", np.full((8, 8), 6000, dtype=np.uint16))
    images = ImageCollection([deep], size=4, reduce=2)
    reading_options = images.origin["reading"]
    assert reading_options == {
        "mode": "F",
        "size": [4, 4],
        "reduce": 2,
        "background": "white",
        "white": 65535,
    }
    shallow = encode(np.full((8, 8), 10, dtype=np.uint8))
    assert (ImageCollection([shallow], **reading_options)[0] == 2570).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"background": "red"}, "'white' or 'black'"), ({"white": 0}, "a number from 1e-30")],
)
def test_collection_refuses_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        ImageCollection([encode(GRAY)], **options)


def test_a_large_image_is_read_without_a_warning(tmp_path, monkeypatch):
    """Pillow warns of half the size that it refuses, and names no file."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    Image.new("L", (40, 30)).save(tmp_path / "large.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ImageCollection([tmp_path / "large.png"]).shape == (1, 30, 40)


def test_a_damaged_tiff_is_an_error_and_no_line_on_standard_error(tmp_path, monkeypatch, capsys):
    """Pillow logs it, without the name of the file."""
    path = tmp_path / "damaged.tif"
    Image.new("RGB", (4, 4)).save(path)
    entry = struct.pack("<HHI", 277, 3, 1)  # samples per pixel, a short integer
    start = path.read_bytes().index(entry) + len(entry)
    content = bytearray(path.read_bytes())
    content[start : start + 2] = struct.pack("<H", 2048)
    path.write_bytes(content)
    monkeypatch.setattr(logging.root, "handlers", [])
    with pytest.raises(OSError, match=r"damaged\.tif: "):
        ImageCollection([path])
    assert capsys.readouterr().err == ""
