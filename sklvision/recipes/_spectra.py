"""Spectra of a product stream."""

from __future__ import annotations

from numpy.random import RandomState
from sklearn.pipeline import Pipeline, make_pipeline

from sklvision.neural_network import SpectrumClassifier
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._texts import document
from sklvision.spectral import SavitzkyGolay, SpectralScaler


@document
@check_parameters
def spectra(
    *,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> Pipeline:
    """Classify spectra by a small net, behind a derivative and scaling.

    The first derivative removes the baseline and SNV the brightness, both of which depend more on
    the light and the distance than on the material.

    Parameters
    ----------
    published : bool, default=False
        The published system: the net alone, on raw spectra.
    %(seed)s
    %(device)s

    Returns
    -------
    estimator : Pipeline
        For spectra of shape (n_samples, n_bands), of at least 11 bands.

    See Also
    --------
    sklvision.datasets.make_spectra : Spectra of the sorting task it is measured on.

    %(added)s

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> X, y = make_spectra(300, random_state=0, return_X_y=True)
    >>> from sklvision.recipes import spectra
    >>> spectra(random_state=0).fit(X[:200], y[:200]).score(X[200:], y[200:])
    1.0
    """
    net = SpectrumClassifier("spectrum_mlp", random_state=random_state, device=device)
    if published:
        return make_pipeline(net)
    return make_pipeline(SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv"), net)
