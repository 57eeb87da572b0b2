"""Vote by the geometric mean of probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax
from sklearn.ensemble import VotingClassifier
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sklvision.utils._base import SklvisionEstimator
from sklvision.utils._columns import check_column_names, check_values, convert_value_errors
from sklvision.utils._labels import convert_labels
from sklvision.utils._samples import as_samples

_MOST_JOBS = 1024  # joblib starts as many processes, however few members there are


class GeometricVotingClassifier(SklvisionEstimator, VotingClassifier):
    """Vote of classifiers by the geometric mean of their probabilities.

    :class:`~sklearn.ensemble.VotingClassifier` averages probabilities, so one confident member can
    outvote several others. With the geometric mean, every member can exclude classes. It suits
    members that make different kinds of mistakes, such as a net and a linear model.

    Parameters
    ----------
    estimators : list of (str, estimator) tuples
        Names and classifiers; "drop" leaves one out.
    weights : array-like of shape (n_estimators,), default=None
        Weights of the members; None weighs them equally.
    n_jobs : int, default=None
        Number of members that are fitted at the same time. ``None`` means 1 unless in a
        :obj:`joblib.parallel_backend` context, -1 means all processors.
    flatten_transform : bool, default=True
        Whether ``transform`` returns one table instead of one per member.
    verbose : bool, default=False
        Whether to print the time of each fit.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted members.
    named_estimators_ : :class:`~sklearn.utils.Bunch`
        The fitted members by name.
    le_ : :class:`~sklearn.preprocessing.LabelEncoder`
        Encoder of the labels.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Number of columns of `X`, if the members know it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if all members were fitted on a DataFrame with string column names.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : The arithmetic mean, or a count of votes.
    sklvision.recipes.spectra : Vote of a net and discriminant analyses.

    Notes
    -----
    This is a logarithmic opinion pool [1]_: 0.001 is added to every probability, the logarithms are
    averaged, and the result is normalized to sum 1.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] C. Genest and J. V. Zidek, "Combining probability distributions: a critique and an
       annotated bibliography", Statistical Science 1 (1986), 114-135.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
    >>> from sklvision.ensemble import GeometricVotingClassifier
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> members = [("lda", LinearDiscriminantAnalysisCV()), ("logistic", LogisticRegression())]
    >>> vote = GeometricVotingClassifier(members, weights=[2, 1]).fit(X[:100], y[:100])
    >>> vote.predict_proba(X[100:]).shape
    (100, 3)
    """

    # A member that is certain, and wrong, must not decide alone: it leaves every class this much.
    probability_floor: ClassVar[float] = 1e-3
    # VotingClassifier asks for it; a parameter it is not, as only probabilities have such a mean.
    voting = "soft"
    _parameter_constraints: ClassVar[dict] = {
        name: constraint
        for name, constraint in VotingClassifier._parameter_constraints.items()
        if name != "voting"
    }

    def __init__(
        self,
        estimators: Sequence[tuple[str, Any]],
        *,
        weights: ArrayLike | None = None,
        n_jobs: int | None = None,
        flatten_transform: bool = True,
        verbose: bool = False,
    ) -> None:
        super(VotingClassifier, self).__init__(estimators=estimators)
        self.weights = weights
        self.n_jobs = n_jobs
        self.flatten_transform = flatten_transform
        self.verbose = verbose

    def _validate_params(self) -> None:
        super()._validate_params()
        for entry in self.estimators:
            if not isinstance(entry, tuple | list) or len(entry) != 2:
                raise ValueError(
                    f"estimators must be a list of (name, classifier) pairs, got {entry!r} in it."
                )
            name, member = entry
            if not _is_dropped(member) and not hasattr(member, "predict_proba"):
                raise ValueError(
                    f"The member {name!r} ({type(member).__name__}) predicts no probabilities. "
                    "Wrap it in CalibratedClassifierCV, or count votes with VotingClassifier."
                )
        if self.n_jobs is not None and abs(self.n_jobs) > _MOST_JOBS:
            raise ValueError(f"n_jobs must be at most {_MOST_JOBS}, got {self.n_jobs!r}.")
        if self.weights is None:
            return
        weights = np.asarray(self.weights)
        is_numeric = weights.ndim == 1 and weights.dtype.kind in "iuf"
        if not is_numeric or not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(
                f"weights must be a number of at least 0 for each member, got {self.weights!r}."
            )
        # A wrong number of weights is an error of scikit-learn.
        pairs = zip(self.estimators, weights, strict=False)
        if not any(weight for (_, member), weight in pairs if not _is_dropped(member)):
            raise ValueError(
                "weights are all zero; that of at least one member that votes must be positive."
            )

    def fit(self, X: ArrayLike, y: ArrayLike, **fit_params: Any) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training samples, as the members take them.
        y : array-like of shape (n_samples,)
            Labels of any type.
        **fit_params : dict
            Parameters that metadata routing of scikit-learn passes to the members.

        Returns
        -------
        self : object
            The fitted vote.

        Raises
        ------
        ValueError
            If a member is not a classifier with probabilities, weights are not numbers of at least
            0, or labels are missing or not one per sample.
        """
        y = column_or_1d(convert_labels(y), warn=True)
        with _open(X) as samples:
            return super().fit(samples, y, **fit_params)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as the members take them.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`; every row sums to 1.
        """
        check_is_fitted(self)
        with _open(X) as samples:
            members = [
                np.asarray(member.predict_proba(samples), np.float64) for member in self.estimators_
            ]
        logarithms = [np.log(probabilities + self.probability_floor) for probabilities in members]
        return softmax(np.average(logarithms, axis=0, weights=self._weights_not_none), axis=1)


def _is_dropped(member: Any) -> bool:
    return isinstance(member, str) and member == "drop"


@contextmanager
def _open(X: Any) -> Iterator[Any]:
    """Give samples as any member can take them; an error about dates or text names their column."""
    data = as_samples(X).data
    check_column_names(data)
    if isinstance(data, np.ndarray):
        check_values(data)
    with convert_value_errors(data):
        yield data
