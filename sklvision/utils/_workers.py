"""Tasks in worker processes of joblib: interrupts, and workers that are lost."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from sklearn.utils.parallel import Parallel

# Errors of Dask by their names, since Dask need not be installed.
_LOST_SCHEDULER = {"FutureCancelledError", "CancelledError", "CommClosedError"}
_LOST_WORKER = {"KilledWorker", "WorkerDied"}


def run_tasks(
    tasks: Iterable[Any],
    *,
    n_jobs: int | None,
    is_ordered: bool = True,
    advice: str = "",
    **options: Any,
) -> Generator[Any, None, None]:
    """Run tasks of :func:`sklearn.utils.parallel.delayed`, and yield their results as they end.

    An interrupt of a terminal reaches this process alone, which then ends its workers.

    Parameters
    ----------
    tasks : iterable of tasks
        The tasks.
    n_jobs : int or None
        Number of tasks at the same time, as joblib takes it.
    is_ordered : bool, default=True
        Whether results come in the order of the tasks.
    advice : str, default=""
        Sentence about how to go on after workers were lost.
    **options : dict
        Further options of :class:`joblib.Parallel`.

    Yields
    ------
    result : object
        The result of one task.

    Raises
    ------
    BrokenProcessPool
        If a worker process was ended, mostly because memory ran out.
    ConnectionError
        If the connection to a Dask scheduler was lost.
    """
    return_as = "generator" if is_ordered else "generator_unordered"
    with _suppress_interrupts():  # the processes that start here inherit it
        results = Parallel(n_jobs=n_jobs, return_as=return_as, **options)(tasks)
    try:
        yield from results
    except Exception as error:
        explained = _describe_loss(error, advice)
        if explained is None:
            raise
        raise explained from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of tasks that an interrupt left undone
            results.close()


@contextmanager
def _suppress_interrupts() -> Iterator[None]:
    """Hold SIGINT back in this thread; one that arrives meanwhile is delivered at the end."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _describe_loss(error: Exception, advice: str) -> Exception | None:
    """Make a clear error of one about lost workers; None for any other."""
    name, is_dask = type(error).__name__, type(error).__module__.startswith("distributed")
    if isinstance(error, BrokenExecutor) or (is_dask and name in _LOST_WORKER):
        return BrokenProcessPool(
            "A worker process was ended while it computed, most often by the system because memory "
            "ran out, otherwise by a crash or a kill. Every worker holds nets and samples of its "
            f"own: lower n_jobs=, batch_size or the size of images. {advice}".rstrip()
        )
    if is_dask and name in _LOST_SCHEDULER:
        return ConnectionError(
            "The connection to the Dask scheduler was lost, and with it all that was not finished. "
            f"Start the cluster again and repeat the call. {advice}".rstrip()
        )
    return None
