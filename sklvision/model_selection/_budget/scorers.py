"""Costs of a fitted estimator as scorers: time, parameters and bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from numbers import Integral
from time import perf_counter
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn.utils import check_scalar
from threadpoolctl import threadpool_limits

from sklvision.utils._costs import count_parameters, measure_pickle
from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._samples import as_samples

# The first calls after a fit fill caches and choose kernels.
_N_WARM_UP = 3

_TEXTS = {
    "cost": """\
This function can be used wherever scikit-learn accepts a scorer, but the number is a cost: it
is positive, and smaller is better. Measure it in addition to a score, and do not rank or refit
by it.""",
    "ignored_data": """\
X : object, default=None
    Ignored, present for the signature of scorers.
y : object, default=None
    Ignored, present for the signature of scorers.""",
}


def is_cost(scorer: Any) -> bool:
    """Whether a scorer measures a cost, of which less is better."""
    return isinstance(scorer, _LatencyScorer) or scorer is parameter_count or scorer is file_size


@fill_docstrings(_TEXTS)
def parameter_count(estimator: Any, X: Any = None, y: Any = None) -> float:
    """Count the learned parameters of a fitted classifier.

    %(cost)s

    Parameters
    ----------
    estimator : object
        A fitted classifier.
    %(ignored_data)s

    Returns
    -------
    n_parameters : float
        The number of parameters; NaN if it is not known, as for trees and nearest neighbors.

    See Also
    --------
    file_size : Bytes of the pickled classifier, known for nearly everything.
    within_budget : Chooses the best model of a search within limits.

    Notes
    -----
    The count includes the trainable parameters of nets, and coefficients and intercepts of linear
    models and perceptrons: for a Pipeline, those of the last step and of earlier steps with an
    attribute ``n_parameters_``; for a search, those of its best estimator; for an ensemble or a
    calibration, those of all members, each fitted object once. If the number of one member is
    unknown, the whole number is.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=1000).fit(X, y)

    >>> from sklvision.model_selection import parameter_count
    >>> parameter_count(model)
    15.0
    """
    count = count_parameters(estimator)
    return np.nan if count is None else float(count)


@fill_docstrings(_TEXTS)
def file_size(estimator: Any, X: Any = None, y: Any = None) -> float:
    """Measure the size of a fitted estimator's file, in bytes.

    %(cost)s

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    %(ignored_data)s

    Returns
    -------
    n_bytes : float
        Bytes of the uncompressed pickle; :func:`joblib.dump` writes about a hundred more per
        array. NaN where the estimator cannot be pickled.

    See Also
    --------
    parameter_count : The number of learned parameters.
    within_budget : Chooses the best model of a search within limits.

    Notes
    -----
    No file is written: the bytes are counted while the pickle is made. The same estimator fitted in
    another process may differ by some tens of bytes, because a pickle stores a string once for
    every object that holds it.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklvision.model_selection import file_size
    >>> X, y = load_iris(return_X_y=True)
    >>> file_size(KNeighborsClassifier().fit(X, y)) > X.nbytes
    True
    """
    n_bytes = measure_pickle(estimator)
    return np.nan if n_bytes is None else float(n_bytes)


def latency_scorer(
    *, batch_size: int = 1, n_repeats: int = 20, n_threads: int = 1
) -> Callable[..., float]:
    """Make a scorer that measures the milliseconds `predict` takes for one sample.

    The number is a cost: it is positive, and smaller is better. Measure it in addition to a
    score, and do not rank or refit by it.

    Parameters
    ----------
    batch_size : int, default=1
        Samples in each call of `predict`: as many as arrive together in production.
    n_repeats : int, default=20
        Number of timed calls; the median is used.
    n_threads : int, default=1
        Threads for BLAS, OpenMP and torch. With 1, the estimator's parallel tasks of joblib
        (its `n_jobs`) run one after the other as well.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y=None)``, which returns the milliseconds per sample.

    Raises
    ------
    TypeError
        If a parameter is not an integer.
    ValueError
        If a parameter is less than 1; when called, if `X` has no samples.

    See Also
    --------
    within_budget : Chooses the best model of a search within limits.

    Notes
    -----
    A few calls that are not timed come first. Every call predicts different samples, spread evenly
    over `X`; where a batch reaches its end it continues at its start, so a batch may be larger than
    the test set of a fold. The limits on threads are lifted afterwards. Threads that decode the
    files of an :class:`~sklvision.datasets.ImageCollection` are not limited, and reading is part of
    the time. Threads of libraries that manage their own are not limited either.

    Times depend on the load of the machine: run searches that measure them with ``n_jobs=1``,
    or leave processors free.

    .. versionadded:: 0.1

    Examples
    --------
    >>> from sklvision.model_selection import latency_scorer
    >>> scoring = {"accuracy": "accuracy", "latency_ms": latency_scorer(batch_size=10)}

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_validate
    >>> X, y = load_iris(return_X_y=True)
    >>> measured = cross_validate(LogisticRegression(max_iter=1000), X, y, scoring=scoring)
    >>> bool((measured["test_latency_ms"] > 0).all())
    True
    """
    settings = {"batch_size": batch_size, "n_repeats": n_repeats, "n_threads": n_threads}
    for name, value in settings.items():
        check_scalar(value, name, Integral, min_val=1)
    return _LatencyScorer(**settings)


class _LatencyScorer:
    """Milliseconds per sample of predict; see latency_scorer."""

    __name__ = "latency_ms"  # its name in a list of scorers

    def __init__(self, *, batch_size: int, n_repeats: int, n_threads: int) -> None:
        self.batch_size = batch_size
        self.n_repeats = n_repeats
        self.n_threads = n_threads

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        samples = as_samples(X)
        n_samples = len(samples)
        if n_samples == 0:
            raise ValueError("X has no samples, so the latency of predict cannot be measured.")
        n_calls = _N_WARM_UP + self.n_repeats
        batch_offsets = np.arange(self.batch_size)
        seconds = []
        with _limit_threads(self.n_threads):
            for call in range(n_calls):
                rows = (call * n_samples // n_calls + batch_offsets) % n_samples
                batch = samples.take(rows).data
                start = perf_counter()
                estimator.predict(batch)
                seconds.append(perf_counter() - start)
        return 1000 * float(np.median(seconds[_N_WARM_UP:])) / self.batch_size

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in vars(self).items())
        return f"latency_scorer({settings})"


@contextmanager
def _limit_threads(n_threads: int) -> Iterator[None]:
    """Limit the threads of BLAS, OpenMP and torch; with one, joblib runs its tasks in turn."""
    torch: Any = sys.modules.get("torch")  # where it was never imported, nothing uses it
    with ExitStack() as stack:
        if torch is not None:
            # First, before the limit on OpenMP changes the number that torch reports.
            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(n_threads)
        stack.enter_context(threadpool_limits(n_threads))
        if n_threads == 1:
            stack.enter_context(parallel_config(backend="sequential"))
        yield
