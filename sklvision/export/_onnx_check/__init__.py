"""Checks of ONNX files as data from outside, before onnxruntime sees them."""
