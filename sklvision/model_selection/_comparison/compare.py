"""Cross-validate several classifiers, and simple baselines, on the very same folds."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

from sklvision.image import FlattenImages, Resize
from sklvision.model_selection._budget.scorers import is_cost
from sklvision.model_selection._checks import check_estimators, check_groups, check_samples
from sklvision.model_selection._comparison.cache import check_storable, hash_data, keep_outcomes
from sklvision.model_selection._comparison.description import describe
from sklvision.model_selection._comparison.fit_pair import Outcome, attempt_pair, run_pair
from sklvision.model_selection._comparison.result import ComparisonResult
from sklvision.model_selection._leaks.find import inspect_splits
from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._scoring import check_scorers, resolve_scorers
from sklvision.model_selection._searches import warn_of_blind_folds
from sklvision.model_selection._seeds import resolve_seed, seed_estimator
from sklvision.model_selection._splits import Split, make_splits
from sklvision.utils._lazy import is_collection

# Logistic regression on millions of pixels takes hours, and sees no more.
_LARGEST_SIDE = 64


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
    memory: Any = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> ComparisonResult:
    """Compare classifiers with each other and with simple baselines on the same folds.

    The folds are drawn once, and a fresh clone of every estimator is fitted and
    scored on every one of them. All (estimator, fold) pairs run in parallel, fold by
    fold, so that an estimator that cannot be fitted shows early.

    Everything that can be known beforehand is checked before the first fit.

    An estimator may be a search, such as GridSearchCV: then cross-validation is nested,
    what the search chose in each fold is told (:meth:`ComparisonResult.choices`), and its inner
    folds are passed the groups.

    Parameters
    ----------
    estimators : dict, list or classifier
        What to compare: a mapping of names to classifiers, a list of (name, classifier)
        pairs, a list of classifiers, which are named after their classes, or a single
        classifier. They are cloned, never changed.
    X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
            (n_samples, height, width, n_channels)
        Spectra, features or images; a DataFrame or a lazy image collection will do.
    y : array-like of shape (n_samples,)
        Class labels of any type.
    cv : int, cross-validation splitter or iterable, default=5
        The folds. An integer draws that many stratified, shuffled folds, which keep
        groups together when ``groups`` are given.
    n_repeats : int, default=1
        How often an integer ``cv`` draws its folds, each time anew. More repeats make the
        interval of a difference narrower, though never narrower than the data allow.
    groups : array-like of shape (n_samples,), default=None
        What belongs together and must not be split between training and test part, such as
        patients, physical samples or capture series.
    scoring : str, callable, list or dict, default="accuracy"
        One or several scores: names of scikit-learn's scorers, callables
        ``scorer(estimator, X, y)``, a list of both, or a mapping of names to them. The
        first one decides the order of the table. Costs (:func:`latency_scorer`,
        :func:`parameter_count`, :func:`file_size`) may follow it.
    baselines : bool or list of str, default=True
        Whether to add the "majority class" and "logistic regression" (on standardised features,
        for images on their pixels, reduced to 64 × 64 where larger; in a table of floats with
        NaN, these are first replaced by the mean of the feature in the training part). One that
        is among ``estimators`` by that name is not added again. A list adds them too and names
        those of ``estimators`` that are baselines as well.
    error_score : "raise" or float, default="raise"
        What an estimator that fails in a fold scores there. ``"raise"`` raises its error; with
        a number, such as ``numpy.nan``, the comparison goes on, and the table says who failed
        where and why.
    check_leaks : bool, default=True
        Warn where test samples have near-copies among the training samples or groups are split:
        see :func:`find_leaks`.
    memory : str, path-like or joblib.Memory, default=None
        Folder in which the outcome of every (estimator, fold) pair is kept as it ends. The same
        call after an interruption, or with one more estimator, runs only what is missing.
        Pass ``random_state`` with it, or folds are drawn anew. Times are those of the first run.
    n_jobs : int, default=None
        Number of (estimator, fold) pairs that run at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors. Each pair has BLAS to
        itself on one thread, so that scores do not depend on ``n_jobs``; times do.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds drawn for an integer ``cv`` and every parameter named
        ``random_state``, nested ones included, that an estimator leaves at None. The seeds
        of one estimator differ from each other, are the same in every fold and do
        not depend on what else is compared. Pass an int for repeatable tables.
    verbose : int, default=0
        Above 0, show a progress bar with the time left on standard error.

    Returns
    -------
    result : ComparisonResult
        Scores, times and sizes, as a table in text, HTML and pandas.

    Raises
    ------
    TypeError
        If an estimator or a scorer is none.
    ValueError
        If names are used twice, lengths differ, a class has fewer samples than there
        are folds, a scorer is unknown or does not fit the labels or an estimator.

    Warns
    -----
    UserWarning
        If a split tests a class it does not train on, or samples it does train on, or near-copies
        of them. Warnings raised in fits are repeated once per estimator, with the number of
        splits.
    FitFailedWarning
        If an estimator failed, unless ``error_score="raise"``.

    See Also
    --------
    sklearn.model_selection.cross_validate : The same for one estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklvision.model_selection import compare_estimators
    >>> X, y = load_iris(return_X_y=True)
    >>> result = compare_estimators({"neighbours": KNeighborsClassifier()}, X, y, random_state=0)
    >>> result.to_frame()["mean_accuracy"].round(2)
    estimator
    logistic regression    0.96
    neighbours             0.95
    majority class         0.33
    Name: mean_accuracy, dtype: float64
    """
    X, y = check_samples(X, y)
    groups = check_groups(groups, len(y))
    candidates = check_estimators(estimators)
    warn_of_blind_folds(candidates, groups)
    candidates, marked = _with_baselines(candidates, baselines, X)
    scorers = resolve_scorers(scoring)
    check_scorers(scorers, scoring, candidates, y)
    _check_error_score(error_score)
    first = next(iter(scorers))
    if is_cost(scorers[first]):
        raise ValueError(
            f"scoring: {first!r} comes first and would rank the estimators, but it is a cost, of "
            "which less is better: put a score before it."
        )
    run = keep_outcomes(run_pair, memory)
    seed = resolve_seed(random_state)
    splits, how = make_splits(cv, X, y, groups, seed, n_repeats)
    leaks = _look_for_leaks(X, y, splits, groups, n_jobs) if check_leaks else None
    candidates = {name: seed_estimator(estimator, seed) for name, estimator in candidates.items()}

    data_key = ""
    if memory is not None:
        check_storable(candidates, scorers)
        data_key = hash_data(X, y, groups)
    pairs = [
        (name, estimator, split, indices, scorers, data_key, X, y, groups)
        for split, indices in enumerate(splits)
        for name, estimator in candidates.items()
    ]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    outcomes = parallel(delayed(attempt_pair)(run, error_score, *pair) for pair in pairs)
    try:
        rows, predictions = _collect(outcomes, len(pairs), len(splits), verbose)
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib's word on what an interrupt left undone
            outcomes.close()

    order = {name: i for i, name in enumerate(candidates)}
    rows.sort(key=lambda row: (order[row["estimator"]], row["split"]))
    return ComparisonResult(
        folds=pd.DataFrame(rows).astype({"n_parameters": "Int64", "pickled_bytes": "Int64"}),
        baselines=marked,
        estimators=candidates,
        splits=splits,
        description=describe(X, y, groups, how, random_state),
        target=y,
        predictions=predictions,
        leaks=leaks,
    )


def _check_error_score(error_score: Any) -> None:
    known = (
        error_score == "raise" if isinstance(error_score, str) else isinstance(error_score, Real)
    )
    if not known:
        raise ValueError(
            f"error_score must be 'raise' or a number such as numpy.nan, got {error_score!r}."
        )


def _look_for_leaks(
    X: Any, y: np.ndarray, splits: list[Split], groups: np.ndarray | None, n_jobs: int | None
) -> LeakReport | None:
    """Warn of what makes these folds flatter, before hours are spent on them."""
    if not _has_numbers(X):
        return None
    report = inspect_splits(X, y, splits, groups, n_jobs=n_jobs)
    if report:
        warnings.warn(
            f"Scores on these folds may flatter: {report}",
            UserWarning,
            stacklevel=3,
        )
    return report


def _has_numbers(X: Any) -> bool:
    """Whether samples can be told near or far: images, spectra and tables of numbers can."""
    if len(X.shape) not in (2, 3, 4) and not is_collection(X):
        return False
    dtypes = list(X.dtypes) if isinstance(X, pd.DataFrame) else [X.dtype]
    return all(is_numeric_dtype(dtype) for dtype in dtypes)


def _with_baselines(
    candidates: dict[str, Any], baselines: bool | Sequence[str], X: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Put the standard baselines first, and say which names are baselines."""
    if isinstance(baselines, (bool, np.bool_)):
        named: list[str] = []
        if not baselines:
            return candidates, ()
    elif isinstance(baselines, str) or not all(isinstance(name, str) for name in baselines):
        raise TypeError(f"baselines must be a bool or a list of names, got {baselines!r}.")
    else:
        named = list(baselines)
        unknown = [name for name in named if name not in candidates]
        if unknown:
            raise ValueError(f"baselines names {unknown}, not among {list(candidates)}.")
    if len(X.shape) not in (2, 3, 4) and not is_collection(X):
        raise ValueError(
            f"The baselines need X of 2 (features), 3 or 4 (images) dimensions, got shape "
            f"{tuple(X.shape)}; pass baselines=False to go without them."
        )
    first: list[Any] = [FlattenImages()] if len(X.shape) > 2 or is_collection(X) else []
    if first and (len(X.shape) == 1 or max(X.shape[1:3]) > _LARGEST_SIDE):
        first = [Resize(_LARGEST_SIDE), *first]
    if _has_gaps(X):
        first = [SimpleImputer(keep_empty_features=True)]
    logistic = make_pipeline(*first, StandardScaler(), LogisticRegression(max_iter=1000))
    standard = {"majority class": DummyClassifier(), "logistic regression": logistic}
    given = {_plain(name): name for name in candidates}
    added = {name: est for name, est in standard.items() if _plain(name) not in given}
    marked = [given.get(_plain(name), name) for name in standard]
    return {**added, **candidates}, tuple(dict.fromkeys(marked + named))


