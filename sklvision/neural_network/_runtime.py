"""Where and how a net computes: device, precision, threads and random numbers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import prod

import torch
from torch import nn

# A batch of up to this many input values is trained on one thread: a second one gains little
# there, and sums taken by one thread give the same bits whatever the number of cores or jobs.
_ONE_THREAD_BATCH_VALUES = 2**15

# torch's default generator and thread count belong to the whole process.
_PROCESS_STATE = threading.RLock()


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn ``"auto"``, a name or a device into the device to compute on.

    Raises
    ------
    ValueError
        If there is no such device here.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps', got {device!r}."
        ) from error
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (resolved.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available.get(resolved.type, False):
        raise ValueError(f"device={device!r} was asked for, but there is no such device here.")
    return resolved


def resolve_precision(
    precision: str, device: torch.device, net: nn.Module, input_shape: tuple[int, ...]
) -> str:
    """Turn ``"auto"`` into the precision that suits this net on this device.

    bfloat16 pays off where the processor computes in it and convolutions run over images of
    at least 16 × 16 pixels; everything else stays in float32.
    """
    if precision != "auto":
        return precision
    convolves = any(isinstance(module, nn.Conv2d) for module in net.modules())
    if not convolves or min(input_shape[:2]) < 16:
        return "float32"
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported()
    elif device.type == "cpu":
        # Private in torch, and absent from some builds.
        fast = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    else:
        fast = False
    return "bfloat16" if fast else "float32"


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Compute in bfloat16 inside this context, when that is the precision."""
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


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
