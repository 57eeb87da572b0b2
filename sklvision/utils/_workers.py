"""Workers of joblib: interrupts, and errors where they or their scheduler are lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache

# Errors of Dask by their names, since Dask need not be installed.
_LOST_SCHEDULER = {"FutureCancelledError", "CancelledError", "CommClosedError"}
_LOST_WORKER = {"KilledWorker", "WorkerDied"}


_PARENT_CHECK_SECONDS = 1.0


class LostSchedulerError(ConnectionError):
    """The connection to the scheduler of Dask was lost."""


@contextmanager
def suppress_interrupts() -> Iterator[None]:
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


@cache
def stop_with_parent() -> None:
    """Stop this process, if it is a worker, once the process that started it was killed.

    A worker of joblib that is writing a result then waits forever, with all of its memory: it holds
    both ends of the pipe.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def stop() -> None:
        if os.name == "posix":
            pid = os.getppid()
            while os.getppid() == pid:
                time.sleep(_PARENT_CHECK_SECONDS)
        else:
            parent.join()
        os._exit(1)

    threading.Thread(target=stop, name="stop with parent", daemon=True).start()


def describe_loss(error: Exception, advice: str = "") -> Exception | None:
    """Make a clear error of one about lost workers; None for any other.

    Parameters
    ----------
    error : Exception
        Error of joblib or of Dask.
    advice : str, default=""
        Sentence about how to go on.
    """
    name, is_dask = type(error).__name__, type(error).__module__.startswith("distributed")
    if isinstance(error, BrokenExecutor) or (is_dask and name in _LOST_WORKER):
        return describe_lost_worker(advice)
    if isinstance(error, LostSchedulerError) or (is_dask and name in _LOST_SCHEDULER):
        return describe_lost_scheduler(advice)
    return None


def describe_lost_worker(advice: str = "") -> BrokenProcessPool:
    """Make the error of a task whose worker was ended."""
    return BrokenProcessPool(
        "A worker process was ended while it computed, most often by the system because memory "
        "ran out, otherwise by a crash or a kill. Every worker holds nets and samples of its "
        f"own: lower n_jobs=, batch_size or the size of images. {advice}".rstrip()
    )


def describe_lost_scheduler(advice: str = "") -> LostSchedulerError:
    """Make the error of tasks whose scheduler has ended or cannot be reached."""
    return LostSchedulerError(
        "The connection to the Dask scheduler was lost, and with it all that was not finished. "
        f"Start the cluster again and repeat the call. {advice}".rstrip()
    )
