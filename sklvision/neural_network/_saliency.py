"""Gradients of a net's log-odds by its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sklvision._torch.process_state import seed_torch
from sklvision.neural_network._data import as_tensor

if TYPE_CHECKING:
    from sklvision.neural_network._base import BaseNeuralClassifier

_CHUNK_ROWS = 64


def compute_gradient_times_input(
    classifier: BaseNeuralClassifier,
    X: Any,
    targets: np.ndarray,
    *,
    n_draws: int,
    noise: float,
    seed: int,
) -> np.ndarray:
    """Multiply inputs, less the mean of the training data, by gradients smoothed over noise.

    Gradients are those of the log-odds of a class against all others, which don't vanish
    where the net is sure, as those of probabilities do.

    Parameters
    ----------
    classifier : fitted classifier of this package
        Classifier whose net is differentiated.
    X : ndarray of shape (n, ...)
        Samples, as the classifier takes them.
    targets : ndarray of shape (n,)
        Index of the class of each sample.
    n_draws : int
        Noisy copies of each sample over which gradients are averaged.
    noise : float
        Standard deviation of the noise, in standard deviations of the training data.
    seed : int
        Seed of the noise.

    Returns
    -------
    products : ndarray of shape (n, *input_shape)
        Positive where the input is evidence for the class.

    References
    ----------
    .. [1] D. Smilkov et al., "SmoothGrad: removing noise by adding noise", ICML workshop on
       visualization for deep learning (2017).
    .. [2] A. Shrikumar, P. Greenside and A. Kundaje, "Learning important features through
       propagating activation differences", ICML (2017).
    """
    samples = classifier._validate_samples(X)
    net = classifier.net_
    module, device = net.module_, torch.device(net.device)
    # SmoothGrad: gradients are averaged over noisy copies, because a piecewise linear net has
    # gradients that jump from one sample to the next.
    mean, scale = module.mean, module.scale
    module.eval()
    results = []
    with seed_torch(seed, device), torch.enable_grad():
        for start in range(0, len(samples), _CHUNK_ROWS):
            chunk = as_tensor(np.asarray(samples[start : start + _CHUNK_ROWS])).to(device)
            x = chunk.to(mean.dtype)
            classes = torch.as_tensor(targets[start : start + _CHUNK_ROWS], device=device)
            total = torch.zeros_like(x)
            for _ in range(n_draws):
                noisy = x + noise * scale * torch.randn_like(x) if noise else x.clone()
                noisy.requires_grad_()
                log_odds = _compute_log_odds(module(noisy), classes)
                (gradient,) = torch.autograd.grad(log_odds.sum(), noisy)
                total += gradient
            # The baseline is the mean of the training data.
            results.append((total / n_draws * (x - mean)).cpu().double().numpy())
    return np.concatenate(results)


def _compute_log_odds(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    class_logits = logits.gather(1, targets[:, None])
    other_logits = logits.scatter(1, targets[:, None], -torch.inf)
    return class_logits[:, 0] - other_logits.logsumexp(dim=1)
