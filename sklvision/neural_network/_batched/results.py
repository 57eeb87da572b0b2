"""The table of a search's results, and the choice of the best candidate."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from scipy.stats import rankdata

from sklvision.neural_network._batched.evaluation import Evaluation
from sklvision.neural_network._batched.trials import Parameters


def make_results(
    candidates: list[Parameters],
    evaluations: list[Evaluation],
    *,
    has_train_scores: bool,
    error_score: str | float,
) -> dict[str, Any]:
    """Make `cv_results_` of evaluations, candidate by candidate, fold by fold.

    Parameters
    ----------
    candidates : list of dict
        Parameters of the candidates.
    evaluations : list of Evaluation
        As many of each candidate as there are folds.
    has_train_scores : bool
        Whether to include the scores of training samples.
    error_score : "raise" or float
        Score of a failed fit, where the names of the scores were not known when it failed.
    """
    shape = len(candidates), -1
    results: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        times = np.array([getattr(e, name) for e in evaluations]).reshape(shape)
        results |= {f"mean_{name}": times.mean(axis=1), f"std_{name}": times.std(axis=1)}
    results |= _make_parameter_columns(candidates)
    results["params"] = candidates
    test = _stack_scores([e.test_scores for e in evaluations], error_score)
    train = {}
    if has_train_scores:
        train = _stack_scores([e.train_scores for e in evaluations], error_score)
    for name in test:
        test_scores = test[name].reshape(shape)
        results |= _make_score_columns(f"test_{name}", test_scores)
        results[f"rank_test_{name}"] = rank_scores(test_scores.mean(axis=1))
        if has_train_scores:
            results |= _make_score_columns(f"train_{name}", train[name].reshape(shape))
    return results


def _make_parameter_columns(candidates: list[Parameters]) -> dict[str, np.ma.MaskedArray]:
    """Make a column for each parameter, masked where a candidate does not set it."""
    columns = {}
    for name in dict.fromkeys(name for parameters in candidates for name in parameters):
        values = {i: row[name] for i, row in enumerate(candidates) if name in row}
        column = np.ma.MaskedArray(
            np.empty(len(candidates), dtype=_find_dtype(list(values.values()))), mask=True
        )
        for i, value in values.items():
            column[i] = value
        columns[f"param_{name}"] = column
    return columns


def _find_dtype(values: list[Any]) -> Any:
    """Return the type of a column of numbers; texts, sequences and mixtures are objects."""
    try:
        array = np.array(values)
    except ValueError:  # sequences of different lengths
        return object
    return array.dtype if array.ndim == 1 and array.dtype.kind != "U" else object


def _stack_scores(scores: list[Any], error_score: str | float) -> dict[str, np.ndarray]:
    """Return the scores of all trials by name; a single score is named "score"."""
    names = next((list(score) for score in scores if isinstance(score, dict)), None)
    if names is None:
        return {"score": np.array(scores, dtype=np.float64)}
    rows = [
        score if isinstance(score, dict) else dict.fromkeys(names, error_score) for score in scores
    ]
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names}


def _make_score_columns(name: str, scores: np.ndarray) -> dict[str, np.ndarray]:
    means = scores.mean(axis=1)
    if not np.isfinite(means).all():
        kind = name.partition("_")[0]
        warnings.warn(f"One or more of the {kind} scores are non-finite: {means}", stacklevel=4)
    columns = {f"split{i}_{name}": scores[:, i] for i in range(scores.shape[1])}
    return columns | {f"mean_{name}": means, f"std_{name}": scores.std(axis=1)}


def rank_scores(means: np.ndarray) -> np.ndarray:
    """Rank mean scores from 1, the highest; ties share a rank, and NaN ranks last."""
    if np.isnan(means).all():
        return np.ones(len(means), dtype=np.int32)
    lowest = np.nanmin(means) - 1
    finite = np.nan_to_num(means, nan=lowest)
    return rankdata(-finite, method="min").astype(np.int32)


def check_refit(refit: bool | str | Callable, names: Any) -> None:
    """Raise unless `refit` tells which of several scores decides."""
    if refit is False or callable(refit) or (isinstance(refit, str) and refit in names):
        return
    raise ValueError(
        "For multi-metric scoring, the parameter refit must be set to a scorer key or a callable "
        "to refit an estimator with the best parameter setting on the whole data and make the "
        "best_* attributes available for that metric. If this is not needed, refit should be set "
        f"to False explicitly. {refit!r} was passed."
    )


def find_best(refit: bool | str | Callable, metric: str, results: dict[str, Any]) -> Any:
    """Return the index of the best candidate, as `refit` or else the rank decides."""
    if not callable(refit):
        return results[f"rank_test_{metric}"].argmin()
    index: Any = refit(results)
    if not isinstance(index, Integral):
        raise TypeError("best_index_ returned is not an integer")
    if not 0 <= int(index) < len(results["params"]):
        raise IndexError("best_index_ index out of range")
    return index
