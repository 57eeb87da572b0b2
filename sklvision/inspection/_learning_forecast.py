"""A learning curve and its forecast."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from textwrap import wrap
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sklvision.inspection._axes import hide_upper_right_spines
from sklvision.inspection._candidates import check_result
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
from sklvision.utils._optional import import_optional

_N_POINTS = 200
# Length of the curve, in numbers of available samples: without a target, and at most with one.
_LENGTH, _MAX_LENGTH = 8, 100
_MAX_SIZE = 1e15  # samples; whole numbers stay exact in float64


@dataclass(kw_only=True, eq=False, repr=False)
class LearningForecastDisplay(Display):
    """Scores by number of training samples: measured ones, the curve and its continuation.

    Make it with :meth:`from_forecast`. The curve is dashed where nothing was measured.

    Parameters
    ----------
    train_sizes : array-like of shape (n_sizes,)
        Numbers of training samples measured.
    scores : array-like of shape (n_sizes, n_repeats)
        Scores measured.
    n : array-like of shape (n_points,)
        Numbers of training samples of the points of the curve, ascending.
    curve, low, high : array-like of shape (n_points,)
        The curve and its interval.
    n_samples : int, default=None
        Number of available samples, marked by a thin line.
    needed : SamplesNeeded, default=None
        The target score and the samples that it takes.
    score_name : str, default="score"
        Name of the score.
    confidence : float, default=0.9
        Confidence level of the interval.

    Attributes
    ----------
    %(ax_attribute)s
    %(figure)s
    points_ : ErrorbarContainer
        Mean and standard deviation of the measured scores.
    line_ : Line2D
        The curve through the measured sizes.
    forecast_line_ : Line2D
        Its dashed continuation.
    band_ : PolyCollection
        The interval.
    target_line_ : Line2D or None
        Line at the target score.
    target_text_ : Text or None
        Sentence about the samples that it takes.

    See Also
    --------
    sklvision.model_selection.learning_curve_forecast : Makes the forecast to be drawn.
    sklearn.model_selection.LearningCurveDisplay : Draws scores without a forecast.

    Notes
    -----
    There is no ``from_estimator``, because measuring a curve takes many fits and has many settings:
    see
    :func:`~sklvision.model_selection.learning_curve_forecast`.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.inspection import LearningForecastDisplay
    >>> from sklvision.model_selection import LearningForecast
    >>> sizes = np.array([50, 100, 200, 400, 800])
    >>> noise = np.random.default_rng(0).normal(scale=0.005, size=(5, 10))
    >>> scores = 0.95 - sizes[:, None] ** -0.5 + noise
    >>> forecast = LearningForecast.from_scores(sizes, scores, target=0.93)
    >>> LearningForecastDisplay.from_forecast(forecast).ax_.get_xscale()
    'log'
    """

    train_sizes: ArrayLike
    scores: ArrayLike
    n: ArrayLike
    curve: ArrayLike
    low: ArrayLike
    high: ArrayLike
    n_samples: int | None = None
    needed: Any = None
    score_name: str = "score"
    confidence: float = 0.9
    ax_: Any = field(init=False)
    points_: Any = field(init=False)
    line_: Any = field(init=False)
    forecast_line_: Any = field(init=False)
    band_: Any = field(init=False)
    target_line_: Any = field(init=False)
    target_text_: Any = field(init=False)

    @classmethod
    def from_forecast(
        cls,
        forecast: Any,
        *,
        target: float | None = None,
        n_max: float | None = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a forecast.

        Parameters
        ----------
        forecast : LearningForecast
            Result of :func:`~sklvision.model_selection.learning_curve_forecast`.
        target : float, default=None
            The target score; None takes the forecast's own, if it has one.
        n_max : float, default=None
            Number of samples up to which the curve is drawn. None: 8 times the available samples,
            and further if the target needs more.
        %(drawing)s

        Raises
        ------
        TypeError
            If `forecast` is not one of a learning curve.
        ValueError
            If ``n_max`` is no larger than the largest size measured, or the target is above the
            best score.
        """
        expected = ["train_sizes", "samples_for"]
        check_result("forecast", forecast, expected, "learning_curve_forecast")
        first, last = (float(size) for size in np.asarray(forecast.train_sizes)[[0, -1]])
        target = forecast.target if target is None else target
        n_needed = None if target is None else forecast.samples_for(target)
        if n_max is None:
            n_max = _LENGTH * max(forecast.n_samples, last)
            if n_needed is not None and math.isfinite(n_needed.n):
                furthest = n_needed.high if math.isfinite(n_needed.high) else 3 * n_needed.n
                n_max = min(max(n_max, 1.3 * furthest), _MAX_LENGTH * forecast.n_samples)
        if not (isinstance(n_max, Real) and last < float(n_max) <= _MAX_SIZE):
            raise ValueError(
                f"n_max must be finite and above {last:,.0f}, the largest size measured, and at "
                f"most {_MAX_SIZE:g}; "
                f"got {n_max!r}."
            )
        # The last size measured is a point of both parts of the line.
        n = np.unique(np.append(np.geomspace(first, float(n_max), _N_POINTS), [first, last]))
        n = n[n >= first]
        curve, low, high = forecast.predict(n)
        return cls(
            train_sizes=forecast.train_sizes,
            scores=forecast.scores,
            n=n,
            curve=curve,
            low=low,
            high=high,
            n_samples=forecast.n_samples,
            needed=n_needed,
            score_name=forecast.scoring,
            confidence=forecast.confidence,
        ).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: AxesLike = None,
        *,
        line_kw: Keywords = None,
        band_kw: Keywords = None,
        point_kw: Keywords = None,
        target_kw: Keywords = None,
    ) -> Self:
        """Draw the points, the curve and the target score.

        %(plot)s
        """
        self._take_axes(ax, (6.4, 4.2))
        self.ax_.set_xscale("log")
        self._draw_curve(line_kw, band_kw)
        self._draw_points(point_kw)
        self._mark_samples_at_hand()
        self._mark_target(target_kw)
        self._format_axes()
        return self

    def _draw_curve(self, line_kw: Keywords, band_kw: Keywords) -> None:
        """Draw the interval, and the curve: solid up to the largest size measured, then dashed."""
        n, curve = np.asarray(self.n), np.asarray(self.curve)
        style = {"color": BLUE, "linewidth": 1.8, "zorder": 3}
        style = merge_keywords(style, line_kw=line_kw)
        is_measured = n <= np.max(self.train_sizes)
        is_forecast = n >= n[is_measured].max()
        (self.line_,) = draw_artists(
            self.ax_.plot, n[is_measured], curve[is_measured], style=style, line_kw=line_kw
        )
        dashed = style | {"label": "forecast"}
        if "linestyle" not in (line_kw or {}):
            dashed |= {"linestyle": (0, (5, 2.5))}
        (self.forecast_line_,) = draw_artists(
            self.ax_.plot, n[is_forecast], curve[is_forecast], style=dashed, line_kw=line_kw
        )
        shade = {"color": style["color"], "alpha": 0.16, "linewidth": 0, "zorder": 1}
        shade["label"] = f"{100 * self.confidence:.3g} % interval"
        shade = merge_keywords(shade, band_kw=band_kw)
        self.band_ = draw_artists(
            self.ax_.fill_between, n, self.low, self.high, style=shade, band_kw=band_kw
        )

    def _draw_points(self, point_kw: Keywords) -> None:
        scores = np.asarray(self.scores)
        style = {"color": DARK, "marker": "o", "markersize": 4.5, "linestyle": "none", "zorder": 4}
        style |= {"linewidth": 1.0, "label": "measured: mean ± std"}
        style |= {"capsize": 0, "elinewidth": 1.0}
        self.points_ = draw_artists(
            self.ax_.errorbar,
            np.asarray(self.train_sizes),
            scores.mean(axis=1),
            scores.std(axis=1, ddof=1),
            style=merge_keywords(style, point_kw=point_kw),
            point_kw=point_kw,
        )

    def _mark_samples_at_hand(self) -> None:
        if self.n_samples is None:
            return
        self.ax_.axvline(self.n_samples, color=GRAY, linewidth=0.8, zorder=0)
        self.ax_.annotate(
            f"{self.n_samples:,} available",
            (self.n_samples, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 4),  # on the left, far below the curve
            textcoords="offset points",
            ha="right",
            color=GRAY,
            fontsize="small",
        )

    def _mark_target(self, target_kw: Keywords) -> None:
        """Draw the target score, and on it the samples that it takes with their interval."""
        self.target_line_ = self.target_text_ = None
        if self.needed is None:
            return
        style = {"color": RED, "linewidth": 1.0, "linestyle": ":", "zorder": 2}
        style = merge_keywords(style, target_kw=target_kw)
        score, color = self.needed.score, style["color"]
        self.target_line_ = draw_artists(self.ax_.axhline, score, style=style, target_kw=target_kw)
        right = float(np.asarray(self.n).max())
        low, high = self.needed.low, self.needed.high
        if low < right:
            self.ax_.plot([low, min(high, right)], [score, score], color=color, lw=2.5, zorder=5)
            if high > right:  # the interval goes on
                self.ax_.plot(right, score, color=color, marker=">", markersize=6, zorder=5)
        if self.needed.n <= right:
            self.ax_.plot(self.needed.n, score, color=color, marker="D", markersize=6, zorder=6)
        # Above the axes, for a target score may lie anywhere in them.
        self.target_text_ = self.ax_.set_title(
            "\n".join(wrap(str(self.needed), 62)), loc="left", color=color, fontsize="small"
        )

    def _format_axes(self) -> None:
        ticker = import_optional("matplotlib.ticker", extra="plot")
        n = np.asarray(self.n)
        # So that two or three numbers can be read on a short axis, and no two of a long one touch.
        subs = (1.0, 2.0, 5.0) if n.max() < 300 * n.min() else (1.0,)
        self.ax_.xaxis.set_major_locator(ticker.LogLocator(subs=subs))
        self.ax_.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
        self.ax_.xaxis.set_minor_formatter(ticker.NullFormatter())
        self.ax_.set(xlabel="training samples", ylabel=format_name(self.score_name))
        self.ax_.margins(x=0.02)
        self.ax_.legend(loc="lower right", frameon=False, fontsize="small")
        hide_upper_right_spines(self.ax_)
