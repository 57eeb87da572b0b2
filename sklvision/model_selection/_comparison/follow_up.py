"""Robustness and learning curves of estimators that were compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from sklvision.model_selection._checks import check_samples
from sklvision.model_selection._comparison.result import ComparisonResult
from sklvision.model_selection._comparison.tables import pick_best
from sklvision.model_selection._learning_curve.forecast import LearningForecast
from sklvision.model_selection._learning_curve.measure import learning_curve_forecast
from sklvision.model_selection._robustness.curve import robustness_curve
from sklvision.model_selection._robustness.result import RobustnessResult
from sklvision.utils._groups import fit_with_groups
from sklvision.utils._images import measure_value_range
from sklvision.utils._labels import convert_groups
from sklvision.utils._samples import Samples


def measure_robustness(
    result: ComparisonResult,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> RobustnessResult:
    """Measure how the scores of compared estimators drop on corrupted samples.

    All estimators but the majority class are fitted on the training set of the first fold, and
    scored on its test set.

    .. versionadded:: 0.1

    Parameters
    ----------
    result : ComparisonResult
        A comparison of these samples.
    X : array-like, table or collection of n_samples samples
        The samples of the comparison.
    y : array-like of shape (n_samples,)
        Their labels.
    groups : array-like of shape (n_samples,), default=None
        Groups of the samples, for the splits inside the fits.
    random_state : int, RandomState instance or None, default=None
        Seed of the corruptions.
    n_jobs : int, default=None
        Number of estimators that are scored at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors.

    Returns
    -------
    robustness : RobustnessResult
        Scores by corruption and severity; ``result.to_html(path, robustness=...)`` shows it.

    Raises
    ------
    TypeError
        If `result` is not one of :func:`compare_estimators`.
    ValueError
        If `X` holds fewer samples than the comparison, or `X` and `y` differ in length.

    See Also
    --------
    robustness_curve : The same for estimators that are fitted already.

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> X, y = make_spectra(60, n_bands=30, random_state=0)

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import compare_estimators, measure_robustness
    >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, cv=3, random_state=0)
    >>> robustness = measure_robustness(result, X, y, random_state=0)
    >>> sorted(robustness.scores["estimator"].unique())
    ['bayes', 'logistic regression']
    """
    samples, y = _check_same_samples(result, X, y)
    groups = convert_groups(groups, len(y))
    train, test = result.splits[0]
    failed_names = set(result.folds.loc[result.folds["error"].notna(), "estimator"])
    X_train, y_train = samples.take(train).data, y[train]
    train_groups = None if groups is None else groups[train]
    estimators = {
        name: fit_with_groups(clone(estimator), X_train, y_train, train_groups)
        for name, estimator in result.estimators.items()
        if name != "majority class" and name not in failed_names
    }
    return robustness_curve(
        estimators,
        samples.take(test).data,
        y[test],
        scoring=result.score_names[0],
        pixel_range=_find_pixel_range(samples),
        random_state=random_state,
        n_jobs=n_jobs,
    )


def _check_same_samples(result: Any, X: Any, y: Any) -> tuple[Samples, np.ndarray]:
    """Return samples and labels of a comparison, or raise if these are not as many as it had."""
    if not isinstance(result, ComparisonResult):
        raise TypeError(f"result must be a result of compare_estimators, got {result!r}.")
    samples, y = check_samples(X, y)
    n_samples = 1 + max(int(indices.max()) for split in result.splits for indices in split)
    if len(samples) < n_samples:
        raise ValueError(
            f"X must hold the samples of the comparison, at least {n_samples}; got {len(samples)}."
        )
    return samples, y


def _find_pixel_range(samples: Samples) -> Any:
    """Find black and white; of floats, white is the brightest pixel of all samples."""
    if not samples.is_images or samples.dtype.kind != "f":
        return "auto"
    low, high = measure_value_range(samples)
    return min(0.0, low), high


def forecast_best(
    result: ComparisonResult,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    cv: Any = 5,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> dict[str, LearningForecast]:
    """Forecast the learning curves of the best candidate and of the best baseline.

    .. versionadded:: 0.1

    Parameters
    ----------
    result : ComparisonResult
        A comparison of these samples.
    X : array-like, table or collection of n_samples samples
        The samples of the comparison.
    y : array-like of shape (n_samples,)
        Their labels.
    groups : array-like of shape (n_samples,), default=None
        Groups of samples that are kept together.
    cv : int or splitter, default=5
        Folds, as in :func:`learning_curve_forecast`.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds, subsets and fits.
    n_jobs : int, default=None
        Number of fits at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors.

    Returns
    -------
    forecasts : dict of str to LearningForecast
        Forecast by name; ``result.to_html(path, forecast=...)`` shows them.

    Raises
    ------
    TypeError
        If `result` is not one of :func:`compare_estimators`.
    ValueError
        If `X` holds fewer samples than the comparison, or too few for a curve.

    See Also
    --------
    learning_curve_forecast : The same for any estimator.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.model_selection import compare_estimators, forecast_best
    >>> X, y = make_spectra(120, n_bands=30, noise=0.1, mixing=0.4, random_state=0)
    >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, cv=3, random_state=0)
    >>> list(forecast_best(result, X, y, cv=3, random_state=0))
    ['bayes', 'logistic regression']
    """
    _, labels = _check_same_samples(result, X, y)
    table = result.to_frame()
    ranking = table.index[table[f"mean_{result.score_names[0]}"].notna()]
    return {
        name: learning_curve_forecast(
            result.estimators[name],
            X,
            labels,
            groups=groups,
            cv=cv,
            scoring=result.score_names[0],
            n_jobs=n_jobs,
            random_state=random_state,
        )
        for name in pick_best(ranking, result.baselines)
    }
