"""One estimator fitted and scored on one fold, wherever joblib runs it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from numbers import Number
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring, log_loss
from sklearn.pipeline import Pipeline
from threadpoolctl import ThreadpoolController

from sklvision.model_selection._comparison.searches import get_choice
from sklvision.model_selection._scoring import Scorer
from sklvision.model_selection._splits import take_rows
from sklvision.utils._costs import count_parameters, measure_pickle
from sklvision.utils._groups import fit_with_groups
from sklvision.utils._predictions import has_most_probable_labels
from sklvision.utils._protocols import has_probabilities
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import get_response_methods
from sklvision.utils._warnings import Message, record_warnings

# A prediction that took less is timed again, warm, as it is in service.
_BRIEF_SECONDS = 0.01


@cache
def _get_threadpools() -> ThreadpoolController:
    """Look the thread pools up once per process: that takes as long as a small fit."""
    return ThreadpoolController()


class Outcome(NamedTuple):
    """Scores and costs of one estimator on one fold, its predictions and its warnings.

    Columns of the probabilities are all labels in sorted order.
    """

    row: dict[str, Any]
    predictions: np.ndarray | None
    probabilities: np.ndarray | None
    warnings: list[Message]


class _CachedPredictions:
    """A fitted estimator that does not predict the test set again for every score."""

    def __init__(self, estimator: Any, X: Any, predictions: np.ndarray) -> None:
        self._estimator, self._X, self._predictions = estimator, X, predictions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._estimator, name)

    def predict(self, X: Any) -> np.ndarray:
        return self._predictions if X is self._X else self._estimator.predict(X)


class _CachedProbabilities(_CachedPredictions):
    """The same with probabilities, in a method of that name, by which scorers go."""

    def __init__(
        self, estimator: Any, X: Any, predictions: np.ndarray, probabilities: np.ndarray
    ) -> None:
        super().__init__(estimator, X, predictions)
        self._probabilities = probabilities

    def predict_proba(self, X: Any) -> np.ndarray:
        return self._probabilities if X is self._X else self._estimator.predict_proba(X)


def run_pair(
    scorers: dict[str, Scorer],
    data_key: str,
    samples: Samples,
    y: np.ndarray,
    groups: np.ndarray | None,
    name: str,
    estimator: Any,
    split: int,
    train: np.ndarray,
    test: np.ndarray,
) -> Outcome:
    """Fit a clone on the training set, score and measure it on the test set.

    Warnings raised on the way are returned: the caller repeats them once per estimator
    instead of once per process. ``data_key`` stands for the data where outcomes are cached.
    """
    estimator = clone(estimator)
    try:
        # The rounding of BLAS depends on its threads, whose number depends on n_jobs.
        with record_warnings() as messages, _get_threadpools().limit(limits=1, user_api="blas"):
            fit_seconds = _fit(estimator, samples, y, groups, train)
            X_test = take_rows(estimator, samples, test, train)
            predictions, output, predict_seconds = _predict(estimator, X_test)
            cached = (
                _CachedPredictions(estimator, X_test, predictions)
                if output is None
                else _CachedProbabilities(estimator, X_test, predictions, output)
            )
            scores = _score(estimator, cached, X_test, y[test], scorers)
    except Exception as error:
        error.add_note(f"Raised by {name!r} in fold {split}.")
        raise
    labels = np.unique(y)
    probabilities = _align_probabilities(estimator, output, labels)
    row = {
        "estimator": name,
        "split": split,
        **{f"test_{score}": value for score, value in scores.items()},
        "log_loss": _compute_log_loss(y[test], probabilities, labels),
        "fit_seconds": fit_seconds,
        "predict_ms_per_sample": 1000 * predict_seconds / len(test),
        "n_parameters": count_parameters(estimator),
        "pickled_bytes": measure_pickle(estimator),
        "chosen": get_choice(estimator),
        "error": None,
    }
    if probabilities is not None:  # a comparison keeps those of all folds
        probabilities = probabilities.astype(np.float32)
    return Outcome(row, predictions, probabilities, messages)


def _fit(
    estimator: Any, samples: Samples, y: np.ndarray, groups: np.ndarray | None, train: np.ndarray
) -> float:
    """Fit on the training set and return the seconds."""
    X = take_rows(estimator, samples, train, train)
    start = perf_counter()
    fit_with_groups(estimator, X, y[train], None if groups is None else groups[train])
    return perf_counter() - start


def _predict(estimator: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None, float]:
    """Predict labels and, if there are any, probabilities; return the seconds of the labels.

    Steps before the last one run once for both: they may read files, or compute features.
    """
    start = perf_counter()
    last, inputs = estimator, X
    if type(estimator) is Pipeline and len(estimator) > 1:
        last, inputs = estimator[-1], estimator[:-1].transform(X)
    output = None
    if has_most_probable_labels(last):
        output = last.predict_proba(inputs)
        predictions = last.classes_[output.argmax(axis=1)]
    else:
        predictions = np.asarray(last.predict(inputs))
    seconds = perf_counter() - start
    if output is None:
        output = _predict_probabilities(last, inputs)
    if seconds < _BRIEF_SECONDS:
        start = perf_counter()
        estimator.predict(X)
        seconds = perf_counter() - start
    return predictions, output, seconds


def _predict_probabilities(estimator: Any, X: Any) -> np.ndarray | None:
    """Predict probabilities as the estimator returns them; None where it has none.

    A method that fails leaves the log loss empty, and does not end the comparison.
    """
    if not has_probabilities(estimator):
        return None
    try:
        return np.asarray(estimator.predict_proba(X))
    except Exception as error:
        reason = " ".join(str(error).split())
        warnings.warn(
            f"predict_proba failed with {type(error).__name__}: {reason}", UserWarning, stacklevel=2
        )
        return None


def _align_probabilities(
    estimator: Any, output: np.ndarray | None, labels: np.ndarray
) -> np.ndarray | None:
    """Return one column per label; those that were not trained on have probability zero."""
    if output is None or output.ndim != 2 or output.dtype.kind not in "fiu":
        return None
    columns = {label: column for column, label in enumerate(labels.tolist())}
    classes = np.asarray(getattr(estimator, "classes_", ())).tolist()
    if len(classes) != output.shape[1] or not set(classes) <= set(columns):
        return None
    is_valid = np.isfinite(output).all() and np.allclose(output.sum(axis=1), 1, atol=1e-3)
    if not is_valid or output.min() < 0:
        return None
    probabilities = np.zeros((len(output), len(labels)))
    probabilities[:, [columns[label] for label in classes]] = output
    return probabilities


def _compute_log_loss(y: np.ndarray, probabilities: np.ndarray | None, labels: np.ndarray) -> float:
    if probabilities is None:
        return np.nan
    # Rows of float32 sum to 1 only roughly, which scikit-learn would warn of.
    values = probabilities / probabilities.sum(axis=1, keepdims=True)
    codes = np.searchsorted(labels, y)
    return float(log_loss(codes, values, labels=np.arange(len(labels))))


def _score(
    estimator: Any,
    cached: _CachedPredictions,
    X: Any,
    y: np.ndarray,
    scorers: Mapping[str, Scorer],
) -> dict[str, float]:
    """Score a fitted estimator; a function may return several scores by their names."""
    # Scorers of scikit-learn call methods; a function may look at the estimator itself.
    by_method = {name: s for name, s in scorers.items() if get_response_methods(s)}
    scores = check_scoring(cached, scoring=by_method)(cached, X, y) if by_method else {}
    for name, scorer in scorers.items():
        if name not in by_method:
            score = scorer(estimator, X, y)
            scores.update(score if isinstance(score, dict) else {name: score})
    first = [name for name in scorers if name in scores]
    return {name: _as_float(name, scores[name]) for name in dict.fromkeys([*first, *scores])}


def _as_float(name: str, score: Any) -> float:
    number = score.item() if isinstance(score, np.ndarray) and score.size == 1 else score
    if not isinstance(number, Number):
        raise ValueError(
            f"scoring: {name!r} must return a number, got {score!r} of type {type(score).__name__}."
        )
    value = float(number)  # type: ignore[arg-type]
    if np.isinf(value):
        raise ValueError(
            f"scoring: {name!r} must return a finite number, got {value}: no mean of it and no "
            "difference could be computed."
        )
    return value


def try_pair(run: Any, error_score: Any, *pair: Any) -> Outcome:
    """Run a pair; unless errors are raised, a failure is a row with its message."""
    if error_score == "raise":
        return run(*pair)
    try:
        return run(*pair)
    except Exception as error:
        scorers, *_, name, _, split, _, _ = pair
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
        row = {
            "estimator": name,
            "split": split,
            **{f"test_{score}": float(error_score) for score in scorers},
            "log_loss": np.nan,
            "fit_seconds": np.nan,
            "predict_ms_per_sample": np.nan,
            "n_parameters": None,
            "pickled_bytes": None,
            "chosen": None,
            "error": message,
        }
        return Outcome(row, None, None, [])
