"""Augmentation of training batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from sklvision.neural_network._batches import Inputs, join_weights, split_weights
from sklvision.utils._protocols import is_label_mixer


def augment_batch(
    augmenters: Sequence[Any],
    X: Inputs,
    y: Tensor,
    dtype: torch.dtype,
    make_targets: Callable[[Tensor | None, torch.dtype], Tensor],
) -> tuple[Inputs, Tensor]:
    """Augment a batch; targets that are blended are rows of weighted probabilities.

    Parameters
    ----------
    augmenters : sequence of callable or LabelMixer
        Applied in turn.
    X : Tensor of shape (n, ...) or dict
        Samples, weighted or not.
    y : Tensor of shape (n,)
        Encoded labels.
    dtype : torch.dtype
        Type in which samples are augmented.
    make_targets : callable
        Makes the rows, of the weights and a type.
    """
    samples, weights = split_weights(X)
    samples = samples.to(dtype)
    if not any(is_label_mixer(augmenter) for augmenter in augmenters):
        return join_weights(augment_samples(augmenters, samples), weights), y
    return augment_with_targets(augmenters, samples, make_targets(weights, dtype))


def augment_samples(augmenters: Sequence[Callable], X: Tensor) -> Tensor:
    """Augment a batch by one augmenter after another, none of which changes targets."""
    for augmenter in augmenters:
        X = _check_result(augmenter, X, augmenter(X))
    return X


def augment_with_targets(
    augmenters: Sequence[Any], X: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Augment a batch; augmenters that blend samples blend targets as well.

    Parameters
    ----------
    augmenters : sequence of callable or LabelMixer
        Applied in turn.
    X : Tensor of shape (n, ...)
        Samples.
    targets : Tensor of shape (n, n_classes)
        One row a sample, as the target of the fit makes them.
    """
    for augmenter in augmenters:
        if is_label_mixer(augmenter):
            X, targets = augmenter.mix(X, targets)
        else:
            X = _check_result(augmenter, X, augmenter(X))
    return X, targets


def _check_result(augmenter: Callable, batch: Tensor, result: Any) -> Tensor:
    if not isinstance(result, Tensor) or result.shape != batch.shape:
        actual = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
        raise ValueError(
            f"augment must return a tensor of the shape of its input, {tuple(batch.shape)}; "
            f"{getattr(augmenter, '__name__', augmenter)!r} returned {actual}."
        )
    return result
