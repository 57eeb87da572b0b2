"""Fits whose inner splits keep groups together."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn import config_context
from sklearn.ensemble import StackingClassifier
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklvision.utils._nested import is_search, walk_estimators


def fit_with_groups(estimator: Any, X: Any, y: Any, groups: Any) -> Any:
    """Fit an estimator so that every split inside of it keeps groups together.

    Groups reach the folds of searches and the held-out samples of early stopping, however deep
    they are in pipelines and ensembles, whether metadata routing is enabled or not.

    Parameters
    ----------
    estimator : estimator
        Unfitted estimator, nested or not.
    X, y : array-like
        Training data, as the estimator takes them.
    groups : array-like of shape (n_samples,) or None
        Groups of the samples.

    Returns
    -------
    estimator : estimator
        The fitted estimator.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> from sklvision.utils._groups import fit_with_groups
    >>> X, y = make_spectra(60, n_bands=20, random_state=0, return_X_y=True)
    >>> net = SpectrumClassifier(max_epochs=2, early_stopping=True, random_state=0)
    >>> model = fit_with_groups(make_pipeline(net), X, y, [i // 6 for i in range(60)])
    """
    if groups is None:
        return estimator.fit(X, y)
    consumers = [inner for inner in walk_estimators(estimator) if _is_group_consumer(inner)]
    if any(inner is estimator for inner in consumers):
        return estimator.fit(X, y, groups=groups)
    if consumers:
        had_requests = any("_metadata_request" in vars(inner) for inner in consumers)
        try:
            with config_context(enable_metadata_routing=True):
                for inner in consumers:
                    inner.set_fit_request(groups=True)
                if _can_route_groups(estimator):
                    return estimator.fit(X, y, groups=groups)
        finally:
            # The requests are of this fit alone: a fitted model does not carry them on.
            if not had_requests:
                for inner in [*consumers, *walk_estimators(estimator)]:
                    vars(inner).pop("_metadata_request", None)
        names = ", ".join(sorted({type(inner).__name__ for inner in consumers}))
        warnings.warn(
            f"{type(estimator).__name__} cannot pass groups to {names} inside, whose early "
            "stopping may hold out samples of groups that it trains on.",
            UserWarning,
            stacklevel=2,
        )
    # The inner folds of a search keep groups together as well.
    return estimator.fit(X, y, **({"groups": groups} if is_search(estimator) else {}))


def _is_group_consumer(estimator: Any) -> bool:
    """Whether a single estimator takes groups to hold out samples by."""
    return (
        not is_search(estimator)
        and bool(getattr(estimator, "early_stopping", False))
        and has_fit_parameter(estimator, "groups")
    )


def _can_route_groups(estimator: Any) -> bool:
    # A stack passes all it is given to its final estimator as well, which takes no groups.
    if any(isinstance(inner, StackingClassifier) for inner in walk_estimators(estimator)):
        return False
    try:
        return "groups" in get_routing_for_object(estimator).consumes("fit", ["groups"])
    except NotImplementedError:  # of meta-estimators without metadata routing
        return False
