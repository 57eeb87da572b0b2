"""Torch at run time: device, precision, process-wide state and nets folded for inference.

Shared by every room above it that computes with torch; it knows no architecture and no estimator.
"""

from sklvision._torch.process_state import limit_forked_threads

# Before anything is computed, so that every process that is forked afterwards can compute.
limit_forked_threads()
