"""Spectra of a product stream."""

from __future__ import annotations

from numpy.random import RandomState
from sklearn.pipeline import Pipeline, make_pipeline

from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler


def spectra(
    *,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> Pipeline:
    """Classify spectra by a small net, behind a derivative and scaling.

    The first derivative takes the baseline away and SNV the brightness, both of which say more
    about the light and the distance than about the material.

    Parameters
    ----------
    published : bool, default=False
        The net alone, on raw spectra, as the published system had it.
    random_state : int, RandomState instance or None, default=None
        Seed of the training.
    device : str, default="auto"
        Where to train: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; ``"auto"`` takes a GPU if
        there is one.

    Returns
    -------
    estimator : Pipeline
        For spectra of shape (n_samples, n_bands), of at least 11 bands.

    See Also
    --------
    sklvision.datasets.make_spectra : Spectra of the sorting task it is measured on.

    Notes
    -----
    .. versionadded:: 0.2

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.recipes import spectra
    >>> X, y = make_spectra(300, random_state=0, return_X_y=True)
    >>> spectra(random_state=0).fit(X[:200], y[:200]).score(X[200:], y[200:])
    1.0
    """
    net = SpectrumClassifier("spectrum_mlp", random_state=random_state, device=device)
    if published:
        return make_pipeline(net)
    return make_pipeline(SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv"), net)
