"""Choice of the best model of a search within a budget."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from sklvision.model_selection._budget.excess import COSTS, describe_excess
from sklvision.model_selection._budget.scorers import (
    file_size,
    is_cost,
    latency_scorer,
    parameter_count,
)
from sklvision.model_selection._scoring import resolve_scorers


class within_budget:  # noqa: N801 - reads as the function that it is used as
    """Choose the best model of a search among those within a budget.

    Pass an instance as `refit` of :class:`~sklearn.model_selection.GridSearchCV` or
    :class:`~sklearn.model_selection.RandomizedSearchCV`, and its `scoring` as their `scoring`. Of
    the candidates within all limits, the one with the best mean score is refitted.

    Parameters
    ----------
    score : str or callable, default="accuracy"
        The score to maximize: the name of one of scikit-learn's scorers, the name of another one in
        the `scoring` of the search, or a callable ``scorer(estimator, X, y)``, which has its own
        name in `scoring`.
    max_latency_ms : float, default=None
        Largest number of milliseconds that `predict` may take per sample. None sets no limit.
    max_parameters : int, default=None
        Largest number of learned parameters. None sets no limit.
    max_file_size : int, default=None
        Largest number of bytes of the pickled model. None sets no limit.
    batch_size : int, default=1
        Samples in each call of `predict` whose latency is measured.
    n_repeats : int, default=20
        Number of timed calls; the median is used.
    n_threads : int, default=1
        Threads that `predict` may use while it is measured.

    Raises
    ------
    TypeError
        If a limit is not a number, or `score` neither a name nor a callable.
    ValueError
        If no limit is given, one is not positive, or `score` is a cost. When called, if no
        candidate is within the budget, with the closest candidates, or if a measure is missing
        from the results; the error has the results as its attribute ``cv_results_``.

    See Also
    --------
    latency_scorer : Measures the time.
    parameter_count : Counts the parameters.
    file_size : Measures the file.

    Notes
    -----
    In a custom `scoring`, costs must have the names ``"latency_ms"``
    (:func:`latency_scorer`), ``"parameter_count"`` and ``"file_size"``.

    For latency, the median over the folds is used, which is robust to a machine that was busy for a
    while; for parameters and bytes, the largest value. An unknown cost, such as the number of
    parameters of trees, counts as above its limit. A candidate whose score is NaN, because a fit
    failed, is never chosen.

    If mean scores are equal, the candidate with fewer parameters is chosen, then the smaller file,
    then the lower latency, as far as the search measured them, and then the first one.

    The `score` method of the search gives this score as well. Its mean over the folds is in
    ``cv_results_`` at ``best_index_``, because a callable `refit` gives no ``best_score_``. Ignore
    the ``rank_test_`` columns of costs there: they rank the most expensive first.

    :class:`~sklearn.model_selection.HalvingGridSearchCV` ignores what a callable `refit`
    returns; give it :meth:`score_within` as `scoring`, and ``return_train_score=False``.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.model_selection import within_budget
    >>> budget = within_budget("accuracy", max_parameters=30)

    >>> from sklearn.datasets import load_wine
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = make_pipeline(StandardScaler(), SelectKBest(), LogisticRegression())
    >>> grid = {"selectkbest__k": [2, 4, 8, 13]}
    >>> search = GridSearchCV(classifier, grid, scoring=budget.scoring, refit=budget)
    >>> search.fit(X, y).best_params_
    {'selectkbest__k': 8}
    """

    def __init__(
        self,
        score: str | Callable[..., float] = "accuracy",
        *,
        max_latency_ms: float | None = None,
        max_parameters: int | None = None,
        max_file_size: int | None = None,
        batch_size: int = 1,
        n_repeats: int = 20,
        n_threads: int = 1,
    ) -> None:
        self.score = score
        self.max_latency_ms = max_latency_ms
        self.max_parameters = max_parameters
        self.max_file_size = max_file_size
        self.batch_size = batch_size
        self.n_repeats = n_repeats
        self.n_threads = n_threads
        self._score_name = _check_score(score)
        self._limits = {
            name: _check_limit(cost.parameter, getattr(self, cost.parameter))
            for name, cost in COSTS.items()
            if getattr(self, cost.parameter) is not None
        }
        if not self._limits:
            raise ValueError(
                "within_budget needs a limit: max_latency_ms, max_parameters or max_file_size."
            )
        self._cost_scorers = {
            "parameter_count": parameter_count,
            "file_size": file_size,
            "latency_ms": latency_scorer(
                batch_size=batch_size, n_repeats=n_repeats, n_threads=n_threads
            ),
        }

    @property
    def scoring(self) -> dict[str, Any]:
        """The score and the costs that are limited, for the `scoring` of the search.

        Returns
        -------
        scoring : dict of str to str or callable
            A new dict of scorers by their names, to which others can be added.

        Raises
        ------
        ValueError
            If `score` is a name that scikit-learn does not know.
        """
        resolve_scorers(self.score)
        costs = {name: self._cost_scorers[name] for name in self._limits}
        return {self._score_name: self.score, **costs}

    def score_within(self, estimator: Any, X: Any, y: Any) -> float:
        """Score a fitted estimator if it is within the budget.

        This is a scorer for searches that choose by one score only and step by step, such as
        :class:`~sklearn.model_selection.HalvingGridSearchCV`. Each fold is checked alone, and one
        fold that exceeds a limit makes the mean NaN. If no candidate is within the budget, such a
        search raises no error: check whether its ``best_score_`` is NaN.

        Parameters
        ----------
        estimator : object
            A fitted estimator.
        X : array-like of shape (n_samples, ...)
            Test samples.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        score : float
            The score, or NaN if a limit is exceeded.
        """
        for name, limit in self._limits.items():
            cost = self._cost_scorers[name](estimator, X, y)
            if not cost <= limit:  # nor is NaN within it
                return np.nan
        return check_scoring(estimator, scoring=self.score)(estimator, X, y)

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Return the index of the best candidate within the budget."""
        self._check_measured(cv_results)
        scores = np.asarray(cv_results[f"mean_test_{self._score_name}"], dtype=float)
        costs = {
            name: _combine_folds(folds, cost.over_folds)
            for name, cost in COSTS.items()
            if (folds := _get_folds(cv_results, name))
        }
        is_within = ~np.isnan(scores)
        for name, limit in self._limits.items():
            is_within &= costs[name] <= limit
        if not is_within.any():
            message = describe_excess(
                self._limits, costs, self._score_name, scores, cv_results["params"]
            )
            raise _make_error(message, cv_results)
        # The last key decides first; unknown costs come last, equal ones in the order of search.
        keys = [np.nan_to_num(cost, nan=np.inf) for cost in costs.values()]
        order = np.lexsort([*reversed(keys), -scores])
        return int(order[is_within[order]][0])

    # GridSearchCV.score looks up its scorer by refit, as if that were always the name of one.
    def __hash__(self) -> int:
        return hash(self._score_name)

    def __eq__(self, value: object) -> bool:
        return value == self._score_name if isinstance(value, str) else self is value

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        arguments = [repr(self.score)] + [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in defaults.items()
            if name != "score" and getattr(self, name) != parameter.default
        ]
        return f"within_budget({', '.join(arguments)})"

    def _check_measured(self, cv_results: Mapping[str, Any]) -> None:
        scoring = {self._score_name: self.score} | {
            name: self._cost_scorers[name] for name in self._limits
        }
        missing = [
            f"{name!r}: {_format_scorer(scorer)}"
            for name, scorer in scoring.items()
            if f"mean_test_{name}" not in cv_results
        ]
        if missing:
            raise _make_error(
                f"{self!r} needs measures that are missing from the results: pass the budget's "
                "scoring to the search, as in GridSearchCV(..., scoring=budget.scoring, "
                f"refit=budget), or a scoring dict that also has {{{', '.join(missing)}}}.",
                cv_results,
            )


