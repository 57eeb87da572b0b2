"""Trials of a search, each one candidate on one fold, and the training of batches of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sklvision.neural_network._batched.fits import (
    BatchedFit,
    LargeNetError,
    NotBatchedError,
    check_batchable,
    fit_together,
    hash_data_settings,
    prepare_batched_data,
    prepare_batched_fit,
)
from sklvision.neural_network._fit import FitData
from sklvision.utils._nested import StandIn
from sklvision.utils._sklearn import index_samples

Fold = tuple[np.ndarray, np.ndarray]
Parameters = dict[str, Any]


@dataclass
class Trial:
    """One candidate on one fold.

    Parameters
    ----------
    candidate, fold : int
        Indices among the candidates and the folds.
    parameters : dict
        Parameters of the candidate.
    estimator : estimator
        A fresh estimator with these parameters.
    is_fitted : bool, default=False
        Whether the estimator was trained in a batch.
    fit_time : float, default=0.0
        Seconds that it took.
    """

    candidate: int
    fold: int
    parameters: Parameters
    estimator: Any
    is_fitted: bool = False
    fit_time: float = 0.0


def make_trials(
    estimator: BaseEstimator, candidates: list[Parameters], n_folds: int
) -> list[Trial]:
    """Make the trials of all candidates on all folds, candidate by candidate."""
    return [
        Trial(i, fold, parameters, configure_estimator(estimator, parameters))
        for i, parameters in enumerate(candidates)
        for fold in range(n_folds)
    ]


def configure_estimator(estimator: BaseEstimator, parameters: Parameters) -> Any:
    """Return a fresh estimator with the parameters of a candidate."""
    # The parameters may be estimators themselves, which no two trials may share.
    return clone(estimator).set_params(**clone(parameters, safe=False))


def get_classifier(estimator: Any) -> Any:
    """Return the last step of a pipeline, and any other estimator itself."""
    if isinstance(estimator, StandIn):
        return get_classifier(estimator.member)
    return estimator.steps[-1][1] if type(estimator) is Pipeline else estimator


def train_in_batches(
    trials: list[Trial], X: Any, y: Any, folds: list[Fold], n_jobs: int | None
) -> Counter[str]:
    """Fit the estimators of all trials that can be batched, and count why others cannot.

    Parameters
    ----------
    trials : list of Trial
        The `is_fitted` of trials that are fitted here becomes true.
    X : array-like of shape (n_samples, ...)
        Data of all folds.
    y : array-like of shape (n_samples,)
        Labels.
    folds : list of (ndarray, ndarray)
        Indices of training and test samples.
    n_jobs : int or None
        Number of batches trained at a time.

    Returns
    -------
    reasons : Counter
        Number of trials that have to be fitted alone, by reason.
    """
    start = perf_counter()
    reasons: Counter[str] = Counter()
    for group in _group_by_transformers(trials):
        _train_group(group, TrainingFolds(X, y, folds), reasons, n_jobs)
    batch = [trial for trial in trials if trial.is_fitted]
    for trial in batch:
        trial.fit_time = (perf_counter() - start) / len(batch)
    return reasons


def _train_group(
    trials: list[Trial], folds: TrainingFolds, reasons: Counter[str], n_jobs: int | None
) -> None:
    planned: list[tuple[Trial, Any, BatchedFit]] = []
    large: dict[int, str] = {}  # candidates whose net need not be built for every fold
    for trial in trials:
        if trial.candidate in large:
            reasons[large[trial.candidate]] += 1
            continue
        estimator = clone(trial.estimator)  # fitted alone, a trial starts afresh
        try:
            planned.append((trial, estimator, folds.prepare_fit(estimator, trial.fold)))
        except NotBatchedError as reason:
            reasons[str(reason)] += 1
            if isinstance(reason, LargeNetError):
                large[trial.candidate] = str(reason)
        except Exception as error:  # raised again, and treated, where the trial is fitted alone
            reasons[f"{type(error).__name__}: {error}"] += 1
    are_fitted = fit_together([fit for *_, fit in planned], n_jobs)
    for (trial, estimator, _), is_fitted in zip(planned, are_fitted, strict=True):
        if is_fitted:
            trial.estimator, trial.is_fitted = estimator, True
        else:
            reasons["training diverged"] += 1


class TrainingFolds:
    """Training data of the folds, transformed once for classifiers with equal transformers."""

    def __init__(self, X: Any, y: Any, folds: list[Fold]) -> None:
        self.X, self.y, self.folds = X, y, folds
        self._cache: dict[int, tuple[list, Any, Any]] = {}
        self._data: dict[tuple[int, str], FitData] = {}

    def prepare_fit(self, estimator: Any, fold: int) -> BatchedFit:
        """Prepare the fit of an estimator's classifier; a pipeline gets fitted transformers."""
        classifier = get_classifier(estimator)
        parameters = check_batchable(classifier)
        steps, X, y = self._transform(estimator, fold)
        key = fold, hash_data_settings(classifier)
        if key not in self._data:
            self._data[key] = prepare_batched_data(classifier, X, y)
        if type(estimator) is Pipeline:
            estimator.steps = [*steps, estimator.steps[-1]]
        return prepare_batched_fit(classifier, parameters, self._data[key])

    def _transform(self, estimator: Any, fold: int) -> tuple[list, Any, Any]:
        if fold not in self._cache:
            train = self.folds[fold][0]
            X, y = index_samples(self.X, train), index_samples(self.y, train)
            steps: list = []
            if type(estimator) is Pipeline and len(estimator.steps) > 1:
                transformers = estimator[:-1]
                X = transformers.fit_transform(X, y)
                steps = transformers.steps
            self._cache[fold] = steps, X, y
        return self._cache[fold]


def _group_by_transformers(trials: list[Trial]) -> list[list[Trial]]:
    """Group trials by the parameters of the steps before the classifier."""
    groups: dict[Hashable, list[Trial]] = {}
    for trial in trials:
        key: Hashable = ()
        if type(trial.estimator) is Pipeline:
            last = trial.estimator.steps[-1][0]
            # A grid gives the same objects to all its candidates.
            key = tuple(
                (name, id(value))
                for name, value in sorted(trial.parameters.items())
                if name != last and not name.startswith(f"{last}__")
            )
        groups.setdefault(key, []).append(trial)
    return list(groups.values())
