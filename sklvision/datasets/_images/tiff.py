"""TIFF files that Pillow reads wrongly, in part, or not at all.

Pillow takes signed bytes for unsigned ones, 32 bits for signed, leaves 16 bits of which zero is
white as they are, and takes bytes of planes for pixels. What it cannot open is read by tifffile.
"""

from __future__ import annotations

import logging
from typing import Any, BinaryIO

import numpy as np

from sklvision.utils._image_files import SAMPLES, get_tag
from sklvision.utils._optional import import_optional

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# What tifffile says of a damaged file goes to those who ask for logs; errors are raised here.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_BITS, _PHOTOMETRIC, _PLANAR, _FORMAT = 258, 262, 284, 339
_WHITE_IS_ZERO = 0
_UNSIGNED_FORMAT, _SIGNED_FORMAT = 1, 2


def is_signed_byte(image: Any) -> bool:
    """Whether an image is gray of signed bytes."""
    return image.mode == "L" and get_tag(image, _FORMAT, _UNSIGNED_FORMAT) == _SIGNED_FORMAT


def correct_values(file: Any, image: Any) -> Any:
    """Correct the values of a gray TIFF that Pillow reads in another type than that of the file.

    Parameters
    ----------
    file : PIL.Image.Image
        The file as it was opened, with its tags.
    image : PIL.Image.Image
        The image of it, which may be turned.

    Returns
    -------
    image : PIL.Image.Image
        The image itself where its values are right.
    """
    pil = import_optional("PIL.Image", extra="images")
    if is_signed_byte(file):
        return pil.fromarray(np.asarray(image).view(np.int8).astype(np.float32))
    if image.mode == "I" and get_tag(file, _BITS) == 32:
        if get_tag(file, _FORMAT, _UNSIGNED_FORMAT) == _UNSIGNED_FORMAT:
            return pil.fromarray(np.asarray(image).view(np.uint32).astype(np.float32))
        return image
    if image.mode.startswith("I;16") and get_tag(file, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        return pil.fromarray((65535 - np.asarray(image, dtype=np.uint16)).astype(np.uint16))
    return image


def is_deep_planar(image: Any) -> bool:
    """Whether a TIFF stores planes of more than 8 bits, of which Pillow takes bytes for pixels."""
    return get_tag(image, _PLANAR) == 2 and get_tag(image, SAMPLES, 1) > 1 and _is_deep(image)


def _is_deep(image: Any) -> bool:
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, 1)
    return max(bits if isinstance(bits, tuple) else (bits,)) > 8


def read_planes(stream: BinaryIO) -> Any:
    """Read a TIFF of planes of 16 bits in 8-bit color."""
    pil = import_optional("PIL.Image", extra="images")
    planes = np.squeeze(import_optional("tifffile", extra="instruments").imread(stream))
    if planes.dtype != np.uint16 or planes.ndim != 3 or min(planes.shape[0], planes.shape[-1]) < 3:
        raise ValueError(f"planes of {planes.dtype} of shape {planes.shape} are not supported")
    if planes.shape[0] in (3, 4):
        planes = np.moveaxis(planes, 0, -1)
    return pil.fromarray(np.rint(planes[..., :3] / np.float32(257)).astype(np.uint8))


def open_unusual(stream: BinaryIO) -> Any:
    """Open a TIFF that Pillow cannot open: gray of numbers of any width, by tifffile.

    Raises
    ------
    PIL.UnidentifiedImageError
        If it is not gray; the message describes the file.
    """
    pil = import_optional("PIL.Image", extra="images")
    tifffile = import_optional("tifffile", extra="instruments")
    stream.seek(0)
    values = np.squeeze(tifffile.imread(stream, key=0))
    if values.ndim == 2 and values.dtype.kind in "iuf":
        return pil.fromarray(values.astype(np.float32))
    raise pil.UnidentifiedImageError(
        f"is a TIFF of {values.dtype} of shape {values.shape}, which is neither gray nor color of "
        "8 or 16 bits. Read it with tifffile, and pass the images as one array."
    )
