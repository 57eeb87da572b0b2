"""Base of the displays: their docstrings' shared texts, and the axes that they draw on."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from sklvision.inspection._axes import add_title, get_axes, make_grid, make_pairs, make_panels
from sklvision.utils._docstrings import fill_docstrings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Parameters of `plot`: where to draw, and keywords of artists.
AxesLike: TypeAlias = "Axes | np.ndarray | None"
Keywords: TypeAlias = "dict[str, Any] | None"

_NAMES = (
    "names : sequence of str of length n, default=None\n"
    "    A name for each sample of `X`; None takes the names of the files of a collection"
)
_COLLECTIONS = "From a collection, only those shown are read."


def _describe_keywords(name: str, artists: str, method: str) -> str:
    return f"{name} : dict, default=None\n    Keywords of {artists}, as {method} takes them."


# Parameters of `plot` by name.
PLOT_TEXTS = {
    "ax": "ax : Axes, default=None\n    Where to draw; None makes a new figure.",
    "image_kw": _describe_keywords("image_kw", "images", ":meth:`~matplotlib.axes.Axes.imshow`"),
    "heat_kw": _describe_keywords("heat_kw", "maps", ":meth:`~matplotlib.axes.Axes.imshow`"),
    "window_kw": _describe_keywords("window_kw", "windows", ":class:`~matplotlib.patches.Polygon`"),
    "line_kw": _describe_keywords("line_kw", "lines", ":meth:`~matplotlib.axes.Axes.plot`"),
    "point_kw": _describe_keywords("point_kw", "points", ":meth:`~matplotlib.axes.Axes.plot`"),
    "target_kw": _describe_keywords(
        "target_kw", "the line of the target score", ":meth:`~matplotlib.axes.Axes.plot`"
    ),
    "bar_kw": _describe_keywords("bar_kw", "bars", ":meth:`~matplotlib.axes.Axes.bar`"),
    "band_kw": _describe_keywords(
        "band_kw", "the interval", ":meth:`~matplotlib.axes.Axes.fill_between`"
    ),
    "max_cost": "max_cost : float, default=None\n    A budget: higher costs are shaded.",
    "min_score": "min_score : float, default=None\n    A requirement: lower scores are shaded.",
}
TEXTS = {
    # Attributes of a drawn display.
    "figure": "figure_ : Figure\n    Figure that holds the axes.",
    "ax_attribute": "ax_ : Axes\n    Axes of the drawing.",
    # Samples to show.
    "X": (
        "X : array-like of shape (n, n_bands), (n, height, width) or "
        "(n, height, width, channels), or ImageCollection\n"
        f"    Samples, as the estimator takes them. {_COLLECTIONS}"
    ),
    "X_images": (
        "X : array-like of shape (n, height, width) or (n, height, width, channels), "
        "or ImageCollection\n"
        f"    Images, as the estimator takes them. {_COLLECTIONS}"
    ),
    "indices": (
        "indices : array-like of int or bool, default=None\n"
        "    Samples to show; None shows the first ones."
    ),
    "names": f"{_NAMES}.",
    "names_or_indices": f"{_NAMES}, or\n    else the indices.",
    "max_samples": "Largest number of samples shown; the title gives the total number.",
    "image_shape": (
        "image_shape : tuple of int, default=None\n"
        "    Shape of one image where `X` holds images as rows; None takes that of the classifier."
    ),
    "wavelengths": (
        "wavelengths : array-like of shape (n_bands,), default=None\n"
        "    Positions of the bands of spectra. None takes the numbers in the header of a table,\n"
        "    or else counts the bands."
    ),
    "n_total": (
        "n_total : int, default=None\n"
        "    Number of samples that were to be shown, where these are only some of them."
    ),
    # Results.
    "comparison": (
        "result : ComparisonResult\n"
        "    Result of :func:`~sklvision.model_selection.compare_estimators`.\n"
        "score : str, default=None\n"
        "    Name of the score; None takes the first."
    ),
    "robustness": (
        "result : RobustnessResult\n"
        "    Result of :func:`~sklvision.model_selection.robustness_curve`."
    ),
    # The end of the parameters of the methods that make a display, and their return value.
    "drawing": ("%(ax)s\n**kwargs : dict\n    Further keywords of :meth:`plot`.\n\n%(returned)s"),
    "returned": "Returns\n-------\ndisplay : object\n    The display, drawn.",
    # Reasons of a ValueError of `plot`.
    "invalid": "If matplotlib does not accept the value of a keyword.",
}


class Display:
    """Base of the displays that draw on one Axes.

    Shared texts are filled into the docstrings of every subclass, ``%(plot)s`` by the parameters
    of its method ``plot``.
    """

    _texts: ClassVar[dict[str, str]] = PLOT_TEXTS | TEXTS
    ax_: Any
    figure_: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        plot = vars(cls).get("plot")
        if plot is not None:
            _, *names = inspect.signature(plot).parameters
            parameters = "\n".join(f"%({name})s" for name in names)
            section = f"Parameters\n----------\n{parameters}\n\n"
            section += "Returns\n-------\nself : object\n    The display.\n\n"
            section += (
                "Raises\n------\n"
                "TypeError\n    If a parameter has another type, or a keyword does not exist.\n"
                "ValueError\n    %(invalid)s"
            )
            fill_docstrings(cls._texts | {"plot": section})(cls)

    def _take_axes(self, ax: Any, size: tuple[float, float]) -> None:
        """Take the user's axes, or make new ones of a size in inches."""
        self.ax_, self.figure_ = get_axes(ax, size)


class SheetDisplay(Display):
    """Base of the displays of several panels."""

    _texts: ClassVar[dict[str, str]] = Display._texts | {
        "ax": (
            "ax : Axes or array of Axes, default=None\n"
            "    Where to draw: axes to divide, or as many axes as there are panels. None makes a\n"
            "    new figure."
        ),
        "invalid": (
            "If matplotlib does not accept the value of a keyword, or `ax` holds another number\n"
            "    of axes than there are panels."
        ),
    }
    axes_: np.ndarray
    n_total: int | None

    def _make_grid(
        self, ax: Any, shape: tuple[int, int], size: tuple[float, float], **options: Any
    ) -> None:
        """Make a grid of panels; see :func:`make_grid`."""
        self.axes_, self.figure_ = make_grid(ax, shape, size, **options)

    def _make_panels(
        self, ax: Any, n: int, max_columns: int, *sizes: tuple[float, float], **options: Any
    ) -> int:
        """Make panels, and return the number of their columns; see :func:`make_panels`."""
        self.axes_, self.figure_, n_columns = make_panels(ax, n, max_columns, *sizes, **options)
        return n_columns

    def _make_pairs(self, ax: Any, n: int, max_columns: int, *sizes: tuple[float, float]) -> None:
        """Make pairs of panels; see :func:`make_pairs`."""
        self.axes_, self.figure_ = make_pairs(ax, n, max_columns, *sizes)

    def _add_title(self, ax: Any, title: str) -> None:
        """Write a title over the panels, which were drawn on ``ax``."""
        add_title(ax, self.figure_, title, self.axes_)

    def _add_count_title(self, ax: Any, n: int, noun: str) -> None:
        """Write over a sheet how many samples there are, where it shows only some of them."""
        if self.n_total is not None and self.n_total > n:
            self._add_title(ax, f"{n} of {self.n_total} {noun}")
