"""Numerical precision: float32, bfloat16 or float64."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn


def has_bfloat16(device: torch.device) -> bool:
    """Whether the hardware of this device supports bfloat16, without emulation."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Private to torch, and missing in some builds.
        return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return False


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Compute in bfloat16 inside this context if that is the precision."""
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def resolve_precision(
    precision: str, device: torch.device, net: nn.Module, input_shape: tuple[int, ...]
) -> str:
    """Resolve ``"auto"`` to the precision that suits this net on this device.

    bfloat16 is faster if the processor supports it and the net has convolutions over images of
    at least 16 × 16 pixels; otherwise float32 is used.
    """
    if precision != "auto":
        return precision
    convolves = any(isinstance(module, nn.Conv2d) for module in net.modules())
    if not convolves or min(input_shape[:2]) < 16:
        return "float32"
    return "bfloat16" if has_bfloat16(device) else "float32"
