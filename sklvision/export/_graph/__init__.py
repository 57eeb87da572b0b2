"""Graphs of fitted models in ONNX: a converter for every kind of step, and its check."""
