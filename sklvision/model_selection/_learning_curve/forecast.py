"""Extrapolation of a learning curve to more training samples."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklvision.model_selection._learning_curve.checks import (
    check_points,
    check_target_and_confidence,
)
from sklvision.model_selection._learning_curve.power_law import (
    Floats,
    PowerLaws,
    fit_power_laws,
    is_falling,
)
from sklvision.model_selection._learning_curve.samples_needed import SamplesNeeded
from sklvision.reporting._comparison import ForecastCurve


@dataclass(frozen=True, repr=False, eq=False)
class LearningForecast:
    """A learning curve with its continuation beyond the measured sizes.

    Made by :func:`~sklvision.model_selection.learning_curve_forecast`, or from existing
    scores by :meth:`from_scores`. Printed, it is a few sentences.

    Parameters
    ----------
    train_sizes : ndarray of shape (n_sizes,)
        Numbers of training samples, ascending.
    scores : ndarray of shape (n_sizes, n_repeats)
        Scores on test data, one column per fold or repeat.
    curves : PowerLaws
        The possible curves, from :meth:`from_scores`.
    scoring : str
        Name of the score.
    best_score : float
        The best possible score.
    n_samples : int
        Number of available samples.
    target : float or None
        The target score.
    confidence : float
        Confidence level of the intervals.

    See Also
    --------
    learning_curve_forecast : Measures the scores first.
    sklvision.inspection.LearningForecastDisplay : Draws it.

    Notes
    -----
    The curve is the inverse power law ``score(n) = a - b * n ** -c`` [1]_ [2]_ with ``b``
    at least 0, so that it never falls, and ``a`` at most the best score. All triples are weighted
    by their agreement with the mean scores, given their noise (estimated from the
    standard deviation over repeats, and shared between sizes) and some misfit, since no curve is
    exactly a power law. Beyond the largest size measured, each curve may continue at a different
    rate, which widens the intervals with the distance. Intervals are for the mean score of models
    trained on n samples, not for one of them.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] C. Cortes, L. D. Jackel, S. A. Solla, V. Vapnik, J. S. Denker: Learning Curves:
       Asymptotic Values and Rate of Convergence. NIPS 1993.
    .. [2] R. L. Figueroa, Q. Zeng-Treitler, S. Kandula, L. H. Ngo: Predicting Sample Size
       Required for Classification Performance. BMC Medical Informatics and Decision
       Making 12, 8, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.model_selection import LearningForecast
    >>> sizes = np.array([50, 100, 200, 400, 800])
    >>> noise = np.random.default_rng(0).normal(scale=0.005, size=(5, 10))
    >>> scores = 0.95 - sizes[:, None] ** -0.5 + noise
    >>> forecast = LearningForecast.from_scores(sizes, scores)
    >>> forecast.predict([200, 800])[0].round(2)
    array([0.88, 0.92])
    """

    train_sizes: Floats
    scores: Floats
    curves: PowerLaws
    scoring: str
    best_score: float
    n_samples: int
    target: float | None
    confidence: float

    @classmethod
    def from_scores(
        cls,
        train_sizes: ArrayLike,
        scores: ArrayLike,
        *,
        scoring: str = "score",
        best_score: float = 1.0,
        n_samples: int | None = None,
        n_tested: int | None = None,
        target: float | None = None,
        confidence: float = 0.9,
    ) -> LearningForecast:
        """Make a forecast from existing scores.

        Parameters
        ----------
        train_sizes : array-like of shape (n_sizes,)
            Numbers of training samples, at least 3 different ones.
        scores : array-like of shape (n_sizes, n_repeats)
            Scores on test data, at least 2 repeats each; higher is better.
        scoring : str, default="score"
            Name of the score, for messages.
        best_score : float, default=1.0
            The best possible score: 1 for accuracy, 0 for negated losses.
        n_samples : int, default=None
            Number of available samples, which the final model will be trained on. None: the
            largest of ``train_sizes``.
        n_tested : int, default=None
            Number of different samples that a row of scores was tested on. It keeps a perfect
            score of few from counting as certain; None uses the standard deviation alone.
        target : float, default=None
            The target score.
        confidence : float, default=0.9
            Confidence level of the intervals.

        Returns
        -------
        forecast : LearningForecast
            The curve with its continuation.

        Raises
        ------
        ValueError
            If there are too few sizes or repeats, scores are missing or exceed the
            best score, or the target does.

        Warns
        -----
        UserWarning
            If the scores fall as samples are added.
        """
        check_target_and_confidence(target, confidence, best_score)
        sizes, points = check_points(train_sizes, scores, best_score)
        order = np.argsort(sizes)
        sizes, points = sizes[order], points[order]
        n_samples = int(sizes[-1]) if n_samples is None else n_samples
        for name, count in {"n_samples": n_samples, "n_tested": n_tested}.items():
            if count is not None and not (isinstance(count, Integral) and count >= 1):
                raise ValueError(f"{name} must be a positive integer, got {count!r}.")
        if is_falling(sizes, points, best_score):
            first, last = points.mean(axis=1)[[0, -1]]
            warnings.warn(
                f"The scores fall as samples are added, from {first:.4g} with {sizes[0]:,.0f} to "
                f"{last:.4g} with {sizes[-1]:,.0f}: the forecast assumes that scores do "
                "not fall. Check the data, the settings and the score.",
                UserWarning,
                stacklevel=2,
            )
        curves = fit_power_laws(sizes, points, float(best_score), n_tested)
        return cls(
            train_sizes=sizes,
            scores=points,
            curves=curves,
            scoring=scoring,
            best_score=float(best_score),
            n_samples=int(n_samples),
            target=None if target is None else float(target),
            confidence=float(confidence),
        )

    @property
    def asymptote(self) -> tuple[float, float, float]:
        """Estimate the score that more samples cannot exceed: median, low and high end."""
        median, low, high = self._compute_quantiles(self.curves.limit)
        return float(median), float(low), float(high)

    def predict(self, n: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Predict the score of training on n samples.

        Parameters
        ----------
        n : float or array-like of shape (n_points,)
            Numbers of training samples, not below the smallest size measured.

        Returns
        -------
        median : ndarray of shape (n_points,)
            The forecast; of no dimension for a single number.
        low, high : ndarray of shape (n_points,)
            Interval of the forecast.

        Raises
        ------
        ValueError
            If a number is below the smallest size measured.
        """
        n = np.asarray(n, dtype=np.float64)
        if not np.all(np.isfinite(n) & (n >= self.train_sizes[0])):
            raise ValueError(
                f"n must be finite and at least {self.train_sizes[0]:,.0f}, the smallest size "
                f"measured; got {n[~(np.isfinite(n) & (n >= self.train_sizes[0]))].tolist()}."
            )
        median, low, high = self._compute_quantiles(self.curves.evaluate(np.atleast_1d(n)))
        return median.reshape(n.shape), low.reshape(n.shape), high.reshape(n.shape)

    def samples_for(self, score: float) -> SamplesNeeded:
        """Estimate the number of training samples that a score needs.

        Parameters
        ----------
        score : float
            The score, not above the best score.

        Returns
        -------
        needed : SamplesNeeded
            The number with its interval, and whether the score can be reached.

        Raises
        ------
        ValueError
            If the score exceeds the best score.
        """
        check_target_and_confidence(score, self.confidence, self.best_score, name="score")
        sizes = np.maximum(self.curves.solve(float(score)), self.train_sizes[0])
        # Quantiles of infinite values: those of ranks, without interpolation.
        low, n, high = (
            float(np.quantile(sizes, level, method="inverted_cdf"))
            for level in ((1 - self.confidence) / 2, 0.5, (1 + self.confidence) / 2)
        )
        if n <= self.n_samples:
            reachable = "already"
        elif math.isinf(low):
            reachable = "no"
        else:
            reachable = "perhaps" if math.isinf(high) else "yes"
        probability = float(np.isfinite(sizes).mean())
        return SamplesNeeded(
            float(score), n, low, high, reachable, probability, n_at_hand=self.n_samples
        )

    def to_frame(self, n: ArrayLike | None = None) -> pd.DataFrame:
        """Tabulate measured scores and forecasts.

        Parameters
        ----------
        n : array-like of shape (n_points,), default=None
            Numbers of training samples to add to the sizes measured. None: the available
            samples, and 2, 4 and 8 times as many.

        Returns
        -------
        table : DataFrame of shape (n_rows, 5)
            By number of samples, ascending: ``mean_score`` and ``std_score`` where measured,
            ``forecast``, ``low``, ``high``.
        """
        extra_sizes = self.n_samples * np.array([1, 2, 4, 8]) if n is None else np.atleast_1d(n)
        sizes = np.unique(np.concatenate([self.train_sizes, extra_sizes]))
        forecast, low, high = self.predict(sizes)
        measurements = pd.DataFrame(
            {"mean_score": self.scores.mean(axis=1), "std_score": self.scores.std(axis=1, ddof=1)},
            index=self.train_sizes,
        ).reindex(sizes)
        table = measurements.assign(forecast=forecast, low=low, high=high)
        is_whole = np.all(sizes == np.rint(sizes))
        return table.set_axis(pd.Index(sizes.astype(np.int64) if is_whole else sizes, name="n"))

    def __str__(self) -> str:
        first, last = self.train_sizes[[0, -1]]
        level = self.scores[-1].mean()
        digits = self._count_digits()
        lines = [
            f"{self.scoring} by number of training samples, measured at {len(self.train_sizes)} "
            f"sizes from {first:,.0f} to {last:,.0f}, {self.scores.shape[1]} times each "
            f"({self.confidence:.0%} intervals)",
            f"with {last:,.0f} samples {level:.{digits}f}, measured",
        ]
        if self.n_samples > last:
            lines.append(
                f"with all {self.n_samples:,} samples about {self._format_score(self.n_samples)}"
            )
        for times in (1, 3):
            lines.append(
                f"{times * self.n_samples:,} more samples would give about "
                f"{self._format_score((1 + times) * self.n_samples)}"
            )
        median, low, high = self.asymptote
        lines.append(
            f"however many samples, no more than about {median:.{digits}f} "
            f"({low:.{digits}f} to {high:.{digits}f})"
        )
        if self.target is not None:
            lines.append(str(self.samples_for(self.target)))
        return "\n  ".join(lines)

    __repr__ = __str__

    def _to_report(self) -> ForecastCurve:
        """Evaluate the curve up to four times the largest size measured."""
        sizes = np.geomspace(self.train_sizes[0], 4 * self.train_sizes[-1], 40)
        forecast, low, high = self.predict(sizes)
        return ForecastCurve(
            score_name=self.scoring,
            train_sizes=self.train_sizes,
            mean_scores=self.scores.mean(axis=1),
            sizes=sizes,
            forecast=forecast,
            low=low,
            high=high,
            sentences=[line.strip() for line in str(self).splitlines()],
        )

    def _format_score(self, n: float) -> str:
        median, low, high = (float(value) for value in self.predict(n))
        digits = self._count_digits()
        return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    def _count_digits(self) -> int:
        """Count the decimals that are worth showing, by the width of an interval."""
        _, low, high = self.predict(2 * self.n_samples)
        width = max(float(high - low), 1e-6)
        return min(5, max(0, 1 - math.floor(math.log10(width))))

    def _compute_quantiles(self, values: Floats) -> Any:
        tail = (1 - self.confidence) / 2
        return np.quantile(values, [0.5, tail, 1 - tail], axis=0)
