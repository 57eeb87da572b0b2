"""Fit and score the trials of a search, and report failures as scikit-learn's searches do."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from numbers import Number
from time import perf_counter
from traceback import format_exc
from typing import Any

import numpy as np
from joblib.logger import short_format_time
from sklearn.exceptions import FitFailedWarning

from sklvision.neural_network._batched.trials import Trial
from sklvision.utils._sklearn import index_samples

Scores = float | dict[str, float]
_LINE_WIDTH = 80


@dataclass(frozen=True)
class Evaluator:
    """Fits, where that is still to be done, and scores one trial after another."""

    scorer: Callable  # maps (estimator, X, y) to a score, or to a dict of scores by name
    names: tuple[str, ...] | None  # of several scores, where they are known
    error_score: str | float  # "raise", or the score where a fit or a score fails
    has_train_scores: bool  # of the training samples as well
    verbose: int  # above 1 there is one line for each trial
    n_candidates: int
    n_folds: int

    def evaluate(
        self, X: Any, y: Any, trial: Trial, train: np.ndarray, test: np.ndarray
    ) -> Evaluation:
        """Fit and score the estimator of one trial."""
        if self.verbose > 9:
            start = f"[CV{self._format_position(trial)}] START {_format_parameters(trial)}"
            print(start.ljust(_LINE_WIDTH, "."))
        (X_train, y_train), (X_test, y_test) = (
            (index_samples(X, rows), None if y is None else index_samples(y, rows))
            for rows in (train, test)
        )
        start_time = perf_counter()
        error = None
        try:
            if not trial.is_fitted:
                trial.estimator.fit(X_train, y_train)
        except Exception:
            if self.error_score == "raise":
                raise
            error = format_exc()
        fit_time = trial.fit_time + perf_counter() - start_time
        start_time = perf_counter()
        test_scores = train_scores = self._replace_scores()
        if error is None:
            test_scores = self._score(trial.estimator, X_test, y_test)
        score_time = 0.0 if error else perf_counter() - start_time
        if error is None and self.has_train_scores:
            train_scores = self._score(trial.estimator, X_train, y_train)
        evaluation = Evaluation(test_scores, train_scores, fit_time, score_time, error)
        if self.verbose > 1:
            self._print_end(trial, evaluation)
        return evaluation

    def _replace_scores(self) -> Any:
        """Return the scores of a failed fit."""
        if self.names is None:
            return self.error_score
        return dict.fromkeys(self.names, self.error_score)

    def _score(self, estimator: Any, X: Any, y: Any) -> Scores:
        try:
            scores = self.scorer(estimator, X) if y is None else self.scorer(estimator, X, y)
        except Exception:
            if self.error_score == "raise" or self.names is not None:
                raise
            scores = self._warn_of_failed_score(format_exc())
        if not isinstance(scores, dict):
            return _check_score(scores, self.scorer)
        values = {}
        for name, score in scores.items():
            # With several scores, those that failed are the text of their error.
            has_failed = self.names is not None and isinstance(score, str)
            value = self._warn_of_failed_score(score) if has_failed else score
            values[name] = _check_score(value, name)
        return values

    def _warn_of_failed_score(self, error: str) -> Any:
        warnings.warn(
            "Scoring failed. The score on this train-test partition for these parameters will be "
            f"set to {self.error_score}. Details: \n{error}",
            UserWarning,
            stacklevel=2,
        )
        return self.error_score

    def _format_position(self, trial: Trial) -> str:
        position = ""
        if self.verbose > 2:
            position = f" {trial.fold + 1}/{self.n_folds}"
        if self.verbose > 9:
            position += f"; {trial.candidate + 1}/{self.n_candidates}"
        return position

    def _print_end(self, trial: Trial, evaluation: Evaluation) -> None:
        end = f"[CV{self._format_position(trial)}] END "
        result = _format_parameters(trial)
        result += ";" if result else ""
        if self.verbose > 2:
            result += self._format_scores(evaluation)
        seconds = evaluation.fit_time + evaluation.score_time
        result += f" total time={short_format_time(seconds)}"
        print(end + "." * (_LINE_WIDTH - len(end) - len(result)) + result)

    def _format_scores(self, evaluation: Evaluation) -> str:
        test, train = evaluation.test_scores, evaluation.train_scores
        if isinstance(test, dict):
            pairs = [(name, test[name], dict(train)[name]) for name in sorted(test)]
            texts = [f" {name}: ({self._format_pair(*pair)})" for name, *pair in pairs]
            return "".join(texts)
        text = self._format_pair(test, train)
        return f", score=({text})" if self.has_train_scores else f", score={test:.3f}"

    def _format_pair(self, test: Any, train: Any) -> str:
        train_text = f"train={train:.3f}, " if self.has_train_scores else ""
        return f"{train_text}test={test:.3f}"


@dataclass
class Evaluation:
    """Scores and times of one trial, and the text of the error where its fit failed."""

    test_scores: Any
    train_scores: Any
    fit_time: float
    score_time: float
    error: str | None


def _check_score(score: Any, name: Any) -> Any:
    if hasattr(score, "item"):
        with suppress(ValueError):
            score = score.item()
    if not isinstance(score, Number):
        raise ValueError(
            f"scoring must return a number, got {score} ({type(score)}) instead. (scorer={name})"
        )
    return score


def _format_parameters(trial: Trial) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(trial.parameters.items()))


def check_failures(evaluations: list[Evaluation], error_score: str | float) -> None:
    """Warn of fits that failed, and raise an error if all of them did."""
    errors = Counter(e.error for e in evaluations if e.error is not None)
    n_failed, n_fits = errors.total(), len(evaluations)
    if not n_failed:
        return
    line = "-" * _LINE_WIDTH
    summaries = "\n".join(
        f"{line}\n{n} fits failed with the following error:\n{error}" for error, n in errors.items()
    )
    hint = "debug them by setting error_score='raise'"
    details = f"Below are more details about the failures:\n{summaries}"
    if n_failed == n_fits:
        raise ValueError(
            f"\nAll the {n_fits} fits failed.\nIt is very likely that your model is misconfigured."
            f"\nYou can try to {hint}.\n\n{details}"
        )
    warnings.warn(
        f"\n{n_failed} fits failed out of a total of {n_fits}.\nThe score on these train-test "
        f"partitions for these parameters will be set to {error_score}.\nIf these failures are "
        f"not expected, you can try to {hint}.\n\n{details}",
        FitFailedWarning,
        stacklevel=4,
    )
