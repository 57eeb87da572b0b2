"""Gray thumbnails of images, from pixels or from files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.model_selection._leaks.digests import digest_bytes
from sklvision.utils._images import convert_to_gray
from sklvision.utils._optional import import_optional

MANY_IMAGES = 20_000  # of which larger thumbnails would fill the memory
_EXIF_IFD, _DATE_TIME_ORIGINAL, _DATE_TIME = 0x8769, 36867, 306


def choose_thumbnail_sides(height: int, width: int, n_images: int) -> tuple[int, int]:
    """Return height and width of thumbnails that show a small object in a large image."""
    shorter = min(height, width)
    side = 64 if shorter >= 256 and n_images <= MANY_IMAGES else 32 if shorter >= 64 else 16
    return min(side, height), min(side, width)


def make_thumbnail(image: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Average the gray values of one image, or of many, over the areas of a thumbnail."""
    if image.ndim == 4 or (image.ndim == 3 and image.shape[-1] in (1, 3, 4)):
        image = convert_to_gray(image)
    rows, columns = (
        _compute_area_weights(old, new) for old, new in zip(image.shape[-2:], sides, strict=True)
    )
    with np.errstate(invalid="ignore"):  # infinite pixels are refused later, by name
        return rows @ image.astype(np.float32, copy=False) @ columns.T


def _compute_area_weights(old: int, new: int) -> np.ndarray:
    """Return a matrix that averages ``old`` values over ``new`` equal stretches."""
    edges = np.linspace(0, old, new + 1)
    starts = np.arange(old)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (np.clip(overlap, 0, None) * (new / old)).astype(np.float32)


def read_thumbnail(
    collection: Any, sides: tuple[int, int], index: int
) -> tuple[np.ndarray, int, str]:
    """Read thumbnail, digest and EXIF time of a file, decoded no finer than needed."""
    pil = import_optional("PIL.Image", extra="images")
    image_ops = import_optional("PIL.ImageOps", extra="images")
    try:
        content = Path(collection.files[index]).read_bytes()
        with pil.open(BytesIO(content)) as image:
            exif = image.getexif()
            time = exif.get_ifd(_EXIF_IFD).get(_DATE_TIME_ORIGINAL) or exif.get(_DATE_TIME) or ""
            image.draft("L", (2 * sides[1], 2 * sides[0]))
            upright = image_ops.exif_transpose(image)
            is_deep = upright.mode.startswith("I") or upright.mode == "F"
            gray = (
                pil.fromarray(np.asarray(upright, np.float32)) if is_deep else upright.convert("L")
            )
            small = gray.convert("F").resize(sides[::-1], pil.Resampling.BOX)
            thumbnail = np.asarray(small, dtype=np.float32).ravel()
            return thumbnail, int.from_bytes(digest_bytes(content), "little"), str(time)
    except Exception:
        # The collection's own error says best what is wrong with a file.
        pixels = np.ascontiguousarray(collection[index])
        digest = int.from_bytes(digest_bytes(pixels), "little")
        return make_thumbnail(pixels, sides).ravel(), digest, ""
