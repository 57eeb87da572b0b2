"""Models for other programs: ONNX files, 8-bit weights, a classifier that runs them, and cards."""

from sklvision.export._card.card import ModelCard
from sklvision.export._card.make import model_card
from sklvision.export._onnx_classifier import OnnxClassifier
from sklvision.export._quantize import quantize
from sklvision.export._to_onnx import to_onnx

__all__ = ["ModelCard", "OnnxClassifier", "model_card", "quantize", "to_onnx"]
