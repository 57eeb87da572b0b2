"""Smoothing and differentiation of spectra."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from sklvision.spectral._base import SpectrumTransformer, document
from sklvision.spectral._functional import compute_filter_error, savitzky_golay
from sklvision.utils._sklearn import Interval, StrOptions

_DEFAULT_WINDOW = 11
# Power of 10 by which a derivative is divided at most, so that it stays in single precision.
_LARGEST_POWER = 30
# Largest error, relative to a polynomial of the degree of the filter, that passes.
_LARGEST_ERROR = 1e-3


@document
class SavitzkyGolay(SpectrumTransformer):
    """Smooth spectra or take their derivatives by local polynomials.

    A polynomial is fitted by least squares to a window around each band; its value, or
    its derivative, replaces the band. The first derivative removes an offset, the second
    a sloped baseline as well.

    Parameters
    ----------
    window_length : int or None, default=None
        Number of bands in a window; odd numbers center it on a band. None uses 11, or the
        largest odd number that fits shorter spectra (and lowers ``polyorder`` if necessary).
    polyorder : int, default=2
        Degree of the polynomials; less than ``window_length``, and low enough that the filter
        can be computed: up to 9 for a window of 51 bands, up to 5 for one of 301.
    deriv : int, default=0
        Order of the derivative, at most ``polyorder``; 0 smooths only.
    delta : float, default=1.0
        Distance between neighboring bands, for derivatives per unit, such as per nanometer. The
        power ``delta ** deriv`` must be from 1e-30 to 1e30.
    mode : {"interp", "nearest", "mirror", "constant", "wrap"}, default="interp"
        Values beyond the ends of a spectrum: the polynomial of the outermost window
        (``"interp"``), the last band, the mirrored spectrum, zeros, or the other end.

    Attributes
    ----------
    window_length_ : int
        The number of bands in a window.
    polyorder_ : int
        The degree of the polynomials.
    %(attributes)s

    See Also
    --------
    SpectralScaler : Scaling of spectra.
    scipy.signal.savgol_filter : The filter behind this class.

    Notes
    -----
    %(dtypes)s

    .. versionadded:: 0.1

    References
    ----------
    .. [1] A. Savitzky and M. J. E. Golay, "Smoothing and differentiation of data by
       simplified least squares procedures", Analytical Chemistry 36 (8), 1627-1639 (1964).

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.spectral import SavitzkyGolay
    >>> bands = np.arange(1.0, 7.0)
    >>> X = np.stack([bands**2, 3 * bands + 7])
    >>> SavitzkyGolay(5, polyorder=2, deriv=1).fit_transform(X).round(6)
    array([[ 2.,  4.,  6.,  8., 10., 12.],
           [ 3.,  3.,  3.,  3.,  3.,  3.]])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "window_length": [Interval(Integral, 1, 10**6, closed="both"), None],
        "polyorder": [Interval(Integral, 0, None, closed="left")],
        "deriv": [Interval(Integral, 0, None, closed="left")],
        "delta": [Interval(Real, 1e-30, 1e30, closed="both")],
        "mode": [StrOptions({"interp", "nearest", "mirror", "constant", "wrap"})],
    }

    def __init__(
        self,
        window_length: int | None = None,
        *,
        polyorder: int = 2,
        deriv: int = 0,
        delta: float = 1.0,
        mode: str = "interp",
    ) -> None:
        self.window_length = window_length
        self.polyorder = polyorder
        self.deriv = deriv
        self.delta = delta
        self.mode = mode

    def _fit_spectra(self, spectra: np.ndarray) -> None:
        n_bands = spectra.shape[1]
        if self.window_length is None:
            # The largest odd window that fits the spectra.
            self.window_length_ = min(_DEFAULT_WINDOW, n_bands - 1 + n_bands % 2)
            self.polyorder_ = min(self.polyorder, self.window_length_ - 1)
        else:
            self.window_length_, self.polyorder_ = self.window_length, self.polyorder
            self._check_window(n_bands)
        if self.deriv > self.polyorder_:
            raise ValueError(
                f"deriv={self.deriv} must be at most polyorder={self.polyorder_}: higher "
                "derivatives of polynomials of that degree are zero."
            )
        if not self._compute_error() <= _LARGEST_ERROR:
            raise ValueError(
                f"polyorder={self.polyorder_} is too high for window_length={self.window_length_}: "
                "the filter cannot be computed in double precision. Lower one of them."
            )
        if abs(self.deriv * math.log10(self.delta)) > _LARGEST_POWER:
            raise ValueError(
                f"delta={self.delta:g} is out of range with deriv={self.deriv}: delta to the power "
                f"of deriv must be from 1e-{_LARGEST_POWER} to 1e{_LARGEST_POWER}."
            )
        self._options: dict[str, Any] = {
            "deriv": self.deriv,
            "delta": self.delta,
            "mode": self.mode,
        }

    def _compute_error(self) -> float:
        """Compute by how much the filter misses its definition; infinite where none is found."""
        try:
            return compute_filter_error(self.window_length_, self.polyorder_, self.deriv)
        except (ValueError, np.linalg.LinAlgError):  # powers that are not finite
            return math.inf

    def _check_window(self, n_bands: int) -> None:
        if self.polyorder_ >= self.window_length_:
            raise ValueError(
                f"polyorder={self.polyorder} must be less than window_length={self.window_length}."
            )
        if self.mode == "interp" and self.window_length_ > n_bands:
            raise ValueError(
                f"window_length={self.window_length} exceeds the {n_bands} band(s) of X. With "
                "mode='interp' it must not; choose a smaller window or another mode."
            )

    def _transform_spectra(self, spectra: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):  # an error follows
            X_filtered = savitzky_golay(
                spectra, self.window_length_, self.polyorder_, **self._options
            )
        self._check_result(X_filtered)
        return X_filtered
