"""Scores of compared estimators by fold, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import t as student

from sklvision.inspection._axes import hide_upper_right_spines
from sklvision.inspection._candidates import check_result, compute_lowest_score
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import BLUE, GRAY, draw_artists, format_name, merge_keywords
from sklvision.reporting._formats import format_p


@dataclass(kw_only=True, eq=False, repr=False)
class ComparisonDisplay(SheetDisplay):
    """Scores of estimators on the same folds, their means and intervals, and the differences.

    Make it with :meth:`from_result`. One row per estimator, the best on top: a dot for each fold, a
    diamond for the mean and a line for its interval, baselines in gray. On its right, where there
    is a baseline, the difference of each estimator from the best baseline; if its interval contains
    0, no difference is shown.

    Parameters
    ----------
    scores : DataFrame of shape (n_estimators, n_splits)
        Scores by name and fold, NaN where an estimator failed.
    score_name : str, default="score"
        Name of the score.
    baselines : sequence of str, default=()
        Names of the simple baselines.
    test_share : float, default=0.0
        Number of test samples divided by that of training samples, by which the variance of means
        over folds is corrected. At 0 folds count as independent.
    differences : DataFrame, default=None
        Indexed by name, with columns ``difference``, ``low`` and ``high``, and optionally
        ``p_holm``; ``attrs["reference"]`` is the name of the estimator that they refer to.
    confidence : float, default=0.95
        Confidence level of the intervals.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1,) or (2,)
        Axes of the scores, and of the differences.
    %(figure)s
    intervals_ : DataFrame of shape (n_estimators, 3)
        ``mean``, ``low`` and ``high`` of the scores of each estimator, the best first. A single
        fold has no interval.

    See Also
    --------
    sklvision.model_selection.compare_estimators : Makes the result to be drawn.
    ParetoDisplay : Scores against cost.

    Notes
    -----
    The training sets of folds overlap, so their scores are correlated, and an interval for
    independent scores would be too narrow. The variance of the mean is estimated as ``(1 / n_splits
    + n_test / n_train)`` times that of the scores [1]_.

    Intervals of two means may overlap although a difference is shown, because both vary with the
    folds. Judge by the differences, whose p-values are corrected for several estimators.

    Scores far below the better half are written as numbers at the left edge, so that the others can
    be distinguished.

    .. versionadded:: 0.1

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

    scores: pd.DataFrame
    score_name: str = "score"
    baselines: Sequence[str] = ()
    test_share: float = 0.0
    differences: pd.DataFrame | None = None
    confidence: float = 0.95
    intervals_: pd.DataFrame = field(init=False)

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        score: str | None = None,
        confidence: float = 0.95,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the scores of a comparison.

        Parameters
        ----------
        %(comparison)s
        confidence : float, default=0.95
            Confidence level of the intervals.
        %(drawing)s

        Raises
        ------
        KeyError
            If the result does not have the score.
        TypeError
            If `result` is not one of a comparison, or `score` is not a string.
        ValueError
            If `confidence` is not between 0 and 1.
        """
        check_result("result", result, ["score_names", "differences"], "compare_estimators")
        score = result.score_names[0] if score is None else score
        if not isinstance(score, str):
            raise TypeError(f"score must be the name of a score or None, got {score!r}.")
        scores = result.scores(score)
        baselines = [name for name in scores.index if name in result.baselines]
        differences = None
        if baselines and len(baselines) < len(scores):
            differences = result.differences(score, confidence=confidence)
        return cls(
            scores=scores,
            score_name=score,
            baselines=baselines,
            test_share=float(np.mean([len(test) / len(train) for train, test in result.splits])),
            differences=differences,
            confidence=confidence,
        ).plot(ax=ax, **kwargs)

    def plot(self, ax: AxesLike = None, *, point_kw: Keywords = None) -> Self:
        """Draw scores and differences.

        %(plot)s
        """
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1, got {self.confidence!r}.")
        self.intervals_ = self._compute_intervals()
        rows = len(self.intervals_)
        n_panels = 1 if self.differences is None else 2
        size = (3.2 + 2.8 * n_panels, 1.0 + 0.36 * max(rows, 3))
        self._make_grid(ax, (1, n_panels), size)
        self.axes_ = self.axes_[0]
        self._draw_scores(self.axes_[0], point_kw)
        if self.differences is not None:
            self._draw_differences(self.axes_[1], self.differences)
        for panel in self.axes_:
            panel.set(ylim=(rows - 0.4, -0.6))
            panel.grid(axis="y", color=GRAY, alpha=0.2, linewidth=0.6)
            panel.tick_params(axis="y", length=0)
            panel.set_axisbelow(True)
            hide_upper_right_spines(panel)
            panel.spines["left"].set_visible(False)
        return self

    def _compute_intervals(self) -> pd.DataFrame:
        """Compute means and their intervals; an estimator that failed in a fold comes last."""
        scores = self.scores.astype(float)
        means = scores.mean(axis=1, skipna=False)
        n_splits = scores.shape[1]
        margins = np.full(len(scores), np.nan)
        if n_splits > 1:
            # Nadeau and Bengio: test_share corrects for the overlap of the training sets.
            errors = scores.std(axis=1, skipna=False) * np.sqrt(1 / n_splits + self.test_share)
            margins = student.ppf((1 + self.confidence) / 2, n_splits - 1) * errors
        frame = pd.DataFrame({"mean": means, "low": means - margins, "high": means + margins})
        return frame.sort_values("mean", ascending=False, kind="stable", na_position="last")

    def _get_color(self, name: str) -> str:
        return GRAY if name in self.baselines else BLUE

    def _draw_scores(self, panel: Any, point_kw: Keywords) -> None:
        complete = self.intervals_.dropna(subset="mean")
        lowest = compute_lowest_score(
            complete["mean"].to_numpy(), (complete["high"] - complete["low"]).to_numpy()
        )
        for row, (name, interval) in enumerate(self.intervals_.iterrows()):
            name = str(name)
            values = self.scores.loc[name].to_numpy(dtype=float)
            n_failed = int(np.isnan(values).sum())
            if n_failed:
                _write_note(panel, row, f"failed in {n_failed} of {len(values)} folds")
            if interval["mean"] < lowest:
                _write_note(panel, row, f"◂ {interval['mean']:.3g}", self._get_color(name))
            else:
                self._draw_folds(panel, row, name, values, point_kw)
                self._draw_interval(panel, row, name, interval["mean"], interval)
        panel.set_yticks(range(len(self.intervals_)), self.intervals_.index)
        panel.set_xlabel(format_name(self.score_name))
        title = "by fold, with mean"
        if self.intervals_["low"].notna().any():
            title += f" and {self.confidence:.0%} interval".replace("%", " %")
        panel.set_title(title, fontsize="small")

    def _draw_folds(
        self, panel: Any, row: int, name: str, values: np.ndarray, point_kw: Keywords
    ) -> None:
        # Apart from each other by fold, so that equal scores do not hide each other.
        heights = row + (0.24 * np.linspace(-1, 1, len(values)) if len(values) > 1 else np.zeros(1))
        style = {"linestyle": "none", "marker": "o", "markersize": 3.5, "alpha": 0.45}
        style |= {"color": self._get_color(name), "markeredgewidth": 0}
        is_scored = ~np.isnan(values)
        style = merge_keywords(style, point_kw=point_kw)
        points = values[is_scored], heights[is_scored]
        draw_artists(panel.plot, *points, style=style, point_kw=point_kw)

    def _draw_differences(self, panel: Any, differences: pd.DataFrame) -> None:
        panel.axvline(0, color=GRAY, linewidth=1)
        names = [name for name in self.intervals_.index if name in differences.index]
        complete = differences.loc[names].dropna(subset="difference")
        lowest = compute_lowest_score(
            np.append(complete["difference"], 0.0), (complete["high"] - complete["low"]).to_numpy()
        )
        level = 1 - differences.attrs.get("confidence", 0.95)
        for name in names:
            row, entry = list(self.intervals_.index).index(name), differences.loc[name]
            difference = entry["difference"]
            if difference < lowest:
                text = f"◂ {difference:.3g}".replace("-", "−")
                _write_note(panel, row, text, self._get_color(name))
            else:
                self._draw_interval(panel, row, name, difference, entry)
            p_value = entry.get("p_holm", np.nan)
            if np.isfinite(p_value):
                _write_note(panel, row, format_p(p_value, level), x=1.03)
        reference = differences.attrs.get("reference")
        panel.set_yticks(range(len(self.intervals_)), [""] * len(self.intervals_))
        panel.set_xlabel(f"difference in {format_name(self.score_name)}")
        panel.set_title(f"against {reference}" if reference else "differences", fontsize="small")

    def _draw_interval(self, panel: Any, row: int, name: str, mean: float, bounds: Any) -> None:
        color = self._get_color(name)
        panel.plot(mean, row, "D", color=color, markersize=6, zorder=3)
        if np.isfinite(bounds["low"]):
            panel.hlines(row, bounds["low"], bounds["high"], color=color, linewidth=2)


def _write_note(panel: Any, row: int, text: str, color: str = GRAY, x: float = 0.01) -> None:
    """Write at a row, at ``x`` between the left (0) and the right (1) edge."""
    panel.annotate(
        text,
        (x, row),
        xycoords=("axes fraction", "data"),
        ha="left",
        va="center",
        fontsize="x-small" if color == GRAY else "small",
        color=color,
        annotation_clip=False,
    )