def _check_score(score: Any) -> str:
    """Check the score and return its name in `scoring`."""
    if not (callable(score) or (isinstance(score, str) and score)):
        raise TypeError(f"score must be the name of a scorer or a callable, got {score!r}.")
    # A name that scikit-learn does not know may be one of a custom scoring.
    name = score if isinstance(score, str) else next(iter(resolve_scorers(score)))
    if is_cost(score) or name in COSTS:
        limit = COSTS[name].parameter
        raise ValueError(
            f"score={name!r} is a cost (lower is better): limit it with {limit}, and choose "
            "another score."
        )
    return name


def _check_limit(name: str, value: Any) -> float:
    message = f"{name} must be a positive number or None, got {value!r}."
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(message)
    limit = float(value)
    if not limit > 0:
        raise ValueError(message)
    return limit


def _get_folds(cv_results: Mapping[str, Any], name: str) -> list[Any]:
    """Return one array per fold over all candidates; none where nothing was measured."""
    pattern = re.compile(rf"split\d+_test_{re.escape(name)}")
    return [values for key, values in cv_results.items() if pattern.fullmatch(key)]


def _combine_folds(folds: list[Any], over_folds: Callable[..., np.ndarray]) -> np.ndarray:
    """Combine the folds to one cost per candidate; NaN if it is unknown in any fold."""
    values = np.array(folds, dtype=float)
    # No cost is zero: such numbers stand for failed fits (error_score=0).
    return over_folds(np.where(values > 0, values, np.nan), axis=0)


def _format_scorer(scorer: Any) -> str:
    """Format a scorer as it is written in code."""
    return scorer.__name__ if scorer in (parameter_count, file_size) else repr(scorer)


def _make_error(message: str, cv_results: Mapping[str, Any]) -> Exception:
    """Make an error with the results, which a search that fails does not store."""
    error: Any = ValueError(message)
    error.cv_results_ = cv_results
    return error
