"""Axes to draw on: those of the user or new ones, in grids, with titles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


def import_pyplot() -> Any:
    """Import matplotlib's pyplot, or raise an error that names the extra that installs it."""
    return import_optional("matplotlib.pyplot", extra="plot")


def is_axes(ax: Any) -> bool:
    """Whether this is one matplotlib Axes."""
    return isinstance(ax, import_optional("matplotlib.axes", extra="plot").Axes)


def is_axes_array(ax: Any) -> bool:
    """Whether the user passed one Axes per panel, rather than one to divide or none."""
    return ax is not None and not is_axes(ax)


def get_axes(ax: Axes | None, size: tuple[float, float]) -> tuple[Axes, Figure | SubFigure]:
    """Return the user's axes and their figure, or new ones of a size in inches."""
    if ax is None:
        _, ax = import_pyplot().subplots(figsize=size, layout="constrained")
    if not is_axes(ax):
        raise TypeError(f"ax must be one matplotlib Axes or None, got {type(ax).__name__}.")
    return ax, ax.figure


def make_grid(
    ax: Any,
    shape: tuple[int, int],
    size: tuple[float, float],
    *,
    sharex: bool = False,
    sharey: bool = False,
    **ratios: Any,
) -> tuple[np.ndarray, Figure | SubFigure]:
    """Make a grid of axes, and return it with its figure.

    A single ``ax`` is divided, as scikit-learn does; an array of axes is used unchanged;
    without any, a new figure of ``size`` inches is made.
    """
    if is_axes_array(ax):
        return _check_axes_array(ax, shape)
    figure, grid = _make_gridspec(ax, shape, size, ratios)
    axes = np.empty(shape, dtype=object)
    for cell in np.ndindex(shape):
        axes[cell] = figure.add_subplot(
            grid[cell],
            sharex=axes[0, 0] if sharex else None,
            sharey=axes[0, 0] if sharey else None,
        )
    return axes, figure


def _check_axes_array(axes: Any, shape: tuple[int, int]) -> tuple[np.ndarray, Figure | SubFigure]:
    flat = np.asarray(axes, dtype=object).ravel()
    n_panels = shape[0] * shape[1]
    if len(flat) != n_panels or not all(is_axes(one_ax) for one_ax in flat):
        raise ValueError(
            f"ax must be one matplotlib Axes, or {n_panels} of them ({shape[0]} rows of "
            f"{shape[1]}), got {len(flat)} objects."
        )
    return flat.reshape(shape), flat[0].figure


def _make_gridspec(
    ax: Any, shape: tuple[int, int], size: tuple[float, float], ratios: dict[str, Any]
) -> tuple[Any, Any]:
    if ax is None:
        figure = import_pyplot().figure(figsize=size, layout="constrained")
        return figure, figure.add_gridspec(*shape, **ratios)
    figure, cell = ax.figure, ax.get_subplotspec()
    ax.set_axis_off()
    if cell is not None:
        return figure, cell.subgridspec(*shape, **ratios)
    box = ax.get_position()  # axes that the user placed by hand
    borders: dict[str, Any] = {"left": box.x0, "right": box.x1, "bottom": box.y0, "top": box.y1}
    return figure, figure.add_gridspec(*shape, **ratios, **borders)


def compute_grid_shape(n: int, max_columns: int) -> tuple[int, int]:
    """Return rows and columns for n panels, the last row nearly as full as the others."""
    n_rows = -(-n // max_columns)
    return n_rows, -(-n // n_rows)


def make_panels(
    ax: Any,
    n: int,
    max_columns: int,
    panel_size: tuple[float, float],
    margins: tuple[float, float],
    *,
    min_width: float = 0.0,
    **options: Any,
) -> tuple[np.ndarray, Figure | SubFigure, int]:
    """Make n panels in rows of at most ``max_columns``; return them, their figure and columns.

    ``panel_size`` and ``margins``, those of the whole figure, are widths and heights in inches.
    Keywords are those of :func:`make_grid`.
    """
    n_rows, n_columns = (1, n) if is_axes_array(ax) else compute_grid_shape(n, max_columns)
    width = max(margins[0] + panel_size[0] * n_columns, min_width)
    height = margins[1] + panel_size[1] * n_rows
    axes, figure = make_grid(ax, (n_rows, n_columns), (width, height), **options)
    hide_axes(axes.ravel()[n:])
    return axes.ravel()[:n], figure, n_columns


def make_pairs(
    ax: Any,
    n: int,
    max_columns: int,
    ratios: tuple[float, float],
    pair_size: tuple[float, float],
    margins: tuple[float, float],
) -> tuple[np.ndarray, Figure | SubFigure]:
    """Make n pairs of panels side by side, of widths in the given ratios; return (n, 2) axes."""
    if is_axes_array(ax):
        return make_grid(ax, (n, 2), pair_size)
    n_rows, n_columns = compute_grid_shape(n, max_columns)
    size = (margins[0] + pair_size[0] * n_columns, margins[1] + pair_size[1] * n_rows)
    axes, figure = make_grid(ax, (n_rows, 2 * n_columns), size, width_ratios=[*ratios] * n_columns)
    pairs = axes.reshape(-1, 2)
    hide_axes(pairs[n:].ravel())
    return pairs[:n], figure


def hide_axes(axes: Any) -> None:
    """Hide the axes of a grid that hold nothing."""
    for ax in axes:
        ax.set_axis_off()


def label_outer_panels(
    panels: np.ndarray, n_columns: int, xlabel: str, ylabel: str | None = None
) -> None:
    """Label the lowest panels of a sheet below, and with a ``ylabel`` the first ones of rows."""
    for i, panel in enumerate(panels):
        is_lowest, is_first = i + n_columns >= len(panels), i % n_columns == 0
        panel.set_xlabel(xlabel if is_lowest else "")
        panel.tick_params(labelbottom=is_lowest)
        if ylabel is not None:
            panel.set_ylabel(ylabel if is_first else "")


def hide_upper_right_spines(ax: Axes) -> None:
    """Take away the upper and the right border."""
    ax.spines[["top", "right"]].set_visible(False)


def add_title(ax: Any, figure: Figure | SubFigure, text: str, axes: np.ndarray) -> Any:
    """Write one title over several axes: over a figure of our own, else over the first axes."""
    if ax is None:
        return figure.suptitle(text, fontsize="medium")
    # A line kept free above the title of the first axes makes room; the text may be wider than
    # these are.
    first_ax = axes.ravel()[0]
    side = next((side for side in ("center", "left") if first_ax.get_title(side)), "center")
    title = first_ax.get_title(side)
    first_ax.set_title(f"\n{title}" if title else " ", fontsize="small", loc=side)
    line_height = first_ax.title.get_fontsize()
    offset = 6 + 1.25 * line_height * title.count("\n") + (1.3 * line_height if title else 0)
    return first_ax.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, offset),
        textcoords="offset points",
        fontsize="small",
        fontweight="bold",
        in_layout=False,
        annotation_clip=False,
    )
