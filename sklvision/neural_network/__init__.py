"""Neural classifiers for spectra and small images: scikit-learn outside, skorch inside.

Every name is imported when it is first used: a process that loads a classifier and predicts starts
in less time without the search, which needs more of scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklvision.neural_network._batched.search import BatchedGridSearchCV
    from sklvision.neural_network._image import ImageClassifier
    from sklvision.neural_network._spectrum import SpectrumClassifier

__all__ = ["BatchedGridSearchCV", "ImageClassifier", "SpectrumClassifier"]

_MODULES = {
    "BatchedGridSearchCV": "_batched.search",
    "ImageClassifier": "_image",
    "SpectrumClassifier": "_spectrum",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
