"""Images, spectra and their colors, as all displays draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._images import convert_to_gray, find_value_range, measure_value_range
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import as_samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colors, which people with any color vision tell apart, darkest first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
BLUE, RED, GREEN = COLORS[:3]
GRAY = "#8c8c8c"
DARK = "#333333"

# Images of at most so many pixels a side are drawn as squares, without interpolation.
_MAX_SQUARES = 64


def merge_keywords(
    defaults: dict[str, Any], keywords: dict[str, Any] | None, artist: str
) -> dict[str, Any]:
    """Merge a user's keywords into the defaults, short names such as ``lw`` as well.

    ``artist`` is the place of the artist's class in matplotlib, such as ``"lines.Line2D"``.
    """
    if not isinstance(keywords, dict | None):
        raise TypeError(f"Keywords of a display must be a dict or None, got {keywords!r}.")
    module, _, name = artist.partition(".")
    artist_class = getattr(import_optional(f"matplotlib.{module}", extra="plot"), name)
    normalize = import_optional("matplotlib.cbook", extra="plot").normalize_kwargs
    return defaults | normalize(keywords or {}, artist_class)


def merge_line_keywords(
    defaults: dict[str, Any], keywords: dict[str, Any] | None
) -> dict[str, Any]:
    """Merge a user's keywords of lines into the defaults."""
    return merge_keywords(defaults, keywords, "lines.Line2D")


def find_display_range(*arrays: Any) -> tuple[float, float]:
    """Return the values drawn as black and as white, the same for all images of a sheet.

    Values of 8 bits and fractions have a white of their own. Others are drawn from the lowest
    to the highest: a camera of 12 bits does not fill the 16 of its files.
    """
    values = as_samples(np.concatenate([np.ravel(array) for array in arrays]))
    black, white = find_value_range(values)
    if values.dtype in (bool, np.uint8) or (values.dtype.kind == "f" and white == 1):
        return black, white
    low, high = measure_value_range(values)
    return low, high if high > low else low + 1.0


def draw_image(
    ax: Axes, image: np.ndarray, limits: tuple[float, float], image_kw: dict[str, Any] | None = None
) -> Any:
    """Draw one image, in color if it has three channels, else in gray."""
    image = np.asarray(image)
    low, high = limits
    if image.ndim == 3 and image.shape[2] == 3:
        image = np.clip((image.astype(np.float32) - low) / (high - low), 0, 1)
    elif image.ndim == 3:
        image = convert_to_gray(image)
    interpolation = "nearest" if max(image.shape[:2]) <= _MAX_SQUARES else None
    defaults = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": interpolation}
    artist = ax.imshow(image, **merge_keywords(defaults, image_kw, "image.AxesImage"))
    ax.set(xticks=[], yticks=[])
    return artist


def draw_border(ax: Axes, color: str, width: float = 1.0) -> None:
    """Draw the border of an image in a color."""
    ax.spines[:].set(visible=True, color=color, linewidth=width)


def get_band_positions(wavelengths: np.ndarray | None, n_bands: int) -> tuple[np.ndarray, str]:
    """Return the positions of bands along an axis, and the label of the axis."""
    numbers = np.arange(n_bands, dtype=float)
    if wavelengths is None or np.array_equal(wavelengths, numbers):
        return numbers, "band"
    return np.asarray(wavelengths, dtype=float), "wavelength"


def format_percent(probability: float) -> str:
    """Format a probability; one that is not certain is never rounded to certainty."""
    if 0.995 <= probability < 1:
        return "> 99 %"
    if 0 < probability < 0.005:
        return "< 1 %"
    return f"{probability:.0%}".replace("%", " %")


def format_name(name: str) -> str:
    """Format the name of a score or corruption for reading."""
    return name.replace("_", " ")
