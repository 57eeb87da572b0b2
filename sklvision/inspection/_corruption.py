"""What the corruptions of a robustness curve do to a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sklvision.inspection._axes import (
    COLORS,
    merged,
    open_frame,
    pixel_range,
    pyplot,
    several_axes,
    sheet_shape,
    show_image,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDEST = 4  # panels of spectra in a row


class CorruptionDisplay:
    """One sample under each corruption, from clean to the worst.

    Make it with :meth:`from_result`. An image becomes a contact sheet with a row for each
    corruption; a spectrum, a panel for each with a line for each severity.

    Parameters
    ----------
    sample : ndarray of shape (height, width), (height, width, n_channels) or (n_bands,)
        The clean sample.
    corrupted : dict of str to ndarray of shape (n_severities, ...)
        By the name of each corruption, the sample at each severity.
    severities : array-like of shape (n_severities,)
        The severities, ascending.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_corruptions, 1 + n_severities) or (n_corruptions,)
        The pictures, or the panels of a spectrum.
    figure_ : Figure
        The figure that holds them.

    See Also
    --------
    RobustnessDisplay : The scores at these severities.
    AugmentationDisplay : What augmenters do to images.

    Notes
    -----
    A sample of the data that the curve was made of is shown exactly as the classifiers got it.

    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklvision.inspection import CorruptionDisplay
    >>> from sklvision.model_selection import robustness_curve
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> result = robustness_curve(DummyClassifier().fit(X, y), X, y, corruptions="rotation")
    >>> CorruptionDisplay.from_result(result, X[0]).axes_.shape
    (1, 6)
    """

    axes_: np.ndarray
    figure_: Any

    def __init__(
        self, *, sample: np.ndarray, corrupted: Mapping[str, np.ndarray], severities: ArrayLike
    ) -> None:
        self.sample = sample
        self.corrupted = corrupted
        self.severities = severities

    @classmethod
    def from_result(
        cls,
        result: Any,
        sample: ArrayLike,
        *,
        severities: Sequence[float] | None = None,
        ax: Axes | np.ndarray | None = None,
    ) -> Self:
        """Show what the classifiers of a result had to cope with.

        Parameters
        ----------
        result : RobustnessResult
            What :func:`~sklvision.model_selection.robustness_curve` returned.
        sample : array-like of shape (height, width), (height, width, n_channels) or (n_bands,)
            One clean image or spectrum.
        severities : sequence of float, default=None
            Severities to show; None takes those of the result.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as are needed. None makes a new
            figure.

        Returns
        -------
        display : CorruptionDisplay
            The display, drawn.
        """
        sample = np.asarray(sample)
        steps = result.to_frame()["severity"] if severities is None else severities
        steps = sorted({float(step) for step in steps if step})
        corrupted = {
            name: np.stack(
                [np.asarray(result.corrupt(sample[np.newaxis], name, step))[0] for step in steps]
            )
            for name in result.corruptions
        }
        return cls(sample=sample, corrupted=corrupted, severities=steps).plot(ax=ax)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        image_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the sample under each corruption.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as are needed. None makes a new
            figure.
        image_kw : dict, default=None
            Keywords of images, as :meth:`~matplotlib.axes.Axes.imshow` takes them.
        line_kw : dict, default=None
            Keywords of lines, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        self : CorruptionDisplay
            The display.
        """
        pyplot()
        if np.ndim(self.sample) == 1:
            self._plot_spectra(ax, line_kw)
        else:
            self._plot_images(ax, image_kw)
        return self

    def _plot_images(self, ax: Any, image_kw: dict[str, Any] | None) -> None:
        steps = np.asarray(self.severities, dtype=float)
        shape = (len(self.corrupted), 1 + len(steps))
        height, width = self.sample.shape[:2]
        side = 1.1 if width <= 1.5 * height else 1.6
        size = (0.9 + side * shape[1], 0.3 + (0.08 + side * height / width) * shape[0])
        self.axes_, self.figure_ = several_axes(ax, shape, size)
        limits = pixel_range(self.sample, *self.corrupted.values())
        for row, (name, images) in zip(self.axes_, self.corrupted.items(), strict=True):
            for panel, image in zip(row, [self.sample, *images], strict=True):
                show_image(panel, image, limits, image_kw)
            row[0].set_ylabel(
                name.replace("_", " "),
                rotation=0,
                horizontalalignment="right",
                verticalalignment="center",
            )
        titles = ["clean", *(f"{step:.2g}" for step in steps)]
        for panel, title in zip(self.axes_[0], titles, strict=True):
            panel.set_title(title, fontsize="medium")

    def _plot_spectra(self, ax: Any, line_kw: dict[str, Any] | None) -> None:
        n_panels = len(self.corrupted)
        given = ax is not None and not hasattr(ax, "transAxes")
        shape = (1, n_panels) if given else sheet_shape(n_panels, _WIDEST)
        size = (0.7 + 2.6 * shape[1], 0.5 + 2.2 * shape[0])
        axes, self.figure_ = several_axes(ax, shape, size, sharex=True, sharey=True)
        for unused in axes.flat[n_panels:]:
            unused.set_axis_off()
        self.axes_ = axes.ravel()[:n_panels]
        steps = np.asarray(self.severities, dtype=float)
        for i, (name, spectra) in enumerate(self.corrupted.items()):
            panel = self.axes_[i]
            for step, spectrum in zip(steps, spectra, strict=True):
                style = {"color": COLORS[1], "alpha": 0.2 + 0.8 * step, "linewidth": 1}
                panel.plot(spectrum, **merged(style, line_kw, "lines.Line2D"))
            style = {"color": "black", "linewidth": 1.2, "label": "clean"}
            panel.plot(self.sample, **merged(style, line_kw, "lines.Line2D"))
            panel.set_title(name.replace("_", " "), fontsize="medium")
            panel.set_xlabel("band" if i + shape[1] >= n_panels else "")
            panel.tick_params(labelsize="small")
            if not given:
                panel.tick_params(labelleft=i % shape[1] == 0, labelbottom=bool(panel.get_xlabel()))
            open_frame(panel)
        self.axes_[0].legend(frameon=False, fontsize="small")
