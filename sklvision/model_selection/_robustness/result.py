"""Result of a robustness curve: scores, a table and a conclusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._robustness.checks import check_corruptible
from sklvision.model_selection._robustness.corruptions import Corruption, corrupt_samples
from sklvision.reporting._comparison import RobustnessCurves
from sklvision.reporting._formats import MISSING
from sklvision.reporting._text import align_table, format_markdown_table
from sklvision.utils._suggest import did_you_mean


@dataclass(frozen=True, repr=False, eq=False)
class RobustnessResult:
    """Scores of fitted classifiers by corruption and severity.

    Made by :func:`~sklvision.model_selection.robustness_curve`. Printed, it is a table with a
    conclusion.

    .. versionadded:: 0.1

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
        Seed of the draws for the samples.

    See Also
    --------
    robustness_curve : Makes one.
    sklvision.inspection.RobustnessDisplay : Draws one.
    sklvision.inspection.CorruptionDisplay : Shows corrupted samples.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> iris = load_iris()
    >>> X, y = iris.data, iris.target

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import robustness_curve
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
    gain has the largest effect: accuracy falls by 12.7 percentage points on average over its
    severities, by 16.0 percentage points at severity 1. This describes these 75 samples.
    """

    scores: pd.DataFrame
    score_name: str
    corruptions: Mapping[str, Corruption]
    n_samples: int
    seed: int

    @property
    def meanings(self) -> dict[str, str]:
        """Describe each corruption at severity 1 in a few words; empty for one of your own."""
        return {name: corruption.description for name, corruption in self.corruptions.items()}

    def to_frame(self) -> pd.DataFrame:
        """Return all scores as a tidy table.

        Returns
        -------
        frame : DataFrame of shape (n_rows, 4)
            Columns ``estimator``, ``corruption``, ``severity`` and ``score``, one score a row.
            Severity 0, the clean data, is repeated for every corruption.
        """
        return self.scores.copy()

    def summary(self, drop: float = 0.05) -> pd.DataFrame:
        """Summarize each curve in one row.

        Parameters
        ----------
        drop : float, default=0.05
            Drop of the score whose severity is reported: 0.05 of an accuracy is five percentage
            points.

        Returns
        -------
        frame : DataFrame of shape (n_estimators * n_corruptions, 7)
            Columns: ``estimator``; ``corruption``; ``clean_score``; ``full_score``, at the largest
            severity; ``mean_score``, over all severities but 0; ``relative_drop``, the fraction of
            the clean score that is lost at the largest severity; ``severity_at_drop``, where the
            score first is lower than the clean one by ``drop``, interpolated linearly between
            severities, and missing where it never is.

        Raises
        ------
        ValueError
            If ``drop`` is not above 0.
        """
        if not isinstance(drop, Real) or not drop > 0:
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
                    "severity_at_drop": _find_crossing(severities, scores, clean - drop),
                }
            )
        return pd.DataFrame(rows)

    def corrupt(self, X: Any, corruption: str, severity: float) -> Any:
        """Corrupt samples like those of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or ImageCollection
            Samples of the kind that the curve was computed on. Its own samples, all or some, become
            exactly the corrupted samples of the curve.
        corruption : str
            Name of one of ``corruptions``.
        severity : float
            Above 0 and up to 1.

        Returns
        -------
        X_corrupted : ndarray, table or ImageCollection of shape (n_samples, ...)
            The corrupted samples, a new object of the same type.

        Raises
        ------
        ValueError
            If the curve has no corruption of that name, or the severity is out of range.
        """
        if not isinstance(corruption, str) or corruption not in self.corruptions:
            raise ValueError(
                f"corruption={corruption!r} is not part of this result. "
                f"{did_you_mean(str(corruption), self.corruptions)}"
            )
        if not isinstance(severity, Real) or not 0 < severity <= 1:
            raise ValueError(f"severity must be above 0 and not above 1, got {severity!r}.")
        chosen_corruption = self.corruptions[corruption]
        samples = check_corruptible(X, is_images=chosen_corruption.pixel_range is not None)
        return corrupt_samples(samples, chosen_corruption, severity)

    def to_markdown(self) -> str:
        """Format the table and the conclusion as Markdown.

        Returns
        -------
        text : str
            For a README, an issue or a wiki page.
        """
        table = format_markdown_table(*self._format_cells(), n_left=2)
        return "\n".join([f"{self._make_caption()}:", "", *table, "", self._draw_conclusion(), ""])

    def __str__(self) -> str:
        lines = [line.rstrip() for line in align_table(*self._format_cells(), n_left=2)]
        return "\n".join([self._make_caption(), "", *lines, "", self._draw_conclusion()])

    __repr__ = __str__

    def _to_report(self) -> RobustnessCurves:
        return RobustnessCurves(self.scores, self.score_name, self.n_samples, self.meanings)

    def _make_caption(self) -> str:
        return (
            f"{self.score_name} on {self.n_samples:,} samples, at severity "
            f"{self.scores['severity'].max():g} and, in brackets, on average over severities"
        )

    def _format_cells(self) -> tuple[list[str], list[list[str]]]:
        """Format headers and cells, a row for each corruption."""
        summary = self.summary().set_index(["corruption", "estimator"])
        names = list(dict.fromkeys(self.scores["estimator"]))
        first = next(iter(self.corruptions))
        clean = [_format_score(summary.loc[(first, name), "clean_score"]) for name in names]
        # Blanks put the clean scores above the scores, not above the brackets.
        rows = [["none", "", *(f"{score}{' ' * 8}" for score in clean)]]
        for corruption, description in self.meanings.items():
            cells = summary.loc[corruption].loc[names]
            pairs = zip(cells["full_score"], cells["mean_score"], strict=True)
            texts = [f"{_format_score(full)} ({_format_score(mean)})" for full, mean in pairs]
            rows.append([corruption, description, *texts])
        return ["corruption", "severity 1", *(" ".join(name.split()) for name in names)], rows

    def _draw_conclusion(self) -> str:
        """Write which corruption and which estimator have the largest and the smallest loss."""
        summary = self.summary()
        summary["loss"] = summary["clean_score"] - summary["mean_score"]
        summary["loss_at_full"] = summary["clean_score"] - summary["full_score"]
        missing = summary.loc[summary["loss"].isna() | summary["full_score"].isna()]
        if len(missing):
            names = missing["estimator"].unique().tolist()
            return f"No conclusion: {self.score_name} is not a number for {names}."
        sentences = [self._describe_worst_corruption(summary)]
        if summary["estimator"].nunique() > 1:
            sentences.append(self._compare_estimators(summary))
        return " ".join([*sentences, f"This describes these {self.n_samples:,} samples."])

    def _describe_worst_corruption(self, summary: pd.DataFrame) -> str:
        means = summary.groupby("corruption", sort=False)[["loss", "loss_at_full"]].mean()
        losses = {str(name): (row.loss, row.loss_at_full) for name, row in means.iterrows()}
        worst = max(losses, key=lambda name: losses[name][0])
        loss, loss_at_full = losses[worst]
        if loss <= 0:
            return f"No corruption lowered {self.score_name} on average over its severities."
        subject = " and the classifiers" if summary["estimator"].nunique() > 1 else ""
        return (
            f"{worst} has the largest effect: {self.score_name} falls by "
            f"{self._format_loss(loss)} on average over its severities{subject}, by "
            f"{self._format_loss(loss_at_full)} at severity {self.scores['severity'].max():g}."
        )

    def _compare_estimators(self, summary: pd.DataFrame) -> str:
        means = summary.groupby("estimator", sort=False)["mean_score"].mean()
        means = means.sort_values(ascending=False, kind="stable")
        (best, second), (high, low) = means.index[:2], means.iloc[:2]
        average = "on average over all corruptions and severities"
        if high - low <= self._compute_standard_error(high):
            return (
                f"{best} and {second} are about equally robust, {high:.3f} and {low:.3f} "
                f"{average}: too close to call on so many samples."
            )
        return (
            f"{best} is the most robust, {high:.3f} {average}, against {low:.3f} of {second}, the "
            "next."
        )

    def _compute_standard_error(self, score: float) -> float:
        """Return the standard error of a fraction of the samples; 0 for other scores."""
        if not self._has_fractions():
            return 0.0
        return float(np.sqrt(score * (1 - score) / self.n_samples))

    def _has_fractions(self) -> bool:
        return bool(self.scores["score"].between(0, 1).all())

    def _format_loss(self, loss: float) -> str:
        return f"{100 * loss:.1f} percentage points" if self._has_fractions() else f"{loss:.3g}"


def _format_score(score: float) -> str:
    return MISSING if np.isnan(score) else f"{score:.3f}"


def _find_crossing(severities: np.ndarray, scores: np.ndarray, limit: float) -> float:
    """Return the severity at which a line through the scores first reaches the limit."""
    is_reached = scores <= limit + 1e-12  # 0.95 - 0.05 is not quite 0.9
    if not is_reached.any():
        return float("nan")
    i = int(np.argmax(is_reached))
    fraction = (scores[i - 1] - limit) / (scores[i - 1] - scores[i])
    return float(severities[i - 1] + fraction * (severities[i] - severities[i - 1]))
