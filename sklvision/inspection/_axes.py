"""Small helpers that the displays share: axes to draw on, colours, pictures and curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Okabe and Ito's colours, which people tell apart whatever colours they see, darkest first.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
BLUE, RED, GREEN = COLORS[:3]
GREY = "#8c8c8c"
DARK = "#333333"


def pyplot() -> Any:
    """Import matplotlib's pyplot, or say which extra installs it."""
    return import_optional("matplotlib.pyplot", extra="plot")


def merged(defaults: dict[str, Any], given: dict[str, Any] | None, artist: str) -> dict[str, Any]:
    """Put a user's keywords over ours, short names such as ``lw`` as well.

    ``artist`` is where the class of the artist lives, such as ``"lines.Line2D"``.
    """
    module, _, name = artist.partition(".")
    kind = getattr(import_optional(f"matplotlib.{module}", extra="plot"), name)
    return defaults | import_optional("matplotlib.cbook", extra="plot").normalize_kwargs(
        given or {}, kind
    )


def one_axes(ax: Axes | None, size: tuple[float, float]) -> tuple[Axes, Figure | SubFigure]:
    """Axes to draw on and their figure: those given, or new ones of a size in inches."""
    if ax is None:
        _, ax = pyplot().subplots(figsize=size, layout="constrained")
    if not hasattr(ax, "transAxes"):
        raise TypeError(f"ax must be one matplotlib Axes or None, got {type(ax).__name__}.")
    return ax, ax.figure


def several_axes(
    ax: Any,
    shape: tuple[int, int],
    size: tuple[float, float],
    *,
    sharex: bool = False,
    sharey: bool = False,
    **ratios: Any,
) -> tuple[np.ndarray, Figure | SubFigure]:
    """A grid of axes and their figure.

    A single ``ax`` is taken for the place that is divided, as scikit-learn does; an array of
    axes is used as it stands; without any, a new figure of ``size`` inches is made.
    """
    n_needed = shape[0] * shape[1]
    if ax is not None and not hasattr(ax, "transAxes"):
        given = np.asarray(ax, dtype=object).ravel()
        if len(given) != n_needed or not all(hasattr(one, "transAxes") for one in given):
            raise ValueError(
                f"ax must be one matplotlib Axes, or {n_needed} of them ({shape[0]} rows of "
                f"{shape[1]}), got {len(given)} objects."
            )
        return given.reshape(shape), given[0].figure
    if ax is None:
        figure = pyplot().figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(*shape, **ratios)
    else:
        figure, spec = ax.figure, ax.get_subplotspec()
        ax.set_axis_off()
        if spec is None:  # axes that somebody placed by hand
            box = ax.get_position()
            place = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
            grid = figure.add_gridspec(*shape, **ratios, **place)
        else:
            grid = spec.subgridspec(*shape, **ratios)
    axes = np.empty(shape, dtype=object)
    for cell in np.ndindex(shape):
        axes[cell] = figure.add_subplot(
            grid[cell],
            sharex=axes[0, 0] if sharex else None,
            sharey=axes[0, 0] if sharey else None,
        )
    return axes, figure


def head(ax: Any, figure: Figure | SubFigure, text: str, axes: np.ndarray) -> Any:
    """Write one title over several axes: over the figure if it is ours, else over the first."""
    if ax is None:
        return figure.suptitle(text, fontsize="medium")
    # A line kept free above the first title makes room; the text may be wider than its panel.
    first = axes.ravel()[0]
    place = next((p for p in ("center", "left") if first.get_title(p)), "center")
    title = first.get_title(place)
    first.set_title(f"\n{title}" if title else " ", fontsize="small", loc=place)
    return first.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(
            0,
            6
            + 1.25 * first.title.get_fontsize() * title.count("\n")
            + (1.3 * first.title.get_fontsize() if title else 0),
        ),
        textcoords="offset points",
        fontsize="small",
        fontweight="bold",
        in_layout=False,
        annotation_clip=False,
    )


def band_axis(wavelengths: np.ndarray | None, n_bands: int) -> tuple[np.ndarray, str]:
    """Positions of bands along an axis, and what it is called."""
    numbers = np.arange(n_bands, dtype=float)
    if wavelengths is None or np.array_equal(wavelengths, numbers):
        return numbers, "band"
    return np.asarray(wavelengths, dtype=float), "wavelength"


def open_frame(ax: Axes) -> None:
    """Take away the upper and the right border."""
    ax.spines[["top", "right"]].set_visible(False)


def pixel_range(*arrays: Any) -> tuple[float, float]:
    """Values shown as black and as white, the same for all images of a sheet."""
    arrays = tuple(np.asarray(array) for array in arrays)
    if all(array.dtype == np.uint8 for array in arrays):
        return 0.0, 255.0
    low = min(float(array.min()) for array in arrays)
    high = max(float(array.max()) for array in arrays)
    if all(array.dtype.kind == "f" for array in arrays) and low >= 0 and high <= 1:
        return 0.0, 1.0
    return low, high if high > low else low + 1.0


def show_image(
    ax: Axes, image: np.ndarray, limits: tuple[float, float], image_kw: dict[str, Any] | None = None
) -> Any:
    """Draw one image, gray or in colour; of other numbers of channels, their mean."""
    image = np.asarray(image)
    if image.ndim == 3:
        image = image if image.shape[2] == 3 else image.mean(axis=2)
    low, high = limits
    if image.ndim == 3:
        image = np.clip((image.astype(np.float32) - low) / (high - low), 0, 1)
    # Small images are shown as the squares they are, others as matplotlib finds best.
    interpolation = "nearest" if max(image.shape[:2]) <= 64 else None
    defaults = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": interpolation}
    artist = ax.imshow(image, **merged(defaults, image_kw, "image.AxesImage"))
    ax.set(xticks=[], yticks=[])
    return artist


def frame(ax: Axes, color: str, width: float = 1.0) -> None:
    """Draw the border of a picture in a colour."""
    ax.spines[:].set(visible=True, color=color, linewidth=width)


def percent(probability: float) -> str:
    """A probability as people read it; what is not certain is not called so."""
    if 0.995 <= probability < 1:
        return "> 99 %"
    if 0 < probability < 0.005:
        return "< 1 %"
    return f"{probability:.0%}".replace("%", " %")


def sheet_shape(n: int, widest: int) -> tuple[int, int]:
    """Rows and columns for n pictures, the last row nearly as full as the others."""
    n_rows = -(-n // widest)
    return n_rows, -(-n // n_rows)
