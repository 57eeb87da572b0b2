"""Predictions made of logits: the one place where probabilities are made."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax
from sklearn.pipeline import Pipeline

from sklvision.utils._docstrings import fill_docstrings
from sklvision.utils._labels import convert_labels
from sklvision.utils._protocols import has_probabilities
from sklvision.utils._samples import as_samples, to_host

_TEXTS = {
    "samples": """\
Parameters
----------
X : array-like of shape (n_samples, ...)
    Samples, as described for the class.

Returns
-------"""
}


@fill_docstrings(_TEXTS)
class ProbabilitiesMixin:
    """Mixin of classifiers that predict probabilities of classes."""

    classes_: np.ndarray

    def _compute_probabilities(self, X: Any) -> np.ndarray:
        """Validate `X` and compute probabilities of shape (n_samples, n_classes)."""
        raise NotImplementedError

    def _compute_log_probabilities(self, X: Any) -> np.ndarray:
        return np.log(self._compute_probabilities(X))

    def _predict_indices(self, X: Any) -> np.ndarray:
        """Predict the most probable class of each sample, as an index into the classes."""
        return self._compute_probabilities(X).argmax(axis=1)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the most probable class.

        %(samples)s
        y : ndarray of shape (n_samples,)
            Labels, of the type they had in training.
        """
        indices = self._predict_indices(X)  # first: it raises NotFittedError
        return self.classes_[indices]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict class probabilities.

        %(samples)s
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`; every row sums to 1.
        """
        return self._compute_probabilities(X)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict logarithms of class probabilities.

        %(samples)s
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        return self._compute_log_probabilities(X)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute the accuracy of predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as described for the class.
        y : array-like of shape (n_samples,)
            True labels, in any container that `fit` takes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            Fraction of the samples that get their label.
        """
        weights = to_host(sample_weight)
        return super().score(X, convert_labels(y), weights)  # type: ignore[misc]


@fill_docstrings(_TEXTS)
class PredictionsMixin(ProbabilitiesMixin):
    """Mixin of classifiers that compute logits."""

    def _compute_logits(self, X: Any) -> np.ndarray:
        """Validate `X` and compute logits of shape (n_samples, n_classes)."""
        raise NotImplementedError

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Compute logits.

        %(samples)s
        logits : ndarray of shape (n_samples, n_classes) or (n_samples,)
            One column per class in the order of `classes_`; for two classes the logit of the
            second less that of the first.
        """
        logits = self._compute_logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def _compute_probabilities(self, X: Any) -> np.ndarray:
        return softmax(self._compute_logits(X), axis=1)

    def _compute_log_probabilities(self, X: Any) -> np.ndarray:
        return log_softmax(self._compute_logits(X), axis=1)

    def _predict_indices(self, X: Any) -> np.ndarray:
        return self._compute_logits(X).argmax(axis=1)


def has_most_probable_labels(model: Any) -> TypeGuard[ProbabilitiesMixin]:
    """Return whether predictions are the most probable classes: no subclass predicts otherwise."""
    return getattr(type(model), "predict", None) is ProbabilitiesMixin.predict


def predict_with_probabilities(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Predict labels, and probabilities or None where the model has none.

    Images of a collection are read once: the last step of a pipeline receives an array.
    """
    if isinstance(model, Pipeline) and len(model) > 1:
        samples = as_samples(model[:-1].transform(X))
        X = samples.to_array() if samples.sample_shape else samples.data
        model = model[-1]
    if not has_probabilities(model):
        return model.predict(X), None
    probabilities = model.predict_proba(X)
    if has_most_probable_labels(model):
        return model.classes_[probabilities.argmax(axis=1)], probabilities
    return model.predict(X), probabilities
