"""Flips, shifts, rotations and zooms in a row, applied at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklvision.augmentation._base import AffineAugmenter, FillingAugmenter, RandomSource, Tensor


class CombinedWarp:
    """Several affine augmenters in a row, with one interpolation.

    Parameters
    ----------
    augmenters : sequence of AffineAugmenter
        Augmenters to apply, in order; all that fill anything fill alike.
    """

    def __init__(self, augmenters: Sequence[AffineAugmenter]) -> None:
        self._augmenters = augmenters

    def _augment(self, X: Tensor, source: RandomSource) -> Tensor:
        from sklvision.augmentation import _functional

        height, width = X.shape[1:3]
        maps, *later_maps = (
            augmenter._draw_maps(source, height, width).to(X.dtype)
            for augmenter in self._augmenters
        )
        for later_map in later_maps:
            maps = maps @ later_map
        (fill,) = collect_fills(self._augmenters)
        return _functional.warp(X, maps, *fill)


def collect_fills(augmenters: Sequence[AffineAugmenter]) -> set[tuple[str, float]]:
    """Collect the different ways in which augmenters fill pixels beyond the edges."""
    return {
        (augmenter.fill, augmenter.fill_value if augmenter.fill == "constant" else 0.0)
        for augmenter in augmenters
        if isinstance(augmenter, FillingAugmenter)
    }


def combine_warps(augmenters: Sequence[Any]) -> list[Any]:
    """Combine neighboring affine augmenters where that saves an interpolation."""
    runs: list[list[Any]] = []
    for augmenter in augmenters:
        run = [*runs[-1], augmenter] if runs else []
        if all(isinstance(a, AffineAugmenter) for a in run) and len(collect_fills(run)) == 1:
            runs[-1] = run
        else:
            runs.append([augmenter])
    stages: list[Any] = []
    for run in runs:
        saves_one = len(run) > 1 and any(augmenter._interpolates for augmenter in run)
        stages += [CombinedWarp(run)] if saves_one else run
    return stages
