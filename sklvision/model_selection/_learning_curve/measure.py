"""Measurement of a learning curve, and its forecast."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklvision.model_selection._checks import check_estimators, check_samples
from sklvision.model_selection._learning_curve.checks import check_target_and_confidence
from sklvision.model_selection._learning_curve.forecast import LearningForecast
from sklvision.model_selection._learning_curve.subsets import (
    check_classes,
    find_smallest_size,
    order_evenly,
    resolve_sizes,
)
from sklvision.model_selection._scoring import Scorer, check_scorers, resolve_scorers
from sklvision.model_selection._seeds import seed_estimator
from sklvision.model_selection._splits import make_splits, take_rows
from sklvision.model_selection._texts import document
from sklvision.utils._groups import fit_with_groups
from sklvision.utils._inner_splits import can_use_groups
from sklvision.utils._labels import convert_groups
from sklvision.utils._parallel import run_tasks
from sklvision.utils._random import draw_seed, make_generator
from sklvision.utils._samples import Samples
from sklvision.utils._sklearn import get_score_sign
from sklvision.utils._warnings import Message, record_warnings, repeat_warnings

_N_SIZES = 8
_SMALLEST_FRACTION = 1 / 16


@document
def learning_curve_forecast(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    train_sizes: ArrayLike | None = None,
    cv: Any = 5,
    scoring: str | Callable[[Any, Any, Any], float] = "accuracy",
    best_score: float | None = None,
    target: float | None = None,
    confidence: float = 0.9,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> LearningForecast:
    """Estimate the score with more samples, and the number of samples that a score needs.

    The score is measured by cross-validation on growing subsets of the data, and inverse
    power laws through these points continue it, with intervals.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : classifier
        The classifier to train. It is cloned, never changed.
    %(samples)s
    groups : array-like of shape (n_samples,), default=None
        Identity of samples that belong together, such as patients. Groups stay on one side of
        every split, and subsets of the data grow by whole groups.
    train_sizes : array-like of shape (n_sizes,), default=None
        Numbers of training samples (integers), or fractions of the smallest training set
        (floats), at least 3. None: 8 sizes in equal ratios, up to the whole training set,
        from a sixteenth of it or from the size at which it has every class twice.
    cv : int, cross-validation splitter or iterable, default=5
        The folds. An integer draws that many stratified, shuffled folds, which keep
        groups together when ``groups`` are given. In each fold, the subsets grow in an
        order of their own, so that more folds, or repeated ones, measure the noise better.
    scoring : str or callable, default="accuracy"
        A score: name of one of scikit-learn's scorers, or ``scorer(estimator, X, y)``.
    best_score : float, default=None
        The best possible score. None: 1, and 0 for negated losses; it must be given for a
        callable that is not made by :func:`sklearn.metrics.make_scorer`.
    target : float, default=None
        The target score, for the text and the plot.
    confidence : float, default=0.9
        Confidence level of the intervals.
    n_jobs : int, default=None
        Number of fits that run at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, the subsets and every parameter named ``random_state`` that the
        estimator leaves at None. Pass an int for a repeatable forecast.
    verbose : int, default=0
        Verbosity of :class:`joblib.Parallel`; above 0, it prints.

    Returns
    -------
    forecast : LearningForecast
        The measured points, the curve and its continuation; printed, sentences.

    Raises
    ------
    TypeError
        If the estimator is not a classifier or there are several scores.
    ValueError
        If a size exceeds the training set or has no sample of some class, the target is
        above the best score, a class has fewer samples than there are folds, or lengths differ.

    Warns
    -----
    UserWarning
        If the scores fall as samples are added.

    See Also
    --------
    LearningForecast.from_scores : The same from existing scores.
    sklearn.model_selection.learning_curve : Measures the scores.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> model = GaussianNB(var_smoothing=1e-3)

    >>> from sklearn.datasets import load_digits
    >>> from sklvision.model_selection import learning_curve_forecast
    >>> X, y = load_digits(return_X_y=True)
    >>> forecast = learning_curve_forecast(model, X, y, target=0.99, random_state=0)
    >>> forecast.samples_for(0.85).reachable
    'already'
    >>> print(forecast.samples_for(0.99))
    0.99 cannot be reached at this rate
    """
    samples, y = check_samples(X, y)
    groups = convert_groups(groups, len(y))
    candidates = check_estimators([estimator])
    name, scorer = _resolve_scorer(scoring)
    check_scorers({name: scorer}, scoring, candidates, y)
    best_score = _get_best_score(scorer, name) if best_score is None else best_score
    check_target_and_confidence(target, confidence, best_score)
    seed = int(random_state) if isinstance(random_state, Integral) else draw_seed(random_state)
    (candidate,) = (seed_estimator(candidate, seed) for candidate in candidates.values())

    splits, _ = make_splits(cv, samples, y, groups, seed)
    if len(splits) < 2:
        raise ValueError(
            f"cv must yield at least 2 splits, to measure the noise; got {len(splits)}."
        )
    rng = make_generator(seed)
    splits = [(order_evenly(train, y, groups, rng), test) for train, test in splits]
    n_max = min(len(train) for train, _ in splits)
    # Splits inside the estimator need two groups of every class.
    inner_groups = groups if can_use_groups(candidate) else None
    n_min = find_smallest_size(splits, y, inner_groups)
    if train_sizes is None:
        train_sizes = _make_sizes(n_min, n_max)
    sizes = resolve_sizes(train_sizes, n_max)
    check_classes(sizes, splits, y, n_min)

    tasks = ((train, int(size), test) for train, test in splits for size in sizes)
    shared_args = candidate, samples, y, groups, scorer
    results = list(
        run_tasks(_score_subset, tasks, shared_args=shared_args, n_jobs=n_jobs, verbose=verbose)
    )
    repeat_warnings((message for _, messages in results for message in messages), stacklevel=2)
    return LearningForecast.from_scores(
        sizes,
        np.reshape([score for score, _ in results], (len(splits), len(sizes))).T,
        scoring=name,
        best_score=best_score,
        n_samples=len(y),
        n_tested=len(np.unique(np.concatenate([test for _, test in splits]))),
        target=target,
        confidence=confidence,
    )


def _score_subset(
    estimator: Any,
    samples: Samples,
    y: np.ndarray,
    groups: np.ndarray | None,
    scorer: Scorer,
    train: np.ndarray,
    size: int,
    test: np.ndarray,
) -> tuple[float, list[Message]]:
    """Fit a clone on the first samples of a training set and score it on the test set.

    Warnings raised on the way are returned: those of other processes would be lost.
    """
    train = train[:size]
    X = take_rows(estimator, samples, train, train)
    train_groups = None if groups is None else groups[train]
    with record_warnings() as messages:
        estimator = fit_with_groups(clone(estimator), X, y[train], train_groups)
        score = float(scorer(estimator, take_rows(estimator, samples, test, train), y[test]))
    return score, messages


def _make_sizes(n_min: int, n_max: int) -> np.ndarray:
    start = max(n_min, round(_SMALLEST_FRACTION * n_max), 2)
    sizes = np.unique(np.rint(np.geomspace(min(start, n_max), n_max, _N_SIZES)).astype(int))
    if len(sizes) < 3:
        raise ValueError(
            f"There are too few samples for a curve: of the {n_max} training samples of a split, "
            f"{n_min} are needed to include every class twice."
        )
    return sizes


def _resolve_scorer(scoring: Any) -> tuple[str, Scorer]:
    if not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            f"scoring must be the name of one scorer or a callable, got {scoring!r}: a curve "
            "shows one score."
        )
    ((name, scorer),) = resolve_scorers(scoring).items()
    return name, scorer


def _get_best_score(scorer: Scorer, name: str) -> float:
    sign = get_score_sign(scorer)
    if sign is None:
        raise ValueError(
            f"best_score must be given for the callable {name!r}: the best possible score, "
            "such as 1 for an accuracy or 0 for a negated loss."
        )
    return 1.0 if sign > 0 else 0.0
