"""Reading of one image file: all that Pillow does for this package when images are read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklvision.utils._optional import import_optional

MODES = ("L", "RGB", "F")
REDUCTIONS = (1, 2, 4, 8)  # those that a JPEG decoder offers

_PILLOW_MODULES = r"PIL\."
_ORIENTATION = 0x0112
_SIDEWAYS = {5, 6, 7, 8}
_GRAY = {"1", "L", "LA", "La"}


class Header(NamedTuple):
    """Size and kind of an image, known before it is decoded."""

    height: int
    width: int
    kind: str  # "gray", "deep" (gray of more than 8 bits) or "color"


@dataclass(frozen=True)
class ImageReader:
    """Read files as upright arrays of one mode and, if given, one size (height, width).

    Before they are brought to that size they are reduced, JPEG files as they are decoded.
    """

    mode: str
    size: tuple[int, int] | None = None
    reduce: int = 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32 if self.mode == "F" else np.uint8)

    def compute_shape(self, height: int, width: int) -> tuple[int, ...]:
        """Compute the shape of the array that a file of this height and width becomes."""
        height, width = self.size or (-(-height // self.reduce), -(-width // self.reduce))
        return (height, width, 3) if self.mode == "RGB" else (height, width)

    def __call__(self, file: str) -> NDArray[Any]:
        image_ops = import_optional("PIL.ImageOps", extra="images")
        with _open_image(file) as opened:
            # Older Pillows open 16-bit PNG as 32-bit integers.
            depth = 16 if "I;16" in opened.mode or opened.format == "PNG" else 32
            full_size = opened.size
            _draft_image(opened, self.mode, self.reduce)
            is_reduced = opened.size != full_size
            image = opened if _orientation(opened) == 1 else image_ops.exif_transpose(opened)
            image = _convert_mode(image, self.mode, depth)
            if self.reduce > 1 and not is_reduced:
                image = image.reduce(self.reduce)
            if self.size is not None and image.size != self.size[::-1]:
                # Pillow's bilinear filter widens with the reduction, so nothing is skipped over.
                image = image.resize(self.size[::-1], image_ops.Image.Resampling.BILINEAR)
            return np.asarray(image)  # read-only: a copy would cost as much as the decoding


def read_header(file: str) -> Header:
    """Read the upright size and the kind of an image, undecoded where the format allows it."""
    with _open_image(file) as image:
        orientation = _orientation(image)
        if image.format == "TIFF" and orientation != 1:
            image.load()  # Pillow turns this format itself, as soon as it is loaded
            orientation = 1
        width, height = image.size
        if orientation in _SIDEWAYS:
            height, width = width, height
        kind = "gray" if image.mode in _GRAY else "deep" if _is_deep(image) else "color"
        return Header(height, width, kind)


def find_common_mode(kinds: Iterable[str]) -> str:
    """Find the mode for all images: color if one has it, more than 8 bits if all have them."""
    kinds = set(kinds)
    if "color" in kinds:
        return "RGB"
    return "F" if kinds == {"deep"} else "L"


@contextmanager
def _open_image(file: str) -> Iterator[Any]:
    """Open an image; any error until it is closed becomes an OSError that names the file."""
    pil = import_optional("PIL.Image", extra="images")
    _ignore_pillow_warnings()
    try:
        if os.path.getsize(file) == 0:  # noqa: PTH202 - a Path for every file is slow
            raise OSError("the file is empty")
        # Not by name: Pillow would map the file, and mixes up the rows of a turned gray TIFF.
        with open(file, "rb") as stream, pil.open(stream) as image:  # noqa: PTH123
            yield image
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{file}: there is no such file.") from error
    except pil.UnidentifiedImageError as error:
        raise OSError(f"{file}: is not an image that Pillow can read.") from error
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        raise OSError(f"{file}: cannot be read as an image ({error}).") from error


def _ignore_pillow_warnings() -> None:
    """Ignore Pillow's warnings about metadata, which name no file; damage becomes an error.

    The filter is set once and stays: changing filters for a while is not safe in threads.
    """
    is_set = any(
        action == "ignore" and module is not None and module.pattern == _PILLOW_MODULES
        for action, _, _, module, _ in warnings.filters
    )
    if not is_set:
        warnings.filterwarnings("ignore", category=UserWarning, module=_PILLOW_MODULES)


def _draft_image(image: Any, mode: str, reduce: int) -> None:
    """Set a JPEG decoder to gray and to a reduced size, which saves most of the work.

    Other formats stay as they are, and so do images that are smaller than what is averaged.
    """
    if reduce == 1 or min(image.size) < reduce:
        size = None
    else:  # of sizes at least this large, Pillow takes the smallest: that of rounding up
        size = image.size[0] // reduce, image.size[1] // reduce
    image.draft(mode if mode == "RGB" else "L", size)


def _orientation(image: Any) -> int:
    return image.getexif().get(_ORIENTATION, 1)


def _is_deep(image: Any) -> bool:
    return image.mode in {"I", "F"} or image.mode.startswith("I;")


def _convert_mode(image: Any, mode: str, depth: int) -> Any:
    """Convert to L, RGB or F; Pillow itself would clip deep gray at 255."""
    pil = import_optional("PIL.Image", extra="images")
    if _is_deep(image):
        values = np.asarray(image, dtype=np.float32)
        if image.mode == "F" and not np.isfinite(values).all():
            raise ValueError("holds NaN or infinite pixels")
        if mode == "F":
            return pil.fromarray(values)
        if depth != 16:
            raise ValueError("32 bits per pixel; mode='F' keeps them")
        image = pil.fromarray(np.rint(values / 257).astype(np.uint8))
    elif mode == "F":
        image = image.convert("L")
    return image if image.mode == mode else image.convert(mode)
