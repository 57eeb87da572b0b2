"""joblib on Dask, by a backend that outlives the death of workers and of data on them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import cache
from importlib import import_module
from typing import Any
from uuid import uuid4

from sklvision.utils._optional import import_optional
from sklvision.utils._workers import describe_loss, describe_lost_scheduler, describe_lost_worker

# Submissions of a task, if data that it needs are lost with a worker each time.
_MAX_SUBMISSIONS = 4
# scikit-learn looks into this module if it is loaded, and fails where another thread of the same
# worker is just loading it for a net.
_MODULES_LOADED_FIRST = ("torch",)


def is_dask_backend(backend: Any) -> bool:
    """Whether a backend of joblib is that of Dask, in this package's form or joblib's own."""
    return any(base.__name__ == "DaskDistributedBackend" for base in type(backend).__mro__)


def make_dask_backend(**options: Any) -> Any:
    """Make a backend for joblib, with the parameters of joblib's own.

    Parameters
    ----------
    **options : dict
        ``client``, ``scheduler_host``, ``scatter``, ``wait_for_workers_timeout`` and parameters of
        :meth:`distributed.Client.submit`.
    """
    return _get_backend_class()(**options)


def replace_backend(backend: Any) -> Any:
    """Replace joblib's Dask backend by one that repeats lost tasks; others stay as they are."""
    if not is_dask_backend(backend) or type(backend) is _get_backend_class():
        return backend
    copy = make_dask_backend(
        client=backend.client,
        wait_for_workers_timeout=backend.wait_for_workers_timeout,
        **backend.submit_kwargs,
    )
    copy._scatter, copy.data_futures = backend._scatter, backend.data_futures
    return copy


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


@cache
def _get_backend_class() -> type:
    """Get the class of the backend, made once Dask is needed."""
    import_optional("distributed", extra="distributed")
    from joblib._dask import DaskDistributedBackend
    from joblib._utils import _TracebackCapturingWrapper

    class RepeatingDaskBackend(DaskDistributedBackend):
        """Submits tasks again whose data were lost, and returns errors of Dask as results.

        joblib sends data to one worker, from which others copy them. If the only worker that has
        them dies, Dask cancels the tasks that need them. joblib's own backend raises that, and
        waits forever for a task that Dask gives up: it passes on results, and no errors.
        """

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._n_losses = 0
            self._submissions: set[asyncio.Task] = set()

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
            for submission in list(self._submissions):
                self.client.loop.add_callback(submission.cancel)

        def _start(self, func: Any, callback: Any) -> None:
            submission = asyncio.ensure_future(self._compute(func, callback))
            self._submissions.add(submission)
            submission.add_done_callback(self._submissions.discard)

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
                except Exception as error:
                    out = self._describe_error(error)
                    out.__cause__ = None if out is error else error
                    # Repeated if data were lost with a worker, or while they were sent to it.
                    is_connected = self.client.status == "running"
                    if not is_connected or not isinstance(error, CancelledError | OSError):
                        break
                    self._discard_data(n_losses)
            callback(out)

        def _describe_error(self, error: Exception) -> Exception:
            if self.client.status != "running":
                return describe_lost_scheduler()
            if isinstance(error, CancelledError | OSError):
                return describe_lost_worker()
            return describe_loss(error) or error

        def _discard_data(self, n_losses: int) -> None:
            """Discard what was sent, to send it again, unless another task did so before."""
            if n_losses == self._n_losses:
                self._n_losses += 1
                self.data_futures.clear()
                self.call_data_futures.clear()

    return RepeatingDaskBackend
