"""Micro-batching: requests that arrive while the model computes are computed together next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from sklvision.serving._errors import make_busy_error


class Job(Protocol):
    """Samples of one request."""

    @property
    def n_samples(self) -> int:
        """Number of samples, as far as it is known before they are read."""


AnyJob = TypeVar("AnyJob", bound=Job)
Result = TypeVar("Result")


class Batcher(Generic[AnyJob, Result]):
    """Computes the jobs of many requests together, in one thread.

    Nobody waits for a batch to fill up: the thread takes all jobs there are as soon as it is
    free. A single request is computed at once, and the more there are the larger batches become.

    Parameters
    ----------
    compute : callable
        Takes a list of jobs and returns a result for each, or the exception that it caused.
    max_samples : int
        Samples of one batch; a job that alone has more is a batch of its own.
    """

    def __init__(
        self, compute: Callable[[Sequence[AnyJob]], list[Result | Exception]], max_samples: int
    ) -> None:
        self._compute = compute
        self._max_samples = max_samples
        self._jobs: deque[tuple[AnyJob, asyncio.Future[Result]]] = deque()
        self._has_jobs = asyncio.Event()
        self._executor: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def start(self) -> None:
        """Start the thread; in the process that serves, since a fork does not copy threads."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="sklvision-predict")
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Stop the thread, after the batch that it computes."""
        if self._task is not None:
            self._task.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False)

    async def submit(self, job: AnyJob, timeout: float) -> Result:
        """Submit a job, and return its result or raise its exception.

        Raises
        ------
        RequestError
            If there is no result in time.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, future))
        self._has_jobs.set()
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise make_busy_error(f"There was no prediction within {timeout:g} seconds.") from None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._has_jobs.wait()
            batch = self._take_batch()
            if not batch:
                self._has_jobs.clear()
                continue
            jobs, futures = zip(*batch, strict=True)
            try:
                results = await loop.run_in_executor(self._executor, self._compute, jobs)
            except Exception as error:
                results = [error] * len(jobs)
            for future, result in zip(futures, results, strict=True):
                _resolve(future, result)

    def _take_batch(self) -> list[tuple[AnyJob, asyncio.Future[Result]]]:
        """Take jobs from the front of the queue; those that nobody waits for are dropped."""
        batch: list[tuple[AnyJob, asyncio.Future[Result]]] = []
        n_samples = 0
        while self._jobs:
            job, future = self._jobs[0]
            if batch and n_samples + job.n_samples > self._max_samples:
                break
            self._jobs.popleft()
            if not future.done():
                batch.append((job, future))
                n_samples += job.n_samples
        return batch


def _resolve(future: asyncio.Future[Result], result: Result | Exception) -> None:
    if future.done():  # its request has timed out
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
