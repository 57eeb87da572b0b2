"""Which bands a classifier of spectra relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import check_scoring
from sklearn.utils import check_consistent_length
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import (
    COLORS,
    DARK,
    GREY,
    band_axis,
    merged,
    open_frame,
    pyplot,
    several_axes,
)
from sklvision.inspection._samples import check_wavelengths
from sklvision.utils._random import draw_seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class BandImportanceDisplay:
    """The score lost where a window of neighbouring bands is shuffled, under the mean spectra.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    drops : ndarray of shape (n_windows, n_repeats)
        Score lost by shuffling each window.
    windows : ndarray of shape (n_windows, 2)
        First band of each window, and the first one after it.
    wavelengths : ndarray of shape (n_bands,)
        Positions of the bands.
    class_means : dict of label to ndarray of shape (n_bands,)
        Mean spectra of the classes.
    baseline_score : float
        The score with all bands as they are.
    score_name : str, default="score"
        What the score is.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (2,)
        Those of the mean spectra, and of the importance.
    figure_ : Figure
        The figure that holds them.
    importances_ : DataFrame of shape (n_windows, 4)
        For each window ``first`` and ``last`` wavelength, and ``mean`` and ``std`` of the score
        lost.

    See Also
    --------
    sklearn.inspection.permutation_importance : The same for single features.

    Notes
    -----
    Neighbouring bands tell nearly the same, so shuffling a single one costs next to nothing;
    whole windows are shuffled, each row getting the window of another one. Bands in other
    windows may still stand in for those shuffled: a window without importance is one that the
    classifier can do without, not one without information. Wider windows show more,
    and less exactly where.

    .. versionadded:: 0.2

    References
    ----------
    .. [1] L. Breiman, "Random forests", Machine Learning 45 (2001), 5-32.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.inspection import BandImportanceDisplay
    >>> X, y = make_spectra(200, n_bands=40, random_state=0)
    >>> model = LogisticRegression(max_iter=1000).fit(X[:100], y[:100])
    >>> display = BandImportanceDisplay.from_estimator(
    ...     model, X[100:], y[100:], window=10, random_state=0
    ... )
    >>> display.drops.shape
    (4, 5)
    """

    axes_: np.ndarray
    figure_: Any
    importances_: pd.DataFrame

    def __init__(
        self,
        *,
        drops: np.ndarray,
        windows: np.ndarray,
        wavelengths: np.ndarray,
        class_means: dict[Any, np.ndarray],
        baseline_score: float,
        score_name: str = "score",
    ) -> None:
        self.drops = drops
        self.windows = windows
        self.wavelengths = wavelengths
        self.class_means = class_means
        self.baseline_score = baseline_score
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        wavelengths: ArrayLike | None = None,
        window: int | None = None,
        n_repeats: int = 5,
        scoring: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | np.ndarray | None = None,
        line_kw: dict[str, Any] | None = None,
        bar_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Shuffle windows of bands and show what score is lost.

        Parameters
        ----------
        estimator : classifier
            Fitted; any classifier of scikit-learn's protocol.
        X : array-like of shape (n, n_bands)
            Spectra it was not trained on.
        y : array-like of shape (n,)
            Their labels.
        wavelengths : array-like of shape (n_bands,), default=None
            Positions of the bands, ascending or descending. None takes the numbers in the header
            of a DataFrame, or else counts the bands.
        window : int, default=None
            Number of neighbouring bands shuffled together; None makes about 25 windows. The last
            one may be narrower.
        n_repeats : int, default=5
            How often each window is shuffled.
        scoring : str or callable, default=None
            Name of one of scikit-learn's scorers or a callable ``scorer(estimator, X, y)``. None
            takes the accuracy, or what the classifier's ``score`` is.
        n_jobs : int, default=None
            Windows shuffled at the same time. ``None`` means 1 unless in a
            :obj:`joblib.parallel_backend` context, -1 means all processors. The result does not
            depend on it.
        random_state : int, RandomState instance or None, default=None
            Seed of the shuffling.
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes. None makes a new figure.
        line_kw, bar_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.plot` for the mean spectra, and of
            :meth:`~matplotlib.axes.Axes.bar` for the importance.

        Returns
        -------
        display : BandImportanceDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If lengths differ, `X` is not of spectra, or a parameter is out of range.
        """
        pyplot()
        check_is_fitted(estimator)
        table = X if isinstance(X, pd.DataFrame) else np.asarray(X)
        if table.ndim != 2 or 0 in table.shape:
            raise ValueError(f"X must hold spectra (n, n_bands), got shape {table.shape}.")
        check_consistent_length(table, y)
        n_bands = table.shape[1]
        window = max(1, round(n_bands / 25)) if window is None else window
        _check_count("window", window, n_bands)
        _check_count("n_repeats", n_repeats, None)
        positions = check_wavelengths(wavelengths, X, n_bands)

        labels = np.asarray(y)
        scorer = check_scoring(estimator, scoring=scoring)
        score = float(scorer(estimator, table, labels))
        starts = np.arange(0, n_bands, window)
        windows = np.column_stack([starts, np.minimum(starts + window, n_bands)])
        seeds = np.random.RandomState(draw_seed(random_state)).randint(2**31 - 1, size=len(windows))
        scores = Parallel(n_jobs=n_jobs)(
            delayed(_shuffled_scores)(
                estimator, table, labels, scorer, slice(*window), int(n_repeats), int(seed)
            )
            for window, seed in zip(windows.tolist(), seeds, strict=True)
        )
        values = np.asarray(table, dtype=float)
        return cls(
            drops=score - np.array(scores),
            windows=windows,
            wavelengths=positions,
            class_means={
                label: values[labels == label].mean(axis=0) for label in np.unique(labels)
            },
            baseline_score=score,
            score_name=_score_name(estimator, scoring),
        ).plot(ax=ax, line_kw=line_kw, bar_kw=bar_kw)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        line_kw: dict[str, Any] | None = None,
        bar_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw mean spectra and importance.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw: the place to divide, or two axes. None makes a new figure.
        line_kw, bar_kw : dict, default=None
            Keywords of :meth:`~matplotlib.axes.Axes.plot` for the mean spectra, and of
            :meth:`~matplotlib.axes.Axes.bar` for the importance.

        Returns
        -------
        self : BandImportanceDisplay
            The display.
        """
        axes, self.figure_ = several_axes(ax, (2, 1), (6.0, 4.6), sharex=True)
        self.axes_ = axes[:, 0]
        above, below = self.axes_
        positions, label = band_axis(self.wavelengths, len(self.wavelengths))
        for i, (name, mean) in enumerate(self.class_means.items()):
            style = {"color": COLORS[i % len(COLORS)], "linewidth": 1.4, "label": str(name)}
            style |= {"linestyle": ["-", "--", ":"][i // len(COLORS) % 3]}
            above.plot(positions, mean, **merged(style, line_kw, "lines.Line2D"))
        n_columns = 1 + (len(self.class_means) - 1) // 8
        above.legend(title="mean of class", frameon=False, fontsize="small", ncols=n_columns)
        above.set_ylabel("spectrum")
        above.tick_params(labelbottom=False)

        edges = _edges(positions)
        left, right = edges[self.windows[:, 0]], edges[self.windows[:, 1]]
        mean, spread = self.drops.mean(axis=1), self.drops.std(axis=1)
        bars = {"color": GREY, "edgecolor": "white", "linewidth": 0.5, "align": "edge"}
        below.bar(left, mean, right - left, **merged(bars, bar_kw, "patches.Rectangle"))
        middle = (left + right) / 2
        if self.drops.shape[1] > 1:
            below.errorbar(middle, mean, yerr=spread, fmt="none", ecolor=DARK, elinewidth=1)
        below.axhline(0, color=DARK, linewidth=0.8)
        below.set(xlabel=label, ylabel=f"{self.score_name.replace('_', ' ')} lost\nif shuffled")
        below.set_title(
            f"with all bands: {self.baseline_score:.3g}", loc="right", fontsize="small", color=GREY
        )
        for panel in self.axes_:
            open_frame(panel)
        last = self.windows[:, 1] - 1
        self.importances_ = pd.DataFrame(
            {
                "first": positions[self.windows[:, 0]],
                "last": positions[last],
                "mean": mean,
                "std": spread,
            }
        )
        return self


def _shuffled_scores(
    estimator: Any, X: Any, y: np.ndarray, scorer: Any, bands: slice, n_repeats: int, seed: int
) -> list[float]:
    """Scores with a window of bands taken from other rows."""
    generator = np.random.RandomState(seed)
    scores = []
    for _ in range(n_repeats):
        order = generator.permutation(len(X))
        if isinstance(X, pd.DataFrame):
            shuffled = X.copy()
            for band in range(*bands.indices(X.shape[1])):
                shuffled.isetitem(band, X.iloc[order, band].to_numpy())
        else:
            shuffled = X.copy()
            shuffled[:, bands] = X[order, bands]
        scores.append(float(scorer(estimator, shuffled, y)))
    return scores


def _score_name(estimator: Any, scoring: Any) -> str:
    if isinstance(scoring, str):
        return scoring
    own = scoring is None and not hasattr(estimator, "scorer_")  # a search has a score of its own
    return "accuracy" if own else "score"


def _edges(positions: np.ndarray) -> np.ndarray:
    """Borders between bands, half way between their positions."""
    if len(positions) == 1:
        return np.array([positions[0] - 0.5, positions[0] + 0.5])
    between = (positions[1:] + positions[:-1]) / 2
    first, last = positions[0] - (between[0] - positions[0]), 2 * positions[-1] - between[-1]
    return np.array([first, *between, last])


def _check_count(name: str, value: Any, at_most: int | None) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 1 or (at_most is not None and value > at_most):
        limit = "" if at_most is None else f" and at most {at_most}, the number of bands"
        raise ValueError(f"{name} must be an integer of at least 1{limit}, got {value!r}.")
