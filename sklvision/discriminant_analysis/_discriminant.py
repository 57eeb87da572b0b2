"""Choice of a regularization by samples, or groups of samples, that are left out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh

from sklvision.discriminant_analysis._coordinates import ClassStatistics
from sklvision.discriminant_analysis._groups_left_out import GroupsLeftOut
from sklvision.discriminant_analysis._left_out import ClassGeometry
from sklvision.discriminant_analysis._samples_left_out import SamplesLeftOut

# Losses that differ by less are equal; of equal ones the stronger regularization is taken.
_TOLERANCE = 1e-6
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
    create = SamplesLeftOut if statistics.groups is None else GroupsLeftOut
    geometry = ClassGeometry(variances, means, deviations, log_priors, loss_weights, freedom, unit)
    left_out = create(statistics, geometry)
    best = None
    losses = []
    for alpha in sorted(np.asarray(alphas, dtype=float).tolist(), reverse=True):
        scale, loss = left_out.measure(alpha)
        losses.append((alpha, loss))
        if best is None or loss < best[0] - _TOLERANCE:
            best = loss, alpha, scale
    assert best is not None
    _, alpha, scale = best
    scaled_means = means / (variances + alpha * unit)
    return Discriminant(
        directions=scale * scaled_means @ vectors.T,
        offsets=scale * (log_priors - 0.5 * np.einsum("kr,kr->k", scaled_means, means)),
        alpha=alpha,
        scale=scale,
        losses=np.array([loss for _, loss in sorted(losses)]),
    )
