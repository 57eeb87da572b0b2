"""Other models of spectra, with the settings that are usual for them.

RealMLP needs pytabkit, of the extra ``peers``. MiniRocket needs aeon and numba, which ask for older
versions of other packages: ``pip install --no-deps aeon numba llvmlite Deprecated wrapt``. Where a
package is absent, its model is left out of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelBinarizer, StandardScaler
from sklearn.svm import SVC

from sklvision.spectral import SavitzkyGolay, SpectralScaler

_N_COMPONENTS = 30


def make_derivative() -> tuple[Any, Any]:
    """Make the steps of the first derivative, scaled by SNV."""
    return SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv")


class PrincipalLDA(ClassifierMixin, BaseEstimator):
    """LDA on principal components, of which small training sets give fewer."""

    def __init__(self, n_components: int = _N_COMPONENTS) -> None:
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: np.ndarray) -> PrincipalLDA:
        """Fit scaler, components and LDA."""
        # As many components as leave the covariance within classes invertible.
        n_classes = len(np.unique(y))
        n_components = max(1, min(self.n_components, len(X) - n_classes - 1, X.shape[1]))
        self.pipeline_ = make_pipeline(
            StandardScaler(), PCA(n_components, random_state=0), LinearDiscriminantAnalysis()
        ).fit(X, y)
        self.classes_ = self.pipeline_.classes_
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict labels."""
        return self.pipeline_.predict(X)


class PLSDA(ClassifierMixin, BaseEstimator):
    """Partial least squares on indicators of the classes; the largest output decides."""

    def __init__(self, n_components: int = 10) -> None:
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: np.ndarray) -> PLSDA:
        """Fit the regression."""
        self.binarizer_ = LabelBinarizer(neg_label=0).fit(y)
        self.classes_ = self.binarizer_.classes_
        n_components = min(self.n_components, len(X) - 1, X.shape[1])
        targets = self.binarizer_.transform(y).astype(float)
        self.pipeline_ = make_pipeline(StandardScaler(), PLSRegression(n_components))
        self.pipeline_.fit(X, targets)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict labels."""
        outputs = np.reshape(self.pipeline_.predict(X), (len(X), -1))
        indices = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0] > 0.5
        return self.classes_[np.asarray(indices, int)]


class MiniRocketRidge(ClassifierMixin, BaseEstimator):
    """Random convolutions of MiniRocket, and ridge regression."""

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> MiniRocketRidge:
        """Fit the convolutions and the ridge."""
        from aeon.transformations.collection.convolution_based import MiniRocket

        self.convolutions_ = MiniRocket(random_state=self.random_state)
        features = self.convolutions_.fit_transform(_add_channel(X))
        self.ridge_ = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))
        self.ridge_.fit(features, y)
        self.classes_ = self.ridge_.classes_
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict labels."""
        return self.ridge_.predict(self.convolutions_.transform(_add_channel(X)))


def _add_channel(X: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(X[:, np.newaxis], np.float32)


def _make_real_mlp(seed: int) -> Pipeline:
    from pytabkit import RealMLP_TD_S_Classifier

    net = RealMLP_TD_S_Classifier(random_state=seed, device="cpu", verbosity=0)
    return make_pipeline(*make_derivative(), net)


def make_peers(*, has_slow: bool = True) -> dict[str, Callable[[int], Any]]:
    """Make functions that build the peers for a seed, by name."""
    peers: dict[str, Callable[[int], Any]] = {
        "PCA + LDA": lambda seed: PrincipalLDA(),
        "derivative, PCA + LDA": lambda seed: make_pipeline(*make_derivative(), PrincipalLDA()),
        "PLS-DA": lambda seed: PLSDA(),
        "derivative, PLS-DA": lambda seed: make_pipeline(*make_derivative(), PLSDA()),
        "derivative, SVC": lambda seed: make_pipeline(*make_derivative(), StandardScaler(), SVC()),
        "derivative, RidgeClassifierCV": lambda seed: make_pipeline(
            *make_derivative(), StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10))
        ),
    }
    if has_slow:
        peers["derivative, MLPClassifier"] = lambda seed: make_pipeline(
            *make_derivative(), StandardScaler(), MLPClassifier(max_iter=500, random_state=seed)
        )
        if find_spec("aeon") and find_spec("numba"):
            peers["SNV, MiniRocket"] = lambda seed: make_pipeline(
                SpectralScaler("snv"), MiniRocketRidge(seed)
            )
        if find_spec("pytabkit"):
            peers["derivative, RealMLP"] = _make_real_mlp
    return peers
