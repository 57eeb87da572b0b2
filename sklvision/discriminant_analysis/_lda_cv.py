"""Linear discriminant analysis with a regularization that it chooses itself."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from sklvision.discriminant_analysis._coordinates import describe_classes
from sklvision.discriminant_analysis._discriminant import choose_discriminant
from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._class_weight import read_class_weights
from sklvision.utils._labels import convert_groups, convert_labels
from sklvision.utils._net_input import check_lazy_rows
from sklvision.utils._predictions import PredictionsMixin
from sklvision.utils._samples import Samples, as_samples, to_host
from sklvision.utils._sklearn import Interval, StrOptions, check_sample_weight

_N_BLOCK_ROWS = 4096
# Logarithm of the prior probability of a class that was not seen.
_IMPOSSIBLE = -100.0
# Squares of larger numbers, summed over samples and bands, exceed what a double holds.
_MAX_SIZE = 1e140
_TOO_LARGE = "The values of X are too large to compute with; divide them by a constant first."
# The rounding of larger weights, left over where a sample is left out, would count as samples. Only
# the ratios of weights matter, and one sample more of every class does not count at this size.
_MAX_WEIGHT = 1e9


class LinearDiscriminantAnalysisCV(PredictionsMixin, ClassifierMixin, SklvisionEstimator):
    """Linear discriminant analysis whose regularization is chosen by leaving samples or groups out.

    Spectra have more bands than there are samples, so the covariance within classes must be
    regularized. Principal components do this by a number that you must choose. This classifier adds
    a multiple of the identity, and chooses it by the log loss of left-out samples. One
    decomposition is enough for all samples and all candidates.

    Parameters
    ----------
    alphas : array-like of shape (n_alphas,), default=None
        Candidates for the regularization: variance that is added to every direction, relative to
        the sum of the variances within classes. None takes 23 values from 1e-10 to 10.
    class_weight : dict, "balanced" or None, default=None
        Weights of classes in the prior probabilities and in the log loss.
    max_bands : int, default=2000
        With more samples than bands, more bands than this are averaged with their neighbors. Pass
        None for columns that are not neighbors in a spectrum; 5,000 of them take minutes.

    Attributes
    ----------
    alpha_ : float
        The chosen regularization; the strongest of equally good ones.
    loss_path_ : ndarray of shape (n_alphas,)
        Mean log loss of the samples left out, in ascending order of `alphas`.
    scale_ : float
        Factor of the scores that makes the probabilities of left-out samples most likely; below 1
        if the model alone is overconfident.
    coef_ : ndarray of shape (n_classes, n_bands)
        Coefficients of the scores, in the order of `classes_`.
    intercept_ : ndarray of shape (n_classes,)
        Intercepts of the scores.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Number of bands.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if `X` was a DataFrame with string column names.

    See Also
    --------
    sklearn.discriminant_analysis.LinearDiscriminantAnalysis : The same without a choice.
    sklvision.recipes.spectra : Vote of a net and three of these.

    Notes
    -----
    The samples of a class are assumed to be normally distributed about its mean, with one
    covariance for all classes: regularized discriminant analysis [1]_, with an exact formula for
    samples left out [2]_. If several samples show one object, left-out samples have relatives in
    the training data, and the regularization is weaker than it should be. Pass `groups` to `fit`,
    which leaves out whole groups, by the same formula for several samples.

    With more samples than bands, about 10,000 samples are left out, evenly spaced or in evenly
    spaced groups. Rows of a collection are read by blocks.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] J. H. Friedman, "Regularized discriminant analysis", Journal of the American
       Statistical Association 84 (1989), 165-175.
    .. [2] B. D. Ripley, "Pattern recognition and neural networks", Cambridge University Press
       (1996), section 3.6.

    Examples
    --------
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
    >>> X, y = make_spectra(300, random_state=0, return_X_y=True)
    >>> lda = LinearDiscriminantAnalysisCV().fit(X[:60], y[:60])
    >>> lda.score(X[60:], y[60:]) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "alphas": ["array-like", None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "max_bands": [Interval(Integral, 1, None, closed="left"), None],
    }
    _parameter_hints: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("alpha", "shrinkage", "reg_param"), "alphas"),
        "priors": "class_weight",
    }

    classes_: np.ndarray
    coef_: np.ndarray
    intercept_: np.ndarray

    def __init__(
        self,
        alphas: ArrayLike | None = None,
        *,
        class_weight: dict | str | None = None,
        max_bands: int | None = 2000,
    ) -> None:
        self.alphas = alphas
        self.class_weight = class_weight
        self.max_bands = max_bands

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Find the discriminant of labeled spectra.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_bands)
            Training spectra.
        y : array-like of shape (n_samples,)
            Labels of any type.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights; a sample of weight 2 counts as two samples.
        groups : array-like of shape (n_samples,), default=None
            Identity of samples that belong together, such as those of one patient. The
            regularization is chosen by leaving out one group after another.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is out of range, or `X` does not hold finite spectra.

        Warns
        -----
        UserWarning
            If no group can be left out, since every class is in a single group; single samples
            are left out then.
        """
        self._validate_params()
        alphas = self._check_alphas()
        spectra, y = self._check_training(X, y)
        groups = convert_groups(groups, len(y))
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        weights = _check_weights(sample_weight, spectra)
        n_classes, n_bands = len(self.classes_), spectra.shape[1]
        if n_classes == 1:
            zeros = np.zeros((1, n_bands)), np.zeros(1)
            self._set_attributes(*zeros, np.nan, 1.0, np.zeros(len(alphas)))
            return self
        if not weights.all():
            spectra, labels = spectra.take(np.flatnonzero(weights)), labels[weights > 0]
            groups = None if groups is None else groups[weights > 0]
            weights = weights[weights > 0]
        # Not as a NumPy integer, which may be too small to count with.
        max_bands = None if self.max_bands is None else int(self.max_bands)
        group_numbers = _number_groups(groups, labels)
        statistics = describe_classes(spectra, labels, weights, n_classes, group_numbers, max_bands)
        class_weights = self._compute_class_weights(y)
        # One sample more of every class: no class is impossible, however rare.
        log_priors = np.log(class_weights) + np.log(statistics.counts + 1)
        log_priors[statistics.counts == 0] = _IMPOSSIBLE  # all its samples have weight 0
        loss_weights = statistics.weights * np.minimum(class_weights, _MAX_SIZE)[statistics.labels]
        discriminant = choose_discriminant(statistics, log_priors, loss_weights, alphas)
        coef = discriminant.directions @ statistics.basis.T
        self._set_attributes(
            coef,
            discriminant.offsets - coef @ statistics.origin,
            discriminant.alpha,
            discriminant.scale,
            discriminant.losses,
        )
        return self

    def _check_alphas(self) -> np.ndarray:
        if self.alphas is None:
            return np.logspace(-10, 1, 23)
        alphas = np.asarray(self.alphas)
        is_valid = alphas.ndim == 1 and len(alphas) > 0 and alphas.dtype.kind in "iuf"
        if not is_valid or not np.all((alphas > 0) & np.isfinite(alphas)):
            raise ValueError(
                f"alphas must be a list of positive finite numbers, got {self.alphas!r}."
            )
        return alphas.astype(float)

    def _compute_class_weights(self, y: np.ndarray) -> np.ndarray:
        if isinstance(self.class_weight, dict):
            return read_class_weights(self.class_weight, self.classes_, allows_zero=False)
        return compute_class_weight(self.class_weight, classes=self.classes_, y=y)

    def _check_training(self, X: Any, y: Any) -> tuple[Samples, np.ndarray]:
        samples = as_samples(X)
        samples.check_numbers()
        y = convert_labels(y)
        if samples.is_table and samples.is_lazy:
            check_lazy_rows(self, samples)
            y = validate_data(self, y=y, reset=False)
            check_consistent_length(samples.data, y)
            self.__dict__.pop("feature_names_in_", None)  # of an earlier fit on a table with names
            self.n_features_in_ = samples.shape[1]
            spectra = as_samples(samples.data.map_blocks(_check_rows))
        else:
            rows, y = validate_data(self, samples.data, y, dtype=[np.float64, np.float32])
            spectra = as_samples(_check_rows(rows))
        self._keep_contract(samples)
        return spectra, y

    def _set_attributes(
        self, coef: np.ndarray, intercept: np.ndarray, alpha: float, scale: float, path: np.ndarray
    ) -> None:
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise ValueError(_TOO_LARGE)
        self.coef_, self.intercept_ = coef, intercept
        self.alpha_, self.scale_, self.loss_path_ = alpha, scale, path

    def _compute_logits(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        samples = as_samples(X)
        samples.check_numbers()
        if samples.is_table and samples.is_lazy:
            self._check_contract(samples)
            blocks = [self._score(block) for block in samples.blocks(_N_BLOCK_ROWS)]
            return np.concatenate(blocks) if blocks else self._score(samples.to_array())
        logits = self._score(samples.data)
        self._check_contract(samples)
        return logits

    def _score(self, spectra: Any) -> np.ndarray:
        rows = validate_data(self, spectra, reset=False, dtype=np.float64)
        return rows @ self.coef_.T + self.intercept_


def _check_weights(sample_weight: Any, spectra: Samples) -> np.ndarray:
    """Check the weights of samples, and scale them down where they are too large."""
    weights = check_sample_weight(to_host(sample_weight), spectra.data, dtype=np.float64)
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must be non-negative, with at least one positive weight.")
    if weights.max() > _MAX_WEIGHT:
        weights = weights / weights.max() * _MAX_WEIGHT
    return weights


def _number_groups(groups: np.ndarray | None, labels: np.ndarray) -> np.ndarray | None:
    """Number groups from 0; return None where all classes are in a group of their own."""
    if groups is None:
        return None
    numbers = np.unique(groups, return_inverse=True)[1]
    first = np.zeros(labels.max() + 1, int)
    first[labels] = numbers  # any group of each class
    if (numbers != first[labels]).any():
        return numbers
    warnings.warn(
        "groups: no group can be left out, since all samples of each class are in one group, so "
        "the regularization is chosen by leaving out single samples and may be too weak.",
        UserWarning,
        stacklevel=3,
    )
    return None


def _check_rows(rows: np.ndarray) -> np.ndarray:
    """Check values that are in memory, or a block of a collection as it is read."""
    assert_all_finite(rows, input_name="X")
    if rows.size and max(abs(float(rows.max())), abs(float(rows.min()))) > _MAX_SIZE:
        raise ValueError(_TOO_LARGE)
    return rows
