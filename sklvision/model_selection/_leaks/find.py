"""Search for data leakage between the folds of a comparison."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sklvision.model_selection._checks import check_samples
from sklvision.model_selection._leaks.findings import Findings
from sklvision.model_selection._leaks.fingerprints import compute_fingerprints
from sklvision.model_selection._leaks.near_duplicates import Duplicates, find_duplicates
from sklvision.model_selection._leaks.neighbors import compute_components
from sklvision.model_selection._leaks.report import LeakReport
from sklvision.model_selection._leaks.series import Series, find_series, measure_rate_in_training
from sklvision.model_selection._splits import Split, check_cv_type, make_splits
from sklvision.model_selection._texts import document
from sklvision.utils._labels import convert_groups
from sklvision.utils._memory import convert_memory_errors
from sklvision.utils._parallel import count_threads
from sklvision.utils._samples import Samples

MAX_CUT_FRACTION = 0.05  # of the test samples: consecutive folds cut series at their borders


@document
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
    """Find reasons why scores on these folds may be higher than on new samples.

    The search covers copies and near-duplicates of test samples in the training set, groups that
    are in both sets, signs of capture series where no groups are given, and copies with
    contradicting labels. Nothing is fitted.

    .. versionadded:: 0.1

    Parameters
    ----------
    %(samples)s
    cv : int, cross-validation splitter or iterable, default=5
        The folds, as :func:`~sklvision.model_selection.compare_estimators` takes them.
    groups : array-like of shape (n_samples,), default=None
        Identity of samples that belong together, such as patients, physical samples or capture
        series. An integer ``cv`` keeps them together, other splitters may not. With ``None``,
        capture series are searched for.
    similarity : "auto" or float, default="auto"
        Similarity from which two samples are near-duplicates: 1 less half the mean squared
        difference of their fingerprints, which for images and spectra is their correlation.
        ``"auto"`` finds the pairs that are closer than different samples of these data are by
        chance (see Notes). With a number, only the 50 most similar samples of each sample are used.
    max_samples : int, default=100_000
        Largest number of samples whose near-duplicates are searched, among all others; the report
        says if these are not all samples. Exact copies are always searched for all samples. The
        time grows with ``max_samples`` times the number of samples: a minute or less for 60,000 by
        60,000.
    n_jobs : int, default=None
        Number of threads that read files and compare samples. ``None`` means 1 unless in
        a :obj:`joblib.parallel_backend` context, -1 means all processors. The result does
        not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds drawn for an integer ``cv``; nothing else is random.

    Returns
    -------
    report : LeakReport
        The findings in sentences and as a table, and groups that avoid them.

    Raises
    ------
    TypeError
        If a parameter is of a wrong type.
    ValueError
        If lengths differ, ``X`` is empty, not 2-, 3- or 4-dimensional or holds
        NaN, a class has fewer samples than there are folds, or a number is out of its range.

    See Also
    --------
    compare_estimators : Compares classifiers, and runs this search first.
    sklearn.model_selection.StratifiedGroupKFold : Folds that keep groups together.

    Notes
    -----
    Fingerprints of images are gray thumbnails of up to 64 x 64 pixels, averaged over areas
    and standardized, so that brightness and contrast do not matter, as in a perceptual hash but
    without rounding to bits; of spectra (16 columns or more, of which adjacent ones correlate)
    the standardized spectrum, so that offset and gain do not matter; of other tables the
    standardized features. Exact copies are found by a digest of the values, in collections by
    that of the files.

    Good spectra of different samples correlate at .999 and more, so no fixed threshold identifies
    copies. The automatic search looks for a gap between the relatives of a sample and all others.
    If near samples spread evenly in m dimensions, the numbers j m ln(d[j + 1] / d[j]) of the sorted
    distances d[1], d[2], ... to its neighbors are independent and exponentially distributed with
    mean 1 (normalized spacings, [1]_). A sample has j relatives (1 to 10) if the number at j is so
    large that only .05 samples of all the data would have such a gap by chance, and the next
    neighbor is at least 1.4 times as far. The dimension is ln 2, divided by the median of
    j ln(d[j + 1] / d[j]) beyond the tenth of 40 neighbors: relatives hardly change it, even
    if most samples have some. Relatives must also be at most .6 times as far as the eleventh
    neighbor usually is, and of a similarity of .85 or more. A sample with more than ten
    relatives is in a series.

    Capture series are read from the names of files (gaps of more than 50 times the usual interval
    between capture times in names or EXIF; directories; prefixes) if neighbors of one class then
    belong to one series more often than by chance. Otherwise the order of samples is used, by name
    or row: if adjacent samples are at least 10 % closer than random pairs of their class, they came
    in series or are sorted. Without names, series cannot be found in shuffled rows.

    References
    ----------
    .. [1] A. Rényi, "On the theory of order statistics", Acta Mathematica Academiae Scientiarum
       Hungaricae 4, 191-231, 1953.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklvision.model_selection import find_leaks
    >>> report = find_leaks(*load_iris(return_X_y=True), random_state=0)
    >>> print(report)
    2 test samples have an exact copy in the training set, in 2 of 5 folds: 142 = 101, 101 = 142.
    """
    threshold = _check_similarity(similarity)
    if not isinstance(max_samples, Integral) or isinstance(max_samples, bool) or max_samples < 1:
        raise ValueError(f"max_samples must be an integer of at least 1, got {max_samples!r}.")
    check_cv_type(cv)
    samples, y = check_samples(X, y)
    groups = convert_groups(groups, len(y))
    with warnings.catch_warnings():
        # Whether the splitter respects the groups is what the report is about.
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        splits, _ = make_splits(cv, samples, y, groups, random_state)
    advice = "Lower max_samples or n_jobs=, or pass fewer or smaller samples."
    with convert_memory_errors("The search for leaks", advice):
        return inspect_splits(
            samples,
            y,
            splits,
            groups,
            similarity=threshold,
            max_samples=int(max_samples),
            n_jobs=n_jobs,
            fill_missing=False,
        )


def inspect_splits(
    samples: Samples,
    y: np.ndarray,
    splits: list[Split],
    groups: np.ndarray | None = None,
    *,
    similarity: float | None = None,
    max_samples: int = 10_000,
    n_jobs: int | None = None,
    fill_missing: bool = True,
) -> LeakReport:
    """Search for leaks in splits and data that were checked already."""
    if not (samples.is_images or samples.is_table):
        raise ValueError(
            "X must be 2-D (samples, features) or images of shape (samples, height, width) or "
            f"(samples, height, width, channels), got {len(samples.shape)}-D of shape "
            f"{samples.shape}."
        )
    n_threads = count_threads(n_jobs)
    prints = compute_fingerprints(samples, n_threads=n_threads, fill_missing=fill_missing)
    points = compute_components(prints)
    duplicates = find_duplicates(
        prints, points, similarity=similarity, max_samples=max_samples, n_threads=n_threads
    )
    findings = Findings(y, prints.files, splits)
    findings.add_duplicates(duplicates)
    divisions = [duplicates.cluster]
    kind, codes, names, evidence = "group", None, [], ""
    if groups is not None:
        unique, codes = np.unique(groups, return_inverse=True)
        names = unique.tolist()
    else:
        series = find_series(points, y, prints)
        if series is not None and _is_cut(series, splits):
            kind, codes, names = "series", series.codes, series.names
            evidence = f" ({series.evidence})"
    if codes is not None:
        divisions.append(codes)
        findings.add_division(kind, codes, names)
        if findings.affected_samples[kind]:
            rate = measure_rate_in_training(points, y, splits, codes, prints.is_comparable)
            findings.remarks[kind] = (
                f"{evidence}; for {rate.observed:.0%} the nearest training sample of the class is "
                f"one of them, against {rate.expected:.0%} expected by chance"
            )
    findings.add_conflicts(duplicates)
    return LeakReport(
        findings.to_frame(),
        findings.list_affected(),
        _join_divisions(divisions, duplicates),
        len(splits),
        prints.unit,
        findings.remarks,
        prints.notes + duplicates.notes,
    )


def _check_similarity(similarity: Any) -> float | None:
    if isinstance(similarity, str) and similarity == "auto":
        return None
    if not isinstance(similarity, Real) or isinstance(similarity, bool):
        raise TypeError(f"similarity must be 'auto' or a number, got {similarity!r}.")
    if not 0 < float(similarity) <= 1:
        raise ValueError(f"similarity must be above 0 and at most 1, got {similarity!r}.")
    return float(similarity)


def _is_cut(series: Series, splits: list[Split]) -> bool:
    """Whether folds cut through series, and not only at the borders of consecutive folds."""
    if series.sequence is None:
        return True
    # A series is cut at a test sample whose predecessor or successor in it is trained on.
    first, second = series.sequence[:-1], series.sequence[1:]
    is_within = series.codes[first] == series.codes[second]
    first, second = first[is_within], second[is_within]
    n_cut = n_tested = 0
    for train, test in splits:
        is_train, is_test = (np.zeros(len(series.codes), dtype=bool) for _ in range(2))
        is_train[train] = True
        is_test[test] = True
        cuts = [first[is_test[first] & is_train[second]], second[is_test[second] & is_train[first]]]
        n_cut += len(np.unique(np.concatenate(cuts)))
        n_tested += len(test)
    return n_cut > MAX_CUT_FRACTION * n_tested


def _join_divisions(divisions: list[np.ndarray], duplicates: Duplicates) -> np.ndarray:
    """Number the connected components of all samples that belong together."""
    n = len(duplicates.cluster)
    pairs = duplicates.first[duplicates.pairs]
    rows, columns = [pairs[:, 0]], [pairs[:, 1]]
    for codes in divisions:
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        rows.append(np.arange(n))
        columns.append(first[inverse.ravel()])
    links = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(links[0]), dtype=bool), links), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)
