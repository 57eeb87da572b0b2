"""Samples that are left out one after another."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from sklvision.discriminant_analysis._coordinates import ClassStatistics
from sklvision.discriminant_analysis._left_out import LeftOut


class SamplesLeftOut(LeftOut):
    """Samples that are left out of their own class, one after another.

    Parameters
    ----------
    statistics : ClassStatistics
        The classes, and the samples that are left out.
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
        variances: np.ndarray,
        means: np.ndarray,
        deviations: np.ndarray,
        log_priors: np.ndarray,
        loss_weights: np.ndarray,
        freedom: float,
        unit: float,
    ) -> None:
        counts = statistics.counts[statistics.labels]
        removed_weights = np.minimum(statistics.weights, 1.0)
        # Without its only sample a class has no mean.
        is_kept = counts > removed_weights * (1 + 1e-9)
        super().__init__(statistics.labels[is_kept], loss_weights[is_kept])
        self._variances, self._unit = variances, unit
        self._deviations = deviations[is_kept]
        self._squares = np.square(self._deviations)
        self._means = means
        self._log_priors = log_priors
        self._stretch = counts[is_kept] / (counts[is_kept] - removed_weights[is_kept])
        self._loss = removed_weights[is_kept] * self._stretch / freedom

    def compute_log_probabilities(self, alpha: float) -> np.ndarray:
        """Compute log probabilities of shape (n_left_out, n_classes) under a regularization."""
        precisions = 1.0 / (self._variances + alpha * self._unit)
        own_class = np.arange(len(self.labels)), self.labels
        scaled_means = self._means * precisions
        gram = scaled_means @ self._means.T
        # r' S^-1 r, r' S^-1 (x - m_c) = r' S^-1 r + r' S^-1 (m_y - m_c), and the distances.
        size = self._squares @ precisions
        products = self._deviations @ scaled_means.T
        shifts = products[own_class][:, np.newaxis] - products
        gaps = np.diag(gram)[self.labels][:, np.newaxis] + np.diag(gram)
        gaps = gaps - 2 * gram[self.labels]
        distances = size[:, np.newaxis] + 2 * shifts + gaps
        correction = self._loss / np.maximum(1 - self._loss * size, 1e-9)
        distances += correction[:, np.newaxis] * np.square(size[:, np.newaxis] + shifts)
        distances[own_class] = np.square(self._stretch) * (size + correction * np.square(size))
        return log_softmax(self._log_priors - 0.5 * distances, axis=1)
