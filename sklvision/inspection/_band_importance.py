"""Importance of bands for a classifier of spectra."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import check_scoring
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from sklvision.inspection._axes import hide_upper_right_spines, import_pyplot
from sklvision.inspection._display import AxesLike, Keywords, SheetDisplay
from sklvision.inspection._drawing import (
    COLORS,
    DARK,
    GRAY,
    draw_artists,
    format_name,
    get_band_positions,
    merge_keywords,
)
from sklvision.inspection._samples import check_not_empty, check_wavelengths
from sklvision.utils._labels import read_labels
from sklvision.utils._parallel import run_tasks
from sklvision.utils._random import draw_seed
from sklvision.utils._samples import as_samples
from sklvision.utils._scorers import check_scorer_function
from sklvision.utils._sklearn import index_samples
from sklvision.utils._validation import check_count


@dataclass(kw_only=True, eq=False, repr=False)
class BandImportanceDisplay(SheetDisplay):
    """Drop of the score when a window of neighboring bands is shuffled, below the mean spectra.

    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    drops : ndarray of shape (n_windows, n_repeats)
        Drop of the score when each window is shuffled.
    windows : ndarray of shape (n_windows, 2)
        First band of each window, and the first one after it.
    wavelengths : ndarray of shape (n_bands,)
        Positions of the bands.
    class_means : dict of label to ndarray of shape (n_bands,)
        Mean spectra of the classes.
    baseline_score : float
        The score with unchanged bands.
    score_name : str, default="score"
        Name of the score.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (2,)
        Axes of the mean spectra, and of the importance.
    %(figure)s
    importances_ : DataFrame of shape (n_windows, 4)
        For each window ``first`` and ``last`` wavelength, and ``mean`` and ``std`` of the score
        lost.

    See Also
    --------
    sklearn.inspection.permutation_importance : The same for single features.

    Notes
    -----
    Neighboring bands are highly correlated, so shuffling a single band hardly changes the score.
    Therefore whole windows are shuffled: each row gets the window of another row. Bands in other
    windows may replace the shuffled ones, so a window without importance may still hold
    information. With wider windows the score drops more, but the result is less exact about which
    bands matter.

    .. versionadded:: 0.1

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

    drops: np.ndarray
    windows: np.ndarray
    wavelengths: np.ndarray
    class_means: dict[Any, np.ndarray]
    baseline_score: float
    score_name: str = "score"
    importances_: pd.DataFrame = field(init=False)

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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Shuffle windows of bands and show how much the score drops.

        Parameters
        ----------
        estimator : classifier
            Fitted; any classifier with scikit-learn's interface.
        X : array-like of shape (n, n_bands)
            Spectra it was not trained on.
        y : array-like of shape (n,)
            Their labels.
        %(wavelengths)s
        window : int, default=None
            Number of neighboring bands shuffled together; None makes about 25 windows. The last
            one may be narrower.
        n_repeats : int, default=5
            Number of times that each window is shuffled.
        scoring : str or callable, default=None
            Name of one of scikit-learn's scorers or a callable ``scorer(estimator, X, y)``. None
            uses the classifier's ``score``, usually the accuracy.
        n_jobs : int, default=None
            Number of windows shuffled at the same time. ``None`` means 1 unless in a
            :obj:`joblib.parallel_backend` context, -1 means all processors. The result does not
            depend on it.
        random_state : int, RandomState instance or None, default=None
            Seed of the shuffling.
        %(drawing)s

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If lengths differ, `X` does not hold spectra, or a parameter is out of range.
        TypeError
            If `scoring` is not one score, or does not return a number.
        """
        import_pyplot()
        check_is_fitted(estimator)
        samples = as_samples(X)
        check_not_empty(samples)
        if not samples.is_table or 0 in samples.shape:
            raise ValueError(f"X must hold spectra (n, n_bands), got shape {samples.shape}.")
        labels = read_labels(y)
        check_consistent_length(samples.data, labels)
        n_bands = samples.shape[1]
        window = check_count(
            "window",
            max(1, round(n_bands / 25)) if window is None else window,
            maximum=n_bands,
            limit="the number of bands",
        )
        check_count("n_repeats", n_repeats)

        values = np.asarray(samples.to_array(), dtype=float)
        if isinstance(scoring, list | tuple | set | dict):
            raise TypeError(f"scoring must be one score, got {scoring!r}.")
        scorer = check_scoring(estimator, scoring=scoring)
        check_scorer_function(scorer)
        score = _compute_score(scorer, estimator, samples.data, labels)
        starts = np.arange(0, n_bands, window)
        windows = np.column_stack([starts, np.minimum(starts + window, n_bands)])
        seeds = np.random.RandomState(draw_seed(random_state)).randint(2**31 - 1, size=len(windows))
        shared_args = estimator, samples.data, labels, scorer, int(n_repeats)
        bands = (slice(*bounds) for bounds in windows.tolist())
        tasks = zip(bands, seeds.tolist(), strict=True)
        scores = list(run_tasks(_score_shuffled, tasks, shared_args=shared_args, n_jobs=n_jobs))
        return cls(
            drops=score - np.array(scores),
            windows=windows,
            wavelengths=check_wavelengths(wavelengths, samples, n_bands),
            class_means={
                label: values[labels == label].mean(axis=0) for label in np.unique(labels)
            },
            baseline_score=score,
            score_name=_get_score_name(estimator, scoring),
        ).plot(ax=ax, **kwargs)

    def plot(
        self, ax: AxesLike = None, *, line_kw: Keywords = None, bar_kw: Keywords = None
    ) -> Self:
        """Draw mean spectra and importance.

        %(plot)s
        """
        self._make_grid(ax, (2, 1), (6.0, 4.6), sharex=True)
        self.axes_ = self.axes_[:, 0]
        positions, label = get_band_positions(self.wavelengths, len(self.wavelengths))
        first_bands, last_bands = self.windows[:, 0], self.windows[:, 1] - 1
        self.importances_ = pd.DataFrame(
            {
                "first": positions[first_bands],
                "last": positions[last_bands],
                "mean": self.drops.mean(axis=1),
                "std": self.drops.std(axis=1),
            }
        )
        self._draw_class_means(self.axes_[0], positions, line_kw)
        self._draw_importances(self.axes_[1], positions, bar_kw)
        self.axes_[1].set_xlabel(label)
        for panel in self.axes_:
            hide_upper_right_spines(panel)
        return self

    def _draw_class_means(self, panel: Any, positions: np.ndarray, line_kw: Keywords) -> None:
        for i, (name, mean) in enumerate(self.class_means.items()):
            style = {"color": COLORS[i % len(COLORS)], "linewidth": 1.4, "label": str(name)}
            style |= {"linestyle": ["-", "--", ":"][i // len(COLORS) % 3]}
            style = merge_keywords(style, line_kw=line_kw)
            draw_artists(panel.plot, positions, mean, style=style, line_kw=line_kw)
        n_columns = 1 + (len(self.class_means) - 1) // 8
        panel.legend(title="mean of class", frameon=False, fontsize="small", ncols=n_columns)
        panel.set_ylabel("spectrum")
        panel.tick_params(labelbottom=False)

    def _draw_importances(self, panel: Any, positions: np.ndarray, bar_kw: Keywords) -> None:
        edges = _compute_edges(positions)
        left, right = edges[self.windows[:, 0]], edges[self.windows[:, 1]]
        mean, std = self.importances_["mean"], self.importances_["std"]
        style: dict[str, Any] = {
            "color": GRAY,
            "edgecolor": "white",
            "linewidth": 0.5,
            "align": "edge",
        }
        style = merge_keywords(style, bar_kw=bar_kw)
        draw_artists(panel.bar, left, mean, right - left, style=style, bar_kw=bar_kw)
        if self.drops.shape[1] > 1:
            middle = (left + right) / 2
            panel.errorbar(middle, mean, yerr=std, fmt="none", ecolor=DARK, elinewidth=1)
        panel.axhline(0, color=DARK, linewidth=0.8)
        panel.set_ylabel(f"{format_name(self.score_name)} lost\nif shuffled")
        title = f"with all bands: {self.baseline_score:.3g}"
        panel.set_title(title, loc="right", fontsize="small", color=GRAY)


def _score_shuffled(
    estimator: Any, X: Any, y: np.ndarray, scorer: Any, n_repeats: int, bands: slice, seed: int
) -> list[float]:
    """Compute scores with a window of bands taken from other rows."""
    generator = np.random.RandomState(seed)
    scores = []
    for _ in range(n_repeats):
        other_rows = index_samples(X, generator.permutation(len(X)))
        shuffled_rows = _replace_columns(X, other_rows, bands)
        scores.append(_compute_score(scorer, estimator, shuffled_rows, y))
    return scores


def _compute_score(scorer: Any, estimator: Any, X: Any, y: np.ndarray) -> float:
    score = scorer(estimator, X, y)
    try:
        return float(score)
    except (TypeError, ValueError):
        raise TypeError(f"scoring must return a number, got {score!r}.") from None


def _replace_columns(table: Any, source: Any, columns: slice) -> Any:
    """Return a copy of a table of any library with columns of a source of the same type."""
    if isinstance(table, pd.DataFrame):
        copy = table.copy()
        for i in range(*columns.indices(table.shape[1])):
            copy.isetitem(i, source.iloc[:, i].to_numpy())
        return copy
    if hasattr(table, "with_columns"):  # polars
        return table.with_columns(source.get_columns()[columns])
    if hasattr(table, "set_column"):  # pyarrow
        for i in range(*columns.indices(table.num_columns)):
            table = table.set_column(i, table.column_names[i], source.column(i))
        return table
    copy = table.copy()
    copy[:, columns] = source[:, columns]
    return copy


def _get_score_name(estimator: Any, scoring: Any) -> str:
    if isinstance(scoring, str):
        return scoring
    has_own_score = scoring is not None or hasattr(estimator, "scorer_")  # as a search has
    return "score" if has_own_score else "accuracy"


def _compute_edges(positions: np.ndarray) -> np.ndarray:
    """Return the borders between bands, half way borders their positions."""
    if len(positions) == 1:
        return np.array([positions[0] - 0.5, positions[0] + 0.5])
    borders = (positions[1:] + positions[:-1]) / 2
    first, last = positions[0] - (borders[0] - positions[0]), 2 * positions[-1] - borders[-1]
    return np.array([first, *borders, last])
