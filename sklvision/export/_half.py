"""Weights of 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

# Smaller constants are not worth another format.
_MIN_VALUES = 64


def store_half_weights(onnx: Any, model: Any) -> Any:
    """Store the weights of a graph in 16 bits, and convert them to 32 when they are used.

    Processors without 16-bit arithmetic compute in 32 bits in any case; a runtime converts the
    weights once, when it loads the file. Numbers beyond the range of 16 bits keep 32.

    Parameters
    ----------
    onnx : module
        The library.
    model : onnx.ModelProto
        The graph; it is changed.

    Returns
    -------
    model : onnx.ModelProto
        The graph.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _MIN_VALUES:
            continue
        weights = onnx.numpy_helper.to_array(tensor)
        if np.abs(weights).max() > np.finfo(np.float16).max:
            continue
        name, half_name = tensor.name, f"{tensor.name}/half"
        tensor.CopyFrom(onnx.numpy_helper.from_array(weights.astype(np.float16), half_name))
        casts.append(
            onnx.helper.make_node(
                "Cast", [half_name], [name], name=f"{name}/cast", to=onnx.TensorProto.FLOAT
            )
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
