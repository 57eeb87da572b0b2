"""Scaling of spectra, with the method as a searchable parameter."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sklvision.spectral import _functional
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._sklearn import StrOptions

_FLOATS = [np.float64, np.float32]
_ROW_WISE = {"snv": _functional.snv, "minmax": _functional.minmax, "l2": _functional.l2}


def _has_inverse(scaler: SpectralScaler) -> bool:
    method = getattr(scaler, "_method", scaler.method)
    if method not in ("standard", None):
        raise AttributeError(
            f"method={method!r} has no inverse, because it removes the level or the size of each "
            "spectrum. Only method='standard' and method=None can be inverted."
        )
    return True


class SpectralScaler(OneToOneFeatureMixin, TransformerMixin, SklvisionEstimator):
    """Scale spectra, each on its own, against a reference, or band by band.

    Brightness and scatter change a spectrum by a gain and an offset that are unrelated to
    the material. Which scaling helps depends on the data, so ``method`` is a parameter
    that a search can choose.

    Parameters
    ----------
    method : {"snv", "msc", "minmax", "l2", "standard"} or None, default="snv"
        - ``"snv"``: standard normal variate; every spectrum gets mean 0 and (population)
          standard deviation 1 over its bands.
        - ``"msc"``: multiplicative scatter correction; gain and offset of every spectrum
          against the mean training spectrum are estimated by least squares and removed.
        - ``"minmax"``: every spectrum is brought to the range 0 to 1.
        - ``"l2"``: every spectrum is divided by its Euclidean length.
        - ``"standard"``: every band gets mean 0 and standard deviation 1 over the training
          samples.
        - None: spectra stay unchanged.

    copy : bool, default=True
        If False, scale in place if the input is a writable array of float32 or float64.

    Attributes
    ----------
    reference_ : ndarray of shape (n_bands,)
        The mean training spectrum; only with ``method="msc"``.
    mean_ : ndarray of shape (n_bands,)
        Mean of each band; only with ``method="standard"``.
    scale_ : ndarray of shape (n_bands,)
        Standard deviation of each band, 1 for constant bands; only with
        ``method="standard"``.
    n_features_in_ : int
        Number of bands seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_bands,)
        Names of the bands, if all column names of ``X`` were strings.

    See Also
    --------
    SavitzkyGolay : Smoothing and derivatives of spectra.
    sklearn.preprocessing.StandardScaler : The ``"standard"`` method with more options.

    Notes
    -----
    No method returns NaN for finite spectra. A flat spectrum (deviations within ten
    rounding errors of its level) has no shape to scale: ``"snv"`` and ``"minmax"`` set it to
    0, ``"msc"`` to the mean of the reference in every band. ``"msc"`` removes only the
    offset if no gain can be estimated, and ``"l2"`` leaves a spectrum of zeros unchanged.
    With ``"standard"``, a band that is constant in training is centered but not scaled.

    float32 and float64 spectra keep their dtype; all others become float64. A fitted
    scaler keeps its method until the next ``fit``.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] R. J. Barnes, M. S. Dhanoa and S. J. Lister, "Standard normal variate
       transformation and de-trending of near-infrared diffuse reflectance spectra",
       Applied Spectroscopy 43 (5), 772-777 (1989).
    .. [2] P. Geladi, D. MacDougall and H. Martens, "Linearization and scatter-correction
       for near-infrared reflectance spectra of meat", Applied Spectroscopy 39 (3),
       491-500 (1985).

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.spectral import SpectralScaler
    >>> spectrum = np.array([0.1, 0.4, 0.9, 0.2])
    >>> X = np.stack([spectrum, 3 * spectrum + 1])
    >>> SpectralScaler("snv").fit_transform(X).round(3)
    array([[-0.973,  0.   ,  1.622, -0.649],
           [-0.973,  0.   ,  1.622, -0.649]])
    >>> SpectralScaler("msc").fit(X).reference_
    array([0.7, 1.3, 2.3, 0.9])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "method": [StrOptions({*_ROW_WISE, "msc", "standard"}), None],
        "copy": ["boolean"],
    }

    def __init__(self, method: str | None = "snv", *, copy: bool = True) -> None:
        self.method = method
        self.copy = copy

    def fit(self, X: ArrayLike, y: object = None) -> SpectralScaler:
        """Compute the reference spectrum, or mean and scale, that the method needs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Training spectra.
        y : None
            Ignored.

        Returns
        -------
        self : SpectralScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If ``method`` is not one of the values listed, or ``X`` is not a table of finite
            numbers.
        """
        self._validate_params()
        # Only sums are taken here, so integers need no conversion (and no copy).
        spectra = validate_data(self, X)
        for attribute in ("reference_", "mean_", "scale_"):  # of an earlier fit
            self.__dict__.pop(attribute, None)
        if self.method == "msc":
            self.reference_ = spectra.mean(axis=0, dtype=np.float64)
        elif self.method == "standard":
            scaler = StandardScaler().fit(spectra)
            self.mean_, self.scale_ = scaler.mean_, scaler.scale_
        self._method = self.method
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Scale spectra.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Spectra with the bands seen in ``fit``.

        Returns
        -------
        X_scaled : ndarray of shape (n_samples, n_bands)
            The scaled spectra.
        """
        spectra = self._check_spectra(X)
        if self._method in _ROW_WISE:
            return _ROW_WISE[self._method](spectra, out=spectra)
        if self._method == "msc":
            return _functional.msc(spectra, self.reference_, out=spectra)
        if self._method == "standard":
            return _functional.standardize(spectra, self.mean_, self.scale_, out=spectra)
        return spectra

    @available_if(_has_inverse)
    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Undo the scaling, for ``method="standard"`` and None.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Scaled spectra.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_bands)
            The spectra before scaling.

        Raises
        ------
        AttributeError
            With every other method, which removes the level or the size of each
            spectrum. ``hasattr(scaler, "inverse_transform")`` is False then.
        """
        spectra = self._check_spectra(X)
        if self._method == "standard":
            return _functional.unstandardize(spectra, self.mean_, self.scale_, out=spectra)
        return spectra

    def _check_spectra(self, X: ArrayLike) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(
            self, X, reset=False, dtype=_FLOATS, copy=self.copy, force_writeable=True
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
