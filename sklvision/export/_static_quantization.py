"""Weights and activations of 8 bits, by onnxruntime."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sklvision.export._onnx_file import OnnxFile
from sklvision.export._signature import INPUT
from sklvision.utils._optional import import_optional

# Nets that lose no accuracy by 8 bits change less than half as many labels.
MAX_CHANGED = 0.03
# Labels that a layer may change alone, and fraction of the weights that may stay at 32 bits.
_MAX_CHANGED_BY_LAYER, _MOST_EXCLUDED = 0.01, 0.5
_LAYERS = ("Conv", "Gemm", "MatMul")
# Of deeper nets the layers are not quantized one by one, which would take minutes.
_MOST_LAYERS = 32


def quantize_content(file: OnnxFile, batches: list[np.ndarray]) -> bytes:
    """Quantize the nets of a file.

    Layers that 8 bits spoil, such as those with large weights for channels that hardly vary, keep
    32 bits where that saves the labels.

    Parameters
    ----------
    file : OnnxFile
        The file.
    batches : list of ndarray of shape (n_samples, ...)
        Samples that set the scales of activations.

    Returns
    -------
    content : bytes
        The quantized file.

    Raises
    ------
    ValueError
        If it holds no net.
    """
    with TemporaryDirectory() as folder, _suppress_messages():
        quantizer = _Quantizer(file, batches, Path(folder))
        content = quantizer.quantize()
        if measure_changed(file, content, batches) <= MAX_CHANGED:
            return content
        layers = quantizer.list_layers()
        if len(layers) > _MOST_LAYERS:
            return content
        excluded_layers = [
            layer
            for layer in layers
            if measure_changed(file, quantizer.quantize([layer]), batches) > _MAX_CHANGED_BY_LAYER
        ]
        n_excluded = sum(layers[layer] for layer in excluded_layers)
        if not excluded_layers or n_excluded > _MOST_EXCLUDED * sum(layers.values()):
            return content
        inputs = [node for layer in excluded_layers for node in quantizer.list_inputs(layer)]
        return quantizer.quantize(excluded_nodes=[*excluded_layers, *inputs])


def measure_changed(file: OnnxFile, content: bytes, batches: list[np.ndarray]) -> float:
    """Return the fraction of the samples that get another label by the content of another file."""
    other_file = OnnxFile(content, file.n_threads)
    is_changed = [file.predict_indices(X) != other_file.predict_indices(X) for X in batches]
    return float(np.concatenate(is_changed).mean())


class _Quantizer:
    """Quantization by onnxruntime, which works on files.

    Parameters
    ----------
    file : OnnxFile
        The file.
    batches : list of ndarray
        Samples.
    folder : Path
        Directory of temporary files.
    """

    def __init__(self, file: OnnxFile, batches: list[np.ndarray], folder: Path) -> None:
        self._onnx = import_optional("onnx", extra="export")
        self._tools = import_optional("onnxruntime.quantization", extra="export")
        inference = import_optional("onnxruntime.quantization.shape_inference", extra="export")
        self._metadata = file.signature.to_metadata()
        self._batches = batches
        self._original, self._small = folder / "original.onnx", folder / "small.onnx"
        source = folder / "source.onnx"
        source.write_bytes(file.content)
        # Batch normalization that is still there is folded, which 8 bits need.
        inference.quant_pre_process(source, self._original, skip_symbolic_shape=True)
        self._graph = self._onnx.load(self._original).graph
        # One scale for the constants of all channels would spoil batch normalization that is left.
        self._nodes = [
            node.name for node in self._graph.node if node.op_type != "BatchNormalization"
        ]
        if file.signature.steps:  # the other steps are small, and keep their precision
            self._nodes = [name for name in self._nodes if name.startswith("net/")]
        if not self._nodes:
            raise ValueError(
                "the model holds no net, and 8 bits are for the layers of nets; use bits=16."
            )

    def list_layers(self) -> dict[str, int]:
        """List the layers with weights, and their numbers of weights."""
        sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in self._graph.initializer}
        return {
            node.name: max(sizes.get(name, 0) for name in node.input)
            for node in self._graph.node
            if node.op_type in _LAYERS and node.name in self._nodes
        }

    def list_inputs(self, layer: str) -> list[str]:
        """List the nodes between a layer and those before it: their outputs are its input."""
        producers = {name: node for node in self._graph.node for name in node.output}
        pending_nodes = [node for node in self._graph.node if node.name == layer]
        inputs = []
        while pending_nodes:
            for name in pending_nodes.pop().input:
                node = producers.get(name)
                if node is not None and node.op_type not in _LAYERS and node.name not in inputs:
                    inputs.append(node.name)
                    pending_nodes.append(node)
        return inputs

    def quantize(
        self, nodes: Sequence[str] | None = None, excluded_nodes: Sequence[str] = ()
    ) -> bytes:
        """Quantize some nodes, or all but some."""
        self._tools.quantize_static(
            self._original,
            self._small,
            _make_reader(self._tools.CalibrationDataReader, self._batches),
            per_channel=True,
            activation_type=self._tools.QuantType.QInt8,
            weight_type=self._tools.QuantType.QInt8,
            nodes_to_quantize=list(nodes or self._nodes),
            nodes_to_exclude=list(excluded_nodes),
        )
        model = self._onnx.load(self._small)
        # Domains of operators that onnxruntime lists without using them.
        domains = {node.domain for node in model.graph.node} | {""}
        opsets = [opset for opset in model.opset_import if opset.domain in domains]
        del model.opset_import[:]
        model.opset_import.extend(opsets)
        del model.metadata_props[:]
        self._onnx.helper.set_model_props(model, self._metadata)
        return model.SerializeToString()


def _make_reader(base: Any, batches: list[np.ndarray]) -> Any:
    """Make onnxruntime's reader of samples, which returns one batch after another."""

    class Reader(base):
        def __init__(self) -> None:
            self._batches = iter(batches)

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT: batch}

    return Reader()


@contextmanager
def _suppress_messages() -> Iterator[None]:
    """Suppress warnings, and the advice that onnxruntime logs to the root logger."""
    logger = logging.getLogger()
    level = logger.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
