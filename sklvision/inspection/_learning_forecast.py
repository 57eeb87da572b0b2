"""A learning curve, and how it goes on."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sklvision.inspection._axes import BLUE, DARK, GREY, RED, merged, one_axes, open_frame
from sklvision.utils._optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_N_POINTS = 200
# How far the curve is drawn, in numbers of samples at hand: at least, and at most for a target.
_LEAST, _MOST = 8, 100


class LearningForecastDisplay:
    """Scores by number of training samples: measured ones, the curve and its continuation.

    Make it with :meth:`from_forecast`. The curve is dashed where nothing was measured.

    Parameters
    ----------
    train_sizes : array-like of shape (n_sizes,)
        Numbers of training samples measured.
    scores : array-like of shape (n_sizes, n_repeats)
        Scores measured.
    n : array-like of shape (n_points,)
        Numbers of training samples at which the curve is known, ascending.
    curve, low, high : array-like of shape (n_points,)
        The curve and its interval.
    n_samples : int, default=None
        Number of samples at hand, marked by a thin line.
    needed : SamplesNeeded, default=None
        The wanted score and the samples that it takes.
    score_name : str, default="score"
        What the scores are.
    confidence : float, default=0.9
        Probability that the interval stands for.

    Attributes
    ----------
    ax_ : Axes
        Where it is drawn.
    figure_ : Figure
        The figure that holds it.
    points_ : ErrorbarContainer
        Mean and standard deviation of the measured scores.
    line_ : Line2D
        The curve through the measured sizes.
    forecast_line_ : Line2D
        Its dashed continuation.
    band_ : PolyCollection
        The interval.
    target_line_ : Line2D or None
        The wanted score.
    target_text_ : Text or None
        What it takes.

    See Also
    --------
    sklvision.model_selection.learning_curve_forecast : Makes the forecast to be drawn.
    sklearn.model_selection.LearningCurveDisplay : Draws scores without a forecast.

    Notes
    -----
    There is no ``from_estimator``: measuring a curve takes many fits and many
    settings, which are those of
    :func:`~sklvision.model_selection.learning_curve_forecast`.

    .. versionadded:: 0.2

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

    ax_: Any
    figure_: Any
    points_: Any
    line_: Any
    forecast_line_: Any
    band_: Any
    target_line_: Any
    target_text_: Any

    def __init__(
        self,
        *,
        train_sizes: ArrayLike,
        scores: ArrayLike,
        n: ArrayLike,
        curve: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        n_samples: int | None = None,
        needed: Any = None,
        score_name: str = "score",
        confidence: float = 0.9,
    ) -> None:
        self.train_sizes = train_sizes
        self.scores = scores
        self.n = n
        self.curve = curve
        self.low = low
        self.high = high
        self.n_samples = n_samples
        self.needed = needed
        self.score_name = score_name
        self.confidence = confidence

    @classmethod
    def from_forecast(
        cls,
        forecast: Any,
        *,
        target: float | None = None,
        n_max: float | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a forecast.

        Parameters
        ----------
        forecast : LearningForecast
            What :func:`~sklvision.model_selection.learning_curve_forecast` returned.
        target : float, default=None
            The wanted score; None takes the forecast's own, if it has one.
        n_max : float, default=None
            Number of samples up to which the curve is drawn. None: 8 times the samples at hand,
            and further if the target needs more.
        ax : Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Further keywords of :meth:`plot`.

        Returns
        -------
        display : LearningForecastDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If ``n_max`` is no larger than the largest size measured, or the target is above the
            best score.
        """
        first, last = (float(size) for size in np.asarray(forecast.train_sizes)[[0, -1]])
        target = forecast.target if target is None else target
        needed = None if target is None else forecast.samples_for(target)
        if n_max is None:
            n_max = _LEAST * max(forecast.n_samples, last)
            if needed is not None and math.isfinite(needed.n):
                furthest = needed.high if math.isfinite(needed.high) else 3 * needed.n
                n_max = min(max(n_max, 1.3 * furthest), _MOST * forecast.n_samples)
        if not last < n_max < math.inf:
            raise ValueError(
                f"n_max must be finite and above {last:,.0f}, the largest size measured; "
                f"got {n_max!r}."
            )
        # The last size measured is a point of both parts of the line.
        n = np.unique(np.append(np.geomspace(first, n_max, _N_POINTS), [first, last]))
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
            needed=needed,
            score_name=forecast.scoring,
            confidence=forecast.confidence,
        ).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        line_kw: dict[str, Any] | None = None,
        band_kw: dict[str, Any] | None = None,
        point_kw: dict[str, Any] | None = None,
        target_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the points, the curve and the wanted score.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a new figure.
        line_kw : dict, default=None
            Keywords of both parts of the curve, as :meth:`~matplotlib.axes.Axes.plot` takes them.
        band_kw : dict, default=None
            Keywords of the interval, as :meth:`~matplotlib.axes.Axes.fill_between` takes them.
        point_kw : dict, default=None
            Keywords of the measured points, as :meth:`~matplotlib.axes.Axes.errorbar` takes
            them for their lines.
        target_kw : dict, default=None
            Keywords of the line of the wanted score.

        Returns
        -------
        self : LearningForecastDisplay
            The display.
        """
        sizes, scores = np.asarray(self.train_sizes), np.asarray(self.scores)
        n, curve = np.asarray(self.n), np.asarray(self.curve)
        self.ax_, self.figure_ = one_axes(ax, (6.4, 4.2))
        self.ax_.set_xscale("log")

        style = merged({"color": BLUE, "linewidth": 1.8, "zorder": 3}, line_kw, "lines.Line2D")
        known = n <= sizes.max()
        ahead = n >= n[known].max()
        (self.line_,) = self.ax_.plot(n[known], curve[known], **style)
        dashed = style | {"label": "forecast"}
        if "linestyle" not in (line_kw or {}):
            dashed |= {"linestyle": (0, (5, 2.5))}
        (self.forecast_line_,) = self.ax_.plot(n[ahead], curve[ahead], **dashed)
        shade = {"color": style["color"], "alpha": 0.16, "linewidth": 0, "zorder": 1}
        shade["label"] = f"{100 * self.confidence:.3g} % interval"
        shade = merged(shade, band_kw, "collections.PolyCollection")
        self.band_ = self.ax_.fill_between(n, self.low, self.high, **shade)

        dots = {"color": DARK, "marker": "o", "markersize": 4.5, "linestyle": "none", "zorder": 4}
        dots |= {"linewidth": 1.0, "label": "measured: mean ± std"}
        self.points_ = self.ax_.errorbar(
            sizes,
            scores.mean(axis=1),
            yerr=scores.std(axis=1, ddof=1),
            capsize=0,
            elinewidth=1.0,
            **merged(dots, point_kw, "lines.Line2D"),
        )
        self._mark_samples_at_hand()
        self._mark_target(target_kw)
        self._finish()
        return self

    def _mark_samples_at_hand(self) -> None:
        if self.n_samples is None:
            return
        self.ax_.axvline(self.n_samples, color=GREY, linewidth=0.8, zorder=0)
        self.ax_.annotate(
            f"{self.n_samples:,} at hand",
            (self.n_samples, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 4),  # to the left, where curves are far above by then
            textcoords="offset points",
            ha="right",
            color=GREY,
            fontsize="small",
        )

    def _mark_target(self, target_kw: dict[str, Any] | None) -> None:
        """Draw the wanted score, and on it the samples that it takes with their interval."""
        self.target_line_ = self.target_text_ = None
        if self.needed is None:
            return
        style = {"color": RED, "linewidth": 1.0, "linestyle": ":", "zorder": 2}
        style = merged(style, target_kw, "lines.Line2D")
        score, color = self.needed.score, style["color"]
        self.target_line_ = self.ax_.axhline(score, **style)
        right = float(np.asarray(self.n).max())
        low, high = self.needed.low, self.needed.high
        if low < right:
            self.ax_.plot([low, min(high, right)], [score, score], color=color, lw=2.5, zorder=5)
            if high > right:  # the interval goes on
                self.ax_.plot(right, score, color=color, marker=">", markersize=6, zorder=5)
        if self.needed.n <= right:
            self.ax_.plot(self.needed.n, score, color=color, marker="D", markersize=6, zorder=6)
        # Above the axes, for a wanted score may lie anywhere in them.
        self.target_text_ = self.ax_.set_title(
            "\n".join(wrap(str(self.needed), 62)), loc="left", color=color, fontsize="small"
        )

    def _finish(self) -> None:
        ticker = import_optional("matplotlib.ticker", extra="plot")
        n = np.asarray(self.n)
        # So that two or three numbers can be read on a short axis, and no two of a long one touch.
        subs = (1.0, 2.0, 5.0) if n.max() < 300 * n.min() else (1.0,)
        self.ax_.xaxis.set_major_locator(ticker.LogLocator(subs=subs))
        self.ax_.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
        self.ax_.xaxis.set_minor_formatter(ticker.NullFormatter())
        self.ax_.set(xlabel="training samples", ylabel=self.score_name.replace("_", " "))
        self.ax_.margins(x=0.02)
        self.ax_.legend(loc="lower right", frameon=False, fontsize="small")
        open_frame(self.ax_)
