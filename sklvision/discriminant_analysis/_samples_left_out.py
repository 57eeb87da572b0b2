"""Samples that are left out one after another."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from sklvision.discriminant_analysis._coordinates import ClassStatistics
from sklvision.discriminant_analysis._left_out import ClassGeometry, LeftOut


class SamplesLeftOut(LeftOut):
    """Samples that are left out of their own class, one after another.

    Parameters
    ----------
    statistics : ClassStatistics
        The classes, and the samples that are left out.
    geometry : ClassGeometry
        The classes and the samples along the eigenvectors of their covariance.

    Notes
    -----
    With the sample x of class y and weight u left out, where r = x - m_y is its deviation and n_y
    the weight of its class, the mean becomes m_y - r u / (n_y - u), and the covariance S loses
    c r r' with c = u n_y / (n_y - u) / freedom. By the formula of Sherman and Morrison the inverse
    of what is left adds c (r' S^-1 d)^2 / (1 - c r' S^-1 r) to every distance d' S^-1 d.
    """

    def __init__(self, statistics: ClassStatistics, geometry: ClassGeometry) -> None:
        counts = statistics.counts[statistics.labels]
        removed_weights = np.minimum(statistics.weights, 1.0)
        # Without its only sample a class has no mean.
        is_kept = counts > removed_weights * (1 + 1e-9)
        super().__init__(statistics.labels[is_kept], geometry.loss_weights[is_kept])
        self._variances, self._unit = geometry.variances, geometry.unit
        self._deviations = geometry.deviations[is_kept]
        self._squares = np.square(self._deviations)
        self._means = geometry.means
        self._log_priors = geometry.log_priors
        self._stretch = counts[is_kept] / (counts[is_kept] - removed_weights[is_kept])
        self._loss = removed_weights[is_kept] * self._stretch / geometry.freedom

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
