"""Scores of compared estimators by fold, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from scipy.stats import t as student

from sklvision.inspection._axes import BLUE, GREY, merged, open_frame, several_axes
from sklvision.inspection._candidates import lowest_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ComparisonDisplay:
    """Scores of estimators on the same folds, their means and intervals, and the differences.

    Make it with :meth:`from_result`. One row per estimator, the best on top: a dot for each
    fold, a diamond for the mean and a line for its interval, baselines in gray. Beside it, where
    there is a baseline, the difference of each estimator from the best baseline; an interval that
    reaches over the line at 0 shows no difference.

    Parameters
    ----------
    scores : DataFrame of shape (n_estimators, n_splits)
        Scores by name and fold, NaN where an estimator failed.
    score_name : str, default="score"
        What the scores are.
    baselines : sequence of str, default=()
        Those that are simple baselines.
    test_share : float, default=0.0
        Samples of the test part over those of the training part, which the variance of means
        over folds is corrected by. At 0 folds count as independent.
    differences : DataFrame, default=None
        Indexed by name, with columns ``difference``, ``low`` and ``high``, and maybe ``p_holm``;
        ``attrs["reference"]`` is the name they are held against.
    confidence : float, default=0.95
        Of the intervals.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1,) or (2,)
        Those of the scores, and of the differences.
    figure_ : Figure
        The figure that holds them.
    intervals_ : DataFrame of shape (n_estimators, 3)
        ``mean``, ``low`` and ``high`` of the scores of each estimator, the best first. No interval
        is known for a single fold.

    See Also
    --------
    sklvision.model_selection.compare_estimators : Makes the result to be drawn.
    ParetoDisplay : Scores against cost.

    Notes
    -----
    The training parts of folds overlap, so their scores vary together, and an interval that takes
    them for independent is too narrow. The variance of the mean is taken as
    ``(1 / n_splits + n_test / n_train)`` times that of the scores [1]_.

    Intervals of two means may overlap although the difference is shown: both vary with the folds.
    Judge by the differences, whose p-values are corrected for several estimators.

    What is far below the better half would leave no room to tell the others apart: it is written
    at the left edge as a number.

    .. versionadded:: 0.2

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52
       (2003), 239-281.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.inspection import ComparisonDisplay
    >>> scores = pd.DataFrame([[0.5, 0.6], [0.8, 0.7]], index=["line", "net"])
    >>> ComparisonDisplay(scores=scores, baselines=["line"]).plot().intervals_["mean"]
    net     0.75
    line    0.55
    Name: mean, dtype: float64
    """

    axes_: np.ndarray
    figure_: Any
    intervals_: pd.DataFrame

    def __init__(
        self,
        *,
        scores: pd.DataFrame,
        score_name: str = "score",
        baselines: Sequence[str] = (),
        test_share: float = 0.0,
        differences: pd.DataFrame | None = None,
        confidence: float = 0.95,
    ) -> None:
        self.scores = scores
        self.score_name = score_name
        self.baselines = baselines
        self.test_share = test_share
        self.differences = differences
        self.confidence = confidence

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        score: str | None = None,
        confidence: float = 0.95,
        ax: Axes | np.ndarray | None = None,
        point_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Show the scores of a comparison.

        Parameters
        ----------
        result : ComparisonResult
            What :func:`~sklvision.model_selection.compare_estimators` returned.
        score : str, default=None
            Which score; None takes the first.
        confidence : float, default=0.95
            Of the intervals.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        point_kw : dict, default=None
            Keywords of the dots, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        display : ComparisonDisplay
            The display, drawn.

        Raises
        ------
        KeyError
            If there is no such score.
        ValueError
            If `confidence` is not between 0 and 1.
        """
        score = result.score_names[0] if score is None else score
        scores = result.scores(score)
        baselines = [name for name in scores.index if name in result.baselines]
        differences = None
        if baselines and hasattr(result, "differences") and len(baselines) < len(scores):
            differences = result.differences(score, confidence=confidence)
        return cls(
            scores=scores,
            score_name=score,
            baselines=baselines,
            test_share=float(np.mean([len(test) / len(train) for train, test in result.splits])),
            differences=differences,
            confidence=confidence,
        ).plot(ax=ax, point_kw=point_kw)

    def plot(
        self, ax: Axes | np.ndarray | None = None, *, point_kw: dict[str, Any] | None = None
    ) -> Self:
        """Draw scores and differences.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or as many axes as there are panels. None makes
            a new figure.
        point_kw : dict, default=None
            Keywords of the dots, as :meth:`~matplotlib.axes.Axes.plot` takes them.

        Returns
        -------
        self : ComparisonDisplay
            The display.
        """
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1, got {self.confidence!r}.")
        self.intervals_ = self._intervals()
        rows = len(self.intervals_)
        n_panels = 1 if self.differences is None else 2
        size = (3.2 + 2.8 * n_panels, 1.0 + 0.36 * max(rows, 3))
        axes, self.figure_ = several_axes(ax, (1, n_panels), size)
        self.axes_ = axes[0]
        self._draw_scores(self.axes_[0], point_kw)
        if self.differences is not None:
            self._draw_differences(self.axes_[1], self.differences)
        for panel in self.axes_:
            panel.set(ylim=(rows - 0.4, -0.6))
            panel.grid(axis="y", color=GREY, alpha=0.2, linewidth=0.6)
            panel.tick_params(axis="y", length=0)
            panel.set_axisbelow(True)
            open_frame(panel)
            panel.spines["left"].set_visible(False)
        return self

    def _intervals(self) -> pd.DataFrame:
        """Means and their intervals; an estimator that failed in a fold comes last."""
        scores = self.scores.astype(float)
        means = scores.mean(axis=1, skipna=False)
        n_splits = scores.shape[1]
        margins = np.full(len(scores), np.nan)
        if n_splits > 1:
            errors = scores.std(axis=1, skipna=False) * np.sqrt(1 / n_splits + self.test_share)
            margins = student.ppf((1 + self.confidence) / 2, n_splits - 1) * errors
        frame = pd.DataFrame({"mean": means, "low": means - margins, "high": means + margins})
        return frame.sort_values("mean", ascending=False, kind="stable", na_position="last")

    def _color(self, name: str) -> str:
        return GREY if name in self.baselines else BLUE

    def _draw_scores(self, panel: Any, point_kw: dict[str, Any] | None) -> None:
        known = self.intervals_.dropna(subset="mean")
        floor = lowest_shown(known["mean"].to_numpy(), (known["high"] - known["low"]).to_numpy())
        for row, (name, interval) in enumerate(self.intervals_.iterrows()):
            name = str(name)
            values, color = self.scores.loc[name].to_numpy(dtype=float), self._color(name)
            failed = np.isnan(values)
            if failed.any():
                _note(panel, row, f"failed in {failed.sum()} of {len(values)} folds")
            if interval["mean"] < floor:
                _note(panel, row, f"◂ {interval['mean']:.3g}", color)
                continue
            # Spread by fold, so that equal scores are seen beside each other.
            places = row + 0.24 * np.linspace(-1, 1, len(values)) if len(values) > 1 else [row]
            dots = {"linestyle": "none", "marker": "o", "markersize": 3.5, "alpha": 0.45}
            dots |= {"color": color, "markeredgewidth": 0}
            dots = merged(dots, point_kw, "lines.Line2D")
            panel.plot(values[~failed], np.asarray(places)[~failed], **dots)
            self._draw_interval(panel, row, name, interval["mean"], interval)
        panel.set_yticks(range(len(self.intervals_)), self.intervals_.index)
        panel.set_xlabel(self.score_name.replace("_", " "))
        title = "by fold, with mean"
        if self.intervals_["low"].notna().any():
            title += f" and {self.confidence:.0%} interval".replace("%", " %")
        panel.set_title(title, fontsize="small")

    def _draw_differences(self, panel: Any, differences: pd.DataFrame) -> None:
        panel.axvline(0, color=GREY, linewidth=1)
        known = [name for name in self.intervals_.index if name in differences.index]
        tested = differences.loc[known].dropna(subset="difference")
        floor = lowest_shown(
            np.append(tested["difference"], 0.0), (tested["high"] - tested["low"]).to_numpy()
        )
        for row, name in enumerate(self.intervals_.index):
            if name not in known:
                continue
            one = differences.loc[name]
            if one["difference"] < floor:
                _note(panel, row, f"◂ {one['difference']:.3g}".replace("-", "−"), self._color(name))
            else:
                self._draw_interval(panel, row, name, one["difference"], one)
            p_value = one.get("p_holm", np.nan)
            if np.isfinite(p_value):
                said = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
                _note(panel, row, said, place=1.03)
        reference = differences.attrs.get("reference")
        panel.set_yticks(range(len(self.intervals_)), [""] * len(self.intervals_))
        panel.set_xlabel(f"difference in {self.score_name.replace('_', ' ')}")
        panel.set_title(f"against {reference}" if reference else "differences", fontsize="small")

    def _draw_interval(self, panel: Any, row: int, name: str, mean: float, bounds: Any) -> None:
        color = self._color(name)
        panel.plot(mean, row, "D", color=color, markersize=6, zorder=3)
        if np.isfinite(bounds["low"]):
            panel.hlines(row, bounds["low"], bounds["high"], color=color, linewidth=2)


def _note(panel: Any, row: int, text: str, color: str = GREY, place: float = 0.01) -> None:
    """Write at a row, at a place between the left (0) and the right (1) edge."""
    panel.annotate(
        text,
        (place, row),
        xycoords=("axes fraction", "data"),
        ha="left",
        va="center",
        fontsize="x-small" if color == GREY else "small",
        color=color,
        annotation_clip=False,
    )
