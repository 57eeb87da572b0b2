"""Statistics of two classifiers on the same samples."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

_LARGEST = 1 - 1e-9


def bound_accuracy_drop(
    was_correct: np.ndarray, is_correct: np.ndarray, confidence: float = 0.95
) -> float:
    """Bound from above how far accuracy falls from one classifier to another.

    The second is non-inferior to the first with a margin if the bound is at most the margin.

    Parameters
    ----------
    was_correct, is_correct : ndarray of shape (n_samples,), bool
        Whether either classifier predicts the label of each sample.
    confidence : float, default=0.95
        One-sided confidence.

    Returns
    -------
    bound : float
        Largest drop in accuracy that the samples are compatible with.

    References
    ----------
    .. [1] T. Tango, "Equivalence test and confidence interval for the difference in proportions
       for the paired-sample design", Statistics in Medicine 17 (1998), 891-908.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._paired import bound_accuracy_drop
    >>> was_correct = np.ones(1000, dtype=bool)
    >>> round(bound_accuracy_drop(was_correct, was_correct), 4)
    0.0027
    """
    # Tango's score interval, which inverts the test of every drop. Wald's interval, even corrected,
    # is too short where few labels change: no change in a few samples would seem to prove that
    # there never is one.
    n_samples = len(was_correct)
    n_lost = int((was_correct & ~is_correct).sum())
    n_gained = int((~was_correct & is_correct).sum())
    quantile = float(norm.ppf(confidence))
    estimate = (n_lost - n_gained) / n_samples

    def compute_excess(drop: float) -> float:
        return _compute_score(drop, n_samples, n_lost, n_gained) + quantile

    if compute_excess(_LARGEST) > 0:
        return 1.0
    return float(brentq(compute_excess, estimate + 1e-12, _LARGEST))


def _compute_score(drop: float, n_samples: int, n_lost: int, n_gained: int) -> float:
    """Compute Tango's statistic for the hypothesis that accuracy falls by a given drop."""
    # Of all probabilities of a gained label, the one under which the counts are most likely with
    # this drop: a root of a quadratic equation.
    square = 2 * n_samples
    linear = (2 * n_samples - n_lost + n_gained) * drop - n_lost - n_gained
    constant = -n_gained * drop * (1 - drop)
    root = math.sqrt(max(linear**2 - 4 * square * constant, 0.0))
    gain = (root - linear) / (2 * square)
    # The difference of the counts, in standard deviations.
    variance = n_samples * (2 * gain + drop * (1 - drop))
    return (n_lost - n_gained - n_samples * drop) / math.sqrt(max(variance, 1e-300))
