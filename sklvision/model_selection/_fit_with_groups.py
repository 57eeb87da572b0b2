"""A fit whose inner splits keep groups together."""

from __future__ import annotations

from typing import Any

from sklvision.model_selection._checks import check_samples
from sklvision.utils import _groups
from sklvision.utils._labels import convert_groups
from sklvision.utils._nested import check_estimator


def fit_with_groups(estimator: Any, X: Any, y: Any, groups: Any) -> Any:
    """Fit an estimator so that every split inside it keeps groups together.

    Groups reach the folds of searches, thresholds, calibrations and stacks, and the samples that
    early stopping holds out, however deep these are in pipelines and ensembles.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator
        The estimator to fit, in place, nested or not.
    X : array-like, table or collection of n_samples samples
        Training data, as the estimator takes them.
    y : array-like of shape (n_samples,)
        Labels.
    groups : array-like of shape (n_samples,) or None
        Identity of samples that belong together, such as patients or physical samples. None fits
        without groups.

    Returns
    -------
    estimator : estimator
        The same estimator, fitted. Its parameters are unchanged.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator.
    ValueError
        If there is not one label and one group per sample, or there are too few groups for an inner
        split.

    Warns
    -----
    UserWarning
        If inner folds would split groups and are drawn by groups instead, or if a split inside
        cannot keep groups together.

    See Also
    --------
    compare_estimators : Passes groups to every fit in the same way.

    Notes
    -----
    You need not enable metadata routing. It is enabled during the fit, only for members that need
    groups.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.calibration import CalibratedClassifierCV
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import StratifiedGroupKFold
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import fit_with_groups
    >>> X, y = load_iris(return_X_y=True)
    >>> plants = np.arange(150) // 3
    >>> model = CalibratedClassifierCV(GaussianNB(), cv=StratifiedGroupKFold(3))
    >>> round(fit_with_groups(model, X, y, plants).score(X, y), 2)
    0.96
    """
    check_estimator(estimator)
    samples, y = check_samples(X, y)
    return _groups.fit_with_groups(estimator, samples.data, y, convert_groups(groups, len(y)))
