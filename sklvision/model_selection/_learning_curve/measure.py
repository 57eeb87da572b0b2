"""Measure a learning curve, and forecast how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import learning_curve
from sklearn.utils import check_random_state

from sklvision.model_selection._checks import check_estimators, check_groups, check_samples
from sklvision.model_selection._learning_curve.checks import check_wishes
from sklvision.model_selection._learning_curve.forecast import LearningForecast
from sklvision.model_selection._learning_curve.subsets import (
    absolute_sizes,
    check_classes,
    grow_evenly,
    smallest_useful_size,
)
from sklvision.model_selection._scoring import check_scorers, resolve_scorers
from sklvision.model_selection._seeds import seed_estimator
from sklvision.model_selection._splits import make_splits
from sklvision.utils._random import draw_seed

_N_SIZES = 8
_SMALLEST_FRACTION = 1 / 16


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
    """Say how many samples a wanted score takes, and what more samples would give.

    The score is measured by cross-validation on growing parts of the data, and an inverse
    power law through these points tells how it goes on, with intervals.

    .. versionadded:: 0.2

    Parameters
    ----------
    estimator : classifier
        What is trained. It is cloned, never changed.
    X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
            (n_samples, height, width, n_channels)
        Spectra, features or images; a DataFrame or a lazy image collection will do.
    y : array-like of shape (n_samples,)
        Class labels of any type.
    groups : array-like of shape (n_samples,), default=None
        What belongs together, such as patients. Groups stay on one side of every split,
        and parts of the data grow by whole groups: more samples are then more of these.
    train_sizes : array-like of shape (n_sizes,), default=None
        Numbers of training samples (integers), or fractions of the smallest training part
        (floats), at least 3. None: 8 sizes in equal ratios, up to the whole training part,
        from a sixteenth of it or from where every class is there twice.
    cv : int, cross-validation splitter or iterable, default=5
        The folds. An integer draws that many stratified, shuffled folds, which keep
        groups together when ``groups`` are given. In each fold, the parts grow in an order
        of their own, so that more folds, or repeated ones, tell more of the noise.
    scoring : str or callable, default="accuracy"
        A score: name of one of scikit-learn's scorers, or ``scorer(estimator, X, y)``.
    best_score : float, default=None
        The score that nothing exceeds. None: 1, and 0 for negated losses; it must be given for a
        callable that is not made by :func:`sklearn.metrics.make_scorer`.
    target : float, default=None
        The score that is wanted, for the text and the plot.
    confidence : float, default=0.9
        Probability that intervals stand for.
    n_jobs : int, default=None
        Number of fits that run at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, the growing parts and every parameter named ``random_state`` that the
        estimator leaves at None. Pass an int for a repeatable forecast.
    verbose : int, default=0
        Passed to :func:`sklearn.model_selection.learning_curve`; above 0, it prints.

    Returns
    -------
    forecast : LearningForecast
        The measured points, the curve and its continuation; printed, sentences.

    Raises
    ------
    TypeError
        If the estimator is no classifier or the score is not a single one.
    ValueError
        If a size exceeds the training part or holds no sample of some class, the target is
        above the best score, a class has fewer samples than there are folds, or lengths differ.

    Warns
    -----
    UserWarning
        If the scores fall as samples are added.

    See Also
    --------
    LearningForecast.from_scores : The same from scores that are known already.
    sklearn.model_selection.learning_curve : Measures the scores.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import learning_curve_forecast
    >>> X, y = load_digits(return_X_y=True)
    >>> model = GaussianNB(var_smoothing=1e-3)
    >>> forecast = learning_curve_forecast(model, X, y, target=0.99, random_state=0)
    >>> forecast.samples_for(0.85).reachable
    'already'
    >>> print(forecast.samples_for(0.99))
    0.99 cannot be reached at this rate
    """
    X, y = check_samples(X, y)
    groups = check_groups(groups, len(y))
    candidates = check_estimators([estimator])
    name, scorer = _single_scorer(scoring)
    check_scorers({name: scorer}, scoring, candidates, y)
    best_score = _best_score(scorer, name) if best_score is None else best_score
    check_wishes(target, confidence, best_score)
    seed = int(random_state) if isinstance(random_state, Integral) else draw_seed(random_state)
    (candidate,) = (seed_estimator(candidate, seed) for candidate in candidates.values())

    splits, _ = make_splits(cv, X, y, groups, seed)
    if len(splits) < 2:
        raise ValueError(f"cv must yield at least 2 splits, to tell the noise; got {len(splits)}.")
    rng = check_random_state(seed)
    ordered = [(grow_evenly(train, y, groups, rng), test) for train, test in splits]
    n_most = min(len(train) for train, _ in ordered)
    least = smallest_useful_size(ordered, y)
    if train_sizes is None:
        train_sizes = _default_sizes(least, n_most)
    sizes = absolute_sizes(train_sizes, n_most)
    check_classes(sizes, ordered, y, least)

    _, _, scores = learning_curve(
        candidate,
        X,
        y,
        train_sizes=sizes,
        cv=ordered,
        scoring=scorer,
        n_jobs=n_jobs,
        verbose=verbose,
        error_score="raise",
    )
    return LearningForecast.from_scores(
        sizes,
        scores,
        scoring=name,
        best_score=best_score,
        n_samples=len(y),
        n_tested=len(np.unique(np.concatenate([test for _, test in ordered]))),
        target=target,
        confidence=confidence,
    )


def _default_sizes(least: int, n_most: int) -> np.ndarray:
    start = max(least, round(_SMALLEST_FRACTION * n_most), 2)
    sizes = np.unique(np.rint(np.geomspace(min(start, n_most), n_most, _N_SIZES)).astype(int))
    if len(sizes) < 3:
        raise ValueError(
            f"There are too few samples for a curve: of the {n_most} training samples of a split, "
            f"{least} are needed for every class to be there twice."
        )
    return sizes


def _single_scorer(scoring: Any) -> tuple[str, Any]:
    if not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            f"scoring must be the name of one scorer or a callable, got {scoring!r}: a curve "
            "is one score's."
        )
    ((name, scorer),) = resolve_scorers(scoring).items()
    return name, scorer


def _best_score(scorer: Any, name: str) -> float:
    sign = getattr(scorer, "_sign", None)
    if sign is None:
        raise ValueError(
            f"best_score must be given for the callable {name!r}: the score that nothing exceeds, "
            "such as 1 for an accuracy or 0 for a negated loss."
        )
    return 1.0 if sign > 0 else 0.0
