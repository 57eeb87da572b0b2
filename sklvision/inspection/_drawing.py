"""Images, spectra and their colors, as all displays draw them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._images import convert_to_gray, find_value_range, measure_value_range
from sklvision.utils._optional import import_optional
from sklvision.utils._samples import as_samples
from sklvision.utils._suggest import did_you_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colors, which people with any color vision tell apart, darkest first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
BLUE, RED, GREEN = COLORS[:3]
GRAY = "#8c8c8c"
DARK = "#333333"

# Classes of the artists whose keywords the parameters of `plot` hold.
_ARTISTS = {
    "band_kw": "collections.PolyCollection",
    "bar_kw": "patches.Rectangle",
    "heat_kw": "image.AxesImage",
    "image_kw": "image.AxesImage",
    "line_kw": "lines.Line2D",
    "point_kw": "lines.Line2D",
    "target_kw": "lines.Line2D",
    "window_kw": "patches.Polygon",
}

# Images of at most so many pixels a side are drawn as squares, without interpolation.
_MAX_SQUARES = 64


def merge_keywords(defaults: dict[str, Any], **parameter: dict[str, Any] | None) -> dict[str, Any]:
    """Merge a user's keywords into the defaults, short names such as ``lw`` as well.

    ``parameter`` is one parameter of `plot`, such as ``line_kw``, with its value.
    """
    ((name, keywords),) = parameter.items()
    if keywords is not None and not (
        isinstance(keywords, dict) and all(isinstance(key, str) for key in keywords)
    ):
        raise TypeError(f"{name} must be a dict of keywords or None, got {keywords!r}.")
    artist_class = _get_artist_class(name)
    normalize = import_optional("matplotlib.cbook", extra="plot").normalize_kwargs
    try:
        return defaults | normalize(keywords or {}, artist_class)
    except TypeError as error:  # one keyword under two names
        raise TypeError(f"{name}={keywords!r}: {error}.") from error


def draw_artists(
    function: Callable[..., Any],
    *data: Any,
    style: dict[str, Any],
    **parameter: dict[str, Any] | None,
) -> Any:
    """Draw data by a function of matplotlib, in a style with the keywords of a user.

    Parameters
    ----------
    function : callable
        The function, such as ``Axes.plot``.
    *data : object
        Data, as the function takes them.
    style : dict
        Its keywords, those of the user among them.
    **parameter : dict
        One parameter of `plot`, such as ``line_kw``, with the keywords of the user.

    Returns
    -------
    artists : object
        The result of the function.

    Raises
    ------
    TypeError, ValueError
        If the function does not take a keyword of the user, or its value.
    """
    ((name, keywords),) = parameter.items()
    try:
        return function(*data, **style)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if not keywords:
            raise
        raise _make_keyword_error(name, keywords, function.__qualname__, error) from error


def _make_keyword_error(
    name: str, keywords: dict[str, Any], function_name: str, error: Exception
) -> TypeError | ValueError:
    """Make the error of keywords that a function of matplotlib does not take."""
    unknown = re.search(r"unexpected keyword argument '(.*?)'", str(error))
    if unknown is not None and unknown[1] in keywords:
        inspector = import_optional("matplotlib.artist", extra="plot").ArtistInspector
        hint = did_you_mean(unknown[1], inspector(_get_artist_class(name)).get_setters())
        return TypeError(
            f"{name}={keywords!r}: matplotlib's {function_name} takes no keyword {unknown[1]!r}."
            f"{hint and ' ' + hint}"
        )
    error_type = TypeError if isinstance(error, AttributeError | TypeError) else ValueError
    reason = " ".join(str(error).split()).rstrip(".")
    return error_type(
        f"{name}={keywords!r}: matplotlib's {function_name} does not take a value: {reason}."
    )


def _get_artist_class(name: str) -> Any:
    """Return the class of artists that a parameter of `plot` has keywords of."""
    module, _, class_name = _ARTISTS[name].partition(".")
    return getattr(import_optional(f"matplotlib.{module}", extra="plot"), class_name)


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
    style = merge_keywords(defaults, image_kw=image_kw)
    artist = draw_artists(ax.imshow, image, style=style, image_kw=image_kw)
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
