"""Accuracy that an estimator can be expected to reach, measured on samples held out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._checks import check_samples
from sklvision.model_selection._comparison.baselines import MAX_SIDE, make_logistic_regression
from sklvision.model_selection._comparison.compare import compare_estimators
from sklvision.model_selection._splits import Split, make_splits
from sklvision.reporting._classes import render_class_report
from sklvision.reporting._comparison import ClassReport
from sklvision.utils._labels import convert_groups
from sklvision.utils._samples import Samples
from sklvision.utils._statistics import compute_proportion_interval, tabulate_class_scores
from sklvision.utils._suggest import did_you_mean

_N_PARTS = 5  # one of them is held out
# Values of the table that logistic regression is fitted on; with more it would take minutes.
_MAX_BASELINE_VALUES = 2e7


@dataclass(frozen=True)
class AccuracyEstimate:
    """Accuracy of an estimator and of simple baselines on held-out samples.

    .. versionadded:: 0.1

    Parameters
    ----------
    name : str
        Name of the estimator.
    accuracy : dict of str to float
        Accuracy of the estimator and the baselines, from 0 to 1.
    n_tested : int
        Number of samples that were predicted.
    n_samples : int
        Number of all samples.
    n_folds : int
        Number of folds; 1 where one part of the samples was held out once.
    is_grouped : bool
        Whether groups were kept together.
    split : str, default=""
        Description of splits that were given, such as "the official test set"; "" for those that
        were drawn.
    scores : dict of str to dict of str to float, default=None
        Another score by its name, of the estimator and the baselines.
    confusion : DataFrame of shape (n_labels, n_labels), default=None
        Confusion matrix of the estimator: true labels down, predicted labels across.
    reliability : DataFrame, default=None
        Reliability curve of the predicted labels; None without probabilities.
    leaks : LeakReport, default=None
        Data leakage between training and test sets; None if it was not searched for.

    See Also
    --------
    estimate_accuracy : The function that returns it.

    Examples
    --------
    >>> from sklvision.model_selection import AccuracyEstimate
    >>> scores = {"net": 0.95, "majority class": 0.5}
    >>> print(AccuracyEstimate("net", scores, 40, 200, 1, False))
    Accuracy on 40 of 200 samples held out (20 %, stratified):
      net             0.9500  (95 % interval 0.8350 to 0.9862)
      majority class  0.5000  (95 % interval 0.3520 to 0.6480)
    """

    name: str
    accuracy: dict[str, float]
    n_tested: int
    n_samples: int
    n_folds: int
    is_grouped: bool
    split: str = ""
    scores: Mapping[str, Mapping[str, float]] | None = None
    confusion: pd.DataFrame | None = None
    reliability: pd.DataFrame | None = None
    leaks: Any = None

    def compute_interval(self, name: str) -> tuple[float, float]:
        """Compute the 95 % interval (Wilson) of an accuracy, for independent samples.

        Parameters
        ----------
        name : str
            One of the names in `accuracy`.

        Returns
        -------
        low, high : float
            Ends of the interval.

        Raises
        ------
        ValueError
            If there is no accuracy of that name.
        """
        if not isinstance(name, str) or name not in self.accuracy:
            raise ValueError(f"No accuracy of {name!r}. {did_you_mean(str(name), self.accuracy)}")
        n_correct = round(self.accuracy[name] * self.n_tested)
        return compute_proportion_interval(n_correct, self.n_tested)

    def score_classes(self) -> pd.DataFrame:
        """Compute recall and precision of every class.

        Returns
        -------
        frame : DataFrame of shape (n_labels, 8)
            As :meth:`ComparisonResult.score_classes` returns it.

        Raises
        ------
        ValueError
            If the estimate has no confusion matrix.
        """
        if self.confusion is None:
            raise ValueError(
                "This estimate has no confusion matrix: expected a result of estimate_accuracy."
            )
        return tabulate_class_scores(self.confusion, is_grouped=self.is_grouped)

    def __str__(self) -> str:
        lines = [f"Accuracy {self._describe_split()}:"]
        width = max(map(len, self.accuracy))
        for name, accuracy in self.accuracy.items():
            line = f"  {name.ljust(width)}  {accuracy:.4f}"
            if not self.is_grouped:  # samples of one group are not independent
                low, high = self.compute_interval(name)
                line += f"  (95 % interval {low:.4f} to {high:.4f})"
            lines.append(line)
        values: Mapping[str, float] = self.accuracy
        for score, values in (self.scores or {}).items():
            lines.append(f"{score} on the same samples{', mean over folds' * (self.n_folds > 1)}:")
            lines += [f"  {name.ljust(width)}  {value:.4f}" for name, value in values.items()]
        # By the last score, which is the one that the user named, if any.
        best = max((name for name in values if name != self.name), key=values.__getitem__)
        if not values[self.name] > values[best]:
            lines.append(f"{self.name} was no better than {best} on these samples.")
        if self.confusion is not None:
            scores = self.score_classes()
            report = ClassReport(self.name, self.confusion, scores, self.reliability)
            lines += ["", render_class_report(report)]
        return "\n".join(lines)

    def _describe_split(self) -> str:
        if self.split:
            return f"on {self.n_tested} of {self.n_samples} samples, {self.split}"
        split = "groups kept together" if self.is_grouped else "stratified"
        if self.n_folds > 1:
            return f"over {self.n_folds} folds ({split}), each held out once"
        percentage = round(100 * self.n_tested / self.n_samples)
        part = f"{self.n_tested} of {self.n_samples} samples held out"
        return f"on {part} ({percentage} %, {split})"


def estimate_accuracy(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    name: str = "estimator",
    cv: Any = None,
    groups: Any = None,
    scoring: str | None = None,
    split: str = "",
    memory: Any = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> AccuracyEstimate:
    """Estimate the accuracy of a classifier on new samples, next to simple baselines.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator
        The classifier; it is cloned.
    X : array-like, table or collection of n_samples samples
        The samples.
    y : array-like of shape (n_samples,)
        The labels.
    name : str, default="estimator"
        Name of the classifier in the result.
    cv : int, cross-validation splitter or iterable, default=None
        Number of folds of cross-validation, or splits, as :func:`compare_estimators` takes them.
        ``None`` holds out a fifth of the samples once.
    groups : array-like of shape (n_samples,), default=None
        Groups of samples that are kept together.
    scoring : str, default=None
        Name of a scorer of scikit-learn that is measured in addition to the accuracy, such as
        "balanced_accuracy".
    split : str, default=""
        Description of splits that are given as `cv`, such as "the official test set".
    memory : str, path-like or joblib.Memory, default=None
        Directory in which the result of every fit is stored, so that the same call continues after
        an interruption. Pass `random_state` as well.
    random_state : int, RandomState instance or None, default=None
        Seed of the splits and of the fits.
    verbose : int, default=0
        Whether to show the progress.

    Returns
    -------
    estimate : AccuracyEstimate
        Accuracy of the classifier, of logistic regression and of the majority class, and recall
        and precision of every class; printed, it is a table.

    Raises
    ------
    TypeError
        If `name` is not a string, or `estimator` is not a classifier.
    ValueError
        If a class or the groups are too few to hold any out, or no scorer has that name.

    See Also
    --------
    compare_estimators : Several estimators on the same folds, with tests of their differences.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> classifier = GaussianNB()

    >>> from sklearn.datasets import load_iris
    >>> from sklvision.model_selection import estimate_accuracy
    >>> X, y = load_iris(return_X_y=True)
    >>> estimate = estimate_accuracy(classifier, X, y, name="bayes", random_state=0)
    >>> list(estimate.accuracy), estimate.n_tested
    (['bayes', 'logistic regression', 'majority class'], 30)
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {name!r}.")
    samples, y = check_samples(X, y)
    groups = convert_groups(groups, len(y))
    splits = _make_splits(samples, y, groups, cv, random_state)
    n_tested = sum(len(test) for _, test in splits)
    candidates = {name: estimator}
    logistic = _make_small_baseline(samples, len(splits[0][0]))
    if logistic is not None:
        candidates["logistic regression"] = logistic
    other_scores = [] if scoring in (None, "accuracy") else [scoring]
    result = compare_estimators(
        candidates,
        X,
        y,
        cv=splits,
        groups=groups,
        scoring=["accuracy", *other_scores],
        memory=memory,
        n_jobs=1,
        random_state=random_state,
        verbose=verbose,
    )
    weights = [len(test) / n_tested for _, test in splits]

    def average(score: str) -> dict[str, float]:
        table = result.scores(score)
        names = (name, "logistic regression", "majority class")
        return {key: float(table.loc[key].to_numpy() @ weights) for key in names}

    has_probabilities = name in (result.probabilities or {})
    return AccuracyEstimate(
        name=name,
        accuracy=average("accuracy"),
        n_tested=n_tested,
        n_samples=len(y),
        n_folds=len(splits),
        is_grouped=groups is not None,
        split=split,
        scores={score: average(score) for score in other_scores},
        confusion=result.confusion_matrix(name),
        reliability=result.measure_reliability(name) if has_probabilities else None,
        leaks=result.leaks,
    )


