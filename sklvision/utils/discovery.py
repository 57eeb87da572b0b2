"""Find every estimator of the package, as :mod:`sklearn.utils.discovery` does."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

from sklearn.base import BaseEstimator

__all__ = ["all_estimators"]


def all_estimators() -> list[tuple[str, type[BaseEstimator]]]:
    """List the public estimators of the package.

    Returns
    -------
    estimators : list of (str, type) tuples
        Name and class of every public estimator, sorted by name.

    See Also
    --------
    sklearn.utils.discovery.all_estimators : The same for scikit-learn.

    Examples
    --------
    >>> from sklvision.utils.discovery import all_estimators
    >>> dict(all_estimators())["SpectralScaler"].__module__
    'sklvision.spectral._scaler'
    """
    package = import_module("sklvision")
    estimators: dict[str, type[BaseEstimator]] = {}
    for module_info in pkgutil.iter_modules(package.__path__, prefix="sklvision."):
        name = module_info.name
        if name.rpartition(".")[2].startswith("_") or not module_info.ispkg:
            continue
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            member = getattr(module, public)
            if inspect.isclass(member) and issubclass(member, BaseEstimator):
                estimators[public] = member
    return sorted(estimators.items())
