"""Scaling of spectra, with the method as a searchable parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if

from sklvision.spectral import _functional
from sklvision.spectral._base import SpectrumTransformer, document
from sklvision.utils._sklearn import StrOptions

_ROW_WISE = {"snv": _functional.snv, "minmax": _functional.minmax, "l2": _functional.l2}


def _has_inverse(scaler: SpectralScaler) -> bool:
    method = getattr(scaler, "_method", scaler.method)
    if method not in ("standard", None):
        raise AttributeError(
            f"method={method!r} has no inverse, because it removes the level or the size of each "
            "spectrum. Only method='standard' and method=None can be inverted."
        )
    return True


@document
class SpectralScaler(SpectrumTransformer):
    """Scale spectra: each spectrum alone, against a reference, or each band.

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
    %(attributes)s

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

    %(dtypes)s

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

    def _fit_spectra(self, spectra: np.ndarray) -> None:
        scaler = StandardScaler()
        if self.method == "standard":
            with np.errstate(over="ignore", invalid="ignore"):  # the result is checked
                scaler.fit(spectra)
        is_mean_used = self.method == "msc"
        reference = spectra.mean(axis=0, dtype=np.float64) if is_mean_used else None
        self._keep_statistics(reference, scaler)

    def _keep_statistics(self, reference: Any, scaler: StandardScaler) -> None:
        """Keep what the method needs: the mean spectrum, or a fitted scaler."""
        for attribute in ("reference_", "mean_", "scale_"):  # of an earlier fit
            self.__dict__.pop(attribute, None)
        if self.method == "msc":
            self.reference_ = reference
        elif self.method == "standard":
            self.mean_, self.scale_ = scaler.mean_, scaler.scale_
            self._check_result(self.scale_)
        self._method = self.method

    def _fit_blocks(self, blocks: Iterator[np.ndarray]) -> None:
        if self.method not in ("msc", "standard"):
            super()._fit_blocks(blocks)
            return
        # The sums of blocks are those of all spectra, up to rounding.
        scaler, n_spectra = StandardScaler(), 0
        total: Any = 0.0
        for block in blocks:
            n_spectra += len(block)
            if self.method == "msc":
                total = total + block.sum(axis=0, dtype=np.float64)
            else:
                with np.errstate(over="ignore", invalid="ignore"):
                    scaler.partial_fit(block)
        self._keep_statistics(total / n_spectra, scaler)

    def _is_scale_kept(self) -> bool:
        return self._method in (None, "standard")  # the others remove that of every spectrum

    def _transform_spectra(self, spectra: np.ndarray) -> np.ndarray:
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

    def _check_spectra(self, X: ArrayLike, **options: Any) -> np.ndarray:
        return super()._check_spectra(X, copy=self.copy, force_writeable=True, **options)
