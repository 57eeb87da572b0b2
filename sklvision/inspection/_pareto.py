"""Scores against costs: the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import hide_upper_right_spines
from sklvision.inspection._candidates import (
    check_name,
    check_result,
    compute_lowest_score,
    name_candidates,
    to_floats,
)
from sklvision.inspection._display import AxesLike, Display, Keywords
from sklvision.inspection._drawing import (
    BLUE,
    DARK,
    GRAY,
    RED,
    draw_artists,
    format_name,
    merge_keywords,
)
from sklvision.inspection._labels import annotate_points
from sklvision.utils._pareto import find_pareto_front

_COSTS = {
    "predict_ms_per_sample": "prediction in ms per sample",
    "fit_seconds": "training in s",
    "n_parameters": "number of parameters",
    "pickled_bytes": "size in bytes",
    "mean_fit_time": "training in s",
    "mean_score_time": "scoring in s",
}
# So many names can be read next to each other; of more, those on the front are written.
_MAX_NAMES = 12
_TIMES = ["mean_fit_time", "mean_score_time"]


@dataclass(kw_only=True, eq=False, repr=False)
class ParetoDisplay(Display):
    """Score against cost, with the Pareto front.

    Make it with :meth:`from_result` or :meth:`from_search`. The front is a staircase: at each cost
    it shows the best score that is possible at this cost. Estimators that are not on it are gray.

    Parameters
    ----------
    names : sequence of str
        Names of the estimators.
    scores : array-like of shape (n,)
        Their mean scores, higher is better.
    costs : array-like of shape (n,)
        Their costs, in one unit.
    spreads : array-like of shape (n,), default=None
        Standard deviations of the scores over folds.
    score_name : str, default="score"
        Name of the score.
    cost_name : str, default="cost"
        Name of the cost, with its unit.
    baselines : sequence of str, default=()
        Names of the simple baselines, which are drawn as squares.

    Attributes
    ----------
    %(ax_attribute)s
    %(figure)s
    front_ : list of str
        Names of the estimators on the front, the cheapest first.
    left_out_ : list of str
        Names of the estimators without a score or cost, which are not drawn.
    below_ : list of str
        Names of the estimators marked at the lower edge, as their scores are far below the others.
    front_line_ : Line2D
        Line of the front.
    texts_ : list of Annotation
        Names next to the points.

    See Also
    --------
    sklvision.model_selection.compare_estimators : Makes the result to be drawn.

    Notes
    -----
    An estimator is on the front if no other has at least its score at no more than its cost; of
    equals, the first is. Costs are drawn on a logarithmic axis if all are positive and they span
    more than a factor of three. If there are more than twelve estimators, only those on the front
    and the baselines are named. Scores far below the better half are marked by a triangle at the
    lower edge, with the score next to the name, so that the others can be distinguished.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.inspection import ParetoDisplay
    >>> display = ParetoDisplay(
    ...     names=["line", "tree", "net"], scores=[0.8, 0.7, 0.9], costs=[0.1, 0.2, 4.0]
    ... )
    >>> display.plot(max_cost=1.0).front_
    ['line', 'net']
    """

    names: Sequence[str]
    scores: ArrayLike
    costs: ArrayLike
    spreads: ArrayLike | None = None
    score_name: str = "score"
    cost_name: str = "cost"
    baselines: Sequence[str] = ()
    ax_: Any = field(init=False)
    front_: list[str] = field(init=False)
    left_out_: list[str] = field(init=False)
    below_: list[str] = field(init=False)
    front_line_: Any = field(init=False)
    texts_: list[Any] = field(init=False)

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        score: str | None = None,
        cost: str = "predict_ms_per_sample",
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the scores and costs of the estimators of a comparison.

        Parameters
        ----------
        %(comparison)s
        cost : {"predict_ms_per_sample", "fit_seconds", "n_parameters", "pickled_bytes"}, \
                default="predict_ms_per_sample"
            Name of the cost.
        %(drawing)s

        Raises
        ------
        TypeError
            If `result` is not one of a comparison.
        ValueError
            If the score or the cost does not exist, or no estimator has both.
        """
        check_result("result", result, ["to_frame", "score_names"], "compare_estimators")
        frame = result.to_frame()
        scores = [name.removeprefix("mean_") for name in frame if name.startswith("mean_")]
        score = scores[0] if score is None else check_name("score", score, scores)
        check_name("cost", cost, [name for name in _COSTS if name in frame.columns])
        return cls(
            names=list(frame.index),
            scores=to_floats(frame[f"mean_{score}"]),
            costs=to_floats(frame[cost]),
            spreads=to_floats(frame[f"std_{score}"]),
            score_name=score,
            cost_name=_COSTS[cost],
            baselines=list(frame.index[frame["baseline"].astype(bool)]),
        ).plot(ax=ax, **kwargs)

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        score: str | None = None,
        cost: str = "mean_score_time",
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Show the scores and costs of the candidates of a search.

        Parameters
        ----------
        search : fitted search
            With ``cv_results_``, such as a :class:`~sklearn.model_selection.GridSearchCV`.
        score : str, default=None
            Name of a scorer of the search; None takes the first.
        cost : str, default="mean_score_time"
            Name of a scorer of the search that measures a cost, of either sign, or one of
            "mean_fit_time" and "mean_score_time", which every search measures.
        %(drawing)s

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If the score or the cost does not exist, or no candidate has both.
        """
        if not hasattr(search, "cv_results_"):
            check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        scorers = [key[10:] for key in results if key.startswith("mean_test_")]
        score = scorers[0] if score is None else check_name("score", score, scorers)
        check_name("cost", cost, [name for name in scorers if name != score] + _TIMES)
        costs = to_floats(results[cost if cost in _TIMES else f"mean_test_{cost}"])
        # A scorer of a cost is better the higher it is, as all scorers are.
        is_negated = len(costs) > 0 and np.nanmax(costs, initial=-np.inf) <= 0
        return cls(
            names=name_candidates(results["params"]),
            scores=to_floats(results[f"mean_test_{score}"]),
            costs=-costs if is_negated else costs,
            spreads=to_floats(results[f"std_test_{score}"]),
            score_name=score,
            cost_name=_COSTS.get(cost, format_name(cost.removeprefix("neg_"))),
        ).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        max_cost: float | None = None,
        min_score: float | None = None,
        line_kw: Keywords = None,
        point_kw: Keywords = None,
    ) -> Self:
        """Draw scores against costs.

        %(plot)s
        """
        for name, limit in (("max_cost", max_cost), ("min_score", min_score)):
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, Real)):
                raise TypeError(f"{name} must be a number or None, got {limit!r}.")
        candidates = self._check_candidates()
        has_values = candidates[["score", "cost"]].notna().all(axis=1)
        self.left_out_ = list(candidates.index[~has_values])
        if not has_values.any():
            raise ValueError(f"No estimator has both a {self.score_name} and a {self.cost_name}.")
        candidates = candidates[has_values]
        front = find_pareto_front(candidates["score"].to_numpy(), candidates["cost"].to_numpy())
        self.front_ = list(candidates.index[front])

        self._take_axes(ax, (6.4, 4.4))
        if candidates["cost"].min() > 0 and candidates["cost"].max() > 3 * candidates["cost"].min():
            self.ax_.set_xscale("log")
        candidates = self._place_candidates(candidates, max_cost, min_score)
        self._draw_points(candidates, point_kw)
        self._draw_front(candidates.iloc[front], line_kw)
        self._label_axes(has_std=bool(candidates["std"].notna().any()))
        self._write_names(candidates, front)
        return self

    def _check_candidates(self) -> pd.DataFrame:
        """Return scores, costs and standard deviations by name, infinite ones as missing."""
        columns = {"score": to_floats(self.scores), "cost": to_floats(self.costs)}
        n = len(columns["score"])
        columns["std"] = np.full(n, np.nan) if self.spreads is None else to_floats(self.spreads)
        lengths = {"names": len(self.names), "scores": n, "costs": len(columns["cost"])}
        lengths["spreads"] = len(columns["std"])
        if len(set(lengths.values())) > 1:
            raise ValueError(f"names, scores, costs and spreads differ in length: {lengths}.")
        frame = pd.DataFrame(columns, index=[str(name) for name in self.names])
        return frame.where(np.isfinite(frame))

    def _place_candidates(
        self, candidates: pd.DataFrame, max_cost: float | None, min_score: float | None
    ) -> pd.DataFrame:
        """Fix the limits of the axes, and return the candidates with the heights of their marks."""
        scores, std = candidates["score"], candidates["std"]
        lowest = compute_lowest_score(scores.to_numpy(), 2 * std.to_numpy())
        is_below = scores < lowest
        self.below_ = list(candidates.index[is_below])
        # Those below the others count for the limits of the costs alone.
        std = std.where(~is_below)
        for sign in (-1, 1):
            ends = scores.clip(lower=lowest) + sign * std.fillna(0)
            self.ax_.update_datalim(np.column_stack([candidates["cost"], ends]))
        self._set_limits(max_cost, min_score, candidates["cost"].iloc[0], scores.max())
        bottom, top = self.ax_.get_ylim()
        height = scores.where(~is_below, bottom + 0.025 * (top - bottom))
        return candidates.assign(std=std, height=height)

    def _draw_points(self, candidates: pd.DataFrame, point_kw: Keywords) -> None:
        for name, candidate in candidates.iterrows():
            on_front = name in self.front_
            style = {
                "color": BLUE if on_front else GRAY,
                "marker": "v" if name in self.below_ else "s" if name in self.baselines else "o",
                "linestyle": "none",
                "markersize": 6 if on_front else 5,
                "zorder": 3 if on_front else 2,
            }
            style = merge_keywords(style | {"elinewidth": 1}, point_kw=point_kw)
            point = candidate["cost"], candidate["height"], candidate["std"]
            draw_artists(self.ax_.errorbar, *point, style=style, point_kw=point_kw)

    def _draw_front(self, front: pd.DataFrame, line_kw: Keywords) -> None:
        scores, costs = front["score"].tolist(), front["cost"].tolist()
        # The best model to be had stays the best at higher costs.
        (left, right), (bottom, top) = self.ax_.get_xlim(), self.ax_.get_ylim()
        style = {"color": BLUE, "linewidth": 1.5, "zorder": 1.5, "drawstyle": "steps-post"}
        (self.front_line_,) = draw_artists(
            self.ax_.plot,
            [costs[0], *costs, right],
            [bottom, *scores, scores[-1]],
            style=merge_keywords(style, line_kw=line_kw),
            line_kw=line_kw,
        )
        self.ax_.set(xlim=(left, right), ylim=(bottom, top))

    def _set_limits(
        self, max_cost: float | None, min_score: float | None, a_cost: float, a_score: float
    ) -> None:
        """Fix the limits of the axes, and shade the costs and scores beyond those of the user."""
        corner = (
            a_cost if max_cost is None else max_cost,
            a_score if min_score is None else min_score,
        )
        self.ax_.update_datalim([corner])
        self.ax_.margins(0.12, 0.12)
        self.ax_.autoscale_view()
        (left, right), (bottom, top) = self.ax_.get_xlim(), self.ax_.get_ylim()
        line = {"color": RED, "linewidth": 1, "linestyle": "--", "zorder": 1}
        shade = {"color": RED, "alpha": 0.07, "linewidth": 0, "zorder": 0}
        if max_cost is not None:
            self.ax_.axvline(max_cost, **line)
            self.ax_.axvspan(max_cost, right, **shade)
        if min_score is not None:
            self.ax_.axhline(min_score, **line)
            self.ax_.axhspan(bottom, min_score, **shade)
        self.ax_.set(xlim=(left, right), ylim=(bottom, top))

    def _label_axes(self, *, has_std: bool) -> None:
        ylabel = format_name(self.score_name) + (" (mean ± std over folds)" if has_std else "")
        self.ax_.set(xlabel=self.cost_name, ylabel=ylabel)
        hide_upper_right_spines(self.ax_)
        if self.left_out_:
            names = ", ".join(self.left_out_[:3]) + (" …" if len(self.left_out_) > 3 else "")
            title = f"without a value: {names}"
            self.ax_.set_title(title, loc="right", fontsize="small", color=GRAY)

    def _write_names(self, candidates: pd.DataFrame, front: list[int]) -> None:
        # Names on the front come first, so that they get the best places.
        names = list(candidates.index)
        rows = front + [
            int(i)
            for i in np.argsort(-candidates["score"].to_numpy())
            if i not in front and (len(names) <= _MAX_NAMES or names[i] in self.baselines)
        ]
        texts = [
            f"{name} ({score:.3g})" if name in self.below_ else str(name)
            for name, score in candidates["score"].items()
        ]
        points = candidates[["cost", "height"]].to_numpy()
        bar = np.column_stack([np.zeros(len(names)), candidates["std"].fillna(0)])
        obstacles = [points, *(points + part * bar for part in (-1, -0.5, 0.5, 1))]
        colors = [DARK if i in front else GRAY for i in rows]
        x, y = self.front_line_.get_data()
        steps = np.column_stack([np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]])
        self.texts_ = annotate_points(
            self.ax_,
            points[rows],
            [texts[i] for i in rows],
            [{"color": color, "fontsize": "small", "zorder": 4} for color in colors],
            np.concatenate(obstacles),
            steps,
        )
