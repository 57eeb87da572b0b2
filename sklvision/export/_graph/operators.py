"""Domains of the operators that graphs of this package use."""

from __future__ import annotations

# Version of each domain of operators in every graph that this package writes; ONNX's own domain is
# "". Operators of both only compute: none reads a file, opens a connection or loads code.
# Version 20 is the first with GELU as one operation; "ai.onnx.ml" has the trees and kernels that
# skl2onnx writes.
DOMAINS: dict[str, int] = {"": 20, "ai.onnx.ml": 3}
# Format of files that goes with these versions.
IR_VERSION = 10
