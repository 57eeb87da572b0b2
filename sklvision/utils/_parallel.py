"""Tasks in parallel, by whatever engine joblib uses: processes, threads, Dask or Ray."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral
from typing import Any

from joblib import Parallel, cpu_count, effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend

from sklvision.utils._dask import is_dask_backend, replace_backend
from sklvision.utils._sklearn import configure_call
from sklvision.utils._warnings import route_warnings
from sklvision.utils._workers import describe_loss, stop_with_parent, suppress_interrupts


def run_tasks(
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, ...]],
    *,
    shared_args: tuple[Any, ...] = (),
    n_jobs: int | None = None,
    is_ordered: bool = True,
    advice: str = "",
    **options: Any,
) -> Generator[Any, None, None]:
    """Call a function for each tuple of arguments, and yield the results as they come in.

    An interrupt of a terminal reaches this process alone, which then ends its workers.

    Parameters
    ----------
    function : callable
        Defined in a module, as joblib's tasks are.
    tasks : iterable of tuple
        Further arguments of each call. Dask receives an array once that is in several tuples.
    shared_args : tuple, default=()
        First arguments of every call, which Dask receives once.
    n_jobs : int, default=None
        Calls at the same time, as of joblib.
    is_ordered : bool, default=True
        Whether results come in the order of the tasks, instead of as they end.
    advice : str, default=""
        Sentence about how to go on after workers were lost.
    **options : dict
        Further parameters of :class:`joblib.Parallel`.

    Yields
    ------
    result : object
        Result of one call.

    Raises
    ------
    BrokenProcessPool
        If a worker was ended, mostly because memory ran out; under Dask, if several in turn were.
    ConnectionError
        If the connection to a Dask scheduler was lost.
    """
    backend, _ = get_active_backend()
    if is_dask_backend(backend):
        options["backend"] = replace_backend(backend)
    return_as = "generator" if is_ordered else "generator_unordered"
    if not getattr(backend, "supports_return_generator", True):  # Ray's
        return_as = "list"
    call, first = _RecordableCall(configure_call(function)), _SharedArguments(shared_args)
    calls: Iterator[Any] = ((call, (first, *task), {}) for task in tasks)
    results: Any = ()
    try:
        # The processes that start here inherit it; a list is complete only when all has run.
        with nullcontext() if return_as == "list" else suppress_interrupts():
            results = Parallel(n_jobs=n_jobs, return_as=return_as, **options)(calls)
        yield from results
    except Exception as error:
        explained = describe_loss(error, advice)
        if explained is None:
            raise
        raise explained from error
    finally:
        if isinstance(results, Generator):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib warns of tasks that were left undone
                results.close()


def count_threads(n_jobs: int | None) -> int:
    """Count the threads of this machine for a number of jobs.

    Under an engine with many machines, jobs without a number are all of their cores.
    """
    if n_jobs is not None and not isinstance(n_jobs, Integral):
        raise ValueError(f"n_jobs must be an integer or None, got {n_jobs!r}.")
    n_threads = effective_n_jobs(n_jobs)
    return n_threads if n_jobs is not None and n_jobs > 0 else min(n_threads, cpu_count())


class _SharedArguments:
    """Arguments of all tasks as one object, which joblib's Dask backend sends once.

    It does so for an object that can be referred to weakly and is larger than a kilobyte.
    """

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def __sizeof__(self) -> int:
        sizes = (getattr(value, "nbytes", None) or sys.getsizeof(value) for value in self.values)
        return 2**10 + sum(sizes)


class _RecordableCall:
    """A function that takes shared arguments, and whose warnings its thread can record."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def __call__(self, first: _SharedArguments, *args: Any) -> Any:
        stop_with_parent()
        backend, _ = get_active_backend()
        inner: AbstractContextManager = nullcontext()
        if is_dask_backend(backend):  # of parallel functions inside this one
            inner = parallel_config(replace_backend(backend))
        # Warnings around all that scikit-learn does to the filters of the process.
        with route_warnings(), inner:
            return self.call(*first.values, *args)
