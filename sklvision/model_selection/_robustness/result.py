"""The outcome of a robustness curve: numbers for programs, a table and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._robustness.corruptions import Corruption, corrupt
from sklvision.reporting._comparison import RobustnessCurves
from sklvision.reporting._text import align_table, format_markdown_table
from sklvision.utils._suggest import did_you_mean


@dataclass(frozen=True, repr=False, eq=False)
class RobustnessResult:
    """Scores of fitted classifiers by corruption and severity.

    Made by :func:`~sklvision.model_selection.robustness_curve`. Printed, it is a table with a
    sentence on what follows from it.

    Parameters
    ----------
    scores : DataFrame of shape (n_rows, 4)
        One row per ``estimator``, ``corruption`` and ``severity``, with its ``score``. Severity
        0, the clean data, is repeated for every corruption.
    score_name : str
        Name of the score.
    corruptions : dict of str to callable
        The corruptions as they were applied, seeds set.
    n_samples : int
        Number of samples that were scored.
    seed : int
        Seed of what was drawn for the samples.

    See Also
    --------
    robustness_curve : Makes one.
    sklvision.inspection.RobustnessDisplay : Draws one.
    sklvision.inspection.CorruptionDisplay : Shows what was done to a sample.

    Notes
    -----
    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import robustness_curve
    >>> X, y = load_iris(return_X_y=True)
    >>> model = GaussianNB().fit(X[::2], y[::2])
    >>> result = robustness_curve(
    ...     model, X[1::2], y[1::2], corruptions=["gain", "baseline"], severities=2, random_state=0
    ... )
    >>> print(result)
    accuracy on 75 samples, at severity 1 and, in brackets, on average over severities
    <BLANKLINE>
    corruption  severity 1                     GaussianNB
    ──────────  ──────────────────────────  ─────────────
    none                                    0.960
    gain        ±20 %                       0.800 (0.833)
    baseline    offset and tilt, 10 % each  0.853 (0.873)
    <BLANKLINE>
    gain hurts most: it costs 12.7 percentage points of accuracy on average over its severities,
    16.0 percentage points at severity 1. This describes these 75 samples.
    """

    scores: pd.DataFrame
    score_name: str
    corruptions: Mapping[str, Corruption]
    n_samples: int
    seed: int

    @property
    def meanings(self) -> dict[str, str]:
        """What each corruption does at severity 1, in few words; empty for one of your own."""
        return {name: corruption.meaning for name, corruption in self.corruptions.items()}

    def to_frame(self) -> pd.DataFrame:
        """Give all scores as a tidy table.

        Returns
        -------
        frame : DataFrame of shape (n_rows, 4)
            Columns ``estimator``, ``corruption``, ``severity`` and ``score``, one score a row.
            Severity 0, the clean data, is repeated for every corruption.
        """
        return self.scores.copy()

    def summary(self, drop: float = 0.05) -> pd.DataFrame:
        """Summarise each curve in one row.

        Parameters
        ----------
        drop : float, default=0.05
            Loss of score whose severity is looked for: 0.05 of an accuracy are five
            percentage points.

        Returns
        -------
        frame : DataFrame of shape (n_estimators * n_corruptions, 7)
            Columns: ``estimator``; ``corruption``; ``clean_score``; ``full_score``, at the largest
            severity; ``mean_score``, over all severities but 0; ``relative_drop``, the part of the
            clean score that is lost at the largest severity; ``severity_at_drop``, where the
            score first is lower than the clean one by ``drop``, interpolated linearly between
            severities, and missing where it never is.

        Raises
        ------
        ValueError
            If ``drop`` is not above 0.
        """
        if not drop > 0:
            raise ValueError(f"drop must be above 0, got {drop!r}.")
        rows = []
        for (estimator, corruption), curve in self.scores.groupby(
            ["estimator", "corruption"], sort=False
        ):
            severities, scores = curve["severity"].to_numpy(), curve["score"].to_numpy()
            clean, full = scores[0], scores[-1]
            rows.append(
                {
                    "estimator": estimator,
                    "corruption": corruption,
                    "clean_score": clean,
                    "full_score": full,
                    "mean_score": scores[1:].mean(),
                    "relative_drop": (clean - full) / abs(clean) if clean else np.nan,
                    "severity_at_drop": _first_below(severities, scores, clean - drop),
                }
            )
        return pd.DataFrame(rows)

    def corrupt(self, X: Any, corruption: str, severity: float) -> Any:
        """Corrupt samples as those of the curve were.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or ImageCollection
            Samples of the kind the curve was made of. Its own samples, all or some, become
            exactly what the classifiers were given.
        corruption : str
            Name of one of ``corruptions``.
        severity : float
            Above 0 and up to 1.

        Returns
        -------
        X_corrupted : ndarray, DataFrame or ImageCollection of shape (n_samples, ...)
            The corrupted samples, a new object of the same type.

        Raises
        ------
        ValueError
            If there is no corruption of that name, or the severity is out of range.
        """
        if corruption not in self.corruptions:
            raise ValueError(
                f"corruption={corruption!r} is not part of this result. "
                f"{did_you_mean(corruption, self.corruptions)}"
            )
        if not 0 < severity <= 1:
            raise ValueError(f"severity must lie above 0 and not above 1, got {severity!r}.")
        return corrupt(X, self.corruptions[corruption], severity)

    def to_markdown(self) -> str:
        """Give the table, and what follows from it, as Markdown.

        Returns
        -------
        text : str
            What printing the result shows.
        """
        table = format_markdown_table(*self._table(), n_left=2)
        return "\n".join([f"{self._caption()}:", "", *table, "", self._conclude(), ""])

    def __str__(self) -> str:
        lines = [line.rstrip() for line in align_table(*self._table(), n_left=2)]
        return "\n".join([self._caption(), "", *lines, "", self._conclude()])

    __repr__ = __str__

    def _to_report(self) -> RobustnessCurves:
        return RobustnessCurves(self.scores, self.score_name, self.n_samples, self.meanings)

    def _caption(self) -> str:
        return (
            f"{self.score_name} on {self.n_samples:,} samples, at severity "
            f"{self.scores['severity'].max():g} and, in brackets, on average over severities"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Headers and formatted cells, a row for each corruption."""
        summary = self.summary().set_index(["corruption", "estimator"])
        names = list(dict.fromkeys(self.scores["estimator"]))
        first = next(iter(self.corruptions))
        clean = [f"{summary.loc[(first, name), 'clean_score']:.3f}" for name in names]
        rows = [
            ["none", "", *(f"{score}{' ' * 8}" for score in clean)]
        ]  # above the scores, not the brackets
        for corruption, meaning in self.meanings.items():
            cells = summary.loc[corruption].loc[names]
            pairs = zip(cells["full_score"], cells["mean_score"], strict=True)
            rows.append(
                [corruption, meaning, *(f"{full:.3f} ({mean:.3f})" for full, mean in pairs)]
            )
        return ["corruption", "severity 1", *(" ".join(name.split()) for name in names)], rows

    def _conclude(self) -> str:
        """Say which corruption hurts most, and which estimator holds best, on these samples."""
        summary = self.summary()
        summary["loss"] = summary["clean_score"] - summary["mean_score"]
        summary["loss_at_full"] = summary["clean_score"] - summary["full_score"]
        missing = summary.loc[summary["loss"].isna() | summary["full_score"].isna()]
        if len(missing):
            names = missing["estimator"].unique().tolist()
            return f"No conclusion: {self.score_name} is not a number for {names}."
        several = summary["estimator"].nunique() > 1
        by_corruption = summary.groupby("corruption", sort=False)
        losses = by_corruption["loss"].mean().to_dict()
        worst = max(losses, key=lambda name: losses[name])
        if losses[worst] <= 0:
            words = [f"No corruption lowered {self.score_name} on average over its severities."]
        else:
            at_full = by_corruption["loss_at_full"].mean().to_dict()[worst]
            words = [
                f"{worst} hurts most: it costs {self._amount(losses[worst])} of {self.score_name} "
                f"on average over its severities{' and the classifiers' if several else ''}, "
                f"{self._amount(at_full)} at severity {self.scores['severity'].max():g}."
            ]
        if several:
            means = summary.groupby("estimator", sort=False)["mean_score"].mean()
            means = means.sort_values(ascending=False, kind="stable")
            (best, second), (high, low) = means.index[:2], means.iloc[:2]
            where = "on average over all corruptions and severities"
            words.append(
                f"{best} and {second} hold about equally well, {high:.3f} and {low:.3f} {where}: "
                f"too close to call on so many samples."
                if high - low <= self._sampling_error(high)
                else f"{best} holds best, {high:.3f} {where}, against {low:.3f} of {second}, the "
                "next."
            )
        return " ".join([*words, f"This describes these {self.n_samples:,} samples."])

    def _sampling_error(self, score: float) -> float:
        """Standard error of a share of the samples, which most scores are like; 0 for others."""
        return float(np.sqrt(score * (1 - score) / self.n_samples)) if self._is_share() else 0.0

    def _is_share(self) -> bool:
        return bool(self.scores["score"].between(0, 1).all())

    def _amount(self, difference: float) -> str:
        if self._is_share():
            return f"{100 * difference:.1f} percentage points"
        return f"{difference:.3g}"


def _first_below(severities: np.ndarray, scores: np.ndarray, limit: float) -> float:
    """Severity at which a line through the scores first reaches the limit."""
    below = np.flatnonzero(scores <= limit + 1e-12)  # 0.95 - 0.05 is not quite 0.9
    if not len(below):
        return float("nan")
    i = below[0]
    part = (scores[i - 1] - limit) / (scores[i - 1] - scores[i])
    return float(severities[i - 1] + part * (severities[i] - severities[i - 1]))
