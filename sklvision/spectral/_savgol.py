"""Smoothing and differentiation of spectra."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklvision.spectral._functional import savitzky_golay
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._sklearn import Interval, StrOptions

_DEFAULT_WINDOW = 11


class SavitzkyGolay(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
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
        Degree of the polynomials; less than ``window_length``.
    deriv : int, default=0
        Order of the derivative, at most ``polyorder``; 0 smooths only.
    delta : float, default=1.0
        Distance between neighboring bands, for derivatives per unit, such as per nanometer.
    mode : {"interp", "nearest", "mirror", "constant", "wrap"}, default="interp"
        Values beyond the ends of a spectrum: the polynomial of the outermost window
        (``"interp"``), the last band, the mirrored spectrum, zeros, or the other end.

    Attributes
    ----------
    window_length_ : int
        The number of bands in a window.
    polyorder_ : int
        The degree of the polynomials.
    n_features_in_ : int
        Number of bands seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_bands,)
        Names of the bands, if all column names of ``X`` were strings.

    See Also
    --------
    SpectralScaler : Scaling of spectra.
    scipy.signal.savgol_filter : The filter behind this class.

    Notes
    -----
    float32 and float64 spectra keep their dtype; all others become float64. A fitted
    filter keeps its settings until the next ``fit``.

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
        "window_length": [Interval(Integral, 1, None, closed="left"), None],
        "polyorder": [Interval(Integral, 0, None, closed="left")],
        "deriv": [Interval(Integral, 0, None, closed="left")],
        "delta": [Interval(Real, 0, None, closed="neither")],
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

    def fit(self, X: ArrayLike, y: object = None) -> SavitzkyGolay:
        """Check the settings against the bands of ``X``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Training spectra.
        y : None
            Ignored.

        Returns
        -------
        self : SavitzkyGolay
            The fitted filter.

        Raises
        ------
        ValueError
            If ``deriv`` exceeds ``polyorder``, ``polyorder`` is not below
            ``window_length``, or ``window_length`` exceeds the number of bands with
            ``mode="interp"``.
        """
        self._validate_params()
        n_bands = validate_data(self, X).shape[1]
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
        self._options: dict[str, Any] = {
            "deriv": self.deriv,
            "delta": self.delta,
            "mode": self.mode,
        }
        return self

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

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Smooth or differentiate spectra.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Spectra with the bands seen in ``fit``.

        Returns
        -------
        X_filtered : ndarray of shape (n_samples, n_bands)
            The filtered spectra.
        """
        check_is_fitted(self)
        spectra = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return savitzky_golay(spectra, self.window_length_, self.polyorder_, **self._options)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
