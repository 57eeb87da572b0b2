"""Image files that other programs write: read right, or an error or warning that describes them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("PIL")
from PIL import Image

from sklvision.datasets import ImageCollection, load_image_folder

GRAY = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)


def write_tiff(path, values, **options):
    pytest.importorskip("tifffile").imwrite(path, values, **options)
    return path


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ImageCollection([path])[0]


def make_folder(root, images):
    for name, image in images.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return root


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    "values",
    [
        (GRAY.astype(int) - 128).astype(np.int8),
        GRAY.astype(np.uint32) * 16_000_000,
        (GRAY.astype(int) * 100 - 9000).astype(np.int16),
        GRAY / 255,
        (GRAY / 255).astype(np.float16),
    ],
    ids=["int8", "uint32", "int16", "float64", "float16"],
)
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_tiff_of_every_gray_type_keeps_its_values(tmp_path, values, byte_order):
    image = read(write_tiff(tmp_path / "a.tif", values, byteorder=byte_order))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, values.astype(np.float32))


def test_tiff_whose_zero_is_white_is_read_alike_in_8_and_16_bits(tmp_path):
    deep = GRAY.astype(np.uint16) * 257
    shallow = write_tiff(tmp_path / "8.tif", 255 - GRAY, photometric="miniswhite")
    file = write_tiff(tmp_path / "16.tif", 65535 - deep, photometric="miniswhite")
    np.testing.assert_array_equal(read(shallow), GRAY)
    np.testing.assert_array_equal(read(file), deep)


def test_signed_bytes_are_not_read_in_8_bits(tmp_path):
    file = write_tiff(tmp_path / "a.tif", (GRAY.astype(int) - 128).astype(np.int8))
    with pytest.raises(OSError, match="negative values or 32 bits per pixel; mode='F' keeps them"):
        ImageCollection([file], mode="L")[0]


# ---------------------------------------------------------------- what is not read


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.dstack([GRAY] * 4), {"photometric": "rgb"}, "4 channels, of which 3 are read"),
        (
            np.dstack([GRAY] * 2),
            {"photometric": "minisblack", "planarconfig": "contig"},
            "2 channels, of which 1 is read",
        ),
        (np.stack([GRAY] * 5), {"photometric": "minisblack"}, "several pages or frames, of which"),
    ],
    ids=["near infrared", "second channel", "pages"],
)
def test_channels_and_pages_that_are_not_read_are_said(tmp_path, values, options, message):
    if len(values[0, 0]) == 4:
        options = options | {"extrasamples": ["unspecified"]}
    file = write_tiff(tmp_path / "stack.tif", values, **options)
    try:
        Image.open(file).close()
    except OSError:  # of older versions of Pillow
        with pytest.raises(OSError, match="neither gray nor color"):
            ImageCollection([file])[0]
        return
    with pytest.warns(UserWarning, match=f"1 of 1 images hold {message}.*stack.tif"):
        ImageCollection([file])


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations_are_said_to_be_read_in_part(tmp_path, suffix):
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY // 2)]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match="several pages or frames"):
        ImageCollection([tmp_path / f"a{suffix}"])


def test_a_preview_in_a_tiff_is_no_page(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GRAY)
        file.write(GRAY[::2, ::2], subfiletype=1)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), GRAY)


# ---------------------------------------------------------------- files of another kind


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC image"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "is a video"),
        (b"<!DOCTYPE html><html>404", "is a page of HTML or XML"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Run git lfs pull"),
        (b"\0" * 128 + b"DICM", "is a DICOM file"),
        (b"\x93NUMPY\x01\0", "is an array of NumPy"),
        (b"#?RADIANCE\n", "is a Radiance HDR image"),
    ],
)
def test_files_of_another_kind_are_described(tmp_path, content, message):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(OSError, match=f"a.jpg: .*{message}"):
        ImageCollection([tmp_path / "a.jpg"])


def test_tiff_of_many_channels_is_described(tmp_path):
    file = write_tiff(
        tmp_path / "a.tif", np.dstack([GRAY] * 5), photometric="minisblack", planarconfig="contig"
    )
    with pytest.raises(OSError, match=r"is a TIFF of uint8 of shape \(4, 6, 5\).* with tifffile"):
        ImageCollection([file])


# ---------------------------------------------------------------- folders


@pytest.mark.parametrize("name", ["__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"])
def test_folders_of_the_system_are_not_classes(tmp_path, name):
    make_folder(tmp_path, {"nok/0.png": GRAY, "ok/0.png": GRAY, f"{name}/0.png": GRAY})
    assert load_image_folder(tmp_path).target_names == ["nok", "ok"]


def test_class_folders_that_differ_in_case_or_spaces_are_said(tmp_path):
    make_folder(tmp_path, {"oak/0.png": GRAY, "oak /0.png": GRAY, "ash/0.png": GRAY})
    with pytest.warns(UserWarning, match="classes 'oak', 'oak ' differ only in case or spaces"):
        load_image_folder(tmp_path)


@pytest.mark.parametrize(
    ("suffix", "image", "message"),
    [
        (".bmp", GRAY, r"format .* \('nok': .png, 'ok': .bmp\)"),
        (".png", np.dstack([GRAY, GRAY, GRAY // 2]), r"color .* \('nok': gray, 'ok': in color\)"),
        (".png", GRAY[:2], r"size .* \('nok': 6 × 4, 'ok': 6 × 2\)"),
    ],
)
def test_a_trait_of_files_that_tells_the_class_is_said(tmp_path, suffix, image, message):
    images = {f"nok/{i}.png": GRAY for i in range(3)}
    images |= {f"ok/{i}{suffix}": image for i in range(3)}
    make_folder(tmp_path, images)
    with pytest.warns(UserWarning, match=f"The {message}. A model can learn that"):
        load_image_folder(tmp_path)


def test_a_trait_that_one_file_does_not_share_is_not_said(tmp_path):
    images = {f"nok/{i}.png": GRAY for i in range(3)} | {f"ok/{i}.bmp": GRAY for i in range(3)}
    make_folder(tmp_path, images | {"ok/3.png": GRAY})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_image_folder(tmp_path)
