"""Projections that fit training sets of any size."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA


def _count_components(n_components: int, X: Any) -> int:
    n_samples, n_features = X.shape
    return max(1, min(n_components, n_samples - 1, n_features))


class CappedPCA(TransformerMixin, BaseEstimator):
    """PCA with no more components than the training samples can give.

    Parameters
    ----------
    n_components : int
        Number of components, where there are enough samples and features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.recipes._capped import CappedPCA
    >>> CappedPCA(30).fit_transform(np.random.default_rng(0).normal(size=(10, 50))).shape
    (10, 9)
    """

    def __init__(self, n_components: int) -> None:
        self.n_components = n_components

    def fit(self, X: Any, y: Any = None) -> CappedPCA:
        """Find the components."""
        self.pca_ = PCA(_count_components(self.n_components, X)).fit(X)
        return self

    def transform(self, X: Any) -> Any:
        """Transform samples to components."""
        return self.pca_.transform(X)


class CappedPLS(RegressorMixin, BaseEstimator):
    """Partial least squares with no more components than the training samples can give.

    Parameters
    ----------
    n_components : int
        Number of components, where there are enough samples and features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.recipes._capped import CappedPLS
    >>> X = np.random.default_rng(0).normal(size=(5, 50))
    >>> CappedPLS(10).fit(X, X[:, 0]).predict(X).shape
    (5,)
    """

    def __init__(self, n_components: int) -> None:
        self.n_components = n_components

    def fit(self, X: Any, y: Any) -> CappedPLS:
        """Find the components."""
        self.regression_ = PLSRegression(_count_components(self.n_components, X)).fit(X, y)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the target."""
        return self.regression_.predict(X)
