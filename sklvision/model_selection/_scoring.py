"""Scorers: their names, and checks that they can work before anything is fitted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import StackingClassifier
from sklearn.metrics import check_scoring, get_scorer

from sklvision.utils._nested import walk_estimators
from sklvision.utils._scorers import check_scorer_function, check_scorer_name
from sklvision.utils._sklearn import get_response_methods, get_score_function

Scorer = Callable[[Any, Any, Any], Any]


def resolve_scorers(scoring: Any) -> dict[str, Scorer]:
    """Return named scorers of a name, a callable, a list of both or a mapping."""
    if isinstance(scoring, Mapping):
        pairs = list(scoring.items())
    elif isinstance(scoring, (list, tuple)):
        pairs = [(_make_name(scorer), scorer) for scorer in scoring]
    else:
        pairs = [(_make_name(scoring), scoring)]
    if not pairs:
        raise ValueError("scoring is empty: name at least one scorer, such as 'accuracy'.")
    scorers: dict[str, Scorer] = {}
    for name, scorer in pairs:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"Names of scorers must be non-empty strings, got {name!r}.")
        if name in scorers:
            raise ValueError(f"scoring names {name!r} twice.")
        scorers[name] = _resolve_scorer(scorer)
    return scorers


def _resolve_scorer(scorer: Any) -> Scorer:
    if isinstance(scorer, str):
        check_scorer_name(scorer)
        return get_scorer(scorer)
    if not callable(scorer):
        raise TypeError(f"A scorer must be a name or a callable, got {scorer!r}.")
    # The message of scikit-learn for a metric function given in place of a scorer is good.
    checked_scorer = check_scoring(DummyClassifier(), scoring=scorer)
    check_scorer_function(scorer)
    return checked_scorer


def _make_name(scorer: Any) -> str:
    if isinstance(scorer, str):
        return scorer
    if not callable(scorer):
        raise TypeError(
            f"scoring must be a scorer's name, a callable, a list of them or a mapping of names "
            f"to them, got {scorer!r}."
        )
    function = get_score_function(scorer)
    return getattr(function, "__name__", type(function).__name__).strip("<>")


def check_scorers(
    scorers: dict[str, Scorer], scoring: Any, estimators: dict[str, Any], y: np.ndarray
) -> None:
    """Try the scorers given by name on a dummy, and check the methods that they call.

    A binary-only score of many classes, or a score of probabilities for an
    estimator without them, would otherwise fail after the first fits.
    """
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y)
    names = _list_names(scoring)
    for name, scorer in scorers.items():
        if name not in names:
            continue
        try:
            scorer(dummy, np.zeros((len(y), 1)), y)
        except ValueError as error:
            reason = re.sub(r"\s+", " ", str(error)).strip()
            raise ValueError(f"scoring={name!r} does not fit these labels: {reason}") from error
        _check_responses(name, scorer, estimators)


def _list_names(scoring: Any) -> set[str]:
    """Return the names in a mapping whose scorers are given by name, or those of a list."""
    if isinstance(scoring, Mapping):
        return {name for name, scorer in scoring.items() if isinstance(scorer, str)}
    items = scoring if isinstance(scoring, (list, tuple)) else [scoring]
    return {item for item in items if isinstance(item, str)}


def _check_responses(name: str, scorer: Scorer, estimators: dict[str, Any]) -> None:
    methods = get_response_methods(scorer) or ["predict"]
    for label, estimator in estimators.items():
        # An estimator may have a method or not, depending on its parameters.
        is_missing = all(getattr(estimator, method, None) is None for method in methods)
        if is_missing and not _has_default_stack(estimator):
            raise ValueError(
                f"scoring={name!r} needs {' or '.join(methods)}, which estimators[{label!r}] "
                "does not have."
            )


def _has_default_stack(estimator: Any) -> bool:
    """Whether a stack inside has no final estimator yet, and so no method before its fit."""
    return any(
        isinstance(inner, StackingClassifier) and inner.final_estimator is None
        for inner in walk_estimators(estimator)
    )
