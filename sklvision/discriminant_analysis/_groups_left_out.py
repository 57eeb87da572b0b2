"""Groups of samples that are left out one after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular
from scipy.special import log_softmax

from sklvision.discriminant_analysis._coordinates import ClassStatistics
from sklvision.discriminant_analysis._left_out import ClassGeometry, LeftOut

# Score of a class that has no sample outside the group, relative to the lowest of the others.
_IMPOSSIBLE = -100.0
# Relative to what there was, what is left of a scatter is rounding below it.
_ROUNDING = 1e-12
# The part of a variance that is left without a group is no smaller.
_SMALLEST_REMAINDER = 1e-9


@dataclass(frozen=True)
class _Group:
    """One group, and the classes without it, along the eigenvectors of the scatter.

    Attributes
    ----------
    samples : list of (int, ndarray of shape (n_samples, n_coordinates)) tuples
        For each class of the group that has other samples, its index, and the deviations of the
        samples from its mean without the group.
    means : ndarray of shape (n_classes, n_coordinates)
        Means of the classes without the group.
    loss : ndarray of shape (n_coordinates, rank)
        Factor B of the scatter B B' that the classes lose.
    freedom, trace : float
        Divisor and trace of the scatter that is left.
    log_priors : ndarray of shape (n_classes,)
        Logarithms of the prior probabilities without the group.
    is_gone : ndarray of bool of shape (n_classes,)
        Whether a class has no sample outside the group.
    """

    samples: list[tuple[int, np.ndarray]]
    means: np.ndarray
    loss: np.ndarray
    freedom: float
    trace: float
    log_priors: np.ndarray
    is_gone: np.ndarray


class GroupsLeftOut(LeftOut):
    """Samples that are left out with their whole group, one group after another.

    Parameters
    ----------
    statistics : ClassStatistics
        The classes, and the samples that are left out, with their groups.
    geometry : ClassGeometry
        The classes and the samples along the eigenvectors of their covariance.

    Notes
    -----
    Without a group, the class y of weight n loses samples of the deviations r_i from its mean and
    of the weights u_i. With s = sum u_i r_i and n' = n - sum u_i, its mean becomes m - s / n', and
    its scatter loses sum u_i r_i r_i' + s s' / n'. All classes together lose B B' of a rank of at
    most the number of samples in the group. By Woodbury's formula the inverse of the rest,
    (T - B B')^-1 = P + P B (1 - B' P B)^-1 B' P with P = T^-1, takes a system of that rank.
    Divisor, unit of the regularization and prior probabilities are those without the group: the
    result is that of a fit on the others.
    """

    def __init__(self, statistics: ClassStatistics, geometry: ClassGeometry) -> None:
        self._scatter = geometry.variances * geometry.freedom
        self._counts = statistics.counts
        self._means, self._log_priors = geometry.means, geometry.log_priors
        self._unit = geometry.unit
        self._groups: list[_Group] = []
        parts: list[np.ndarray] = []
        for rows in _list_groups(statistics.groups):
            labels = statistics.labels[rows]
            weights = statistics.weights[rows]
            group = self._remove(labels, weights, geometry.deviations[rows])
            self._groups.append(group)
            parts.extend(rows[labels == label] for label, _ in group.samples)
        order = np.concatenate(parts) if parts else np.zeros(0, int)
        super().__init__(statistics.labels[order], geometry.loss_weights[order])

    def _remove(self, labels: np.ndarray, weights: np.ndarray, deviations: np.ndarray) -> _Group:
        """Describe what is left without samples of some classes, weights and deviations."""
        n_classes = len(self._counts)
        removed_weights = np.bincount(labels, weights, minlength=n_classes)
        is_gone = (self._counts > 0) & (removed_weights >= self._counts * (1 - 1e-9))
        counts = np.where(is_gone, 0.0, self._counts - removed_weights)
        weighted_indicators = np.eye(n_classes)[labels] * weights[:, np.newaxis]
        # Columns of u / sqrt(n'), for classes that remain; a class that is gone loses all it has.
        pulls = weighted_indicators[:, ~is_gone & (removed_weights > 0)] / np.sqrt(
            counts[~is_gone & (removed_weights > 0)]
        )
        loss = _make_factor(deviations, weights, pulls)
        shifts = (
            weighted_indicators.T @ deviations / np.where(counts > 0, counts, np.inf)[:, np.newaxis]
        )
        n_counted = counts.sum()
        freedom = max(n_counted - (~is_gone).sum(), min(n_counted, 1.0))
        trace = self._scatter.sum() - np.square(loss).sum()
        if trace <= _ROUNDING * self._scatter.sum():  # nothing varies any more
            trace = self._unit * freedom
        return _Group(
            samples=[
                (label, deviations[labels == label] + shifts[label])
                for label in np.unique(labels[~is_gone[labels]]).tolist()
            ],
            means=self._means - shifts,
            loss=loss,
            freedom=freedom,
            trace=trace,
            log_priors=self._log_priors + np.log((counts + 1) / (self._counts + 1)),
            is_gone=is_gone,
        )

    def compute_log_probabilities(self, alpha: float) -> np.ndarray:
        """Compute log probabilities of shape (n_left_out, n_classes) under a regularization."""
        return np.concatenate([self._score(group, alpha) for group in self._groups])

    def _score(self, group: _Group, alpha: float) -> np.ndarray:
        # Woodbury's formula: a distance d' (T - B B')^-1 d is d' P d and the squared length of
        # L^-1 B' P d, with L L' = 1 - B' P B, of which this is the second factor.
        precisions = 1.0 / (self._scatter + alpha * group.trace)
        projection = group.loss.T * precisions
        projection = _divide_by_root(projection, projection @ group.loss)
        scores = [np.zeros((0, len(group.means)))]
        for label, rows in group.samples:
            # The deviation from the mean of any class is that from the mean of the own class, and
            # the gap between the means, which loses fewer digits than products with the means.
            gaps = group.means[label] - group.means
            row_images, gap_images = rows @ projection.T, gaps @ projection.T
            distances = (
                _add_outer(np.square(rows) @ precisions, np.square(gaps) @ precisions)
                + _add_outer(np.square(row_images).sum(axis=1), np.square(gap_images).sum(axis=1))
                + 2 * ((rows * precisions) @ gaps.T + row_images @ gap_images.T)
            )
            scores.append(group.log_priors - 0.5 * group.freedom * distances)
        all_scores = np.concatenate(scores)
        # A class that is gone would not be predicted.
        if group.is_gone.any() and len(all_scores):
            lowest = all_scores[:, ~group.is_gone].min(axis=1, keepdims=True)
            all_scores[:, group.is_gone] = lowest + _IMPOSSIBLE
        return log_softmax(all_scores, axis=1)


def _list_groups(groups: np.ndarray | None) -> list[np.ndarray]:
    """List the indices of the samples of each group."""
    assert groups is not None
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def _make_factor(rows: np.ndarray, weights: np.ndarray, pulls: np.ndarray) -> np.ndarray:
    """Return B with B B' = rows' (weights + pulls pulls') rows, of as few columns as can be."""
    if len(rows) <= rows.shape[1]:
        return rows.T @ cholesky(np.diag(weights) + pulls @ pulls.T, lower=True)
    pulled_rows = pulls.T @ rows
    sizes, vectors = eigh((rows * weights[:, np.newaxis]).T @ rows + pulled_rows.T @ pulled_rows)
    is_kept = sizes > _ROUNDING * sizes.max(initial=0.0)
    return vectors[:, is_kept] * np.sqrt(sizes[is_kept])


def _divide_by_root(rows: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return L^-1 rows, with L L' = 1 - losses, whose eigenvalues are positive up to rounding."""
    system = np.eye(len(losses)) - losses
    try:
        return solve_triangular(cholesky(system, lower=True), rows, lower=True)
    except LinAlgError:
        sizes, vectors = eigh(system)
        return (vectors.T @ rows) / np.sqrt(np.maximum(sizes, _SMALLEST_REMAINDER))[:, np.newaxis]


def _add_outer(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[:, np.newaxis] + second
