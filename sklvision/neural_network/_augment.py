"""Augmentation of training batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sklvision.utils._protocols import is_label_mixer


def augment_samples(augmenters: Sequence[Callable], X: Tensor) -> Tensor:
    """Vary a batch by one augmenter after another, none of which changes targets."""
    for augmenter in augmenters:
        X = _check_result(augmenter, X, augmenter(X))
    return X


def augment_with_targets(
    augmenters: Sequence[Any], X: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Vary a batch by augmenters, of which those that blend samples blend targets as well.

    Parameters
    ----------
    augmenters : sequence of callable or LabelMixer
        Applied in turn.
    X : Tensor of shape (n, ...)
        Samples.
    targets : Tensor of shape (n, n_classes)
        As :func:`make_soft_targets` makes them.
    """
    for augmenter in augmenters:
        if is_label_mixer(augmenter):
            X, targets = augmenter.mix(X, targets)
        else:
            X = _check_result(augmenter, X, augmenter(X))
    return X, targets


def make_soft_targets(
    y: Tensor, n_classes: int, smoothing: float, weights: Tensor | None, dtype: torch.dtype
) -> Tensor:
    """Return one row of smoothed probabilities a sample, multiplied by its weight."""
    targets = nn.functional.one_hot(y, n_classes).to(dtype)
    soft = targets * (1 - smoothing) + smoothing / n_classes
    return soft if weights is None else soft * weights[:, None]


def _check_result(augmenter: Callable, batch: Tensor, result: Any) -> Tensor:
    if not isinstance(result, Tensor) or result.shape != batch.shape:
        got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise ValueError(
            f"augment must return a tensor of the shape of its input, {tuple(batch.shape)}; "
            f"{getattr(augmenter, '__name__', augmenter)!r} returned {got}."
        )
    return result
