"""Random numbers for augmenters."""

from __future__ import annotations

import torch
from torch import Tensor


class RandomSource:
    """Draws one value per sample, on the device of the samples.

    Parameters
    ----------
    X : Tensor of shape (n, ...)
        The samples.
    generator : torch.Generator or None
        Source of randomness; the default generator of the device if None.
    """

    def __init__(self, X: Tensor, generator: torch.Generator | None) -> None:
        self.dtype = X.dtype
        self._n, self._device, self._generator = len(X), X.device, generator

    def draw_uniform(self, low: float, high: float) -> Tensor:
        """Draw values between two bounds, of the samples' dtype."""
        return self._draw_unit().to(self.dtype) * (high - low) + low

    def draw_symmetric(self, limit: float) -> Tensor:
        """Draw values between -limit and limit, of the samples' dtype."""
        limit = float(limit)  # a NumPy integer without a sign has no negative
        return self.draw_uniform(-limit, limit)

    def draw_integers(self, low: int, high: int) -> Tensor:
        """Draw whole numbers, both bounds among them."""
        return torch.randint(
            low, high + 1, (self._n,), generator=self._generator, device=self._device
        )

    def draw_flags(self, p: float) -> Tensor:
        """Draw booleans that are True with probability p."""
        return self._draw_unit() < p

    def draw_normal(self, shape: torch.Size) -> Tensor:
        """Draw standard normal values for every value of the samples."""
        return torch.randn(shape, generator=self._generator, device=self._device, dtype=self.dtype)

    def _draw_unit(self) -> Tensor:
        """Draw values from 0 to 1."""
        # In single precision for every dtype, so that one seed gives one augmentation.
        return torch.rand(
            self._n, generator=self._generator, device=self._device, dtype=torch.float32
        )
