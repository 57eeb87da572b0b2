"""Models for other programs: ONNX files, 8-bit weights, and a classifier that runs them."""

from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._quantize import quantize
from sklvision.export._to_onnx import to_onnx

__all__ = ["OnnxClassifier", "quantize", "to_onnx"]
