"""Statistics of two classifiers on the same samples."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


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
    .. [1] A. Agresti, Y. Min, "Simple improved confidence intervals for comparing matched
       proportions", Statistics in Medicine 24 (2005), 729-740.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._paired import bound_accuracy_drop
    >>> was_correct = np.ones(1000, dtype=bool)
    >>> round(bound_accuracy_drop(was_correct, was_correct), 4)
    0.0016
    """
    # Wald's interval of a paired difference with half a sample added to each of the four counts:
    # without it, no change in a few samples would seem to prove that there never is one.
    n_samples = len(was_correct) + 2
    n_lost = int((was_correct & ~is_correct).sum())
    n_gained = int((~was_correct & is_correct).sum())
    difference = (n_lost - n_gained) / n_samples
    variance = (n_lost + n_gained + 1) / n_samples - difference**2
    return float(difference + norm.ppf(confidence) * np.sqrt(variance / n_samples))