def _make_splits(
    samples: Samples, y: np.ndarray, groups: Any, cv: Any, random_state: Any
) -> list[Split]:
    """Draw all folds, or the one that is held out: about 20 % of every class."""
    if cv is not None:
        return make_splits(cv, samples, y, groups, random_state)[0]
    classes, counts = np.unique(y, return_counts=True)
    n_parts = min(_N_PARTS, int(counts.min()))
    if n_parts < 2:
        raise ValueError(
            f"y: class {str(classes[counts.argmin()])!r} has only one sample, too few to hold "
            "one out. Train without an estimate, or add samples."
        )
    if groups is not None:
        n_parts = min(n_parts, len(np.unique(groups)))
        if n_parts < 2:
            raise ValueError(
                "groups: all samples belong to one group, so none can be held out. Pass "
                "groups=None to split single samples, or train without an estimate."
            )
    return make_splits(n_parts, samples, y, groups, random_state)[0][:1]


def _make_small_baseline(samples: Samples, n_train: int) -> Any:
    """Make logistic regression on images so small that it is fitted within a minute, or None."""
    if not samples.is_images:
        return None
    height, width, *channels = samples.sample_shape or (MAX_SIDE, MAX_SIDE, 3)
    n_channels = channels[0] if channels else 1
    side = int(math.sqrt(_MAX_BASELINE_VALUES / (n_train * n_channels)))
    if min(height, MAX_SIDE) * min(width, MAX_SIDE) <= side * side:
        return None
    return make_logistic_regression(samples, max_side=max(8, side))
