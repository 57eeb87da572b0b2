"""Lists of samples: what becomes an array, and what is refused by name."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sklvision.utils._samples import as_samples

GRAY = np.arange(24, dtype=np.uint8).reshape(4, 6)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({"a": [1.0]}, "a dict. Make a table of it"),
        ((row for row in GRAY), r"a generator, .* Pass list\(X\)"),
        ({1.0, 2.0}, r"a set, .* Pass list\(X\)"),
        ([[1.0, 2.0], [1.0]], "Every row must have a value for every band"),
        ([GRAY, GRAY[:2]], "Bring images to one size first"),
    ],
)
def test_containers_without_rows_are_described(X, message):
    with pytest.raises(ValueError, match=message):
        as_samples(X)


@pytest.mark.parametrize("mode", ["P", "CMYK", "LAB", "YCbCr"])
def test_images_of_pillow_in_modes_without_brightness_are_refused(mode):
    pil = pytest.importorskip("PIL.Image")
    image = pil.new(mode, (6, 4))
    with pytest.raises(ValueError, match=f"Image 1 of Pillow has the mode '{mode}'.*ImageColl"):
        as_samples([pil.new(mode.replace(mode, "L"), (6, 4)), image])


def test_turned_images_of_pillow_are_refused(tmp_path):
    pil = pytest.importorskip("PIL.Image")
    exif = pil.Exif()
    exif[0x0112] = 6
    pil.fromarray(GRAY).save(tmp_path / "a.jpg", exif=exif)
    with (
        pil.open(tmp_path / "a.jpg") as image,
        pytest.raises(ValueError, match="turned by its EXIF"),
    ):
        as_samples([image])
    assert as_samples([pil.fromarray(GRAY)] * 2).shape == (2, 4, 6)


@pytest.mark.parametrize("dtype", [np.float64, np.uint16])
def test_lists_of_images_of_different_types_are_said(dtype):
    with pytest.warns(UserWarning, match="images of different types"):
        as_samples([GRAY, GRAY.astype(dtype)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_samples([GRAY.astype(np.float32), GRAY / 255])
        as_samples([[1, 2], [1.5, 2.5]])
