"""Where to compute, and in what precision."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch


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


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether this device computes in bfloat16 in hardware, and not by emulation."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Private in torch, and absent from some builds.
        return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return False


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Compute in bfloat16 inside this context, when that is the precision."""
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def processor_name() -> str:
    """Name of the processor as its maker gives it, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def describe_machine() -> str:
    """Processor, GPU if there is one, threads and version of torch, on one line."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{processor_name()}{gpu}, {torch.get_num_threads()} threads, torch {torch.__version__}"
