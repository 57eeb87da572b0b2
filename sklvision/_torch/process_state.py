"""Seeds and threads of torch: state of the whole process, set in a context and put back after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import torch

# A batch of up to this many input values is trained on one thread: a second one gains little
# there, and sums taken by one thread give the same bits whatever the number of cores or jobs.
_ONE_THREAD_BATCH_VALUES = 2**15

# torch's default generator and thread count belong to the whole process.
_PROCESS_STATE = threading.RLock()


@contextmanager
def scoped_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch inside this context, and leave its global generators as they were."""
    devices = [device] if device.type == "cuda" else []
    with _PROCESS_STATE, torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextmanager
def scoped_threads(batch_size: int, input_shape: tuple[int, ...]) -> Iterator[None]:
    """Train small batches on one thread, and leave torch's thread count as it was."""
    threads = torch.get_num_threads()
    if threads == 1 or batch_size * prod(input_shape) > _ONE_THREAD_BATCH_VALUES:
        yield
        return
    with _PROCESS_STATE:
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
