"""Micro-batching of jobs in one thread."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

import pytest

from sklvision.serving._batching import Batcher


@dataclass(eq=False)
class NumberJob:
    value: int
    n_samples: int = 1


class Doubler:
    """Doubles the values of jobs; the first batch waits until it may go on."""

    def __init__(self):
        self.batches = []
        self.may_go_on = threading.Event()

    def __call__(self, jobs):
        assert self.may_go_on.wait(10)
        self.batches.append([job.value for job in jobs])
        return [ValueError("negative") if job.value < 0 else 2 * job.value for job in jobs]


def run_jobs(jobs, *, max_samples, timeout=10.0):
    """Submit a first job, the others while it is computed; returns results and batches."""

    async def run():
        compute = Doubler()
        batcher = Batcher(compute, max_samples)
        batcher.start()
        first = asyncio.create_task(batcher.submit(jobs[0], 10))
        await asyncio.sleep(0.1)
        tasks = [asyncio.create_task(batcher.submit(job, timeout)) for job in jobs[1:]]
        await asyncio.sleep(0.1)
        compute.may_go_on.set()
        results = await asyncio.gather(first, *tasks, return_exceptions=True)
        batcher.stop()
        return results, compute.batches

    return asyncio.run(run())


def test_batcher_computes_together_what_waited():
    results, batches = run_jobs([NumberJob(i) for i in range(6)], max_samples=3)
    assert results == [0, 2, 4, 6, 8, 10]
    assert batches == [[0], [1, 2, 3], [4, 5]]


def test_batcher_takes_a_large_job_alone():
    jobs = [NumberJob(0), NumberJob(1), NumberJob(2, n_samples=9), NumberJob(3)]
    assert run_jobs(jobs, max_samples=3)[1] == [[0], [1], [2], [3]]


def test_batcher_raises_an_error_for_its_job_alone():
    results, _ = run_jobs([NumberJob(1), NumberJob(-1), NumberJob(2)], max_samples=3)
    assert results[0] == 2
    assert results[2] == 4
    assert str(results[1]) == "negative"


def test_batcher_skips_jobs_that_nobody_waits_for():
    results, batches = run_jobs([NumberJob(0), NumberJob(1)], max_samples=3, timeout=0.05)
    assert batches == [[0]]
    assert "no prediction within 0.05 seconds" in str(results[1])


def test_batcher_passes_on_what_the_computation_raises():
    def fail(jobs):
        raise RuntimeError("broken")

    async def run():
        batcher = Batcher(fail, 4)
        batcher.start()
        with pytest.raises(RuntimeError, match="broken"):
            await batcher.submit(NumberJob(0), 5)
        with pytest.raises(RuntimeError, match="broken"):
            await batcher.submit(NumberJob(1), 5)
        batcher.stop()

    asyncio.run(run())
