"""One sample under the corruptions of a robustness curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sklvision.inspection._axes import (
    hide_upper_right_spines,
    import_pyplot,
    is_axes_array,
    label_outer_panels,
)
from sklvision.inspection._candidates import check_result
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    COLORS,
    draw_artists,
    draw_image,
    find_display_range,
    format_name,
    merge_keywords,
)
from sklvision.utils._samples import to_array


@dataclass(kw_only=True, eq=False, repr=False)
class CorruptionDisplay(SheetDisplay):
    """One sample under each corruption, from clean to most severe.

    Make it with :meth:`from_result`. An image becomes a contact sheet with a row for each
    corruption; a spectrum, a panel for each with a line for each severity.

    Parameters
    ----------
    sample : ndarray of shape (height, width), (height, width, n_channels) or (n_bands,)
        The clean sample.
    corrupted : dict of str to ndarray of shape (n_severities, ...)
        The sample at each severity, by the name of the corruption.
    severities : array-like of shape (n_severities,)
        The severities, ascending.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_corruptions, 1 + n_severities) or (n_corruptions,)
        Axes of the images, or panels of a spectrum.
    %(figure)s

    See Also
    --------
    RobustnessDisplay : The scores at these severities.
    AugmentationDisplay : Variants of images by augmenters.

    Notes
    -----
    A sample of the data of the curve is shown exactly as the classifiers got it.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> X, y = digits.images[:100] / 16, digits.target[:100]
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklvision.inspection import CorruptionDisplay
    >>> from sklvision.model_selection import robustness_curve
    >>> result = robustness_curve(DummyClassifier().fit(X, y), X, y, corruptions="rotation")
    >>> CorruptionDisplay.from_result(result, X[0]).axes_.shape
    (1, 6)
    """

    sample: np.ndarray
    corrupted: Mapping[str, np.ndarray]
    severities: ArrayLike

    @classmethod
    def from_result(
        cls,
        result: Any,
        sample: ArrayLike,
        *,
        severities: Sequence[float] | None = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show a sample as the classifiers of a result got it.

        Parameters
        ----------
        %(robustness)s
        sample : array-like of shape (height, width), (height, width, n_channels) or (n_bands,)
            One clean image or spectrum.
        severities : sequence of float, default=None
            Severities to show, from 0 to 1; None takes those of the result.
        %(drawing)s

        Raises
        ------
        TypeError
            If `result` is not one of a robustness curve.
        ValueError
            If no severity is above 0, one is out of range, or the sample does not fit the result.
        """
        check_result("result", result, ["corrupt", "corruptions"], "robustness_curve")
        batch = to_array([sample])
        steps = result.to_frame()["severity"] if severities is None else severities
        if isinstance(steps, str) or not np.iterable(steps) or not all(map(_is_severity, steps)):
            raise ValueError(f"severities must be numbers from 0 to 1, got {severities!r}.")
        steps = sorted({float(step) for step in steps if step})
        if not steps:
            raise ValueError("severities must hold at least one number above 0.")
        variants = {
            name: np.stack([np.asarray(result.corrupt(batch, name, step))[0] for step in steps])
            for name in result.corruptions
        }
        return cls(sample=batch[0], corrupted=variants, severities=steps).plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, image_kw: Keywords = None, line_kw: Keywords = None
    ) -> Self:
        """Draw the sample under each corruption.

        %(plot)s
        """
        import_pyplot()
        if np.ndim(self.sample) == 1:
            self._plot_spectra(ax, line_kw)
        else:
            self._plot_images(ax, image_kw)
        return self

    def _plot_images(self, ax: Any, image_kw: Keywords) -> None:
        steps = np.asarray(self.severities, dtype=float)
        shape = (len(self.corrupted), 1 + len(steps))
        height, width = self.sample.shape[:2]
        side = 1.1 if width <= 1.5 * height else 1.6
        size = (0.9 + side * shape[1], 0.3 + (0.08 + side * height / width) * shape[0])
        self._make_grid(ax, shape, size)
        limits = find_display_range(self.sample, *self.corrupted.values())
        for row, (name, images) in zip(self.axes_, self.corrupted.items(), strict=True):
            for panel, image in zip(row, [self.sample, *images], strict=True):
                draw_image(panel, image, limits, image_kw)
            row[0].set_ylabel(
                format_name(name),
                rotation=0,
                horizontalalignment="right",
                verticalalignment="center",
            )
        titles = ["clean", *(f"{step:.2g}" for step in steps)]
        for panel, title in zip(self.axes_[0], titles, strict=True):
            panel.set_title(title, fontsize="medium")

    def _plot_spectra(self, ax: Any, line_kw: Keywords) -> None:
        n_columns = self._make_panels(
            ax, len(self.corrupted), 4, (2.6, 2.2), (0.7, 0.5), sharex=True, sharey=True
        )
        steps = np.asarray(self.severities, dtype=float)
        for i, (name, spectra) in enumerate(self.corrupted.items()):
            panel = self.axes_[i]
            for step, spectrum in zip(steps, spectra, strict=True):
                style = {"color": COLORS[1], "alpha": 0.2 + 0.8 * step, "linewidth": 1}
                style = merge_keywords(style, line_kw=line_kw)
                draw_artists(panel.plot, spectrum, style=style, line_kw=line_kw)
            style = {"color": "black", "linewidth": 1.2, "label": "clean"}
            style = merge_keywords(style, line_kw=line_kw)
            draw_artists(panel.plot, self.sample, style=style, line_kw=line_kw)
            panel.set_title(format_name(name), fontsize="medium")
            panel.tick_params(labelsize="small")
            if not is_axes_array(ax):
                panel.tick_params(labelleft=i % n_columns == 0)
            hide_upper_right_spines(panel)
        label_outer_panels(self.axes_, n_columns, "band")
        self.axes_[0].legend(frameon=False, fontsize="small")


def _is_severity(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1
