"""Scores by severity of corruptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from sklvision.inspection._axes import (
    hide_upper_right_spines,
    is_axes_array,
    label_outer_panels,
)
from sklvision.inspection._candidates import check_result
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import COLORS, GRAY, draw_artists, format_name, merge_keywords

_MARKERS = "osD^vP*X"


@dataclass(kw_only=True, eq=False, repr=False)
class RobustnessDisplay(SheetDisplay):
    """Scores of classifiers on increasingly corrupted data, one panel for each corruption.

    Make it with :meth:`from_result`.

    .. versionadded:: 0.1

    Parameters
    ----------
    scores : DataFrame of shape (n_rows, 4)
        The scores, with the columns ``estimator``, ``corruption``, ``severity`` and ``score``;
        severity 0 is the clean data.
    score_name : str, default="score"
        Name of the score.
    meanings : dict of str to str, default=None
        By the name of a corruption, the meaning of severity 1; written under the name.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_corruptions,)
        Panels, which share both axes.
    %(figure)s
    lines_ : list of list of Line2D
        The lines of each panel, one per classifier.
    legend_ : Legend or None
        Legend with the names of the classifiers, if there are several.

    See Also
    --------
    sklvision.model_selection.robustness_curve : Makes the result to be drawn.
    CorruptionDisplay : One sample under these corruptions.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.inspection import RobustnessDisplay
    >>> scores = pd.DataFrame(
    ...     [["net", "noise", 0.0, 0.9], ["net", "noise", 1.0, 0.6]],
    ...     columns=["estimator", "corruption", "severity", "score"],
    ... )
    >>> RobustnessDisplay(scores=scores).plot().axes_.shape
    (1,)
    """

    scores: pd.DataFrame
    score_name: str = "score"
    meanings: Mapping[str, str] | None = None
    lines_: list[list[Any]] = field(init=False)
    legend_: Any = field(init=False)

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the curves of a result.

        Parameters
        ----------
        %(robustness)s
        %(drawing)s

        Raises
        ------
        TypeError
            If `result` is not one of a robustness curve.
        """
        check_result("result", result, ["to_frame", "meanings"], "robustness_curve")
        display = cls(
            scores=result.to_frame(), score_name=result.score_name, meanings=result.meanings
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax: AxesLike = None, *, line_kw: Keywords = None) -> Self:
        """Draw the curves.

        %(plot)s
        """
        corruptions = list(dict.fromkeys(self.scores["corruption"]))
        names = list(dict.fromkeys(self.scores["estimator"]))
        n_columns = self._make_panels(
            ax, len(corruptions), 4, (2.2, 2.1), (1.0, 0.7), sharex=True, sharey=True
        )
        self.lines_ = []
        for i, (panel, corruption) in enumerate(zip(self.axes_, corruptions, strict=True)):
            self.lines_.append(self._draw_curves(panel, corruption, names, line_kw))
            self._label(panel, corruption)
            if i % n_columns and not is_axes_array(ax):
                panel.tick_params(labelleft=False)
        label_outer_panels(self.axes_, n_columns, "severity", format_name(self.score_name))
        self.legend_ = None
        if len(names) > 1:
            self._draw_legend(ax is None)
        return self

    def _draw_curves(
        self, panel: Any, corruption: str, names: list[str], line_kw: Keywords
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
            style = merge_keywords(style, line_kw=line_kw)
            lines += draw_artists(
                panel.plot, curve["severity"], curve["score"], style=style, line_kw=line_kw
            )
        return lines

    def _label(self, panel: Any, corruption: str) -> None:
        subtitle = (self.meanings or {}).get(corruption, "")
        panel.set_title(format_name(corruption), fontsize="medium", pad=15 if subtitle else 6)
        panel.text(
            0.5,
            1.02,
            subtitle,
            transform=panel.transAxes,
            horizontalalignment="center",
            verticalalignment="bottom",
            fontsize="x-small",
            color=GRAY,
        )
        panel.set_xticks([0, 0.5, 1], ["clean", "0.5", "1"])
        panel.set_xlim(0, 1)
        panel.tick_params(labelsize="small")
        panel.grid(axis="y", color=GRAY, alpha=0.25, linewidth=0.6)
        hide_upper_right_spines(panel)

    def _draw_legend(self, own_figure: bool) -> None:
        lines = self.lines_[0]
        if own_figure:
            self.legend_ = self.figure_.legend(
                handles=lines, loc="outside upper center", ncols=min(len(lines), 4), frameon=False
            )
        else:
            self.legend_ = self.axes_[0].legend(handles=lines, fontsize="small", frameon=False)
