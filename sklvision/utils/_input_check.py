"""Step that keeps the input contract of a model whose first step is of another package."""

from __future__ import annotations

from typing import Any

from sklearn.base import TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._nested import find_input_steps
from sklvision.utils._samples import as_samples


class InputCheck(TransformerMixin, SklvisionEstimator):
    """Pass samples through unchanged, and compare new ones with the training data.

    Attributes
    ----------
    input_contract_ : dict
        Contract of the training samples.
    input_shape_ : tuple of int or None
        Shape of one sample; None for images that differ in size.

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.utils._input_check import InputCheck
    >>> X, y = make_spectra(9, random_state=0)
    >>> InputCheck().fit(X).input_contract_["shape"]
    [502]
    """

    def __init__(self) -> None:
        """Make a step without parameters."""

    def fit(self, X: Any, y: Any = None) -> InputCheck:
        """Keep what the samples are.

        Parameters
        ----------
        X : array-like of n_samples samples
            Training samples.
        y : None
            Ignored.

        Returns
        -------
        self : InputCheck
            The fitted step.
        """
        samples = as_samples(X)
        self.input_shape_ = samples.sample_shape
        if samples.is_table:
            self.n_features_in_ = samples.shape[1]
        if samples.names is not None:
            self.feature_names_in_ = samples.names
        self._keep_contract(samples)
        return self

    def transform(self, X: Any) -> Any:
        """Warn of a change of scale or unit.

        Parameters
        ----------
        X : array-like of n_samples samples
            New samples.

        Returns
        -------
        X : array-like of n_samples samples
            The same samples.
        """
        check_is_fitted(self, "input_contract_")
        self._check_contract(as_samples(X))
        return X

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True  # the samples that it was fitted on decide
        return tags


def add_input_check(estimator: Any) -> Any:
    """Put an :class:`InputCheck` in front of an unfitted estimator that keeps no contract.

    Parameters
    ----------
    estimator : estimator
        Any unfitted estimator.

    Returns
    -------
    estimator : estimator
        The estimator itself if every step that receives the samples is of this package; otherwise
        a pipeline that begins with the check.
    """
    if all(isinstance(step, SklvisionEstimator) for step in find_input_steps(estimator)):
        return estimator
    steps = estimator.steps if isinstance(estimator, Pipeline) else [("classifier", estimator)]
    return Pipeline([("inputcheck", InputCheck()), *steps])
