"""Models for other programs: archives, ONNX files, a classifier that runs them, and cards."""

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
