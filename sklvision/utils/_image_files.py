"""Content of image files that is not read: further pages and channels."""

from __future__ import annotations

from typing import Any

SAMPLES, _SUBFILE = 277, 254  # tags of TIFF
_REDUCED_OR_MASK = 1 | 4  # kinds of a further page that is a preview or a mask of the first


def describe_left_out(image: Any) -> str:
    """Describe the channels and pages of an open image that are not read; "" if there are none.

    The image is at its next page afterwards. An MPO file of a phone counts as one image: what
    follows in it is a preview or a map of depth.
    """
    n_channels = get_tag(image, SAMPLES) or 0
    n_read = len([band for band in image.getbands() if band != "X"])  # which is padding
    if n_channels > n_read:
        return f"{n_channels} channels, of which {n_read} {'is' if n_read == 1 else 'are'} read"
    if image.format not in {"TIFF", "GIF", "WEBP", "PNG", "AVIF"}:
        return ""
    try:
        image.seek(1)
    except (EOFError, ValueError, OSError):  # damage is found when the image is read
        return ""
    if (get_tag(image, _SUBFILE) or 0) & _REDUCED_OR_MASK:
        return ""
    return "several pages or frames, of which the first is read"


def get_tag(image: Any, tag: int, default: Any = None) -> Any:
    """Return the first value of a tag; the default of other files."""
    value = getattr(image, "tag_v2", {}).get(tag, default)
    return value[0] if isinstance(value, tuple) and value else value
