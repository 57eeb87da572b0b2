"""Scores by severity of what corrupts the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from sklvision.inspection._axes import (
    COLORS,
    GREY,
    merged,
    open_frame,
    several_axes,
    sheet_shape,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "osD^vP*X"
_WIDEST = 4  # panels in a row


class RobustnessDisplay:
    """Scores of classifiers as their data get worse, one panel for each corruption.

    Make it with :meth:`from_result`.

    Parameters
    ----------
    scores : DataFrame of shape (n_rows, 4)
        The scores, with the columns ``estimator``, ``corruption``, ``severity`` and ``score``;
        severity 0 is the clean data.
    score_name : str, default="score"
        Name of the score.
    meanings : dict of str to str, default=None
        By the name of a corruption, what severity 1 means; written under the name.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_corruptions,)
        The panels, which share both axes.
    figure_ : Figure
        The figure that holds them.
    lines_ : list of list of Line2D
        The lines of each panel, one per classifier.
    legend_ : Legend or None
        Names of the classifiers, where there are several.

    See Also
    --------
    sklvision.model_selection.robustness_curve : Makes the result to be drawn.
    CorruptionDisplay : Shows what the corruptions do to a sample.

    Notes
    -----
    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.inspection import RobustnessDisplay
    >>> from sklvision.model_selection import robustness_curve
    >>> X, y = load_iris(return_X_y=True)
    >>> result = robustness_curve(GaussianNB().fit(X[::2], y[::2]), X[1::2], y[1::2])
    >>> display = RobustnessDisplay.from_result(result)
    >>> len(display.axes_)
    4
    """

    axes_: np.ndarray
    figure_: Any
    lines_: list[list[Any]]
    legend_: Any

    def __init__(
        self,
        *,
        scores: pd.DataFrame,
        score_name: str = "score",
        meanings: Mapping[str, str] | None = None,
    ) -> None:
        self.scores = scores
        self.score_name = score_name
        self.meanings = meanings

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        ax: Axes | np.ndarray | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show the curves of a result.

        Parameters
        ----------
        result : RobustnessResult
            What :func:`~sklvision.model_selection.robustness_curve` returned.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        line_kw : dict, default=None
            Keywords for all lines, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        display : RobustnessDisplay
            The display, drawn.
        """
        display = cls(
            scores=result.to_frame(), score_name=result.score_name, meanings=result.meanings
        )
        return display.plot(ax=ax, line_kw=line_kw)

    def plot(
        self, ax: Axes | np.ndarray | None = None, *, line_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        line_kw : dict, default=None
            Keywords for all lines, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        self : RobustnessDisplay
            The display.
        """
        corruptions = list(dict.fromkeys(self.scores["corruption"]))
        names = list(dict.fromkeys(self.scores["estimator"]))
        given = ax is not None and not hasattr(ax, "transAxes")
        shape = (1, len(corruptions)) if given else sheet_shape(len(corruptions), _WIDEST)
        size = (1.0 + 2.2 * shape[1], 0.7 + 2.1 * shape[0])
        axes, self.figure_ = several_axes(ax, shape, size, sharex=True, sharey=True)
        for unused in axes.flat[len(corruptions) :]:
            unused.set_axis_off()
        self.axes_ = axes.ravel()[: len(corruptions)]
        self.lines_ = []
        for i, (panel, corruption) in enumerate(zip(self.axes_, corruptions, strict=True)):
            self.lines_.append(self._draw_curves(panel, corruption, names, line_kw))
            self._label(panel, corruption)
            if i % shape[1] == 0:
                panel.set_ylabel(self.score_name.replace("_", " "))
            elif not given:
                panel.tick_params(labelleft=False)
            if i + shape[1] >= len(corruptions):
                panel.set_xlabel("severity")
            else:
                panel.tick_params(labelbottom=False)
        self.legend_ = None
        if len(names) > 1:
            self._draw_legend(ax is None)
        return self

    def _draw_curves(
        self, panel: Axes, corruption: str, names: list[str], line_kw: dict[str, Any] | None
    ) -> list[Any]:
        lines: list[Any] = []
        for i, name in enumerate(names):
            rows = (self.scores["corruption"] == corruption) & (self.scores["estimator"] == name)
            curve = self.scores[rows].sort_values("severity")
            style: dict[str, Any] = {
                "color": COLORS[i % len(COLORS)],
                "marker": _MARKERS[i % len(_MARKERS)],
                "markersize": 4,
                "linewidth": 1.5,
                "label": name,
                "clip_on": False,
            }
            style = merged(style, line_kw, "lines.Line2D")
            lines += panel.plot(curve["severity"], curve["score"], **style)
        return lines

    def _label(self, panel: Axes, corruption: str) -> None:
        meaning = (self.meanings or {}).get(corruption, "")
        panel.set_title(corruption.replace("_", " "), fontsize="medium", pad=15 if meaning else 6)
        panel.text(
            0.5,
            1.02,
            meaning,
            transform=panel.transAxes,
            horizontalalignment="center",
            verticalalignment="bottom",
            fontsize="x-small",
            color=GREY,
        )
        panel.set_xticks([0, 0.5, 1], ["clean", "0.5", "1"])
        panel.set_xlim(0, 1)
        panel.tick_params(labelsize="small")
        panel.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
        open_frame(panel)

    def _draw_legend(self, own_figure: bool) -> None:
        lines = self.lines_[0]
        if own_figure:
            self.legend_ = self.figure_.legend(
                handles=lines, loc="outside upper center", ncols=min(len(lines), 4), frameon=False
            )
        else:
            self.legend_ = self.axes_[0].legend(handles=lines, fontsize="small", frameon=False)
