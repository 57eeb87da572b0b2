"""joblib's Dask backend, which repeats tasks whose data were lost with a worker.

Imported once Dask is needed, as its base class is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from importlib import import_module
from typing import Any
from uuid import uuid4

from joblib._dask import DaskDistributedBackend
from joblib._utils import _TracebackCapturingWrapper

from sklvision.utils._workers import describe_loss, describe_lost_scheduler, describe_lost_worker

# Submissions of a task, if data that it needs are lost with a worker each time.
_MAX_SUBMISSIONS = 4
# A search ends if all workers were lost, and none came for so many times the time that joblib waits
# for the first one; Dask itself waits forever.
_WAITS_FOR_A_WORKER = 6
_WAIT_SECONDS = 10.0
_CHECK_SECONDS = 1.0
# scikit-learn looks into this module if it is loaded, and fails where another thread of the same
# worker is just loading it for a net.
_MODULES_LOADED_FIRST = ("torch",)


class _LoadingCall:
    """A function before which modules are loaded where it arrives, if they are loaded here."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call
        self.modules = [name for name in _MODULES_LOADED_FIRST if name in sys.modules]

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name in state["modules"]:
            import_module(name)
        self.__dict__.update(state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)


def _is_loss(error: Exception) -> bool:
    """Whether Dask means by an error that a worker was lost."""
    # The scheduler does not find the address of a worker that ended while data were sent to it.
    is_unknown_worker = isinstance(error, KeyError) and "://" in str(error)
    return is_unknown_worker or isinstance(error, CancelledError | OSError)


class RepeatingDaskBackend(DaskDistributedBackend):
    """Submits tasks again whose data were lost, and returns errors of Dask as results.

    joblib sends data to one worker, from which others copy them. If the only worker that has
    them dies, Dask cancels the tasks that need them. joblib's own backend raises that, and
    waits forever for a task that Dask gives up: it passes on results, and no errors. Dask waits
    forever for a worker if all are lost and nothing starts another.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._n_losses = 0
        self._submissions: set[asyncio.Task] = set()  # whose results somebody waits for
        self._watch: asyncio.Task | None = None

    def submit(self, func: Any, callback: Any = None) -> Future[Any]:
        future: Any = Future()
        future.get = future.result
        self.client.loop.add_callback(self._start, func, callback)
        return future

    apply_async = submit  # the name before joblib 1.5

    def retrieve_result_callback(self, out: Any) -> Any:
        if isinstance(out, BaseException):
            raise out
        return super().retrieve_result_callback(out)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        self.client.loop.add_callback(self._stop_submissions)

    def _stop_submissions(self) -> None:
        aborted, self._submissions = self._submissions, set()
        for submission in aborted:
            submission.cancel()

    def _start(self, func: Any, callback: Any) -> None:
        submission = asyncio.ensure_future(self._compute(func, callback))
        self._submissions.add(submission)
        submission.add_done_callback(self._remove_submission)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.ensure_future(self._check_workers())

    def _remove_submission(self, submission: asyncio.Task) -> None:
        self._submissions.discard(submission)
        if not self._submissions and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _check_workers(self) -> None:
        """Stop all submissions if all workers are lost and none comes in their place."""
        loop = asyncio.get_running_loop()
        time_seen = loop.time()
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            with suppress(OSError):  # of a lost scheduler, which the submissions report
                if await self.client.nthreads():
                    time_seen = loop.time()
            if loop.time() - time_seen > self._find_patience():
                for submission in self._submissions:
                    submission.cancel()

    def _find_patience(self) -> float:
        """Find the seconds that tasks wait for a worker once all are lost."""
        return _WAITS_FOR_A_WORKER * (self.wait_for_workers_timeout or _WAIT_SECONDS)

    async def _compute(self, func: Any, callback: Any) -> None:
        """Compute a batch of tasks, and pass on its result or the error of Dask."""
        for _ in range(_MAX_SUBMISSIONS):
            n_losses = self._n_losses
            try:
                batch, tasks = await self._to_func_args(func)
                key = f"{batch!r}-{uuid4().hex}"
                call = _LoadingCall(_TracebackCapturingWrapper(batch))
                future = self.client.submit(call, tasks=tasks, key=key, **self.submit_kwargs)
                out = await self.client.gather(future, asynchronous=True)
                break
            except asyncio.CancelledError:
                if asyncio.current_task() not in self._submissions:
                    raise
                patience = self._find_patience()
                out = describe_lost_worker(f"No other worker came within {patience:.0f} s.")
                break
            except Exception as error:
                out = self._describe_error(error)
                out.__cause__ = None if out is error else error
                # Repeated if data were lost with a worker, or while they were sent to it.
                is_connected = self.client.status == "running"
                if not is_connected or not _is_loss(error):
                    break
                self._discard_data(n_losses)
        callback(out)

    def _describe_error(self, error: Exception) -> Exception:
        if self.client.status != "running":
            return describe_lost_scheduler()
        if _is_loss(error):
            return describe_lost_worker()
        return describe_loss(error) or error

    def _discard_data(self, n_losses: int) -> None:
        """Discard what was sent, to send it again, unless another task did so before."""
        if n_losses == self._n_losses:
            self._n_losses += 1
            self.data_futures.clear()
            self.call_data_futures.clear()
