"""The classifiers that are worth comparing on each kind of data."""

from __future__ import annotations

from typing import Any

from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.cli._data import Data
from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

# A table of fewer columns is hardly a spectrum.
_BANDS_FOR_A_DERIVATIVE = 11


def choose_candidates(data: Data) -> tuple[dict[str, Any], list[str]]:
    """Named classifiers, and which of them are baselines rather than candidates."""
    if data.is_images:
        return _for_images(), []
    return _for_spectra(*data.X.shape), ["PCA + LDA"]


def _for_images() -> dict[str, Any]:
    logistic = make_pipeline(FlattenImages(), StandardScaler(), LogisticRegression(max_iter=1000))
    mlp = make_pipeline(FlattenImages(), SpectrumClassifier("spectrum_mlp", max_epochs=40))
    resnet = ImageClassifier("resnet8")
    members = [("logistic regression", logistic), ("spectrum_mlp", mlp), ("resnet8", resnet)]
    return {
        "spectrum_mlp": mlp,
        "resnet8": resnet,
        "vote of the three": VotingClassifier(members, voting="soft"),
    }


def _for_spectra(n_samples: int, n_bands: int) -> dict[str, Any]:
    # No more components than the smallest training part, half of the samples, can give.
    n_components = max(1, min(30, n_bands, n_samples // 2 - 1))
    lda = make_pipeline(StandardScaler(), PCA(n_components), LinearDiscriminantAnalysis())
    mlp = SpectrumClassifier("spectrum_mlp")
    candidates = {
        "PCA + LDA": lda,
        "spectrum_mlp": mlp,
        "SNV + spectrum_mlp": make_pipeline(SpectralScaler("snv"), mlp),
        "spectrum_cnn": SpectrumClassifier("spectrum_cnn"),
    }
    if n_bands >= _BANDS_FOR_A_DERIVATIVE:
        candidates["derivative + spectrum_mlp"] = make_pipeline(
            SavitzkyGolay(deriv=1), SpectralScaler("snv"), mlp
        )
    return candidates
