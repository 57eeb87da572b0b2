"""Cross-validation of several classifiers, and simple baselines, on the same folds."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import FitFailedWarning

from sklvision.model_selection._budget.scorers import is_cost
from sklvision.model_selection._checks import check_estimators, check_samples
from sklvision.model_selection._comparison.baselines import add_baselines
from sklvision.model_selection._comparison.cache import (
    cache_outcomes,
    check_hashable,
    remove_unfinished,
)
from sklvision.model_selection._comparison.description import describe_comparison
from sklvision.model_selection._comparison.fit_pair import Outcome, run_pair, try_pair
from sklvision.model_selection._comparison.result import ComparisonResult
from sklvision.model_selection._comparison.tables import RESERVED_NAMES
from sklvision.model_selection._comparison.time_limit import (
    check_time_limit,
    list_unlimited,
    set_time_limit,
    warn_of_unlimited,
)
from sklvision.model_selection._leaks.find import inspect_splits
from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._scoring import Scorer, check_scorers, resolve_scorers
from sklvision.model_selection._seeds import resolve_seed, seed_estimator
from sklvision.model_selection._splits import Split, make_splits
from sklvision.utils._data_key import hash_data
from sklvision.utils._labels import convert_groups
from sklvision.utils._parallel import run_tasks
from sklvision.utils._progress import open_progress
from sklvision.utils._samples import Samples
from sklvision.utils._warnings import mask_numbers

# Arrays of test sets by estimator and fold.
_FoldArrays = dict[str, dict[int, np.ndarray]]


def compare_estimators(
    estimators: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = 5,
    n_repeats: int = 1,
    groups: Any = None,
    scoring: Any = "accuracy",
    baselines: bool | Sequence[str] = True,
    error_score: str | float = "raise",
    check_leaks: bool = True,
    time_limit: float | None = None,
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> ComparisonResult:
    """Compare classifiers with each other and with simple baselines on the same folds.

    The folds are drawn once, and a fresh clone of every estimator is fitted and scored on every one
    of them. All (estimator, fold) pairs run in parallel, fold by fold, so that an estimator that
    cannot be fitted is noticed early. Inputs are checked before the first fit.

    An estimator may be a search, such as GridSearchCV: then cross-validation is nested,
    :meth:`ComparisonResult.choices` lists the parameters chosen in each fold.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimators : dict, list or classifier
        The candidates: a mapping of names to classifiers, a list of (name, classifier)
        pairs, a list of classifiers, which are named after their classes, or a single
        classifier. They are cloned, never changed.
    X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
            (n_samples, height, width, n_channels)
        Spectra, features or images: an array, a table of pandas, polars or pyarrow, or a lazy
        image collection. Every estimator receives samples in this type.
    y : array-like of shape (n_samples,)
        Class labels of any type.
    cv : int, cross-validation splitter or iterable, default=5
        The folds. An integer draws that many stratified, shuffled folds, which keep
        groups together when ``groups`` are given.
    n_repeats : int, default=1
        Number of times that an integer ``cv`` draws its folds. More repeats make the
        interval of a difference narrower, though never narrower than the data allow.
    groups : array-like of shape (n_samples,), default=None
        Identity of samples that belong together and must not be split between training and test
        set, such as patients, physical samples or capture series. Splits inside the estimators
        (searches, thresholds, calibrations, stacks, early stopping) keep them together as well. A
        warning says where inner folds differ from the parameters of an estimator for that reason,
        and where groups cannot be kept together.
    scoring : str, callable, list or dict, default="accuracy"
        One or several scores: names of scikit-learn's scorers, callables
        ``scorer(estimator, X, y)``, a list of both, or a mapping of names to them. The
        first one decides the order of the table. Costs (:func:`latency_scorer`,
        :func:`parameter_count`, :func:`file_size`) may follow it.
    baselines : bool or list of str, default=True
        Whether to add the "majority class" and "logistic regression" (on standardized features, for
        images on their pixels, reduced to 64 × 64 where larger; in a table of floats with NaN,
        these are first replaced by the mean of the feature in the training set). One that is among
        ``estimators`` by that name is not added again. A list adds both as well, and names the
        ``estimators`` that are also baselines.
    error_score : "raise" or float, default="raise"
        Score of an estimator in a fold in which it fails. ``"raise"`` raises its error; with a
        number, such as ``numpy.nan``, the comparison continues, and the result names the estimators
        that failed, with the number of folds and the first error.
    check_leaks : bool, default=True
        Whether to warn if test samples have near-duplicates among the training samples, or if
        groups are split: see :func:`find_leaks`.
    time_limit : float, default=None
        Seconds that every single fit may take: the value of each parameter named ``time_limit``,
        nested ones included, as the classifiers of this package have it. They stop after the epoch
        in which the time runs out. A warning names the estimators without such a parameter, which
        are not limited. ``None`` changes no parameter.
    memory : str, path-like or joblib.Memory, default=None
        Directory in which the result of every finished (estimator, fold) pair is stored. The same
        call after an interruption, or with one more estimator, runs only the missing pairs. Pass
        ``random_state`` with it, or other folds are drawn. Times are those of the first run.
    n_jobs : int, default=None
        Number of (estimator, fold) pairs that run at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors. Each pair runs BLAS on one
        thread, so scores do not depend on ``n_jobs``, but times do.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds drawn for an integer ``cv`` and every parameter named
        ``random_state``, nested ones included, that an estimator leaves at None. The seeds
        of one estimator differ from each other, are the same in every fold and do
        not depend on the other estimators. Pass an int for repeatable tables.
    verbose : int, default=0
        Above 0, show progress on standard error: a bar with the time left, or lines in a file.

    Returns
    -------
    result : ComparisonResult
        Scores, times and sizes, as a table in text, HTML and pandas.

    Raises
    ------
    TypeError
        If an estimator is not a classifier, or a scorer neither a name nor a callable.
    ValueError
        If names are used twice, lengths differ, ``X`` is empty, a class has fewer samples
        than there are folds, a scorer is unknown or does not fit the labels or an estimator, or
        ``time_limit`` is not positive.

    Warns
    -----
    UserWarning
        If a split tests a class that is not in its training set, samples of its training set, or
        near-duplicates of them; if an estimator has no parameter ``time_limit``. Warnings in fits
        are repeated once per estimator, with the number of splits.
    FitFailedWarning
        If an estimator failed, unless ``error_score="raise"``.

    See Also
    --------
    sklearn.model_selection.cross_validate : The same for one estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklvision.model_selection import compare_estimators
    >>> result = compare_estimators({"neighbors": KNeighborsClassifier()}, X, y, random_state=0)
    >>> result.to_frame()["mean_accuracy"].round(2)
    estimator
    logistic regression    0.96
    neighbors             0.95
    majority class         0.33
    Name: mean_accuracy, dtype: float64
    """
    samples, y = check_samples(X, y)
    groups = convert_groups(groups, len(y))
    candidates = check_estimators(estimators)
    check_time_limit(time_limit)
    warn_of_unlimited(candidates, time_limit)
    _check_error_score(error_score)
    may_fail = error_score != "raise"
    candidates, baseline_names = add_baselines(candidates, baselines, samples, may_fail=may_fail)
    scorers = resolve_scorers(scoring)
    check_scorers(scorers, scoring, candidates, y)
    _check_score_names(scorers)
    run = cache_outcomes(run_pair, memory)
    seed = resolve_seed(random_state)
    splits, folds = make_splits(cv, samples, y, groups, seed, n_repeats)
    leaks = _warn_of_leaks(samples, y, splits, groups, n_jobs) if check_leaks else None
    # Before seeds are drawn and keys are made, so that both belong to what is fitted.
    candidates = set_time_limit(candidates, time_limit)
    candidates = {name: seed_estimator(estimator, seed) for name, estimator in candidates.items()}

    data_key = ""
    if memory is not None:
        check_hashable(candidates, scorers)
        data_key = hash_data(samples, y, groups)
    pairs = [
        (name, estimator, split, *indices)
        for split, indices in enumerate(splits)
        for name, estimator in candidates.items()
    ]
    shared_args = run, error_score, scorers, data_key, samples, y, groups
    outcomes = run_tasks(
        try_pair,
        pairs,
        shared_args=shared_args,
        n_jobs=n_jobs,
        is_ordered=False,
        advice=_describe_resuming(memory),
    )
    try:
        with closing(outcomes):
            rows, predictions, probabilities = _collect_outcomes(
                outcomes, len(pairs), len(splits), verbose
            )
    except BaseException:  # an interrupt ends workers also while they write
        remove_unfinished(memory)
        raise

    order = {name: i for i, name in enumerate(candidates)}
    rows.sort(key=lambda row: (order[row["estimator"]], row["split"]))
    description = describe_comparison(samples, y, groups, folds, random_state)
    return ComparisonResult(
        folds=pd.DataFrame(rows).astype({"n_parameters": "Int64", "pickled_bytes": "Int64"}),
        baselines=baseline_names,
        estimators=candidates,
        splits=splits,
        description=description | _describe_limit(candidates, time_limit),
        target=y,
        predictions=predictions,
        leaks=leaks,
        probabilities=probabilities,
        is_grouped=groups is not None,
    )


def _describe_resuming(memory: Any) -> str:
    """Describe how a comparison goes on that lost its workers."""
    if memory is None:
        return "Pass memory= to keep what is finished: the same call then goes on from there."
    return "All that was finished is kept in memory=: the same call goes on from there."


def _describe_limit(candidates: dict[str, Any], time_limit: float | None) -> dict[str, str]:
    """Describe the time limit, and the estimators that have none."""
    if time_limit is None:
        return {}
    names = list_unlimited(candidates)
    exceptions = f"; without a limit: {', '.join(names)}" if names else ""
    return {"Time limit": f"{time_limit:g} seconds per fit{exceptions}"}


def _check_score_names(scorers: dict[str, Scorer]) -> None:
    first = next(iter(scorers))
    if is_cost(scorers[first]):
        raise ValueError(
            f"scoring: {first!r} comes first and would rank the estimators, but it is a cost "
            "(lower is better): put a score before it."
        )
    reserved = [name for name in scorers if name in RESERVED_NAMES]
    if reserved:
        raise ValueError(
            f"scoring: {reserved[0]!r} is the name of a column of the result; choose another name."
        )


def _check_error_score(error_score: Any) -> None:
    is_valid = (
        error_score == "raise" if isinstance(error_score, str) else isinstance(error_score, Real)
    )
    if not is_valid:
        raise ValueError(
            f"error_score must be 'raise' or a number such as numpy.nan, got {error_score!r}."
        )


def _warn_of_leaks(
    samples: Samples,
    y: np.ndarray,
    splits: list[Split],
    groups: np.ndarray | None,
    n_jobs: int | None,
) -> LeakReport | None:
    """Warn of leaks between these folds, before hours are spent on them."""
    if samples.kind == "other" or not samples.is_numeric:  # nothing to measure distances by
        return None
    report = inspect_splits(samples, y, splits, groups, n_jobs=n_jobs)
    if report:
        warnings.warn(
            f"Scores on these folds are probably optimistic: {report}",
            UserWarning,
            stacklevel=3,
        )
    return report


def _collect_outcomes(
    outcomes: Iterable[Outcome], n_pairs: int, n_splits: int, verbose: int
) -> tuple[list[dict[str, Any]], _FoldArrays, _FoldArrays]:
    """Collect the rows as they come in, and repeat every warning once per estimator.

    Returns the rows, the predictions and the probabilities.
    """
    rows = []
    predictions: _FoldArrays = defaultdict(dict)
    probabilities: _FoldArrays = defaultdict(dict)
    # Texts by fold; those that differ in numbers only, such as epochs, are one warning.
    messages: dict[tuple[str, str, type[Warning]], dict[int, str]] = defaultdict(dict)
    with open_progress(n_pairs, "fit", "comparing", disable=not verbose) as progress:
        for outcome in outcomes:
            name, split = outcome.row["estimator"], outcome.row["split"]
            rows.append(outcome.row)
            if outcome.predictions is not None:
                predictions[name][split] = outcome.predictions
            if outcome.probabilities is not None:
                probabilities[name][split] = outcome.probabilities
            for message, category in outcome.warnings:
                messages[name, mask_numbers(message), category][split] = message
            if outcome.row["error"]:
                message = f"failed with {outcome.row['error']}"
                messages[name, mask_numbers(message), FitFailedWarning][split] = message
            progress.set_postfix_str(f"{name}, fold {split}", refresh=False)
            progress.update()
    for (name, _, category), texts in sorted(messages.items(), key=lambda item: item[0][:2]):
        text = f"{name}, in {len(texts)} of {n_splits} folds: {texts[min(texts)]}"
        try:
            warnings.warn(text, category, stacklevel=3)
        except TypeError:  # a category that is not made from a text alone
            warnings.warn(text, UserWarning, stacklevel=3)
    return rows, dict(predictions), dict(probabilities)
