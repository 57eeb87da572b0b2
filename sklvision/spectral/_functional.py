"""The arithmetic of the spectral transformers, as functions of arrays.

Every function takes floating point spectra ``X`` of shape (n_samples, n_bands) and
keeps their dtype. Sums run in float64, so that float32 spectra lose nothing to the
order in memory. The result is a new array unless ``out`` names one, which may be
``X`` itself.

A spectrum counts as flat when its deviations from the mean are within ten rounding errors of
its level: scaling them up would only amplify rounding errors.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_coeffs, savgol_filter
from scipy.special import gammaln

_ROUNDING_ERRORS = 10


def _bound_rounding_errors(X: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the largest deviation that rounding alone may cause in values of this level."""
    return _ROUNDING_ERRORS * np.finfo(X.dtype).eps * np.abs(level)


def _compute_row_norms(X: np.ndarray) -> np.ndarray:
    # einsum squares and sums without a temporary array as large as X.
    norms = np.sqrt(np.einsum("ij,ij->i", X, X, dtype=np.float64))[:, np.newaxis]
    if not np.isfinite(norms).all():
        raise ValueError(
            "The values of X are too large: the sum of their squares overflows. Divide them by a "
            "constant first."
        )
    return norms


def _center_rows(
    X: np.ndarray, out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Subtract each row's mean; return the rows, their norms (0 where flat), and the means."""
    # Subtracting the first band first makes a flat spectrum exactly zero, and loses no
    # digits where a large offset carries a small signal.
    first = X[:, :1].copy()
    centered = np.subtract(X, first, out=out)
    mean = centered.mean(axis=1, keepdims=True, dtype=np.float64)
    centered -= mean
    mean += first
    norm = _compute_row_norms(centered)
    is_flat = norm <= _bound_rounding_errors(X, mean) * np.sqrt(X.shape[1])
    norm[is_flat] = 0.0
    centered[is_flat[:, 0]] = 0.0
    return centered, norm, mean


def snv(X: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Scale each spectrum to mean 0 and standard deviation 1 (standard normal variate).

    A flat spectrum becomes all 0.
    """
    # By norms instead of X.std: the standard deviation is the norm of the centered spectrum,
    # divided by the square root of the number of bands.
    centered, norm, _ = _center_rows(X, out)
    norm[norm == 0.0] = 1.0
    norm /= np.sqrt(X.shape[1])
    centered /= norm
    return centered


def msc(X: np.ndarray, reference: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Remove gain and offset against a reference (multiplicative scatter correction).

    Where no gain can be estimated (a flat spectrum or reference, or a spectrum that is
    uncorrelated with the reference), only the offset is removed.
    """
    # Least squares of the centered spectrum on the centered reference gives the gain; an
    # intercept is not needed, since both have mean 0.
    (shape,), (ref_norm,), (ref_mean,) = _center_rows(reference[np.newaxis].astype(np.float64))
    centered, norm, _ = _center_rows(X, out)
    gain = np.einsum("ij,j->i", centered, shape, dtype=np.float64)[:, np.newaxis]
    is_uncorrelated = np.abs(gain) <= _bound_rounding_errors(X, norm * ref_norm)
    gain[is_uncorrelated] = 1.0
    np.divide(gain, ref_norm**2, out=gain, where=~is_uncorrelated)
    centered /= gain
    centered += ref_mean
    return centered


def minmax(X: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Scale each spectrum to the range 0 to 1; a flat one becomes all 0."""
    low, high = X.min(axis=1, keepdims=True), X.max(axis=1, keepdims=True)
    is_flat = high - low <= _bound_rounding_errors(X, np.maximum(np.abs(low), np.abs(high)))
    scaled_spectra = np.subtract(X, low, out=out)
    scaled_spectra /= np.where(is_flat, 1, high - low)
    scaled_spectra[is_flat[:, 0]] = 0.0
    return scaled_spectra


def l2(X: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Scale each spectrum to Euclidean length 1; a spectrum of zeros stays unchanged."""
    norm = _compute_row_norms(X)
    norm[norm == 0.0] = 1.0
    return np.divide(X, norm, out=np.empty_like(X) if out is None else out)


def standardize(
    X: np.ndarray, mean: np.ndarray, scale: np.ndarray, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Subtract ``mean`` from each band and divide by ``scale``."""
    # The result has X's dtype, but is computed in the float64 of mean and scale.
    result = np.subtract(X, mean, out=np.empty_like(X) if out is None else out)
    result /= scale
    return result


def unstandardize(
    X: np.ndarray, mean: np.ndarray, scale: np.ndarray, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Undo :func:`standardize`."""
    result = np.multiply(X, scale, out=np.empty_like(X) if out is None else out)
    result += mean
    return result


def savitzky_golay(
    X: np.ndarray,
    window_length: int,
    polyorder: int,
    *,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
) -> np.ndarray:
    """Smooth or differentiate along the bands by :func:`scipy.signal.savgol_filter`."""
    return savgol_filter(X, window_length, polyorder, deriv=deriv, delta=delta, axis=1, mode=mode)


def compute_filter_error(window_length: int, polyorder: int, deriv: int) -> float:
    """Compute by how much a Savitzky-Golay filter misses the polynomials that it should keep.

    0 is exact; 1 means that the filter has nothing to do with its definition.
    """
    # scipy solves for the coefficients in powers of the position. High powers of many positions
    # are so alike in double precision that the solution is cut off in silence; applied to each
    # power of the scaled position, in [-1, 1], the filter then no longer gives its derivative.
    center = (window_length - 1) / 2 if window_length % 2 == 0 else window_length // 2
    coefficients = savgol_coeffs(window_length, polyorder, deriv=deriv, use="dot")
    half_width = max(center, 1.0)
    positions = np.arange(-center, window_length - center) / half_width
    moments = np.array([coefficients @ positions**power for power in range(polyorder + 1)])
    with np.errstate(over="ignore", invalid="ignore"):
        moments *= np.exp(deriv * np.log(half_width) - gammaln(deriv + 1))
    moments[deriv] -= 1
    return float(np.abs(moments).max())
