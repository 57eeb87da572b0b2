"""Decode one image file; everything that Pillow does for this package when reading."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray

from sklvision.utils._optional import import_optional

SUFFIXES = (".bmp", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
MODES = ("L", "RGB", "F")
REDUCTIONS = (1, 2, 4, 8)  # what a JPEG decoder can do

_ORIENTATION = 0x0112
_SIDEWAYS = {5, 6, 7, 8}
_GRAY = {"1", "L", "LA", "La"}


class Header(NamedTuple):
    """What a file says about its image before it is decoded."""

    height: int
    width: int
    kind: str  # "gray", "deep" (gray of more than 8 bits) or "colour"


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

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """Shape of the array that a file of this height and width becomes."""
        height, width = self.size or (-(-height // self.reduce), -(-width // self.reduce))
        return (height, width, 3) if self.mode == "RGB" else (height, width)

    def __call__(self, file: str) -> NDArray[Any]:
        image_ops = import_optional("PIL.ImageOps", extra="images")
        with _opened(file) as opened:
            # Older Pillows open 16-bit PNG as 32-bit integers.
            depth = 16 if "I;16" in opened.mode or opened.format == "PNG" else 32
            in_full = opened.size
            _prepare_decoder(opened, self.mode, self.reduce)
            reduced = opened.size != in_full
            image = opened if _orientation(opened) == 1 else image_ops.exif_transpose(opened)
            image = _converted(image, self.mode, depth)
            if self.reduce > 1 and not reduced:
                image = image.reduce(self.reduce)
            if self.size is not None and image.size != self.size[::-1]:
                # Pillow's bilinear filter widens with the reduction, so nothing is skipped over.
                image = image.resize(self.size[::-1], image_ops.Image.Resampling.BILINEAR)
            return np.asarray(image)  # read-only: a copy would cost as much as the decoding


def read_header(file: str) -> Header:
    """Size, as displayed, and kind of an image, without decoding it where the format allows."""
    with _opened(file) as image:
        orientation = _orientation(image)
        if image.format == "TIFF" and orientation != 1:
            image.load()  # Pillow turns this format itself, as soon as it is loaded
            orientation = 1
        width, height = image.size
        if orientation in _SIDEWAYS:
            height, width = width, height
        kind = "gray" if image.mode in _GRAY else "deep" if _is_deep(image) else "colour"
        return Header(height, width, kind)


def common_mode(kinds: Iterable[str]) -> str:
    """Mode that holds every image: colour if one has it, more than 8 bits if all have them."""
    found = set(kinds)
    if "colour" in found:
        return "RGB"
    return "F" if found == {"deep"} else "L"


def ahead_in_threads(
    function: Callable[[Any], Any], items: Iterable[Any], *, n_threads: int | None, ahead: int
) -> Iterator[Any]:
    """Map in order, working in threads on up to ``ahead`` items beyond the one handed out."""
    if isinstance(items, Sized) and len(items) == 1:  # a thread would start for longer than work
        yield from map(function, items)
        return
    pending: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(n_threads or joblib.cpu_count()) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


@contextmanager
def _opened(file: str) -> Iterator[Any]:
    """Open an image; whatever goes wrong until it is closed becomes an OSError naming the file."""
    pil = import_optional("PIL.Image", extra="images")
    try:
        if os.path.getsize(file) == 0:  # noqa: PTH202 - a Path for every file is slow
            raise OSError("the file is empty")
        # Not by name: Pillow would map the file, and mixes up the rows of a turned gray TIFF.
        with open(file, "rb") as stream, pil.open(stream) as image:  # noqa: PTH123
            yield image
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{file}: there is no such file.") from error
    except pil.UnidentifiedImageError as error:
        raise OSError(f"{file}: not an image that Pillow can read.") from error
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        raise OSError(f"{file}: cannot be read as an image ({error}).") from error


def _prepare_decoder(image: Any, mode: str, reduce: int) -> None:
    """Let JPEG be decoded to gray and at a reduced size, which saves most of what follows.

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


def _converted(image: Any, mode: str, depth: int) -> Any:
    """Convert to L, RGB or F; Pillow itself would clip deep gray at 255."""
    pil = import_optional("PIL.Image", extra="images")
    if _is_deep(image):
        values = np.asarray(image, dtype=np.float32)
        if mode == "F":
            return pil.fromarray(values)
        if depth != 16:
            raise ValueError("32 bits per pixel; mode='F' keeps them")
        image = pil.fromarray(np.rint(values / 257).astype(np.uint8))
    elif mode == "F":
        image = image.convert("L")
    return image if image.mode == mode else image.convert(mode)
