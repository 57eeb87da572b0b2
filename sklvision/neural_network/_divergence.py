"""Training that diverged: a net that computes infinities must not be handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from skorch import NeuralNet
    from torch import Tensor

# Samples whose outputs are checked; a net that diverged fails on all of them.
_CHECKED_ROWS = 8


def check_trained(net: NeuralNet, samples: Tensor) -> None:
    """Raise if the last step left weights or outputs that are not finite.

    The loss of an epoch is that before its last step.

    Parameters
    ----------
    net : NeuralNet
        After its training.
    samples : Tensor of shape (n, *input_shape)
        Some training samples.
    """
    with torch.inference_mode():
        # One number for each tensor of weights: infinity and NaN survive a sum.
        sums = torch.stack([weight.sum() for weight in net.module_.parameters()])
        if not bool(sums.isfinite().all()):
            raise make_divergence_error(net, "weights are not finite after the last step")
        if not bool(net.infer(samples[:_CHECKED_ROWS]).isfinite().all()):
            raise make_divergence_error(net, "outputs are not finite after the last step")


def make_divergence_error(net: NeuralNet, reason: str) -> ValueError:
    """Return the error of a training that diverged."""
    return ValueError(
        f"Training diverged: {reason} in epoch {len(net.history)}. "
        f"Try a lower learning rate than lr={net.lr} or another optimizer."
    )