def _has_gaps(X: Any) -> bool:
    """Whether a table of floats misses values, which an estimator may impute."""
    if len(X.shape) != 2:
        return False
    if isinstance(X, pd.DataFrame):
        return bool(X.select_dtypes("number").isna().any(axis=None))
    values = np.asarray(X)
    return values.dtype.kind == "f" and bool(np.isnan(values).any())


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _collect(
    outcomes: Iterable[Outcome], n_pairs: int, n_splits: int, verbose: int
) -> tuple[list[dict[str, Any]], dict[str, dict[int, np.ndarray]]]:
    """Gather the rows as they come in, and tell every warning once per estimator."""
    rows = []
    predictions: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
    told: dict[tuple[str, str, type[Warning]], set[int]] = defaultdict(set)
    with tqdm(
        total=n_pairs, desc="comparing", unit="fit", smoothing=0, disable=not verbose
    ) as progress:
        for row, predicted, caught in outcomes:
            name, split = row["estimator"], row["split"]
            rows.append(row)
            if predicted is not None:
                predictions[name][split] = predicted
            for message, category in caught:
                told[name, message, category].add(split)
            if row["error"]:
                told[name, f"failed with {row['error']}", FitFailedWarning].add(split)
            progress.set_postfix_str(f"{name}, fold {split}", refresh=False)
            progress.update()
    for (name, message, category), where in sorted(told.items(), key=lambda item: item[0][:2]):
        text = f"{name}, in {len(where)} of {n_splits} folds: {message}"
        try:
            warnings.warn(text, category, stacklevel=3)
        except TypeError:  # a category that is not made from a text alone
            warnings.warn(text, UserWarning, stacklevel=3)
    return rows, dict(predictions)
