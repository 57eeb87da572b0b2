"""Random numbers for augmenters, and arrays taken through them once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch import Tensor

if TYPE_CHECKING:
    from sklvision.augmentation._base import Augmenter

# Values augmented at a time: few enough that intermediate results stay small.
_CHUNK_VALUES = 2**20


class Draws:
    """Draws one value per sample, on the device of the samples.

    Parameters
    ----------
    X : Tensor of shape (n, ...)
        The samples.
    generator : torch.Generator or None
        Source of randomness; the default generator of the device where None.
    """

    def __init__(self, X: Tensor, generator: torch.Generator | None) -> None:
        self.dtype = X.dtype
        self._n, self._device, self._generator = len(X), X.device, generator

    def uniform(self, low: float, high: float) -> Tensor:
        """Draw values between two bounds, of the samples' dtype."""
        return self._unit().to(self.dtype) * (high - low) + low

    def symmetric(self, magnitude: float) -> Tensor:
        """Draw values up to a magnitude, of either sign."""
        return self.uniform(-magnitude, magnitude)

    def integers(self, low: int, high: int) -> Tensor:
        """Draw whole numbers, both bounds among them."""
        return torch.randint(
            low, high + 1, (self._n,), generator=self._generator, device=self._device
        )

    def chance(self, p: float) -> Tensor:
        """Draw booleans that are True with probability p."""
        return self._unit() < p

    def normal(self, shape: torch.Size) -> Tensor:
        """Draw standard normal values for every value of the samples."""
        return torch.randn(shape, generator=self._generator, device=self._device, dtype=self.dtype)

    def _unit(self) -> Tensor:
        # In single precision for every dtype, so that one seed gives one augmentation.
        return torch.rand(
            self._n, generator=self._generator, device=self._device, dtype=torch.float32
        )


def augment_array(augmenter: Augmenter, X: np.ndarray, seed: int) -> np.ndarray:
    """Augment all samples once, giving them back in their own dtype.

    Whole numbers are rounded, and clipped to what their dtype holds.
    """
    generator = torch.Generator().manual_seed(seed)
    single = X.dtype.kind == "b" or np.can_cast(X.dtype, np.float32)
    result = np.empty(X.shape, X.dtype)
    for rows in gen_batches(len(X), max(1, _CHUNK_VALUES // math.prod(X.shape[1:]))):
        # A copy, for read-only arrays and lazy collections of images alike.
        samples = np.array(X[rows], dtype=np.float32 if single else np.float64)
        result[rows] = _cast(augmenter(torch.from_numpy(samples), generator).numpy(), X.dtype)
    return result


def _cast(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        high = values.dtype.type(limits.max)
        if int(high) > limits.max:  # the largest int64 is no float64
            high = np.nextafter(high, high.dtype.type(0))
        values = values.round().clip(limits.min, high)
    return values.astype(dtype)
