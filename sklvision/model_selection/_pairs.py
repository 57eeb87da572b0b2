"""One estimator fitted and scored on one fold, wherever joblib runs it."""

from __future__ import annotations

import threading
import warnings
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.model_selection import cross_validate
from sklearn.utils._param_validation import InvalidParameterError
from threadpoolctl import threadpool_limits

from sklvision.model_selection._costs import count_parameters, pickled_bytes
from sklvision.model_selection._scoring import Scorer

_PREDICT_SECONDS = "predict seconds"  # no scorer's name: the blank keeps it apart


class _ScoresAndPredictTime:
    """The scorers as one callable for cross_validate, with a stopwatch on predict."""

    def __init__(self, scorers: dict[str, Scorer]) -> None:
        self.scorers = scorers

    def __call__(self, estimator: Any, X: Any, y: Any) -> dict[str, float]:
        # Scorers that need the same predictions share them this way.
        score_all = check_scoring(estimator, scoring=self.scorers)
        scores: dict[str, float] = {}
        for name, value in score_all(estimator, X, y).items():
            scores.update(value if isinstance(value, dict) else {name: value})
        # Timed last: by then caches are warm, as they are in service.
        start = perf_counter()
        estimator.predict(X)
        return {**scores, _PREDICT_SECONDS: perf_counter() - start}


def run_pair(
    name: str,
    estimator: Any,
    split: int,
    indices: tuple[np.ndarray, np.ndarray],
    X: Any,
    y: np.ndarray,
    scorers: dict[str, Scorer],
) -> tuple[dict[str, Any], list[tuple[str, type[Warning]]]]:
    """Fit a clone on the training part, score and measure it on the test part.

    Returns the row of results and the warnings that were raised on the way: the
    caller repeats them once per estimator instead of once per process.
    """
    train, test = indices
    X, y = _with_shared_dtype(X), _with_shared_dtype(y)
    # The record is global to the process, so threads leave it alone.
    alone = threading.current_thread() is threading.main_thread()
    record = warnings.catch_warnings(record=True) if alone else nullcontext()
    try:
        # The rounding of BLAS depends on its threads, whose number depends on n_jobs.
        with record as caught, threadpool_limits(1, user_api="blas"):
            measured = cross_validate(
                clone(estimator),
                X,
                y,
                cv=[(train, test)],
                scoring=_ScoresAndPredictTime(scorers),
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
    }
    return row, [(str(warning.message), warning.category) for warning in caught or ()]


def _with_shared_dtype(data: Any) -> Any:
    """Give an array that came from another process the dtype object of this one.

    It arrives with an equal one of its own, and a model that keeps both would be
    pickled a few bytes larger than the same model fitted in the main process.
    """
    if type(data) in (np.ndarray, np.memmap) and data.dtype.kind in "biufc":
        return data.view(np.dtype(data.dtype.str))
    return data
