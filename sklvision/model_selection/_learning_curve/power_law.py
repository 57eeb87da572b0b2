"""Inverse power laws through the points of a learning curve, with all their uncertainty.

The curve is ``score(n) = limit - b * n ** -c``, parametrized by its level at the largest size
measured, the fraction of the gap between that level and the best possible score that more
samples will close, and the exponent c. A grid over fraction, exponent and misfit, with the level
integrated in closed form, gives the posterior; draws from it are whole curves, each of
which rises, so that every interval for scores and for samples comes from the same curves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Floats = NDArray[np.float64]

# The priors and the width of the drift were chosen on one half of the curves of
# ``python -m benchmarks forecast``, and are evaluated there on the other half.
_FRACTIONS = (np.arange(50) + 0.5) / 50
_EXPONENTS = np.geomspace(0.05, 3.0, 50)
_EXPONENT_CENTER, _EXPONENT_DEVIATION = 0.5, 0.8
# Deviation of a true curve from a power law, relative to its distance from the best score.
# Large ones are rare, but where the points demand one, intervals widen instead of being wrong.
_MISFITS = 0.005 * 2.0 ** np.arange(7)
_MISFIT_REACH = 0.7  # in natural logarithms of n
_DRIFT = 0.35  # standard deviation of the logarithm of the exponent's ratio
_N_DRAWS = 4000


@dataclass(frozen=True)
class PowerLaws:
    """Curves drawn from the posterior of the one true curve."""

    n_ref: float
    level: Floats
    limit: Floats
    exponent: Floats
    later_exponent: Floats

    def evaluate(self, n: Floats) -> Floats:
        """Return the score of every curve (rows) at every size (columns)."""
        ratio = (n / self.n_ref)[None, :]
        exponent = np.where(ratio > 1, self.later_exponent[:, None], self.exponent[:, None])
        return self.limit[:, None] - (self.limit - self.level)[:, None] * ratio**-exponent

    def solve(self, score: float) -> Floats:
        """Return the size at which every curve reaches a score; infinite if it never does."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            gap = (self.limit - score) / (self.limit - self.level)
            exponent = np.where(score > self.level, self.later_exponent, self.exponent)
            n = self.n_ref * gap ** (-1 / exponent)
        # A curve without a gap is flat: it has the score at any size, or never.
        is_flat = self.limit <= self.level
        n = np.where(is_flat, np.where(score <= self.level, 0.0, np.inf), n)
        is_beyond = score >= np.maximum(self.limit, self.level)
        return np.where(is_beyond & ~is_flat, np.inf, n)


def estimate_noise(sizes: Floats, scores: Floats) -> Floats:
    """Estimate the covariance of the mean scores at all sizes from their repeats.

    Scores of one repeat share its test set, which shifts them together at all sizes, and, at
    adjacent sizes, most of their training samples, since subsets grow.
    """
    # Analysis of variance: a shift common to a repeat, and the residuals of each size.
    n_sizes, n_repeats = scores.shape
    shift = scores.mean(axis=0) - scores.mean()
    residuals = scores - scores.mean(axis=1, keepdims=True) - shift
    variance = (residuals**2).sum(axis=1) / ((n_repeats - 1) * (1 - 1 / n_sizes))
    common = max(0.0, float(shift @ shift) / (n_repeats - 1) - variance.mean() / n_sizes)
    # Few repeats estimate a variance badly; a power law in n over all sizes smooths it.
    is_positive = variance > 0
    if is_positive.sum() >= 3:
        slope, intercept = np.polyfit(np.log(sizes[is_positive]), np.log(variance[is_positive]), 1)
        smooth = np.exp(intercept + min(slope, 0.0) * np.log(sizes))
        smooth *= variance.mean() / smooth.mean()
        variance = (variance + smooth) / 2
    else:
        variance = np.full(n_sizes, variance.mean())
    deviation = np.sqrt(variance)
    return (common + np.outer(deviation, deviation) * _compute_correlation(sizes)) / n_repeats


def _compute_correlation(sizes: Floats) -> Floats:
    """Return the correlation of models trained on subsets, one of which contains the other."""
    return np.sqrt(np.minimum.outer(sizes, sizes) / np.maximum.outer(sizes, sizes))


