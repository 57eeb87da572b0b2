"""Flips, shifts, rotations and zooms in a row, applied at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sklvision.augmentation._base import AffineAugmenter, Augmenter

if TYPE_CHECKING:
    from torch import Tensor

    from sklvision.augmentation._draws import Draws


class OneWarp:
    """Several changes of place in a row, with one interpolation.

    Parameters
    ----------
    augmenters : sequence of AffineAugmenter
        What to apply, in order; all that fill anything fill alike.
    """

    def __init__(self, augmenters: Sequence[AffineAugmenter]) -> None:
        self._augmenters = augmenters

    def _augment(self, X: Tensor, draws: Draws) -> Tensor:
        from sklvision.augmentation import _functional

        height, width = X.shape[1:3]
        maps, *others = (
            augmenter._maps(draws, height, width).to(X.dtype) for augmenter in self._augmenters
        )
        for other in others:
            maps = maps @ other
        (fill,) = fills_of(self._augmenters)
        return _functional.warp(X, maps, *fill)


def fills_of(augmenters: Sequence[AffineAugmenter]) -> set[tuple[str, float]]:
    """The different ways in which augmenters fill what comes from beyond the edges."""
    return {
        (augmenter.fill, augmenter.fill_value if augmenter.fill == "constant" else 0.0)
        for augmenter in augmenters
        if hasattr(augmenter, "fill")
    }


def gather_warps(augmenters: Sequence[Augmenter]) -> list[Augmenter | OneWarp]:
    """Bring neighbouring changes of place together where that saves an interpolation."""
    runs: list[list] = []
    for augmenter in augmenters:
        joined = [*runs[-1], augmenter] if runs else []
        if all(isinstance(a, AffineAugmenter) for a in joined) and len(fills_of(joined)) == 1:
            runs[-1] = joined
        else:
            runs.append([augmenter])
    stages: list[Augmenter | OneWarp] = []
    for run in runs:
        one = len(run) > 1 and any(augmenter._interpolates for augmenter in run)
        stages += [OneWarp(run)] if one else run
    return stages
