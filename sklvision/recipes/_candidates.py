"""Classifiers that are worth comparing on given samples."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.image import FlattenImages
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.recipes._capped import CappedPCA, CappedPLS
from sklvision.recipes._images import images
from sklvision.recipes._named_candidates import (
    has_pretrained,
    make_named_candidates,
    reduce_images,
)
from sklvision.recipes._spectra import spectra
from sklvision.recipes._texts import document
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from sklvision.utils._samples import as_samples
from sklvision.utils._validation import check_count, check_list

# A table of fewer columns is hardly a spectrum.
_MIN_BANDS_FOR_DERIVATIVE = 11
# Latent variables of PLS-DA, where there are enough samples and bands.
_N_LATENT = 10
# Smaller images than this, in pixels of the shorter side, are hardly photographs.
_MIN_PRETRAINED_SIDE = 48


@document
def make_candidates(
    X: Any, names: Sequence[str] | None = None, *, image_size: int | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Make the classifiers that are worth comparing on images or spectra.

    Parameters
    ----------
    X : array-like, table or collection of n_samples samples
        Images of one size, or spectra; their values are not read.
    names : sequence of str, default=None
        Names of the classifiers to make: recipes, architectures, "pretrained" (features of a
        pretrained net, and logistic regression), or "lda", "pls-da", "svc", "forest", "knn" and
        "logistic" of scikit-learn. ``None`` makes some that suit the samples.
    image_size : int, default=None
        Longer side in pixels that larger images are reduced to, except for recipes and pretrained
        features. ``None`` takes 64.

    Returns
    -------
    candidates : dict of str to estimator
        Unfitted classifiers by name, for :func:`~sklvision.model_selection.compare_estimators`.
    baselines : list of str
        Names of those that count as baselines.

    Raises
    ------
    TypeError
        If `names` is a single string.
    ValueError
        If a name is unknown, or is that of a classifier for other samples.

    See Also
    --------
    check_candidates : Whether names are known, before samples are read.
    sklvision.model_selection.compare_estimators : The comparison, which adds the majority class
        and logistic regression.

    %(added)s

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.recipes import make_candidates
    >>> candidates, baselines = make_candidates(np.zeros((60, 502)))
    >>> for name in candidates:
    ...     print(name)
    PCA + LDA
    PLS-DA
    spectrum_mlp
    SNV + spectrum_mlp
    spectrum_cnn
    derivative + spectrum_mlp
    spectra
    >>> baselines
    ['PCA + LDA', 'PLS-DA']
    >>> candidates, _ = make_candidates(np.zeros((60, 502)), ["pls-da", "spectrum_mlp"])
    >>> list(candidates)
    ['pls-da', 'spectrum_mlp']
    """
    samples = as_samples(X)
    if image_size is not None:
        image_size = check_count("image_size", image_size)
    if names is not None:
        return make_named_candidates(check_list("names", names), samples, image_size), []
    if samples.kind == "other":
        raise ValueError(
            "X must be spectra (n, n_bands) or images (n, height, width[, channels]), got shape "
            f"{samples.shape}."
        )
    if not samples.is_images:
        return _make_spectrum_candidates(*samples.shape), ["PCA + LDA", "PLS-DA"]
    candidates = {
        name: reduce_images(estimator, samples, image_size)
        for name, estimator in _make_image_candidates().items()
    }
    if min((samples.sample_shape or (_MIN_PRETRAINED_SIDE,))[:2]) >= _MIN_PRETRAINED_SIDE:
        if has_pretrained():
            candidates = {"pretrained": images(), **candidates}
        else:
            warnings.warn(
                "Pretrained features, often the best of a few hundred photographs, are not among "
                "the candidates: pip install 'sklvision[pretrained]' adds them.",
                stacklevel=2,
            )
    return candidates, []


def _make_image_candidates() -> dict[str, Any]:
    logistic = make_pipeline(FlattenImages(), StandardScaler(), LogisticRegression(max_iter=1000))
    mlp = make_pipeline(FlattenImages(), SpectrumClassifier("spectrum_mlp", max_epochs=40))
    resnet = ImageClassifier("resnet8")
    members = [("logistic regression", logistic), ("spectrum_mlp", mlp), ("resnet8", resnet)]
    # The names of the rows of a comparison, whose own baseline is the logistic regression.
    name = f"ensemble of {' + '.join(name for name, _ in members)}"
    return {"spectrum_mlp": mlp, "resnet8": resnet, name: VotingClassifier(members, voting="soft")}


def _make_spectrum_candidates(n_samples: int, n_bands: int) -> dict[str, Any]:
    # Components for half of the samples; folds of uneven groups can leave fewer for training.
    n_components = max(1, min(30, n_bands, n_samples // 2 - 1))
    lda = make_pipeline(StandardScaler(), CappedPCA(n_components), LinearDiscriminantAnalysis())
    mlp = SpectrumClassifier("spectrum_mlp")
    candidates = {
        "PCA + LDA": lda,
        "PLS-DA": make_pipeline(StandardScaler(), OneVsRestClassifier(CappedPLS(_N_LATENT))),
        "spectrum_mlp": mlp,
        "SNV + spectrum_mlp": make_pipeline(SpectralScaler("snv"), mlp),
        "spectrum_cnn": SpectrumClassifier("spectrum_cnn"),
    }
    if n_bands >= _MIN_BANDS_FOR_DERIVATIVE:
        candidates["derivative + spectrum_mlp"] = make_pipeline(
            SavitzkyGolay(deriv=1), SpectralScaler("snv"), mlp
        )
        candidates["spectra"] = spectra()
    return candidates
