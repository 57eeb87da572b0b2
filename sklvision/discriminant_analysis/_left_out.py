"""Log loss of samples that are left out, whichever are left out together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax

# Logarithm of the factor of the scores: its bounds, and the width of its prior about 0, the value
# of the Gaussian model itself. Without a prior, the factor of samples that are all predicted
# correctly would grow without end.
_SCALE_BOUNDS = (-4.0, 1.5)
_SCALE_WIDTH = 0.7


@dataclass(frozen=True)
class ClassGeometry:
    """Classes, and the samples that are left out, along the eigenvectors of a covariance.

    Attributes
    ----------
    variances : ndarray of shape (n_coordinates,)
        Eigenvalues of the covariance within classes.
    means, deviations : ndarrays of shape (n_classes or n_left_out, n_coordinates)
        Means of the classes, and deviations of the samples from them, along its eigenvectors.
    log_priors : ndarray of shape (n_classes,)
        Logarithms of the prior probabilities.
    loss_weights : ndarray of shape (n_left_out,)
        Weights of the samples in the loss.
    freedom : float
        Number that sums of squares are divided by.
    unit : float
        Unit of the regularization.
    """

    variances: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    log_priors: np.ndarray
    loss_weights: np.ndarray
    freedom: float
    unit: float


class LeftOut(ABC):
    """Samples that are left out in turn, and predicted by what is learned from the others.

    Parameters
    ----------
    labels : ndarray of shape (n_left_out,)
        Indices of their classes.
    weights : ndarray of shape (n_left_out,)
        Weights of their losses.
    """

    def __init__(self, labels: np.ndarray, weights: np.ndarray) -> None:
        self.labels = labels
        self.weights = weights

    @abstractmethod
    def compute_log_probabilities(self, alpha: float) -> np.ndarray:
        """Compute log probabilities of shape (n_left_out, n_classes) under a regularization."""

    def measure(self, alpha: float) -> tuple[float, float]:
        """Return the best factor of the scores, and the mean log loss with it."""
        if not len(self.labels):
            return 1.0, 0.0
        log_probabilities = self.compute_log_probabilities(alpha)
        own_class = np.arange(len(self.labels)), self.labels

        # The slope of the loss, and the slope of the prior, over the logarithm of the factor.
        def compute_slope(log_scale: float) -> float:
            scale = np.exp(log_scale)
            expected = (softmax(scale * log_probabilities, axis=1) * log_probabilities).sum(axis=1)
            slope = scale * (self.weights @ (expected - log_probabilities[own_class]))
            return float(slope + log_scale / _SCALE_WIDTH**2)

        low, high = _SCALE_BOUNDS
        if compute_slope(low) >= 0:
            log_scale = low
        elif compute_slope(high) <= 0:
            log_scale = high
        else:
            log_scale = brentq(compute_slope, low, high, xtol=1e-12)
        scores = log_softmax(np.exp(log_scale) * log_probabilities, axis=1)
        loss = -self.weights @ scores[own_class] + 0.5 * (log_scale / _SCALE_WIDTH) ** 2
        return float(np.exp(log_scale)), float(loss / self.weights.sum())
