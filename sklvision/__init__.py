"""scikit-learn compatible classification of small images and spectra.

Every subpackage is imported when it is first used, ``sklvision.neural_network`` as well as
``sklvision.spectral``. Importing the package itself loads neither torch nor any other heavy
dependency.
"""

from importlib import import_module
from typing import Any

from sklvision._version import __version__

__all__ = ["__version__"]

_SUBPACKAGES = {
    "augmentation",
    "cli",
    "datasets",
    "discriminant_analysis",
    "distributed",
    "ensemble",
    "export",
    "feature_extraction",
    "image",
    "inspection",
    "model_selection",
    "nets",
    "neural_network",
    "recipes",
    "reporting",
    "serving",
    "spectral",
    "utils",
}


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return import_module(f"sklvision.{name}")
    raise AttributeError(f"module 'sklvision' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SUBPACKAGES])
