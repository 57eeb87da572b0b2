"""Find what makes a comparison on given folds unfair."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sklvision.model_selection._checks import check_groups, check_samples
from sklvision.model_selection._leaks.findings import Findings
from sklvision.model_selection._leaks.fingerprints import take_fingerprints
from sklvision.model_selection._leaks.near_duplicates import Copies, find_copies, project
from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._leaks.series import (
    Series,
    company_in_training,
    find_series,
)
from sklvision.model_selection._splits import Split, make_splits
from sklvision.utils._lazy import is_collection

CUT_BY_CHANCE = 0.05  # of the test samples: what consecutive folds cut at their borders


def find_leaks(
    X: Any,
    y: Any,
    cv: Any = 5,
    groups: Any = None,
    *,
    similarity: str | float = "auto",
    max_samples: int = 100_000,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> LeakReport:
    """Find what makes scores on these folds better than they will be on new samples.

    It looks for copies and near-copies of test samples in the training part, for groups that
    are split between both, for signs of capture series where no groups are
    given, and for copies whose labels contradict. Nothing is fitted.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
            (n_samples, height, width, n_channels)
        Spectra, features or images; a DataFrame or a lazy image collection will do.
    y : array-like of shape (n_samples,)
        Class labels of any type.
    cv : int, cross-validation splitter or iterable, default=5
        The folds, as :func:`~sklvision.model_selection.compare_estimators` takes them.
    groups : array-like of shape (n_samples,), default=None
        What belongs together, such as patients, physical samples or capture series. An integer
        ``cv`` keeps them together, other splitters may not. ``None`` looks for capture series.
    similarity : "auto" or float, default="auto"
        Similarity from which two samples are near-copies: 1 less half the mean squared difference
        of their fingerprints, which for images and spectra is their correlation. ``"auto"``
        asks instead which pairs are nearer than chance brings different samples of these
        data (see Notes). With a number, no more than the 50 most similar others of a
        sample count.
    max_samples : int, default=100_000
        Most samples whose near-copies are sought, among all others; the report says if it
        were not all. Exact copies are always sought for all. The time grows with
        ``max_samples`` times the number of samples: a minute or less for 60,000 by 60,000.
    n_jobs : int, default=None
        Number of threads that read files and compare samples. ``None`` means 1 unless in
        a :obj:`joblib.parallel_backend` context, -1 means all processors. The result does
        not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds drawn for an integer ``cv``; nothing else is random.

    Returns
    -------
    report : LeakReport
        The findings in words and as a table, and groups that avoid them.

    Raises
    ------
    TypeError
        If a parameter is of a wrong type.
    ValueError
        If lengths differ, ``X`` is not 2-, 3- or 4-dimensional or holds NaN, a class has fewer
        samples than there are folds, or a number is out of its range.

    See Also
    --------
    compare_estimators : The comparison that should be fair.
    sklearn.model_selection.StratifiedGroupKFold : Folds that keep groups together.

    Notes
    -----
    Fingerprints are, for images, gray thumbnails of up to 32 x 32 pixels, averaged over areas
    and freed of brightness and contrast, as in a perceptual hash but without rounding to
    bits; for spectra (16 columns or more, of which neighbours correlate) the spectrum freed of
    offset and gain; for other tables the standardised features. Exact copies are found by
    a digest of the values, in collections of that of the files.

    Good spectra of different samples correlate at .999 and more, so no fixed threshold tells
    copies. The automatic one compares the distance of a pair with that to the tenth neighbour of
    either. With the dimension m of the data, estimated from the outer neighbours of each
    sample [1]_, chance brings the nearest within a share t of the tenth with a probability of
    at most 9 t^m. The share is set so that in all data .05 pairs would be found by chance,
    .45 at most. Copies that come in tens are therefore no near-copies but a series.

    Capture series are read from the names of files (pauses of more than 50 times the usual
    interval between capture times in names or EXIF; folders; prefixes) if neighbours of
    one class then are of one series more often than by chance. Otherwise the order of samples
    is used, by name or row: samples in a row that lie at least 10 % nearer each other than any
    two of their class came in series, or sorted. Where rows were shuffled and no names
    are left, series cannot be seen.

    References
    ----------
    .. [1] E. Levina, P. Bickel, "Maximum Likelihood Estimation of Intrinsic Dimension", Advances
       in Neural Information Processing Systems 17, 2004.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklvision.model_selection import find_leaks
    >>> report = find_leaks(*load_iris(return_X_y=True), random_state=0)
    >>> print(report)
    2 test samples have an exact copy in training, in 2 of 5 folds: 142 = 101, 101 = 142.
    """
    threshold = _check_similarity(similarity)
    if not isinstance(max_samples, Integral) or isinstance(max_samples, bool) or max_samples < 1:
        raise ValueError(f"max_samples must be an integer of at least 1, got {max_samples!r}.")
    if isinstance(cv, str) or not (
        cv is None or isinstance(cv, Integral) or hasattr(cv, "split") or np.iterable(cv)
    ):
        raise TypeError(
            "cv must be a number of folds, a cross-validation splitter or an iterable of "
            f"(train, test) indices, got {cv!r}."
        )
    X, y = check_samples(X, y)
    groups = check_groups(groups, len(y))
    with warnings.catch_warnings():
        # Whether the splitter heeds the groups is what the report is about.
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        splits, _ = make_splits(cv, X, y, groups, random_state)
    return inspect_splits(
        X,
        y,
        splits,
        groups,
        similarity=threshold,
        max_samples=int(max_samples),
        n_jobs=n_jobs,
        fill_missing=False,
    )


def inspect_splits(
    X: Any,
    y: np.ndarray,
    splits: list[Split],
    groups: np.ndarray | None = None,
    *,
    similarity: float | None = None,
    max_samples: int = 10_000,
    n_jobs: int | None = None,
    fill_missing: bool = True,
) -> LeakReport:
    """Look for leaks in splits that are drawn and data that are checked already."""
    if not is_collection(X) and len(X.shape) not in (2, 3, 4):
        raise ValueError(
            "X must be 2-D (samples, features) or images of shape (samples, height, width) or "
            f"(samples, height, width, channels), got {len(X.shape)}-D of shape {tuple(X.shape)}."
        )
    n_threads = effective_n_jobs(n_jobs)
    prints = take_fingerprints(X, n_threads=n_threads, fill_missing=fill_missing)
    points = project(prints)
    copies = find_copies(
        prints, points, similarity=similarity, max_samples=max_samples, n_threads=n_threads
    )
    findings = Findings(y, prints, splits)
    findings.add_copies(copies)
    together = [copies.cluster]
    kind, codes, names, words = "group", None, [], ""
    if groups is not None:
        unique, codes = np.unique(groups, return_inverse=True)
        names = unique.tolist()
    else:
        series = find_series(points, y, prints.comparable, prints.files, prints.taken)
        if series is not None and _cuts(series, splits):
            kind, codes, names = "series", series.codes, series.names
            words = f" ({series.words})"
    if codes is not None:
        together.append(codes)
        if findings.add_division(kind, codes, names):
            share, chance = company_in_training(points, y, splits, codes, prints.comparable)
            findings.remarks[kind] = (
                f"{words}; for {share:.0%} the nearest training sample of the class is one of "
                f"them, by chance it would be for {chance:.0%}"
            )
    findings.add_conflicts(copies)
    return LeakReport(
        findings.frame(),
        findings.affected(),
        _join(together, copies),
        len(splits),
        prints.unit,
        findings.remarks,
        prints.notes + copies.notes,
    )


def _check_similarity(similarity: Any) -> float | None:
    if isinstance(similarity, str) and similarity == "auto":
        return None
    if not isinstance(similarity, Real) or isinstance(similarity, bool):
        raise TypeError(f"similarity must be 'auto' or a number, got {similarity!r}.")
    if not 0 < float(similarity) <= 1:
        raise ValueError(f"similarity must be above 0 and at most 1, got {similarity!r}.")
    return float(similarity)


def _cuts(series: Series, splits: list[Split]) -> bool:
    """Whether folds cut through series, and not only at the borders of consecutive folds."""
    if series.sequence is None:
        return True
    before, after = series.sequence[:-1], series.sequence[1:]
    within = series.codes[before] == series.codes[after]
    before, after = before[within], after[within]
    n_cut = n_tested = 0
    for train, test in splits:
        part = np.zeros(len(series.codes), dtype=np.int8)
        part[train] = 1
        part[test] = 2
        cut = np.concatenate(
            [
                before[(part[before] == 2) & (part[after] == 1)],
                after[(part[after] == 2) & (part[before] == 1)],
            ]
        )
        n_cut += len(np.unique(cut))
        n_tested += len(test)
    return n_cut > CUT_BY_CHANCE * n_tested


def _join(divisions: list[np.ndarray], copies: Copies) -> np.ndarray:
    """Number the connected components of everything that belongs together."""
    n = len(copies.cluster)
    first, second = [copies.first[copies.pairs[:, 0]]], [copies.first[copies.pairs[:, 1]]]
    for codes in divisions:
        representative = np.unique(codes, return_index=True, return_inverse=True)
        first.append(np.arange(n))
        second.append(representative[1][representative[2].ravel()])
    rows, columns = np.concatenate(first), np.concatenate(second)
    graph = coo_matrix((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)
