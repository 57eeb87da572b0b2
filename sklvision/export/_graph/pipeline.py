"""The graph of a whole model: its input, the converted steps and its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Imported for their converters.
from sklvision.export._graph import (  # noqa: F401
    calibration,
    crop,
    ensembles,
    features,
    image,
    linear,
    nets,
    sklearn,
    spectral,
    tables,
)
from sklvision.export._graph.builder import GraphBuilder, Prediction, Value
from sklvision.export._signature import INDEX, INPUT, LABEL, LOGITS, PROBABILITIES, SCORES
from sklvision.utils._images import get_dtype_range
from sklvision.utils._nested import find_input_steps, walk_estimators

_SIDES = ("height", "width")


@dataclass(frozen=True)
class ModelInput:
    """Samples that a graph takes.

    Attributes
    ----------
    shape : tuple of (int or None)
        Shape of one sample in training, None where images differ in it.
    dtype : dtype
        Type of the values in training.
    is_double : bool
        Whether the graph takes numbers of 64 bits.
    """

    shape: tuple[int | None, ...]
    dtype: np.dtype
    is_double: bool

    @property
    def graph_shape(self) -> tuple[int | None, ...]:
        """Shape of one sample in the graph, where images have an axis of channels always."""
        return (*self.shape, 1) if len(self.shape) == 2 else self.shape


@dataclass(frozen=True)
class PipelineGraph:
    """A graph, and where the outputs of its steps are.

    Attributes
    ----------
    model : onnx.ModelProto
        The graph.
    builder : GraphBuilder
        Its builder.
    inputs, outputs : list of onnx.ValueInfoProto
        Descriptions of the input and of the outputs.
    prediction : Prediction
        Predictions of the model.
    """

    model: Any
    builder: GraphBuilder
    inputs: list[Any]
    outputs: list[Any]
    prediction: Prediction


def describe_input(model: Any, contract: dict[str, Any] | None) -> ModelInput:
    """Describe what the first exported step takes.

    Parameters
    ----------
    model : estimator
        A fitted model.
    contract : dict or None
        Its input contract.

    Raises
    ------
    ValueError
        If neither the contract nor the first step tells the shape of samples.
    """
    shape, dtype = (contract or {}).get("shape"), (contract or {}).get("dtype", "float64")
    if shape is None:
        shape = _find_shape(model, contract)
    known_type = np.dtype(dtype) if dtype != "object" else np.dtype(np.float64)
    return ModelInput(tuple(shape), known_type, has_double_net(model))


def make_pipeline_graph(model: Any, model_input: ModelInput) -> PipelineGraph:
    """Convert a fitted model.

    Raises
    ------
    UnsupportedStepError
        If a step has no counterpart in ONNX.
    """
    builder = GraphBuilder()
    value = _make_input_value(builder, model_input)
    output = builder.predict("model", model, value)
    helper = builder.onnx.helper
    number = np.float64 if model_input.is_double else np.float32
    shape = ["n_samples", *(side or _SIDES[i] for i, side in enumerate(model_input.graph_shape))]
    inputs = [
        helper.make_tensor_value_info(
            INPUT, helper.np_dtype_to_tensor_dtype(np.dtype(number)), shape
        )
    ]
    outputs = _add_outputs(builder, output)
    return PipelineGraph(builder.make_model(inputs, outputs), builder, inputs, outputs, output)


def _make_input_value(builder: GraphBuilder, model_input: ModelInput) -> Value:
    limits = get_dtype_range(model_input.dtype)
    if model_input.dtype.kind == "i":
        info = np.iinfo(model_input.dtype)
        limits = float(info.min), float(info.max)
    value = Value(INPUT, model_input.graph_shape, model_input.is_double, limits)
    if len(model_input.shape) == 2:
        name = builder.add("Squeeze", INPUT, np.array([3]))
        return value.change(name, shape=model_input.shape)
    return value


def _add_outputs(builder: GraphBuilder, prediction: Prediction) -> list[Any]:
    """Add what other programs take: the label itself, its place, and numbers of 32 bits."""
    helper, n_classes = builder.onnx.helper, len(prediction.classes)
    classes = prediction.classes
    if classes.dtype.kind in "iu":
        classes = classes.astype(np.int64)
    elif classes.dtype.kind == "f":
        classes = classes.astype(np.float64)
    outputs = {INDEX: prediction.index}
    outputs[LABEL] = builder.add("Gather", classes, prediction.index, axis=0)
    for name, source in (
        (LOGITS, prediction.logits),
        (SCORES, None if prediction.logits else prediction.scores),
        (PROBABILITIES, prediction.probabilities),
    ):
        if source is not None:
            outputs[name] = source if name == LOGITS else builder.cast(source, np.float32)
    tensor = builder.onnx.TensorProto
    kinds = {"i": tensor.INT64, "u": tensor.INT64, "f": tensor.DOUBLE, "b": tensor.BOOL}
    label_type = kinds.get(classes.dtype.kind, tensor.STRING)
    types = {INDEX: tensor.INT64, LABEL: label_type}
    widths: dict[str, list[Any]] = {INDEX: [], LABEL: []}
    widths |= {LOGITS: [n_classes], PROBABILITIES: [n_classes]}
    widths[SCORES] = [1 if n_classes == 2 else n_classes]
    descriptions = []
    for name, source in outputs.items():
        builder.name_output(source, name)
        shape = ["n_samples", *widths[name]]
        descriptions.append(
            helper.make_tensor_value_info(name, types.get(name, tensor.FLOAT), shape)
        )
    return descriptions


def _find_shape(model: Any, contract: dict[str, Any] | None) -> tuple[int | None, ...]:
    """Find the shape of samples where the contract has none."""
    if contract is not None and contract.get("kind") == "images":  # they differ in size
        mode = (contract.get("reading") or {}).get("mode")
        n_channels = {"L": 1, "F": 1, "RGB": 3}.get(mode or "")
        if n_channels is None:
            n_channels = _find_channels(model)
        return (None, None, n_channels)
    for step in find_input_steps(model):
        n_features = getattr(step, "n_features_in_", None)
        if n_features is not None and len(getattr(step, "input_shape_", None) or (1,)) == 1:
            return (int(n_features),)
    raise ValueError(
        "to_onnx found no description of the training samples in the model. Fit it with an "
        "sklvision step first, which stores their shape."
    )


def _find_channels(model: Any) -> int:
    for inner in walk_estimators(model):
        settings = getattr(inner, "_extractor_settings", None)
        if settings is not None:
            return int(settings[2])
        shape: Any = getattr(inner, "input_shape_", None) or ()
        if len(shape) == 3:
            return int(shape[2])
    return 3


def has_double_net(model: Any) -> bool:
    """Whether a net inside a model was trained in 64 bits."""
    settings = [getattr(inner, "_settings", None) for inner in walk_estimators(model)]
    return any(getattr(setting, "precision", None) == "float64" for setting in settings)
