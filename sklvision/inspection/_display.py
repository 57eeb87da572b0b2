"""Base of the displays, and the texts that their docstrings share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklvision.utils._docstrings import fill_docstrings

_NAMES = (
    "names : sequence of str of length n, default=None\n"
    "    A name for each sample of `X`; None takes the names of the files of a collection"
)
TEXTS = {
    # Attributes of a drawn display.
    "figure": "figure_ : Figure\n    Figure that holds the axes.",
    "ax_attribute": "ax_ : Axes\n    Axes of the drawing.",
    # Where to draw, and with which keywords.
    "ax": "ax : Axes, default=None\n    Where to draw; None makes a new figure.",
    "axes": (
        "ax : Axes or array of Axes, default=None\n"
        "    Where to draw: axes to divide, or as many axes as there are panels. None makes a new\n"
        "    figure."
    ),
    "plot_keywords": "**kwargs : dict\n    Further keywords of :meth:`plot`.",
    "image_kw": (
        "image_kw : dict, default=None\n"
        "    Keywords of images, as :meth:`~matplotlib.axes.Axes.imshow` takes them."
    ),
    "line_kw": (
        "line_kw : dict, default=None\n"
        "    Keywords of lines, as :meth:`~matplotlib.axes.Axes.plot` takes them."
    ),
    "point_kw": (
        "point_kw : dict, default=None\n"
        "    Keywords of points, as :meth:`~matplotlib.axes.Axes.plot` takes them."
    ),
    # Samples to show.
    "X": (
        "X : array-like of shape (n, n_bands), (n, height, width) or \\\n"
        "        (n, height, width, channels), or ImageCollection\n"
        "    Samples, as the estimator takes them. Of a collection only those shown are read."
    ),
    "X_images": (
        "X : array-like of shape (n, height, width) or (n, height, width, channels), \\\n"
        "        or ImageCollection\n"
        "    Images, as the estimator takes them. Of a collection only those shown are read."
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
    # Results of comparisons.
    "score": "score : str, default=None\n    Name of the score; None takes the first.",
    # Return values.
    "display": "display : object\n    The display, drawn.",
    "self": "self : object\n    The display.",
}


class Display:
    """Base of the displays: shared texts are filled into the docstrings of every subclass."""

    figure_: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        fill_docstrings(TEXTS)(cls)


class SheetDisplay(Display):
    """Base of the displays that consist of several panels."""

    axes_: np.ndarray
