"""Spectra of a product stream."""

from __future__ import annotations

from typing import Any

from numpy.random import RandomState
from sklearn.pipeline import Pipeline, make_pipeline

from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.neural_network import SpectrumClassifier
from sklvision.recipes._parameters import check_parameters
from sklvision.recipes._texts import document
from sklvision.spectral import SavitzkyGolay, SpectralScaler


@document
@check_parameters
def spectra(
    *,
    vote: bool = True,
    published: bool = False,
    random_state: int | RandomState | None = None,
    device: str = "auto",
) -> Pipeline | GeometricVotingClassifier:
    """Classify spectra with a vote of a small net and three linear models.

    The net sees the first derivative, scaled by SNV: the derivative removes the baseline and SNV
    the brightness, both of which depend more on the light and the distance than on the material.
    The discriminant analyses see the unchanged spectra, the spectra scaled by SNV, and the input of
    the net. They are better with few spectra, or if classes differ in tiny details; the net is
    better with many spectra. The net has half of the vote.

    Parameters
    ----------
    vote : bool, default=True
        Whether the discriminant analyses vote with the net. False uses the net alone, after the
        derivative; it predicts one spectrum in less than half of the time.
    published : bool, default=False
        The published system: the net alone, on raw spectra.
    %(seed)s
    %(device)s

    Returns
    -------
    estimator : GeometricVotingClassifier or Pipeline
        For spectra of shape (n_samples, n_bands), of at least 11 bands.

    See Also
    --------
    sklvision.datasets.make_spectra : Spectra of the sorting task it is measured on.
    sklvision.discriminant_analysis.LinearDiscriminantAnalysisCV : Linear member of the vote.

    Notes
    -----
    Every setting is the same for all data. The members and their weights were chosen on ten sets of
    spectra; the page on results compares them with other models, also on 20 to 120 training
    spectra. A fit takes about an eighth more time than that of the net.

    .. versionadded:: 0.1

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
    derived_net = make_pipeline(*_make_derivative(), net)
    if not vote:
        return derived_net
    snv_lda = make_pipeline(SpectralScaler("snv"), LinearDiscriminantAnalysisCV())
    derivative_lda = make_pipeline(*_make_derivative(), LinearDiscriminantAnalysisCV())
    members = [
        ("net", derived_net),
        ("lda", LinearDiscriminantAnalysisCV()),
        ("snv_lda", snv_lda),
        ("derivative_lda", derivative_lda),
    ]
    return GeometricVotingClassifier(members, weights=[3, 1, 1, 1])


def _make_derivative() -> tuple[Any, Any]:
    return SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv")
