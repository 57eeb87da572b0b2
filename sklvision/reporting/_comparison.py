"""A comparison of classifiers as tables and plain values: what every report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd


class Failure(NamedTuple):
    """A classifier that failed in some folds, and the first error if there was one.

    Attributes
    ----------
    name : str
        Name of the classifier.
    n_folds : int
        Number of folds.
    error : str or None
        First error; None where a score was not a number.
    replacement : float or None
        Score that counts in these folds; None if there is none.
    """

    name: str
    n_folds: int
    error: str | None
    replacement: float | None = None


@dataclass(frozen=True)
class Comparison:
    """The results of a comparison; every table lists the best classifier first.

    Parameters
    ----------
    summary : DataFrame
        One row per classifier, as ``ComparisonResult.to_frame`` returns it.
    scores : dict of str to DataFrame
        For each score the values, one row per classifier and one column per fold.
    differences : DataFrame or None
        Differences from the reference in the first score; None if it is nowhere complete.
    tradeoffs : DataFrame
        The Pareto front of the first score and the prediction time.
    baselines : sequence of str
        Names of the classifiers that are simple baselines.
    description : dict of str to str
        Samples, classes, folds, seed and versions.
    failures : sequence of Failure
        Classifiers that the first score leaves out.
    """

    summary: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    differences: pd.DataFrame | None
    tradeoffs: pd.DataFrame
    baselines: Sequence[str]
    description: Mapping[str, str]
    failures: Sequence[Failure] = ()

    @property
    def score(self) -> str:
        """Name of the first score."""
        return next(iter(self.scores))

    @property
    def first_scores(self) -> pd.DataFrame:
        """Values of the first score by classifier and fold."""
        return self.scores[self.score]

    @property
    def names(self) -> list[str]:
        """Names of the classifiers, the best first."""
        return [str(name) for name in self.summary.index]

    @property
    def n_splits(self) -> int:
        """Number of folds."""
        return self.first_scores.shape[1]

    @property
    def n_samples(self) -> str:
        """Number of samples, as text."""
        return self.description["Samples"].partition(",")[0]

    @property
    def log_losses(self) -> pd.Series | None:
        """Log loss by classifier, NaN without probabilities; None where none has it."""
        if "log_loss" not in self.summary or self.summary["log_loss"].isna().all():
            return None
        return self.summary["log_loss"]

    @property
    def unit(self) -> tuple[str, float]:
        """Unit of differences between scores, and the factor to it."""
        values = self.first_scores.to_numpy()
        finite = values[np.isfinite(values)]
        is_fraction = finite.size > 0 and finite.min() >= 0 and finite.max() <= 1
        return ("percentage points", 100.0) if is_fraction else ("units", 1.0)


@dataclass(frozen=True)
class RobustnessCurves:
    """Scores by corruption and severity, with the meaning of severity 1."""

    scores: pd.DataFrame
    score_name: str
    n_samples: int
    meanings: Mapping[str, str]


@dataclass(frozen=True)
class ForecastCurve:
    """A measured learning curve, its continuation with an interval, and sentences on it."""

    score_name: str
    train_sizes: np.ndarray
    mean_scores: np.ndarray
    sizes: np.ndarray
    forecast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sentences: Sequence[str]


@dataclass(frozen=True)
class ClassReport:
    """Results of one classifier by class.

    Parameters
    ----------
    name : str
        Name of the classifier.
    counts : DataFrame of shape (n_labels, n_labels)
        Confusion matrix: true labels down, predicted labels across.
    scores : DataFrame of shape (n_labels, 8)
        Recall and precision with intervals, which are NaN where samples come in groups.
    reliability : DataFrame or None
        Reliability curve of the predicted label; None without probabilities.
    """

    name: str
    counts: pd.DataFrame
    scores: pd.DataFrame
    reliability: pd.DataFrame | None = None


@dataclass(frozen=True)
class Details:
    """Contents of a page in addition to the tables of a comparison; empty ones are omitted."""

    classes: Sequence[ClassReport] = ()
    shown_first: Sequence[str] = ()
    label_errors: pd.DataFrame | None = None
    sample_names: Sequence[str] | None = None
    choices: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: Mapping[str, str] = field(default_factory=dict)
    leaks: str | None = None
    has_leaks: bool = False
    robustness: RobustnessCurves | None = None
    forecasts: Mapping[str, ForecastCurve] = field(default_factory=dict)
