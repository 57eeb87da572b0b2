"""One estimator fitted and scored on one fold, wherever joblib runs it."""

from __future__ import annotations

import threading
import warnings
from contextlib import nullcontext
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import cross_validate
from threadpoolctl import ThreadpoolController

from sklvision.model_selection._budget.costs import count_parameters, pickled_bytes
from sklvision.model_selection._scoring import Scorer
from sklvision.model_selection._searches import chosen_parameters, is_search
from sklvision.utils._sklearn import InvalidParameterError

_PREDICT_SECONDS = "predict seconds"  # no scorer's name: the blank keeps it apart
# A prediction that took less is timed again, warm, as it is in service.
_BRIEF = 0.01


@cache
def _threads() -> ThreadpoolController:
    """Looked up once per process: that takes as long as a small fit."""
    return ThreadpoolController()


class Outcome(NamedTuple):
    """What came of one estimator on one fold."""

    row: dict[str, Any]
    predicted: np.ndarray | None
    warnings: list[tuple[str, type[Warning]]]


class _Remembering:
    """A fitted estimator that does not predict the test part once more for every score."""

    def __init__(self, estimator: Any, X: Any, predicted: np.ndarray) -> None:
        self._estimator, self._X, self._predicted = estimator, X, predicted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._estimator, name)

    def predict(self, X: Any) -> np.ndarray:
        return self._predicted if X is self._X else self._estimator.predict(X)


class _ScoresAndPredictions:
    """The scorers as one callable for cross_validate, with a stopwatch on predict."""

    def __init__(self, scorers: dict[str, Scorer]) -> None:
        self.scorers = scorers
        self.predicted: np.ndarray | None = None

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        start = perf_counter()
        self.predicted = np.asarray(estimator.predict(X))
        seconds = perf_counter() - start
        if seconds < _BRIEF:
            start = perf_counter()
            estimator.predict(X)
            seconds = perf_counter() - start
        remembering = _Remembering(estimator, X, self.predicted)
        # Scores by scikit-learn ask by method; a function may look at the estimator itself.
        ours = {name: scorer for name, scorer in self.scorers.items() if _asks_by_method(scorer)}
        others = {name: s for name, s in self.scorers.items() if name not in ours}
        scores: dict[str, float] = {}
        for who, some in ((remembering, ours), (estimator, others)):
            found = check_scoring(who, scoring=some)(who, X, y) if some else {}
            for name, value in found.items():
                scores.update(value if isinstance(value, dict) else {name: value})
        in_order = {name: scores.pop(name) for name in self.scorers if name in scores}
        return {**in_order, **scores, _PREDICT_SECONDS: seconds}


def _asks_by_method(scorer: Any) -> bool:
    return hasattr(scorer, "_response_method")


def run_pair(
    name: str,
    estimator: Any,
    split: int,
    indices: tuple[np.ndarray, np.ndarray],
    scorers: dict[str, Scorer],
    data_key: str,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray | None,
) -> Outcome:
    """Fit a clone on the training part, score and measure it on the test part.

    Warnings raised on the way are returned: the caller repeats them once per estimator
    instead of once per process. ``data_key`` stands for the data where outcomes are kept.
    """
    train, test = indices
    X, y = _with_shared_dtype(X), _with_shared_dtype(y)
    scoring = _ScoresAndPredictions(scorers)
    # The record is global to the process, so threads leave it alone.
    alone = threading.current_thread() is threading.main_thread()
    record = warnings.catch_warnings(record=True) if alone else nullcontext()
    try:
        # The rounding of BLAS depends on its threads, whose number depends on n_jobs.
        with record as caught, _threads().limit(limits=1, user_api="blas"):
            measured = cross_validate(
                clone(estimator),
                X,
                y,
                cv=[(train, test)],
                scoring=scoring,
                # The inner folds of a search shall keep groups together as well.
                params={"groups": groups} if groups is not None and is_search(estimator) else None,
                return_estimator=True,
                error_score="raise",
            )
    except Exception as error:
        cause = error.__cause__
        # cross_validate writes its own name over that of the estimator, which the cause still has.
        renamed = isinstance(error, InvalidParameterError) and isinstance(cause, type(error))
        original = cause if renamed and cause is not None else error
        original.add_note(f"Raised by {name!r} in fold {split}.")
        raise original from original.__cause__
    fitted = measured["estimator"][0]
    prefix = "test_"
    seconds = float(measured.pop(prefix + _PREDICT_SECONDS)[0])
    row = {
        "estimator": name,
        "split": split,
        **{key: float(value[0]) for key, value in measured.items() if key.startswith(prefix)},
        "fit_seconds": float(measured["fit_time"][0]),
        "predict_ms_per_sample": 1000 * seconds / len(test),
        "n_parameters": count_parameters(fitted),
        "pickled_bytes": pickled_bytes(fitted),
        "chosen": chosen_parameters(fitted),
        "error": None,
    }
    told = [(str(warning.message), warning.category) for warning in caught or ()]
    return Outcome(row, scoring.predicted, told)


def attempt_pair(run: Any, error_score: Any, *pair: Any) -> Outcome:
    """Run a pair; unless errors are raised, a failure is a row that says why."""
    if error_score == "raise":
        return run(*pair)
    try:
        return run(*pair)
    except Exception as error:
        name, _, split, _, scorers, *_ = pair
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        row = {
            "estimator": name,
            "split": split,
            **{f"test_{score}": float(error_score) for score in scorers},
            "fit_seconds": np.nan,
            "predict_ms_per_sample": np.nan,
            "n_parameters": None,
            "pickled_bytes": None,
            "chosen": None,
            "error": text,
        }
        return Outcome(row, None, [])


def _with_shared_dtype(data: Any) -> Any:
    """Give an array that came from another process the dtype object of this one.

    It arrives with an equal one of its own, and a model that keeps both would be
    pickled a few bytes larger than the same model fitted in the main process.
    """
    if type(data) in (np.ndarray, np.memmap) and data.dtype.kind in "biufc":
        return data.view(np.dtype(data.dtype.str))
    return data
