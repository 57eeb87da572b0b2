"""Reading of one image: all that Pillow does for this package when images are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._images import tiff
from sklvision.datasets._images.source import Source, get_name, open_image, open_stream
from sklvision.utils._image_files import describe_left_out
from sklvision.utils._optional import import_optional

MODES = ("L", "RGB", "F")
REDUCTIONS = (1, 2, 4, 8)  # those that a JPEG decoder offers
BACKGROUNDS = {"white": 255, "black": 0}
# Values of white in gray images, by their bits per pixel.
WHITE = {8: 255.0, 16: 65535.0}

_ORIENTATION = 0x0112
_SIDEWAYS = {5, 6, 7, 8}
_GRAY = {"1", "L", "LA", "La"}
_TRANSPARENT = {"RGBA", "RGBa", "LA", "La", "PA"}


class Header(NamedTuple):
    """Size and kind of an image, known before it is decoded."""

    height: int
    width: int
    kind: str  # "gray", "deep" (gray of 16 bits), "wide" (of more, or signed) or "color"
    left_out: str  # content of the file that is not read, "" if all is


@dataclass(frozen=True)
class ImageReader:
    """Read files as upright arrays of one mode and, if given, one size (height, width).

    Before they are brought to that size they are reduced, JPEG files as they are decoded.

    Attributes
    ----------
    mode : {"L", "RGB", "F"}
        8-bit gray, 8-bit color, or gray in float32 with the values of the file.
    size : (int, int) or None
        Height and width to resize to.
    reduce : {1, 2, 4, 8}
        Divisor of height and width.
    background : {"white", "black"}
        Color behind transparent pixels.
    white : float or None
        In mode "F", the value of white: images of 8 and of 16 bits are brought to it. None keeps
        the values of the files.
    """

    mode: str
    size: tuple[int, int] | None = None
    reduce: int = 1
    background: str = "white"
    white: float | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32 if self.mode == "F" else np.uint8)

    def compute_shape(self, height: int, width: int) -> tuple[int, ...]:
        """Compute the shape of the array that a file of this height and width becomes."""
        height, width = self.size or (-(-height // self.reduce), -(-width // self.reduce))
        return (height, width, 3) if self.mode == "RGB" else (height, width)

    def __call__(self, source: Source) -> NDArray[Any]:
        image_ops = import_optional("PIL.ImageOps", extra="images")
        with open_image(source) as image_file:
            # Older Pillows open 16-bit PNG as 32-bit integers.
            depth = 16 if "I;16" in image_file.mode or image_file.format in ("PNG", "PPM") else 32
            full_size = image_file.size
            _draft_image(image_file, self.mode, self.reduce)
            is_reduced = image_file.size != full_size
            image = _read_planar_tiff(source) if tiff.is_deep_planar(image_file) else image_file
            if _get_orientation(image_file) != 1:
                image = image_ops.exif_transpose(image)
            image = self._convert_mode(tiff.correct_values(image_file, image), depth)
            if self.reduce > 1 and not is_reduced:
                image = image.reduce(self.reduce)
            if self.size is not None and image.size != self.size[::-1]:
                # Pillow's bilinear filter widens with the reduction, so nothing is skipped over.
                image = image.resize(self.size[::-1], image_ops.Image.Resampling.BILINEAR)
            return np.asarray(image)  # read-only: a copy would cost as much as the decoding

    def _convert_mode(self, image: Any, depth: int) -> Any:
        """Convert to L, RGB or F; Pillow itself would clip deep gray at 255."""
        pil = import_optional("PIL.Image", extra="images")
        if _is_deep(image):
            values = np.asarray(image, dtype=np.float32)
            if image.mode == "F" and not np.isfinite(values).all():
                raise ValueError("holds NaN or infinite pixels")
            if self.mode == "F":
                is_16_bit = depth == 16 and image.mode != "F"
                return pil.fromarray(self._scale(values, 16) if is_16_bit else values)
            if depth != 16:
                raise ValueError("negative values or 32 bits per pixel; mode='F' keeps them")
            image = pil.fromarray(np.rint(values / 257).astype(np.uint8))
        image = _fill_background(image, BACKGROUNDS[self.background])
        if self.mode != "F":
            return image if image.mode == self.mode else image.convert(self.mode)
        return pil.fromarray(self._scale(np.asarray(image.convert("L"), dtype=np.float32), 8))

    def _scale(self, values: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
        """Scale gray values to the white level of the reader."""
        if self.white is None or self.white == WHITE[bits]:
            return values
        return values * np.float32(self.white / WHITE[bits])


def read_header(source: Source) -> Header:
    """Read the upright size and the kind of an image, undecoded where the format allows it."""
    with open_image(source) as image:
        orientation = _get_orientation(image)
        if image.format == "TIFF" and orientation != 1:
            image.load()  # Pillow turns this format itself, as soon as it is loaded
            orientation = 1
        width, height = image.size
        if orientation in _SIDEWAYS:
            height, width = width, height
        kind = _find_kind(image)
        return Header(height, width, kind, describe_left_out(image))


def _find_kind(image: Any) -> str:
    if tiff.is_signed_byte(image):
        return "wide"
    if image.mode in _GRAY or (image.mode == "P" and _has_gray_palette(image)):
        return "gray"
    if not _is_deep(image):
        return "color"
    is_16_bit = "I;16" in image.mode or (image.mode == "I" and image.format in ("PNG", "PPM"))
    return "deep" if is_16_bit else "wide"


def _has_gray_palette(image: Any) -> bool:
    colors = np.array(image.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
    return bool((colors == colors[:, :1]).all())


def choose_mode(kinds: Iterable[str]) -> str:
    """Choose the mode for all images: color if one has it, else float if one has over 8 bits."""
    kinds = set(kinds)
    if "color" in kinds:
        return "RGB"
    return "F" if kinds & {"deep", "wide"} else "L"


def choose_white(kinds: Iterable[str]) -> float | None:
    """Choose the white level of gray float images: that of the deepest with one."""
    kinds = set(kinds)
    if "deep" in kinds:
        return WHITE[16]
    return None if "wide" in kinds else WHITE[8]


def _fill_background(image: Any, gray: int) -> Any:
    """Fill transparent pixels with a background; other images stay unchanged."""
    if image.mode not in _TRANSPARENT and "transparency" not in image.info:
        return image
    pil = import_optional("PIL.Image", extra="images")
    # Pillow converts premultiplied colors only to the same colors without premultiplication.
    straight = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    image = image.convert(straight) if straight else image
    is_gray = image.mode in {"1", "L", "LA"}
    layered = image.convert("LA" if is_gray else "RGBA")
    *colors, alpha = layered.split()
    ground = pil.new("L", image.size, gray)
    return pil.merge(layered.mode[:-1], [pil.composite(color, ground, alpha) for color in colors])


def _draft_image(image: Any, mode: str, reduce: int) -> None:
    """Set a JPEG decoder to gray and to a reduced size, which saves most of the work.

    Other formats stay as they are, and so do images that are smaller than what is averaged.
    """
    if reduce == 1 or min(image.size) < reduce:
        size = None
    else:  # of sizes at least this large, Pillow takes the smallest: that of rounding up
        size = image.size[0] // reduce, image.size[1] // reduce
    image.draft(mode if mode == "RGB" else "L", size)


def _get_orientation(image: Any) -> int:
    return image.getexif().get(_ORIENTATION, 1)


def _is_deep(image: Any) -> bool:
    return image.mode in {"I", "F"} or image.mode.startswith("I;")


def _read_planar_tiff(source: Source) -> Any:
    """Read a TIFF of planes of 16 bits in 8-bit color, or raise an error that names the extra."""
    try:
        with open_stream(source) as stream:
            return tiff.read_planes(stream)
    except ImportError as error:
        raise OSError(
            f"{get_name(source)}: is a TIFF of planes of 16 bits, which Pillow reads wrongly. "
            f"{error}"
        ) from error
