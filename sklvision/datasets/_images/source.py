"""Sources of images: files, bytes, file objects and images of Pillow, opened alike."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from sklvision.datasets._files.content import START_LENGTH, describe_content
from sklvision.datasets._images import tiff
from sklvision.utils._memory import make_memory_error
from sklvision.utils._optional import import_optional

_PILLOW_MODULES = r"PIL\."


@dataclass(frozen=True)
class NamedImage:
    """An image that is held in memory, with a name for messages.

    Attributes
    ----------
    name : str
        Name, such as "image 3".
    content : bytes or PIL.Image.Image
        The encoded file, or the image.
    """

    name: str
    content: Any


Source = str | NamedImage


def make_source(image: Any, position: int) -> Source:
    """Make a source of whatever a user passes for one image.

    Parameters
    ----------
    image : str, path-like, bytes, binary file object or PIL.Image.Image
        A file, its content, or an image.
    position : int
        Place among the images, for the name of one without a name.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(image, str | os.PathLike):
        return os.fspath(image)
    name = f"image {position}"
    if isinstance(image, bytes | bytearray | memoryview):
        return NamedImage(name, bytes(image))
    if hasattr(image, "getexif") and hasattr(image, "draft"):
        return NamedImage(name, image)
    if hasattr(image, "read"):
        file_name = getattr(image, "name", None)
        content = image.read()
        if isinstance(content, bytes):
            return NamedImage(file_name if isinstance(file_name, str) else name, content)
    raise TypeError(
        "images must be paths, bytes, binary file objects or images of Pillow, got "
        f"{type(image).__name__} at position {position}."
    )


def get_name(source: Source) -> str:
    """Return the name of a source: the path of a file."""
    return source if isinstance(source, str) else source.name


@contextmanager
def open_image(source: Source) -> Iterator[Any]:
    """Open an image; any error until it is closed becomes an OSError that names it."""
    pil = import_optional("PIL.Image", extra="images")
    _ignore_pillow_warnings()
    name = get_name(source)
    try:
        if isinstance(source, NamedImage) and not isinstance(source.content, bytes):
            yield source.content.copy()
            return
        with open_stream(source) as stream, _open_pillow(stream) as image:
            yield image
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{name}: there is no such file.") from error
    except IsADirectoryError as error:
        raise IsADirectoryError(f"{name}: is a directory, expected an image.") from error
    except PermissionError as error:
        raise PermissionError(f"{name}: there is no permission to read the file.") from error
    except pil.UnidentifiedImageError as error:
        raise OSError(f"{name}: {error}") from error
    except ImportError:
        raise
    except MemoryError as error:
        advice = "Read it at a part of its size (reduce=2, 4 or 8), or make the file smaller."
        raise make_memory_error(error, f"{name}: the image", advice) or error from error
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        raise OSError(f"{name}: cannot be read as an image ({error}).") from error


def _open_pillow(stream: BinaryIO) -> Any:
    """Open an image by Pillow, or a TIFF by tifffile; the error describes the content."""
    pil = import_optional("PIL.Image", extra="images")
    try:
        return pil.open(stream)
    except pil.UnidentifiedImageError:
        stream.seek(0)
        start = stream.read(START_LENGTH)
        description = describe_content(start) or "is not an image that Pillow can read."
        if start.startswith(tiff.SIGNATURES):
            try:
                return tiff.open_unusual(stream)
            except ImportError as error:
                description = f"is a TIFF that Pillow cannot read. {error}."
        raise pil.UnidentifiedImageError(description) from None


def open_stream(source: Source) -> BinaryIO:
    """Open the encoded file of a source."""
    if isinstance(source, NamedImage):
        if not source.content:
            raise OSError("the source has no bytes")
        return BytesIO(source.content)
    if os.path.getsize(source) == 0:  # noqa: PTH202 - a Path for every file is slow
        raise OSError("the file is empty")
    # Not by name: Pillow would map the file, and mixes up the rows of a turned gray TIFF.
    return open(source, "rb")  # noqa: PTH123 - closed by the caller


def _ignore_pillow_warnings() -> None:
    """Ignore what Pillow says of metadata and sizes, without a file; damage becomes an error.

    The filter is set once and stays: changing filters for a while is not safe in threads.
    """
    logger = logging.getLogger("PIL")
    if not logger.handlers:  # else its records go to standard error
        logger.addHandler(logging.NullHandler())
    is_set = any(
        action == "ignore" and module is not None and module.pattern == _PILLOW_MODULES
        for action, _, _, module, _ in warnings.filters
    )
    if not is_set:
        warnings.filterwarnings("ignore", category=Warning, module=_PILLOW_MODULES)
