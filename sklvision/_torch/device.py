"""The device to compute on, and a description of the machine."""

from __future__ import annotations

import multiprocessing
import platform
import re
import sys
from contextlib import suppress
from pathlib import Path

import torch


def resolve_device(device: str | torch.device) -> torch.device:
    """Resolve ``"auto"``, a name or a device to the device to compute on.

    Raises
    ------
    ValueError
        If the device is not available on this machine.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return choose_gpu(torch.cuda.device_count(), find_worker_number())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch_device = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps', got {device!r}."
        ) from error
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (torch_device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available.get(torch_device.type, False):
        raise ValueError(
            f"device={device!r} is not available on this machine. Choose 'auto' or 'cpu'."
        )
    return torch_device


def choose_gpu(n_devices: int, worker: int | None) -> torch.device:
    """Choose the GPU of a worker: they take turns; other processes take the current one."""
    if worker is None or n_devices < 2:
        return torch.device("cuda")
    return torch.device("cuda", worker % n_devices)


def find_worker_number() -> int | None:
    """Find the number of this process among the workers of joblib or Dask; None in any other.

    An engine that orders or hides GPUs for every worker by CUDA_VISIBLE_DEVICES, as dask-cuda and
    Ray do, has chosen already.
    """
    if "dask_cuda" in sys.modules:
        return None
    process_name = multiprocessing.current_process().name
    name = process_name if process_name.startswith("LokyProcess-") else ""
    if "distributed.worker" in sys.modules:
        with suppress(ValueError):  # not in a task
            name = str(sys.modules["distributed.worker"].get_worker().name)
    number = re.search(r"\d+$", name)
    return int(number[0]) if number and "://" not in name else None  # not the port of an address


def get_processor_name() -> str:
    """Return the manufacturer's name of the processor, if the system provides it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def describe_machine() -> str:
    """Describe processor, GPU, threads and version of torch on one line."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{get_processor_name()}{gpu}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    )