def fit_power_laws(
    sizes: Floats, scores: Floats, best: float, n_tested: int | None = None
) -> PowerLaws:
    """Draw curves from the posterior, given scores of shape (n_sizes, n_repeats)."""
    # Gaussian likelihood of the means with a Gaussian process as misfit, evaluated on the grid;
    # the score is linear in the level, which is integrated out in closed form.
    mean = scores.mean(axis=1)
    noise = estimate_noise(sizes, scores)
    if n_tested is not None:
        # No error among n does not exclude errors: up to about three in n are possible.
        noise += (1.5 / n_tested) ** 2 * _compute_correlation(sizes)
    smallest = 1e-6 * max(abs(best), float(np.abs(mean).max()))
    gap = np.maximum(best - mean, smallest)
    # Misfits of adjacent sizes are alike, and proportional to the gap to the best score.
    log_n = np.log(sizes)
    correlation = np.exp(-np.abs(np.subtract.outer(log_n, log_n)) / _MISFIT_REACH)

    fraction, exponent = (a.ravel() for a in np.meshgrid(_FRACTIONS, _EXPONENTS, indexing="ij"))
    rise = fraction * -np.expm1(-np.outer(log_n - log_n[-1], exponent))  # (n_sizes, n_grid)
    # mean = best * rise + level * (1 - rise) + noise, linear in the level.
    slope, target = 1 - rise, mean[:, None] - best * rise
    prior = -0.5 * (np.log(exponent / _EXPONENT_CENTER) / _EXPONENT_DEVIATION) ** 2
    # For each misfit, the level is Gaussian with this center and precision at every grid point.
    density, center, precision = [], [], []
    for misfit in _MISFITS:
        factor = cho_factor(noise + misfit**2 * np.outer(gap, gap) * correlation)
        weights = cho_solve(factor, slope)
        information = np.sum(slope * weights, axis=0)
        level = np.sum(weights * target, axis=0) / information
        # The logarithm of the likelihood at this level, and of the width of the level's posterior.
        residual = target - level * slope
        chi2 = np.sum(residual * cho_solve(factor, residual), axis=0)
        log_det = 2 * np.log(np.diag(factor[0])).sum()
        density.append(prior - np.log(misfit) - 0.5 * (chi2 + log_det + np.log(information)))
        center.append(level)
        precision.append(information)
    posterior = np.concatenate(density)
    posterior = np.exp(posterior - posterior.max())
    posterior /= posterior.sum()

    # Systematic sampling of the posterior on the grid: draws at equal steps of its cumulative
    # distribution have less noise than independent ones. The generator is private and fixed, so
    # that the same scores give the same forecast.
    rng = np.random.default_rng(0)
    places = (np.arange(_N_DRAWS) + 0.5) / _N_DRAWS
    indices = np.searchsorted(np.cumsum(posterior), places).clip(max=len(posterior) - 1)
    grid = indices % len(fraction)
    # The level of a curve is drawn from its Gaussian, and is bounded by the best score.
    level = np.concatenate(center)[indices]
    level = level + rng.standard_normal(_N_DRAWS) / np.sqrt(np.concatenate(precision)[indices])
    level = np.where(level > best - smallest, best, level)
    # The logarithm of the later exponent is Gaussian about that of the earlier one.
    drift = np.exp(_DRIFT * rng.standard_normal(_N_DRAWS))
    return PowerLaws(
        n_ref=float(sizes[-1]),
        level=level,
        limit=level + fraction[grid] * (best - level),
        exponent=exponent[grid],
        later_exponent=exponent[grid] * drift,
    )


def is_falling(sizes: Floats, scores: Floats, best: float) -> bool:
    """Whether the scores fall with n, by more than noise and 1 % of the gap to the best score."""
    log_n = np.log(sizes) - np.log(sizes).mean()
    weights = log_n * np.ptp(log_n) / (log_n @ log_n)
    rise = weights @ scores.mean(axis=1)
    error = np.sqrt(max(weights @ estimate_noise(sizes, scores) @ weights, 0.0))
    return bool(rise < -3 * error and rise < -0.01 * (best - scores.mean()))
