"""Training that diverged: a net that computes infinities must not be handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from skorch import NeuralNet

# Samples whose outputs are checked; a net that diverged fails on all of them.
_CHECKED_ROWS = 8


def check_trained(net: NeuralNet, samples: Tensor) -> None:
    """Raise if the last step of a training left weights or outputs that are not finite.

    The loss of an epoch is that before its last step.
    """
    reason = find_divergence(net.module_, net.infer, samples)
    if reason is not None:
        raise make_divergence_error(net, reason)


def find_divergence(
    module: nn.Module, infer: Callable[[Tensor], Tensor], samples: Tensor
) -> str | None:
    """Find whether weights or outputs are not finite; None where they are.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    infer : callable
        Computes logits by the module.
    samples : Tensor of shape (n, *input_shape)
        Some training samples.
    """
    with torch.inference_mode():
        # One number for each tensor of weights: infinity and NaN survive a sum.
        sums = torch.stack([weight.sum() for weight in module.parameters()])
        if not bool(sums.isfinite().all()):
            return "weights are not finite after the last step"
        if not bool(infer(samples[:_CHECKED_ROWS]).isfinite().all()):
            return "outputs are not finite after the last step"
    return None


def make_divergence_error(net: NeuralNet, reason: str) -> ValueError:
    """Return the error of a training that diverged."""
    return ValueError(
        f"Training diverged: {reason} in epoch {len(net.history)}. "
        f"Try a lower learning rate than lr={net.lr} or another optimizer."
    )
