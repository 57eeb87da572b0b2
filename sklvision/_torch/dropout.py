"""Dropout with cheap random numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Dropout by 16 random bits for each value, a quarter of the time of torch's own draws.

    So on a processor, where the rate is rounded to a multiple of 2 ** -16.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Set values to zero in training, and scale up the others."""
        if not self.training or self.p == 0 or input.device.type != "cpu":
            return super().forward(input)
        n_values, dropped = input.numel(), min(round(self.p * 2**16), 2**16 - 1)
        draws = torch.empty(-(-n_values // 4), dtype=torch.int64).random_(-(2**63), None)
        kept = draws.view(torch.int16)[:n_values] >= dropped - 2**15
        # In the order in which the values lie in memory, so that both are read in step.
        channels_last = input.ndim == 4 and input.is_contiguous(memory_format=torch.channels_last)
        shape = input.shape
        kept = kept.as_strided(shape, input.stride()) if channels_last else kept.view(shape)
        return input * kept.to(input.dtype).div_(1 - dropped / 2**16)
