"""Types and functions that an archive may name: the list that saving and loading go by.

Names are those of public packages, so that a file does not depend on where a class is defined. A
name is resolved in the packages listed here or among what the caller passes; nothing else is ever
imported.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklvision.export._errors import ModelFileError

# Public packages whose estimators, splitters and kernels are permitted.
PACKAGES = (
    "sklearn.calibration",
    "sklearn.cluster",
    "sklearn.compose",
    "sklearn.covariance",
    "sklearn.cross_decomposition",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.dummy",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.frozen",
    "sklearn.gaussian_process",
    "sklearn.gaussian_process.kernels",
    "sklearn.impute",
    "sklearn.isotonic",
    "sklearn.kernel_approximation",
    "sklearn.kernel_ridge",
    "sklearn.linear_model",
    "sklearn.mixture",
    "sklearn.model_selection",
    "sklearn.multiclass",
    "sklearn.multioutput",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.random_projection",
    "sklearn.semi_supervised",
    "sklearn.svm",
    "sklearn.tree",
    "sklvision.augmentation",
    "sklvision.decision",
    "sklvision.discriminant_analysis",
    "sklvision.ensemble",
    "sklvision.export",
    "sklvision.feature_extraction",
    "sklvision.image",
    "sklvision.neural_network",
    "sklvision.spectral",
)
# Classes inside fitted estimators that are private there, or public without being estimators.
_INNER = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklvision.utils._input_check.InputCheck",
)
# Bases of public classes that are parameters of estimators: splitters and kernels.
_KINDRED = ("BaseCrossValidator", "BaseShuffleSplit", "_RepeatedSplits", "Kernel")
# Losses, which are made from their number of classes alone.
LOSSES = ("HalfBinomialLoss", "HalfMultinomialLoss", "ExponentialLoss", "HalfSquaredError")
# Functions that a FunctionTransformer may apply, and one of our own inside a partial. None of them
# reads files, calls its arguments or runs text; ufuncs of NumPy are permitted as well.
_FUNCTIONS = (
    "numpy.asarray",
    "numpy.ascontiguousarray",
    "numpy.atleast_2d",
    "numpy.clip",
    "numpy.diff",
    "numpy.nan_to_num",
    "numpy.ravel",
    "sklvision.feature_extraction._pretrained._resize",
)
_BUILTINS = (bool, int, float, complex, str, bytes, object, list, tuple, dict)


class TypeList:
    """Types and functions that may be saved and loaded.

    Parameters
    ----------
    extra : iterable of type or callable, default=()
        Types and functions of others that the caller permits.
    """

    def __init__(self, extra: Iterable[Any] = ()) -> None:
        self.extra: dict[str, Any] = {}
        self.used_names: set[str] = set()  # of those among the extra ones that a file names
        for member in extra:
            if not callable(member) or not hasattr(member, "__qualname__"):
                raise TypeError(f"types must hold classes and functions, got {member!r}.")
            self.extra[get_full_name(member)] = member

    def name_type(self, cls: type) -> str | None:
        """Return the name of a class in files; None where it is not permitted."""
        full_name = get_full_name(cls)
        if full_name in self.extra:
            self.used_names.add(full_name)
            return full_name
        if full_name in _INNER:
            return full_name
        package = next(
            (p for p in reversed(PACKAGES) if f"{cls.__module__}.".startswith(f"{p}.")), None
        )
        name = f"{package}.{cls.__name__}"
        try:
            return name if package is not None and self.find_type(name) is cls else None
        except ModelFileError:
            return None

    def find_type(self, name: str) -> type:
        """Return the class of this name, or raise an error if it is not permitted."""
        cls: Any = self.extra.get(name)
        if inspect.isclass(cls):
            return cls
        package, _, attribute = name.rpartition(".")
        if name not in _INNER and package not in PACKAGES:
            raise ModelFileError(_refuse("type", name))
        try:
            module = import_module(package)
        except ImportError as error:
            raise ModelFileError(
                f"The model needs {name}, and {package} cannot be imported here: {error}."
            ) from error
        cls = getattr(module, attribute, None)
        if not inspect.isclass(cls) or not (name in _INNER or _is_public(cls, module)):
            raise ModelFileError(_refuse("type", name))
        return cls

    def name_function(self, function: Any) -> str | None:
        """Return the name of a function in files; None where it is not permitted."""
        if isinstance(function, np.ufunc):
            name = f"numpy.{function.__name__}"
        else:
            name = get_full_name(function)
        if name.startswith("sklearn.metrics."):  # by its public name
            name = f"sklearn.metrics.{function.__name__}"
        if name in self.extra:
            self.used_names.add(name)
        try:
            return name if self.find_function(name) is function else None
        except ModelFileError:
            return None

    def find_function(self, name: str) -> Callable:
        """Return the function of this name, or raise an error if it is not permitted."""
        if name in self.extra:
            return self.extra[name]
        package, _, attribute = name.rpartition(".")
        if name in _FUNCTIONS:
            return getattr(import_module(package), attribute)
        if package == "numpy" and isinstance(getattr(np, attribute, None), np.ufunc):
            return getattr(np, attribute)
        if package == "sklearn.metrics":  # of scorers inside searches; they only compute
            module = import_module(package)
            function = getattr(module, attribute, None)
            if attribute in module.__all__ and inspect.isfunction(function):
                return function
        raise ModelFileError(_refuse("function", name))

    @staticmethod
    def find_class_value(name: str) -> type:
        """Return a class that is a value, such as the dtype of an encoder."""
        for cls in _BUILTINS:
            if name == f"builtins.{cls.__name__}":
                return cls
        scalar: Any = getattr(np, name.removeprefix("numpy."), None)
        if not inspect.isclass(scalar) or not issubclass(scalar, np.generic):
            raise ModelFileError(_refuse("type", name))
        return scalar


def get_full_name(member: Any) -> str:
    """Return the name of the module of a class or function and its name there."""
    module = getattr(member, "__module__", None) or "builtins"
    return f"{module}.{getattr(member, '__qualname__', type(member).__name__)}"


def _refuse(kind: str, name: str) -> str:
    return (
        f"The file names the {kind} {name!r}, which is neither scikit-learn's nor sklvision's. It "
        f"was not imported. If you trust it, pass it: types=[{name.rpartition('.')[2]}]."
    )


def _is_public(cls: type, module: ModuleType) -> bool:
    """Whether a class is an estimator of a public package, or a splitter or kernel of one."""
    names = getattr(module, "__all__", None)
    is_exported = not cls.__name__.startswith("_") if names is None else cls.__name__ in names
    is_defined_there = f"{cls.__module__}.".startswith(f"{module.__name__}.")
    if not is_exported or not is_defined_there:
        return False
    bases = {base.__name__ for base in cls.__mro__}
    return issubclass(cls, BaseEstimator) or bool(bases.intersection(_KINDRED))
