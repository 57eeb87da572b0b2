"""Files of images are read in any format, mode, size and orientation; damaged ones are named."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sklvision.datasets import ImageCollection
from tests.datasets._images import pixels, save

Image = pytest.importorskip("PIL.Image")


class TestFiles:
    @pytest.mark.parametrize(
        ("suffix", "options"),
        [
            ("png", {}),
            ("bmp", {}),
            ("tiff", {}),
            ("tif", {"compression": "tiff_lzw"}),
            ("webp", {"lossless": True}),
            ("JPG", {"quality": 95}),
            ("jpeg", {"progressive": True}),
        ],
    )
    @pytest.mark.parametrize("shape", [(9, 6), (9, 6, 3)])
    def test_reader_formats(self, tmp_path, suffix, options, shape):
        array = pixels(*shape)
        path = save(tmp_path / f"image.{suffix}", array, **options)
        images = ImageCollection([path], mode="L" if len(shape) == 2 else "RGB")
        if "jp" in suffix.lower():
            array = np.asarray(Image.open(path))
        assert images.shape == (1, *shape)
        np.testing.assert_array_equal(images[0], array)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
    def test_reader_modes(self, tmp_path, mode):
        image = Image.fromarray(pixels(6, 5, 3)).convert(mode)
        image.save(tmp_path / "a.tif")
        images = ImageCollection([tmp_path / "a.tif"])
        expected = "L" if mode in {"1", "L", "LA"} else "RGB"
        assert images.mode == expected
        np.testing.assert_array_equal(images[0], np.asarray(image.convert(expected)))

    def test_collection_of_one_color_file_is_in_color(self, tmp_path):
        gray, color = pixels(4, 4), pixels(4, 4, 3)
        files = [save(tmp_path / "a.png", gray), save(tmp_path / "b.png", color)]
        images_of_modes = ImageCollection(files)
        assert images_of_modes.shape == (2, 4, 4, 3)
        np.testing.assert_array_equal(
            images_of_modes[0], np.repeat(gray[..., np.newaxis], 3, axis=2)
        )
        assert ImageCollection(files, mode="L").shape == (2, 4, 4)
        assert ImageCollection(files[:1]).mode == "L"

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_reader_sixteen_bits(self, tmp_path, suffix):
        deep = pixels(5, 4, dtype=np.uint16)
        file = save(tmp_path / f"deep.{suffix}", deep)
        default = ImageCollection([file])
        assert (default.mode, default.dtype) == ("F", np.float32)
        np.testing.assert_array_equal(default[0], deep)
        as_gray = ImageCollection([file], mode="L")
        np.testing.assert_array_equal(as_gray[0], np.rint(deep / 257))
        assert ImageCollection([file], mode="RGB")[0].shape == (5, 4, 3)

    def test_reader_float_pixels(self, tmp_path):
        array = np.linspace(-1, 1, 20, dtype=np.float32).reshape(4, 5)
        file = save(tmp_path / "a.tiff", array)
        np.testing.assert_array_equal(ImageCollection([file])[0], array)
        with pytest.raises(OSError, match=r"a.tiff: .*32 bits per pixel; mode='F' keeps them"):
            ImageCollection([file], mode="L")[0]

    @pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
    @pytest.mark.parametrize("shape", [(8, 16), (8, 16, 3)])
    @pytest.mark.parametrize(
        ("orientation", "upright"),
        [
            (1, lambda a: a),
            (2, np.fliplr),
            (3, lambda a: np.rot90(a, 2)),
            (4, np.flipud),
            (5, lambda a: np.rot90(np.fliplr(a))),
            (6, lambda a: np.rot90(a, -1)),
            (7, lambda a: np.rot90(np.fliplr(a), -1)),
            (8, np.rot90),
        ],
    )
    def test_reader_exif_orientation(self, tmp_path, suffix, shape, orientation, upright):
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"lossless": True} if suffix == "webp" else {}
        image = pixels(*shape)
        file = save(tmp_path / f"a.{suffix}", image, exif=exif, **options)
        if suffix == "jpg":  # the only one here that changes pixels
            image = np.asarray(Image.open(file))
        images = ImageCollection([file], mode="L" if len(shape) == 2 else "RGB")
        np.testing.assert_array_equal(images[0], upright(image))
        assert images.shape == (1, *upright(image).shape)

    def test_reader_exif_orientation_of_sixteen_bits(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        deep = pixels(5, 4, dtype=np.uint16)
        file = save(tmp_path / "a.png", deep, exif=exif)
        np.testing.assert_array_equal(ImageCollection([file])[0], np.rot90(deep, -1))

    def test_collection_sizes(self, tmp_path):
        files = [save(tmp_path / "a.png", pixels(40, 20)), save(tmp_path / "b.png", pixels(10, 12))]
        images = ImageCollection(files)
        assert images.shape == (2,)
        with pytest.raises(ValueError, match=r"a.png has 40 x 20, .*b.png 10 x 12. Give a size"):
            np.asarray(images)
        assert images[1:].shape == (1, 10, 12)
        assert images.map(lambda image: image[:10, :12]).shape == (2, 10, 12)
        resized_images = ImageCollection(files, size=(10, 12))
        assert np.asarray(resized_images).shape == resized_images.shape == (2, 10, 12)
        np.testing.assert_array_equal(resized_images[1], pixels(10, 12))
        assert ImageCollection(files, size=8).shape == (2, 8, 8)

    def test_reader_size_averages_over_the_area(self, tmp_path):
        stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
        resized_images = ImageCollection([save(tmp_path / "a.png", stripes)], size=8)[0]
        assert np.abs(resized_images.astype(int) - 128).max() < 16

    @pytest.mark.parametrize("suffix", ["jpg", "png"])
    @pytest.mark.parametrize("reduce", [1, 2, 4, 8])
    @pytest.mark.parametrize("shape", [(61, 94), (64, 40, 3), (3, 90), (1, 1)])
    def test_reader_reduce_averages(self, tmp_path, suffix, reduce, shape):
        rows, columns = np.mgrid[: shape[0], : shape[1]]
        smooth = (40 + 60 * np.sin(rows / 15) ** 2 + columns).astype(np.uint8)
        array = smooth if len(shape) == 2 else np.stack([smooth, smooth // 2, 255 - smooth], -1)
        file = save(tmp_path / f"a.{suffix}", array, **({"quality": 95} if suffix == "jpg" else {}))
        images = ImageCollection([file], reduce=reduce)
        assert images.shape == (1, -(-shape[0] // reduce), -(-shape[1] // reduce), *shape[2:])
        assert images[0].shape == np.asarray(images).shape[1:] == images.shape[1:]
        expected = np.asarray(Image.open(file).reduce(reduce)).astype(int)
        full_blocks = tuple(slice(0, max(side // reduce, 1)) for side in shape[:2])
        assert np.abs(images[0][full_blocks] - expected[full_blocks]).mean() < 3
        if suffix == "png":
            np.testing.assert_array_equal(images[0], expected)

    def test_reader_reduce_with_orientation_and_size(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        file = save(tmp_path / "a.jpg", pixels(64, 32), exif=exif)
        images = ImageCollection([file], reduce=4)
        assert images.shape == (1, 8, 16)
        np.testing.assert_array_equal(
            ImageCollection([file], reduce=4, size=(4, 8))[0],
            np.asarray(Image.fromarray(images[0]).resize((8, 4), Image.Resampling.BILINEAR)),
        )
        deep = save(tmp_path / "deep.png", pixels(8, 8, dtype=np.uint16))
        as_gray = ImageCollection([deep], reduce=2)
        assert (as_gray.dtype, as_gray.shape) == (np.float32, (1, 4, 4))

    def test_reader_color_as_gray_is_the_brightness(self, tmp_path):
        rows, columns = np.mgrid[:40, :48]
        color = np.stack([rows * 6, columns * 5, 255 - rows * 5], -1).astype(np.uint8)
        file = save(tmp_path / "a.jpg", color, quality=95)
        gray = ImageCollection([file], mode="L")[0].astype(int)
        assert np.abs(gray - np.asarray(Image.open(file).convert("L"))).max() <= 3
        np.testing.assert_array_equal(ImageCollection([file], mode="F")[0], gray)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"reduce": 3}, "reduce must be 1, 2, 4 or 8; got 3"),
            ({"reduce": "half"}, "reduce must be 1, 2, 4 or 8; got 'half'"),
            ({"size": 0}, "size must be .* got 0"),
            ({"size": (3, 4, 5)}, "size must be"),
            ({"size": 2.5}, "size must be"),
            ({"size": "big"}, "size must be"),
            ({"mode": "rgb"}, "mode must be None or one of L, RGB, F; got 'rgb'"),
            ({"on_error": "ignore"}, "on_error must be 'raise' or 'skip'; got 'ignore'"),
        ],
    )
    def test_collection_validates_parameters(self, images, parameters, message):
        with pytest.raises(ValueError, match=message):
            ImageCollection(images.files, **parameters)

    def test_collection_needs_several_paths(self, tmp_path):
        with pytest.raises(TypeError, match="a sequence of paths"):
            ImageCollection(tmp_path / "a.png")
        with pytest.raises(ValueError, match="at least one"):
            ImageCollection([])


class TestBadFiles:
    @pytest.fixture
    def good(self, tmp_path):
        return [save(tmp_path / f"good{i}.jpg", pixels(30, 40, 3, seed=i)) for i in range(3)]

    @pytest.fixture(params=["text", "empty", "bomb", "truncated", "missing", "folder"])
    def bad(self, request, tmp_path, monkeypatch, good):
        path = tmp_path / "bad.jpg"
        if request.param == "text":
            path.write_text("this is no image")
        elif request.param == "empty":
            path.touch()
        elif request.param == "bomb":
            save(path, pixels(200, 300))
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
        elif request.param == "truncated":
            content = good[0].read_bytes()
            path.write_bytes(content[: len(content) // 2])
        elif request.param == "folder":
            path.mkdir()
        return path

    def test_collection_raise_names_the_file(self, good, bad):
        with pytest.raises(OSError, match=r"bad\.jpg: ") as error_info:
            list(ImageCollection([*good, bad]))
        assert "\n" not in str(error_info.value)

    @pytest.mark.parametrize("bad", ["text", "empty", "bomb", "missing", "folder"], indirect=True)
    def test_collection_finds_damage_before_reading(self, good, bad):
        with pytest.raises(OSError, match=r"bad\.jpg: "):
            ImageCollection([*good, bad])

    def test_collection_skip_warns(self, good, bad):
        with pytest.warns(UserWarning, match=r"1 of 4 images cannot be read .*bad\.jpg"):
            images = ImageCollection([good[0], bad, *good[1:]], on_error="skip")
        assert images.files.tolist() == [str(path) for path in good]
        assert images.skipped == (str(bad),)
        assert np.asarray(images).shape == (3, 30, 40, 3)
        assert images[:2].skipped == ()

    def test_collection_skip_is_silent_without_damage(self, good):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert ImageCollection(good, on_error="skip").skipped == ()

    def test_collection_skip_of_all_files_raises(self, bad):
        with pytest.raises(OSError, match=r"None of the 1 files can be read; .*bad.jpg"):
            ImageCollection([bad], on_error="skip")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_reader_refuses_float_pixels_that_are_not_finite(tmp_path, value):
    good = np.linspace(-1, 1, 20, dtype=np.float32).reshape(4, 5)
    bad = good.copy()
    bad[1, 2] = value
    files = [save(tmp_path / "good.tiff", good), save(tmp_path / "bad.tiff", bad)]
    with pytest.raises(OSError, match=r"bad.tiff: .*NaN or infinite pixels"):
        np.asarray(ImageCollection(files))
    with pytest.warns(UserWarning, match=r"1 of 2 .*bad.tiff"):
        images = ImageCollection(files, on_error="skip")
    np.testing.assert_array_equal(np.asarray(images), good[np.newaxis])


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_reader_hides_warnings_about_damaged_metadata(tmp_path, recwarn, on_error):
    """Pillow warns of damaged EXIF data without naming the file."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = bytearray(save(tmp_path / "a.jpg", pixels(16, 8), exif=exif).read_bytes())
    content[content.index(b"MM\x00*") + 9] = 40  # more entries than there are
    (tmp_path / "a.jpg").write_bytes(content)
    warnings.simplefilter("always")
    with Image.open(tmp_path / "a.jpg") as image:
        image.getexif()
    assert len(recwarn) > 0
    recwarn.clear()
    assert ImageCollection([tmp_path / "a.jpg"], on_error=on_error)[0].size == 128
    assert len(recwarn) == 0
