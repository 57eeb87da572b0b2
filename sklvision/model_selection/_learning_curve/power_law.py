"""Inverse power laws through the points of a learning curve, with all their uncertainty.

The curve is ``score(n) = limit - b * n ** -c``, written by its level at the largest size
measured, the share of the gap between that level and the best score there is that more
samples will close, and the exponent c. A grid over share, exponent and misfit, with the level
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
# ``python -m benchmarks forecast``, and are judged there on the other half.
_SHARES = (np.arange(50) + 0.5) / 50
_EXPONENTS = np.geomspace(0.05, 3.0, 50)
_EXPONENT_CENTRE, _EXPONENT_SPREAD = 0.5, 0.8
# How far a true curve strays from a power law, relative to its distance from the best score.
# Large ones are rare, but where the points demand one, intervals widen instead of being wrong.
_MISFITS = 0.005 * 2.0 ** np.arange(7)
_MISFIT_REACH = 0.7  # in natural logarithms of n
_DRIFT = 0.35  # standard deviation of the logarithm of the exponent's ratio
_N_DRAWS = 4000


@dataclass(frozen=True)
class PowerLaws:
    """Curves drawn from the posterior: what is known of the one true curve."""

    n_ref: float
    level: Floats
    limit: Floats
    exponent: Floats
    later_exponent: Floats

    def at(self, n: Floats) -> Floats:
        """Score of every curve (rows) at every size (columns)."""
        ratio = (n / self.n_ref)[None, :]
        exponent = np.where(ratio > 1, self.later_exponent[:, None], self.exponent[:, None])
        return self.limit[:, None] - (self.limit - self.level)[:, None] * ratio**-exponent

    def reaching(self, score: float) -> Floats:
        """Size at which every curve reaches a score; infinite for those that never do."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            part = (self.limit - score) / (self.limit - self.level)
            exponent = np.where(score > self.level, self.later_exponent, self.exponent)
            n = self.n_ref * part ** (-1 / exponent)
        # A curve without a gap is flat: it is where it will be at any size, or never.
        flat = self.limit <= self.level
        n = np.where(flat, np.where(score <= self.level, 0.0, np.inf), n)
        return np.where(score >= np.maximum(self.limit, self.level), np.where(flat, n, np.inf), n)


def noise_of_means(sizes: Floats, scores: Floats) -> Floats:
    """Covariance of the mean scores at all sizes, from their spread over the repeats.

    Scores of one repeat share its test part, which moves them together at all sizes, and, at
    neighbouring sizes, most of their training samples, since subsets grow.
    """
    n_sizes, n_repeats = scores.shape
    shift = scores.mean(axis=0) - scores.mean()
    rest = scores - scores.mean(axis=1, keepdims=True) - shift
    variance = (rest**2).sum(axis=1) / ((n_repeats - 1) * (1 - 1 / n_sizes))
    common = max(0.0, float(shift @ shift) / (n_repeats - 1) - variance.mean() / n_sizes)
    # Few repeats tell little of the spread at one size; how it falls with n helps.
    known = variance > 0
    if known.sum() >= 3:
        slope, intercept = np.polyfit(np.log(sizes[known]), np.log(variance[known]), 1)
        smooth = np.exp(intercept + min(slope, 0.0) * np.log(sizes))
        smooth *= variance.mean() / smooth.mean()
        variance = (variance + smooth) / 2
    else:
        variance = np.full(n_sizes, variance.mean())
    spread = np.sqrt(variance)
    return (common + np.outer(spread, spread) * _overlap(sizes)) / n_repeats


def _overlap(sizes: Floats) -> Floats:
    """Correlation of models trained on parts, one of which lies inside the other."""
    return np.sqrt(np.minimum.outer(sizes, sizes) / np.maximum.outer(sizes, sizes))


def fit_power_laws(
    sizes: Floats, scores: Floats, best: float, n_tested: int | None = None
) -> PowerLaws:
    """Draw curves from the posterior, given scores of shape (n_sizes, n_repeats)."""
    mean = scores.mean(axis=1)
    noise = noise_of_means(sizes, scores)
    if n_tested is not None:
        # No error among n does not mean none at all: up to about three in n are possible.
        noise += (1.5 / n_tested) ** 2 * _overlap(sizes)
    smallest = 1e-6 * max(abs(best), float(np.abs(mean).max()))
    gap = np.maximum(best - mean, smallest)
    log_n = np.log(sizes)
    near = np.exp(-np.abs(np.subtract.outer(log_n, log_n)) / _MISFIT_REACH)

    share, exponent = (a.ravel() for a in np.meshgrid(_SHARES, _EXPONENTS, indexing="ij"))
    rise = share * -np.expm1(-np.outer(log_n - log_n[-1], exponent))  # (n_sizes, n_grid)
    # mean = best * rise + level * (1 - rise) + noise, linear in the level.
    slope, target = 1 - rise, mean[:, None] - best * rise
    prior = -0.5 * (np.log(exponent / _EXPONENT_CENTRE) / _EXPONENT_SPREAD) ** 2
    density, centre, precision = [], [], []
    for misfit in _MISFITS:
        factor = cho_factor(noise + misfit**2 * np.outer(gap, gap) * near)
        weighted = cho_solve(factor, slope)
        information = np.sum(slope * weighted, axis=0)
        level = np.sum(weighted * target, axis=0) / information
        residual = target - level * slope
        chi2 = np.sum(residual * cho_solve(factor, residual), axis=0)
        log_det = 2 * np.log(np.diag(factor[0])).sum()
        density.append(prior - np.log(misfit) - 0.5 * (chi2 + log_det + np.log(information)))
        centre.append(level)
        precision.append(information)
    posterior = np.concatenate(density)
    posterior = np.exp(posterior - posterior.max())
    posterior /= posterior.sum()

    # The generator is private and fixed: the same scores give the same forecast.
    rng = np.random.default_rng(0)
    places = (np.arange(_N_DRAWS) + 0.5) / _N_DRAWS
    chosen = np.searchsorted(np.cumsum(posterior), places).clip(max=len(posterior) - 1)
    grid = chosen % len(share)
    level = np.concatenate(centre)[chosen]
    level = level + rng.standard_normal(_N_DRAWS) / np.sqrt(np.concatenate(precision)[chosen])
    level = np.where(level > best - smallest, best, level)
    drift = np.exp(_DRIFT * rng.standard_normal(_N_DRAWS))
    return PowerLaws(
        n_ref=float(sizes[-1]),
        level=level,
        limit=level + share[grid] * (best - level),
        exponent=exponent[grid],
        later_exponent=exponent[grid] * drift,
    )


def falls(sizes: Floats, scores: Floats, best: float) -> bool:
    """Whether the scores fall with n, by more than noise and a hundredth of what is left."""
    centred = np.log(sizes) - np.log(sizes).mean()
    weights = centred * np.ptp(centred) / (centred @ centred)
    rise = weights @ scores.mean(axis=1)
    error = np.sqrt(max(weights @ noise_of_means(sizes, scores) @ weights, 0.0))
    return bool(rise < -3 * error and rise < -0.01 * (best - scores.mean()))
