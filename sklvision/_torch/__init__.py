"""Torch at run time: device, precision, process-wide state and nets folded for inference.

Shared by every room above it that computes with torch; it knows no architecture and no estimator.
"""
