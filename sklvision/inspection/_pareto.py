"""What a better score costs: the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import BLUE, DARK, GREY, RED, merged, one_axes, open_frame
from sklvision.inspection._candidates import (
    candidate_names,
    check_name,
    floats,
    lowest_shown,
    pareto_front,
)
from sklvision.inspection._labels import annotate_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COSTS = {
    "predict_ms_per_sample": "prediction in ms per sample",
    "fit_seconds": "training in s",
    "n_parameters": "number of parameters",
    "pickled_bytes": "size in bytes",
    "mean_fit_time": "training in s",
    "mean_score_time": "scoring in s",
}
# So many names can be read beside each other; of more, those on the front are written.
_MAX_NAMES = 12


class ParetoDisplay:
    """Score against cost, and the front of those that nothing cheaper equals.

    Make it with :meth:`from_result` or :meth:`from_search`. The front is a step: at each cost
    it shows the best score to be had for it. What is not on it is gray.

    Parameters
    ----------
    names : sequence of str
        Names of the estimators.
    scores : array-like of shape (n,)
        Their mean scores, higher is better.
    costs : array-like of shape (n,)
        What they cost, in one unit.
    spreads : array-like of shape (n,), default=None
        Standard deviations of the scores over folds.
    score_name : str, default="score"
        What the scores are.
    cost_name : str, default="cost"
        What the costs are, with their unit.
    baselines : sequence of str, default=()
        Those of `names` that are simple baselines, drawn as squares.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure that holds it.
    front_ : list of str
        Names of those on the front, the cheapest first.
    left_out_ : list of str
        Names of those whose score or cost is not known, which are not drawn.
    below_ : list of str
        Names of those marked at the lower edge, as their scores are far below the others.
    front_line_ : Line2D
        The front.
    texts_ : list of Annotation
        The names beside the points.

    See Also
    --------
    sklvision.model_selection.compare_estimators : Makes the result to be drawn.

    Notes
    -----
    An estimator is on the front if no other has at least its score at no more than its cost; of
    equals, the first is. Costs are drawn on a logarithmic axis if all are positive and they span
    more than a factor of three. Of more than twelve estimators, only those on the front and the
    baselines are named. Scores far below the better half would leave no room to tell the others
    apart: they are marked by a triangle at the lower edge, with the score beside the name.

    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklvision.inspection import ParetoDisplay
    >>> display = ParetoDisplay(
    ...     names=["line", "tree", "net"], scores=[0.8, 0.7, 0.9], costs=[0.1, 0.2, 4.0]
    ... )
    >>> display.plot(max_cost=1.0).front_
    ['line', 'net']
    """

    ax_: Any
    figure_: Any
    front_: list[str]
    left_out_: list[str]
    below_: list[str]
    front_line_: Any
    texts_: list[Any]

    def __init__(
        self,
        *,
        names: Sequence[str],
        scores: ArrayLike,
        costs: ArrayLike,
        spreads: ArrayLike | None = None,
        score_name: str = "score",
        cost_name: str = "cost",
        baselines: Sequence[str] = (),
    ) -> None:
        self.names = names
        self.scores = scores
        self.costs = costs
        self.spreads = spreads
        self.score_name = score_name
        self.cost_name = cost_name
        self.baselines = baselines

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        score: str | None = None,
        cost: str = "predict_ms_per_sample",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Show what the estimators of a comparison reach, and at what cost.

        Parameters
        ----------
        result : ComparisonResult
            What :func:`~sklvision.model_selection.compare_estimators` returned.
        score : str, default=None
            Which score; None takes the first.
        cost : {"predict_ms_per_sample", "fit_seconds", "n_parameters", "pickled_bytes"}, \
                default="predict_ms_per_sample"
            Which cost.
        ax : Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Further keywords of :meth:`plot`.

        Returns
        -------
        display : ParetoDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no such score or cost.
        """
        frame = result.to_frame()
        known = [c.removeprefix("mean_") for c in frame.columns if c.startswith("mean_")]
        score = known[0] if score is None else check_name("score", score, known)
        check_name("cost", cost, [name for name in _COSTS if name in frame.columns])
        return cls(
            names=list(frame.index),
            scores=floats(frame[f"mean_{score}"]),
            costs=floats(frame[cost]),
            spreads=floats(frame[f"std_{score}"]),
            score_name=score,
            cost_name=_COSTS[cost],
            baselines=[name for name, marked in frame["baseline"].items() if marked],
        ).plot(ax=ax, **kwargs)

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        score: str | None = None,
        cost: str = "mean_score_time",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Show what the candidates of a search reach, and at what cost.

        Parameters
        ----------
        search : fitted search
            With ``cv_results_``, such as a :class:`~sklearn.model_selection.GridSearchCV`.
        score : str, default=None
            Which scorer of the search; None takes the first.
        cost : str, default="mean_score_time"
            Name of a scorer of the search that measures a cost, of either sign, or one of
            "mean_fit_time" and "mean_score_time", which every search measures.
        ax : Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Further keywords of :meth:`plot`.

        Returns
        -------
        display : ParetoDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If there is no such score or cost.
        """
        if not hasattr(search, "cv_results_"):
            check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        scorers = [key[10:] for key in results if key.startswith("mean_test_")]
        score = scorers[0] if score is None else check_name("score", score, scorers)
        times = ["mean_fit_time", "mean_score_time"]
        check_name("cost", cost, [name for name in scorers if name != score] + times)
        costs = floats(results[cost if cost in times else f"mean_test_{cost}"])
        negated = len(costs) > 0 and np.nanmax(costs, initial=-np.inf) <= 0
        return cls(
            names=candidate_names(results["params"]),
            scores=floats(results[f"mean_test_{score}"]),
            costs=-costs if negated else costs,  # a scorer of a cost is better the higher it is
            spreads=floats(results[f"std_test_{score}"]),
            score_name=score,
            cost_name=_COSTS.get(cost, cost.removeprefix("neg_").replace("_", " ")),
        ).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        max_cost: float | None = None,
        min_score: float | None = None,
        line_kw: dict[str, Any] | None = None,
        point_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw scores against costs.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a new figure.
        max_cost : float, default=None
            A budget: what costs more is shaded.
        min_score : float, default=None
            A demand: what scores less is shaded.
        line_kw : dict, default=None
            Keywords of the front, as :meth:`~matplotlib.axes.Axes.plot` takes them.
        point_kw : dict, default=None
            Keywords of all points, as :meth:`~matplotlib.axes.Axes.errorbar` takes them for
            their lines.

        Returns
        -------
        self : ParetoDisplay
            The display.
        """
        names, scores, costs, spreads = self._checked()
        known = np.isfinite(scores) & np.isfinite(costs)
        self.left_out_ = [name for name, seen in zip(names, known, strict=True) if not seen]
        if not known.any():
            raise ValueError(f"No estimator has both a {self.score_name} and a {self.cost_name}.")
        names = [name for name, seen in zip(names, known, strict=True) if seen]
        scores, costs, spreads = scores[known], costs[known], spreads[known]
        front = pareto_front(scores, costs)
        self.front_ = [names[i] for i in front]

        self.ax_, self.figure_ = one_axes(ax, (6.4, 4.4))
        if costs.min() > 0 and costs.max() > 3 * costs.min():
            self.ax_.set_xscale("log")
        floor = lowest_shown(scores, 2 * spreads)
        below = scores < floor
        self.below_ = [name for name, low in zip(names, below, strict=True) if low]
        # What is below takes part in the limits of the costs alone.
        spreads = np.where(below, np.nan, spreads)
        for part in (-1, 1):
            ends = np.maximum(scores, floor) + part * np.nan_to_num(spreads)
            self.ax_.update_datalim(np.column_stack([costs, ends]))
        self._set_limits(max_cost, min_score, costs[0], scores.max())
        bottom, top = self.ax_.get_ylim()
        heights = np.where(below, bottom + 0.025 * (top - bottom), scores)
        self._draw_points(names, heights, costs, spreads, point_kw)
        self._draw_front(scores[front], costs[front], line_kw)
        ylabel = self.score_name.replace("_", " ")
        if np.isfinite(spreads).any():
            ylabel += " (mean ± std over folds)"
        self.ax_.set(xlabel=self.cost_name, ylabel=ylabel)
        open_frame(self.ax_)
        if self.left_out_:
            listed = ", ".join(self.left_out_[:3]) + (" …" if len(self.left_out_) > 3 else "")
            note = f"without a value: {listed}"
            self.ax_.set_title(note, loc="right", fontsize="small", color=GREY)
        labels = [
            f"{name} ({score:.3g})" if low else name
            for name, score, low in zip(names, scores, below, strict=True)
        ]
        # Those on the front come first, so that they get the best places.
        named = front + [
            int(i)
            for i in np.argsort(-scores)
            if i not in front and (len(names) <= _MAX_NAMES or names[i] in self.baselines)
        ]
        self._write_names(labels, heights, costs, spreads, named)
        return self

    def _checked(self) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
        scores, costs = floats(self.scores), floats(self.costs)
        spreads = np.full(len(scores), np.nan) if self.spreads is None else floats(self.spreads)
        lengths = {"names": len(self.names), "scores": len(scores), "costs": len(costs)}
        lengths["spreads"] = len(spreads)
        if len(set(lengths.values())) > 1:
            raise ValueError(f"names, scores, costs and spreads differ in length: {lengths}.")
        return [str(name) for name in self.names], scores, costs, spreads

    def _draw_points(
        self,
        names: list[str],
        heights: np.ndarray,
        costs: np.ndarray,
        spreads: np.ndarray,
        point_kw: dict[str, Any] | None,
    ) -> None:
        for name, height, cost, spread in zip(names, heights, costs, spreads, strict=True):
            best, edge = name in self.front_, name in self.below_
            style = {
                "color": BLUE if best else GREY,
                "marker": "v" if edge else "s" if name in self.baselines else "o",
                "linestyle": "none",
                "markersize": 6 if best else 5,
                "zorder": 3 if best else 2,
            }
            style = merged(style, point_kw, "lines.Line2D")
            self.ax_.errorbar(cost, height, yerr=spread, elinewidth=1, **style)

    def _draw_front(
        self, scores: np.ndarray, costs: np.ndarray, line_kw: dict[str, Any] | None
    ) -> None:
        # The best model to be had stays the best for whoever can pay more.
        (low, high), bottom = self.ax_.get_xlim(), self.ax_.get_ylim()[0]
        style = {"color": BLUE, "linewidth": 1.5, "zorder": 1.5, "drawstyle": "steps-post"}
        (self.front_line_,) = self.ax_.plot(
            [costs[0], *costs, high],
            [bottom, *scores, scores[-1]],
            **merged(style, line_kw, "lines.Line2D"),
        )
        self.ax_.set(xlim=(low, high), ylim=(bottom, self.ax_.get_ylim()[1]))

    def _set_limits(
        self, max_cost: float | None, min_score: float | None, a_cost: float, a_score: float
    ) -> None:
        """Fix the limits of the axes, and shade what is beyond those of the user."""
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

    def _write_names(
        self,
        names: list[str],
        scores: np.ndarray,
        costs: np.ndarray,
        spreads: np.ndarray,
        shown: list[int],
    ) -> None:
        points = np.column_stack([costs, scores])
        spread = np.nan_to_num(spreads)
        ends = [np.column_stack([costs, scores + part * spread]) for part in (-1, -0.5, 0.5, 1)]
        colors = [DARK if place < len(self.front_) else GREY for place in range(len(shown))]
        styles = [{"color": color, "fontsize": "small", "zorder": 4} for color in colors]
        x, y = self.front_line_.get_data()
        steps = np.column_stack([np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]])
        self.texts_ = annotate_points(
            self.ax_,
            points[shown],
            [names[i] for i in shown],
            styles,
            np.concatenate([points, *ends]),
            steps,
        )
