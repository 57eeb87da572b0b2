"""Choice of a regularization by leaving out one sample after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax

from sklvision.discriminant_analysis._coordinates import ClassStatistics

# Losses that differ by less are equal; of equal ones the stronger regularization is taken.
_TOLERANCE = 1e-6
# Logarithm of the factor of the scores: its bounds, and the width of its prior about 0, the value
# of the Gaussian model itself. Without a prior, the factor of samples that are all predicted
# correctly would grow without end.
_SCALE_BOUNDS = (-4.0, 1.5)
_SCALE_WIDTH = 0.7
# Variances below this part of all that there is are rounding.
_ROUNDING = 1e-20
# Where nothing varies at all; the inverses of smaller numbers exceed what a double holds.
_SMALLEST_UNIT = 1e-280


@dataclass(frozen=True)
class Discriminant:
    """Linear scores of classes in coordinates, and how they were chosen."""

    directions: np.ndarray
    offsets: np.ndarray
    alpha: float
    scale: float
    losses: np.ndarray


def choose_discriminant(
    statistics: ClassStatistics, log_priors: np.ndarray, loss_weights: np.ndarray, alphas: ArrayLike
) -> Discriminant:
    """Choose the regularization of the smallest log loss of samples left out.

    Parameters
    ----------
    statistics : ClassStatistics
        The classes in coordinates.
    log_priors : ndarray of shape (n_classes,)
        Logarithms of the prior probabilities.
    loss_weights : ndarray of shape (n_left_out,)
        Weights of the samples in the loss.
    alphas : array-like of shape (n_alphas,)
        Regularizations relative to the trace of the covariance within classes.
    """
    n_classes = len(log_priors)
    n_counted = statistics.counts.sum()
    freedom = max(n_counted - n_classes, min(n_counted, 1.0))
    variances, vectors = eigh(statistics.scatter / freedom)
    variances = np.maximum(variances, 0.0)
    # Where no class varies by more than rounding, the unit is a small part of what separates them.
    total = statistics.total / freedom
    unit = variances.sum() if variances.sum() > _ROUNDING * total else total * 1e-3
    unit = max(unit, _SMALLEST_UNIT)
    means = statistics.means @ vectors
    deviations = statistics.rows @ vectors - means[statistics.labels]
    left_out = _LeftOut(statistics, means, deviations, log_priors, loss_weights, freedom)
    best = None
    losses = []
    for alpha in sorted(np.asarray(alphas, dtype=float).tolist(), reverse=True):
        precisions = 1.0 / (variances + alpha * unit)
        scale, loss = left_out.measure(precisions)
        losses.append((alpha, loss))
        if best is None or loss < best[0] - _TOLERANCE:
            best = loss, alpha, scale, precisions
    assert best is not None
    _, alpha, scale, precisions = best
    scaled_means = means * precisions
    return Discriminant(
        directions=scale * scaled_means @ vectors.T,
        offsets=scale * (log_priors - 0.5 * np.einsum("kr,kr->k", scaled_means, means)),
        alpha=alpha,
        scale=scale,
        losses=np.array([loss for _, loss in sorted(losses)]),
    )


class _LeftOut:
    """Samples that are left out of their own class, one after another.

    Notes
    -----
    With the sample x of class y and weight u left out, where r = x - m_y is its deviation and n_y
    the weight of its class, the mean becomes m_y - r u / (n_y - u), and the covariance S loses
    c r r' with c = u n_y / (n_y - u) / freedom. By the formula of Sherman and Morrison the inverse
    of what is left adds c (r' S^-1 d)^2 / (1 - c r' S^-1 r) to every distance d' S^-1 d.
    """

    def __init__(
        self,
        statistics: ClassStatistics,
        means: np.ndarray,
        deviations: np.ndarray,
        log_priors: np.ndarray,
        loss_weights: np.ndarray,
        freedom: float,
    ) -> None:
        counts = statistics.counts[statistics.labels]
        removed_weights = np.minimum(statistics.weights, 1.0)
        # Without its only sample a class has no mean.
        is_kept = counts > removed_weights * (1 + 1e-9)
        self._labels = statistics.labels[is_kept]
        self._weights = loss_weights[is_kept]
        self._deviations = deviations[is_kept]
        self._squares = np.square(self._deviations)
        self._means = means
        self._log_priors = log_priors
        self._stretch = counts[is_kept] / (counts[is_kept] - removed_weights[is_kept])
        self._loss = removed_weights[is_kept] * self._stretch / freedom

    def measure(self, precisions: np.ndarray) -> tuple[float, float]:
        """Return the factor of the scores, and the mean log loss with it."""
        if not len(self._labels):
            return 1.0, 0.0
        log_probabilities = self._score(precisions)
        own_class = np.arange(len(self._labels)), self._labels

        # The slope of the loss, and the slope of the prior, over the logarithm of the factor.
        def compute_slope(log_scale: float) -> float:
            scale = np.exp(log_scale)
            expected = (softmax(scale * log_probabilities, axis=1) * log_probabilities).sum(axis=1)
            slope = scale * (self._weights @ (expected - log_probabilities[own_class]))
            return float(slope + log_scale / _SCALE_WIDTH**2)

        low, high = _SCALE_BOUNDS
        if compute_slope(low) >= 0:
            log_scale = low
        elif compute_slope(high) <= 0:
            log_scale = high
        else:
            log_scale = brentq(compute_slope, low, high, xtol=1e-12)
        scores = log_softmax(np.exp(log_scale) * log_probabilities, axis=1)
        loss = -self._weights @ scores[own_class] + 0.5 * (log_scale / _SCALE_WIDTH) ** 2
        return float(np.exp(log_scale)), float(loss / self._weights.sum())

    def _score(self, precisions: np.ndarray) -> np.ndarray:
        """Compute log probabilities of shape (n_left_out, n_classes)."""
        own_class = np.arange(len(self._labels)), self._labels
        scaled_means = self._means * precisions
        gram = scaled_means @ self._means.T
        # r' S^-1 r, r' S^-1 (x - m_c) = r' S^-1 r + r' S^-1 (m_y - m_c), and the distances.
        size = self._squares @ precisions
        products = self._deviations @ scaled_means.T
        shifts = products[own_class][:, np.newaxis] - products
        gaps = np.diag(gram)[self._labels][:, np.newaxis] + np.diag(gram)
        gaps = gaps - 2 * gram[self._labels]
        distances = size[:, np.newaxis] + 2 * shifts + gaps
        correction = self._loss / np.maximum(1 - self._loss * size, 1e-9)
        distances += correction[:, np.newaxis] * np.square(size[:, np.newaxis] + shifts)
        distances[own_class] = np.square(self._stretch) * (size + correction * np.square(size))
        return log_softmax(self._log_priors - 0.5 * distances, axis=1)
