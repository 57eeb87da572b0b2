"""Seeds and threads of torch: state of the whole process, set in a context and restored."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from math import prod

import torch

# Batches of up to this many input values are trained on one thread: a second thread gains little,
# and sums computed by one thread have the same bits on any number of cores or jobs.
_ONE_THREAD_BATCH_VALUES = 2**15

_CPU = torch.device("cpu")
# torch's default generator and thread count belong to the whole process.
_PROCESS_STATE = threading.RLock()
_WARNING_FILTERS = threading.RLock()


def _reset_locks() -> None:
    """Reset the locks in a forked process: a thread that held one exists in the parent alone."""
    global _PROCESS_STATE, _WARNING_FILTERS
    _PROCESS_STATE, _WARNING_FILTERS = threading.RLock(), threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_locks)


@contextmanager
def seed_torch(seed: int, device: torch.device = _CPU) -> Iterator[None]:
    """Seed torch inside this context, and restore its global generators."""
    devices = [device] if device.type == "cuda" else []
    with _PROCESS_STATE, torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextmanager
def hold_warning_filters() -> Iterator[None]:
    """Run checks that change the filters of warnings for a while in one thread at a time.

    Where two do at once, the filters of one stay behind.
    """
    with _WARNING_FILTERS:
        yield


@contextmanager
def limit_threads(batch_size: int, input_shape: tuple[int, ...]) -> Iterator[None]:
    """Use one thread for small batches, and restore torch's number of threads."""
    limit_forked_threads()
    if batch_size * prod(input_shape) > _ONE_THREAD_BATCH_VALUES:
        yield
        return
    with use_one_thread():
        yield


@contextmanager
def use_one_thread() -> Iterator[None]:
    """Use one thread, and restore torch's number of threads."""
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    with _PROCESS_STATE:
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@cache
def limit_forked_threads() -> None:
    """Limit processes that are forked from now on to one thread of torch.

    A fork copies OpenMP's record of its threads without the threads: computing on several in the
    child would wait for them forever.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))
