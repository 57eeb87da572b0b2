"""Models for other programs: archives, ONNX files, a classifier that runs them, and cards.

Every name is imported when it is first used: a process that only runs an ONNX file starts in less
time without what writes archives and cards.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklvision.export._archive.load import load, read_manifest
    from sklvision.export._archive.save import save
    from sklvision.export._backends import BackendComparison, compare_backends
    from sklvision.export._card.card import ModelCard
    from sklvision.export._card.make import model_card
    from sklvision.export._errors import ModelFileError
    from sklvision.export._onnx_classifier import OnnxClassifier
    from sklvision.export._quantize import quantize
    from sklvision.export._to_onnx import to_onnx

__all__ = [
    "BackendComparison",
    "ModelCard",
    "ModelFileError",
    "OnnxClassifier",
    "compare_backends",
    "load",
    "model_card",
    "quantize",
    "read_manifest",
    "save",
    "to_onnx",
]

_MODULES = {
    "BackendComparison": "_backends",
    "ModelCard": "_card.card",
    "ModelFileError": "_errors",
    "OnnxClassifier": "_onnx_classifier",
    "compare_backends": "_backends",
    "load": "_archive.load",
    "model_card": "_card.make",
    "quantize": "_quantize",
    "read_manifest": "_archive.load",
    "save": "_archive.save",
    "to_onnx": "_to_onnx",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'sklvision.export' has no attribute {name!r}")
    value = getattr(import_module(f"sklvision.export.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
