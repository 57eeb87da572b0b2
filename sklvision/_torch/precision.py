"""Numerical precision: float32, bfloat16 or float64."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch
from torch import nn

from sklvision._torch.device import get_processor_name


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether this device computes in bfloat16, without emulation, faster than in float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and _has_fast_bfloat16_processor()


@cache
def _has_fast_bfloat16_processor() -> bool:
    # Private to torch, and missing in some builds.
    names = "_is_avx512_bf16_supported", "_is_amx_tile_supported"
    has_avx512, has_amx = (getattr(torch.cpu, name, lambda: False)() for name in names)
    return is_faster_in_bfloat16(get_processor_name(), has_avx512=has_avx512, has_amx=has_amx)


def is_faster_in_bfloat16(processor: str, *, has_avx512: bool, has_amx: bool) -> bool:
    """Whether a processor multiplies faster in bfloat16 than in float32.

    Intel's do by AMX, which virtual machines may hide. Their instructions of AVX512 take two
    products at a time, but half as often: with conversions, nets take half as long again.

    Parameters
    ----------
    processor : str
        Name that the manufacturer gave it.
    has_avx512 : bool
        Whether it has bfloat16 instructions of AVX512.
    has_amx : bool
        Whether it has tiles of AMX.
    """
    return has_amx or (has_avx512 and "intel" not in processor.lower())


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Compute in bfloat16 inside this context if that is the precision."""
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def resolve_precision(
    precision: str, device: torch.device, net: nn.Module, input_shape: tuple[int, ...]
) -> str:
    """Resolve ``"auto"`` to the precision that suits this net on this device.

    bfloat16 is faster if the device computes fast in it and the net has convolutions over images
    of at least 16 × 16 pixels; otherwise float32 is used.
    """
    if precision != "auto":
        return precision
    convolves = any(isinstance(module, nn.Conv2d) for module in net.modules())
    if not convolves or min(input_shape[:2]) < 16:
        return "float32"
    return "bfloat16" if has_fast_bfloat16(device) else "float32"
