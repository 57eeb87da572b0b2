"""Images of requests: checked by their headers, and shown as the model saw them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.serving._errors import RequestError
from sklvision.utils._image_files import describe_left_out
from sklvision.utils._image_output import ImageOutputMixin
from sklvision.utils._input_check import InputCheck
from sklvision.utils._optional import import_optional

# Formats of cameras and of phones. Pillow reads many more, each of which is a parser to attack.
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"II*\0", b"MM\0*", b"BM")
_MAX_SHOWN_SIDE = 512


def check_image(content: bytes, max_pixels: int) -> tuple[int, int, str]:
    """Check format and size of an image by its header.

    Returns
    -------
    height, width : int
        The size in pixels.
    left_out : str
        The pages and channels that are not read, "" if there are none.

    Raises
    ------
    RequestError
        If it is not an image of an accepted format, or has too many pixels.
    """
    pil = import_optional("PIL.Image", extra="images")
    if not content.startswith(_SIGNATURES):
        raise _make_format_error()
    try:
        with pil.open(BytesIO(content), formats=IMAGE_FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise _make_pixels_error(max_pixels)
            return height, width, describe_left_out(image)  # it may decode the first frame
    except RequestError:
        raise
    except pil.DecompressionBombError as error:
        raise _make_pixels_error(max_pixels) from error
    except Exception as error:  # decoders raise nearly anything on broken files
        raise _make_format_error() from error


def _make_format_error() -> RequestError:
    names = ", ".join(IMAGE_FORMATS[:-1])
    return RequestError(422, f"The file is not an image ({names} or {IMAGE_FORMATS[-1]}).")


def _make_pixels_error(max_pixels: int) -> RequestError:
    return RequestError(413, f"The image has more than the {max_pixels:,} pixels allowed.")


def prepare_decoders() -> None:
    """Load all decoders of Pillow, which takes a while when the first image needs one."""
    import_optional("PIL.Image", extra="images").init()


def show_crop(steps: Sequence[Any], image: Any) -> str:
    """Draw an image as it is after the first steps of a pipeline, as a data URL of PNG.

    Parameters
    ----------
    steps : sequence of transformer
        Fitted steps in front of the classifier. Those that output images are applied.
    image : ImageCollection
        A collection of one image.
    """
    pil = import_optional("PIL.Image", extra="images")
    has_mask = False
    for step in steps:
        if isinstance(step, ImageOutputMixin) and step._has_image_output():
            image = step.transform(image)  # type: ignore[attr-defined]
            has_mask = getattr(step, "output", None) == "both"
        elif not isinstance(step, InputCheck):
            break
    pixels = np.asarray(image[0])
    if has_mask:
        pixels = pixels[..., :-1]
    picture = pil.fromarray(_scale_to_bytes(pixels))
    picture.thumbnail((_MAX_SHOWN_SIDE, _MAX_SHOWN_SIDE))
    stream = BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _scale_to_bytes(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert pixels of any type and channels to gray or color of one byte."""
    if pixels.ndim == 3:
        pixels = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., 0]
    if pixels.dtype == np.uint8:
        return pixels
    values = pixels.astype(np.float64)
    low, high = values.min(), values.max()
    return np.rint((values - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)
