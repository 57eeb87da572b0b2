"""A graph of ONNX that grows operation by operation, and the registry of what builds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklvision.export._graph.operators import DOMAINS, IR_VERSION
from sklvision.utils._optional import import_optional

# A side of an image: a number, or the name of a scalar if it is known at run time only.
Side = int | str


@dataclass(frozen=True)
class Value:
    """Samples at one place of the graph.

    Attributes
    ----------
    name : str
        Name in the graph.
    shape : tuple of (int or None)
        Shape of one sample, None for sides of images that are known at run time only.
    is_double : bool, default=False
        Whether numbers have 64 bits, otherwise 32.
    limits : (float, float) or None, default=None
        Ends of an integer type, where the step before returns whole numbers of it.
    """

    name: str
    shape: tuple[int | None, ...]
    is_double: bool = False
    limits: tuple[float, float] | None = None

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return np.float64 if self.is_double else np.float32

    @property
    def is_table(self) -> bool:
        """Whether every sample is a row of numbers."""
        return len(self.shape) == 1

    def change(self, name: str, **changes: Any) -> Value:
        """Return the samples after an operation."""
        return replace(self, name=name, **changes)


@dataclass(frozen=True)
class Prediction:
    """Predictions of a classifier at one place of the graph.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels.
    index : str
        Name of the predicted classes, as their positions.
    probabilities : str or None, default=None
        Name of the probabilities, of 64 bits.
    scores : str or None, default=None
        Name of the decision function, of 64 bits; one column for two classes.
    logits : str or None, default=None
        Name of a net's logits, of 32 bits.
    """

    classes: np.ndarray
    index: str
    probabilities: str | None = None
    scores: str | None = None
    logits: str | None = None


Converter = Callable[["GraphBuilder", Any, Value], "Value | Prediction"]

# Converters by the name of the estimator: what is not used need not be imported, as torch.
CONVERTERS: dict[str, Converter] = {}


def register(*names: str) -> Callable[[Converter], Converter]:
    """Register a converter for estimators, such as ``"sklearn.PCA"``."""

    def register_one(converter: Converter) -> Converter:
        for name in names:
            CONVERTERS[name] = converter
        return converter

    return register_one


def get_name(estimator: Any) -> str:
    """Return the name of an estimator in the registry: its package and its class."""
    cls = type(estimator)
    return f"{cls.__module__.partition('.')[0]}.{cls.__name__}"


class UnsupportedStepError(ValueError):
    """A step that has no counterpart in ONNX.

    Parameters
    ----------
    path : str
        Names of the step and of what it is inside.
    reason : str
        Reason why it cannot be converted.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class GraphBuilder:
    """A graph that grows operation by operation.

    Names of its nodes begin with the step that they belong to; those of nets, with ``net/``.

    Attributes
    ----------
    n_parameters : int
        Number of values in the graph that were learned.
    outputs : dict of str to (Value or Prediction)
        Outputs of the steps, by their path.
    """

    def __init__(self) -> None:
        self.onnx = import_optional("onnx", extra="export")
        self.n_parameters = 0
        self.outputs: dict[str, Value | Prediction] = {}
        self._nodes: list[Any] = []
        self._initializers: dict[str, Any] = {}
        self._constants: dict[tuple, str] = {}
        self._path: list[str] = []
        self._n_names = 0

    @property
    def path(self) -> str:
        """Names of the step that is being converted, and of what it is inside."""
        return "/".join(self._path)

    def make_name(self, suffix: str) -> str:
        """Make a name that the graph does not have."""
        self._n_names += 1
        return f"{self.path}/{suffix}_{self._n_names}"

    def add(self, operator: str, *inputs: Any, n_outputs: int = 1, **attributes: Any) -> str:
        """Add an operation, and return the name of its first output.

        Inputs are names, or arrays that become constants; the empty name leaves one out.
        """
        names = [value if isinstance(value, str) else self.add_constant(value) for value in inputs]
        output = self.make_name(operator)
        outputs = [output, *(self.make_name(operator) for _ in range(n_outputs - 1))]
        node = self.onnx.helper.make_node(operator, names, outputs, name=output, **attributes)
        self._nodes.append(node)
        return output

    def add_softmax(self, scores: str) -> str:
        """Add softmax of numbers of 64 bits, over the columns.

        The operator of ONNX would do, but older versions of onnxruntime fail to quantize nets in
        front of one that has 64 bits.
        """
        last = np.array([-1])
        largest = self.add("ReduceMax", scores, last, keepdims=1)
        odds = self.add("Exp", self.add("Sub", scores, largest))
        return self.add("Div", odds, self.add("ReduceSum", odds, last, keepdims=1))

    def add_constant(self, values: Any, *, is_learned: bool = False) -> str:
        """Add a constant, or find the same one, and return its name."""
        array = np.asarray(values)
        if array.dtype.kind in "US":
            array = array.astype(object)
        key = (array.shape, array.dtype.str, array.tobytes() if array.dtype != object else None)
        if key[2] is not None and key in self._constants:
            return self._constants[key]
        name = self.make_name("constant")
        self._initializers[name] = _make_tensor(self.onnx, array, name)
        self._constants[key] = name
        self.n_parameters += array.size if is_learned else 0
        return name

    def add_model(self, model: Any, value: Value, *, is_net: bool = False) -> list[str]:
        """Add the nodes of another graph with one input, and return the names of its outputs."""
        with self.enter("net") if is_net else self.enter("model"):
            prefix = f"net/{self.make_name('')}/" if is_net else f"{self.make_name('')}/"
        if model.functions:
            model = self.onnx.inliner.inline_local_functions(model)
        model = self.onnx.compose.add_prefix(model, prefix)
        (model_input,) = model.graph.input
        self._nodes.append(
            self.onnx.helper.make_node(
                "Identity", [value.name], [model_input.name], name=f"{prefix}input"
            )
        )
        self._nodes.extend(model.graph.node)
        for tensor in model.graph.initializer:
            self._initializers[tensor.name] = tensor
            if tensor.data_type in (
                self.onnx.TensorProto.FLOAT,
                self.onnx.TensorProto.DOUBLE,
            ):
                self.n_parameters += int(np.prod(tensor.dims))
        return [output.name for output in model.graph.output]

    def cast(self, name: str, dtype: Any) -> str:
        """Convert to another type."""
        return self.add("Cast", name, to=self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def convert_to_double(self, value: Value) -> Value:
        """Convert samples to 64 bits."""
        if value.is_double:
            return value
        return value.change(self.cast(value.name, np.float64), is_double=True, limits=None)

    def convert_to_single(self, value: Value) -> Value:
        """Convert samples to 32 bits."""
        if not value.is_double:
            return value
        return value.change(self.cast(value.name, np.float32), is_double=False, limits=None)

    def name_output(self, source: str, name: str) -> None:
        """Give a value a name of its own as an output."""
        self._nodes.append(self.onnx.helper.make_node("Identity", [source], [name], name=name))

    def get_side(self, value: Value, axis: int) -> Side:
        """Return the side of samples along an axis, or the name of it."""
        side = value.shape[axis]
        if side is not None:
            return side
        shape = self.add("Shape", value.name, start=axis + 1, end=axis + 2)
        return self.add("Squeeze", shape, np.array([0]))

    @contextmanager
    def enter(self, name: str) -> Iterator[None]:
        """Add what follows under the name of a step."""
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    def convert(self, name: str, estimator: Any, value: Value) -> Value | Prediction:
        """Convert a fitted estimator under a name, and note its output."""
        with self.enter(name):
            converter = CONVERTERS.get(get_name(estimator), CONVERTERS["*"])
            output = converter(self, estimator, value)
            self.outputs[self.path] = output
        return output

    def predict(self, name: str, classifier: Any, value: Value) -> Prediction:
        """Convert a fitted classifier under a name."""
        output = self.convert(name, classifier, value)
        if isinstance(output, Value):
            raise UnsupportedStepError(f"{self.path}/{name}".strip("/"), "it is not a classifier.")
        return output

    def make_model(self, inputs: list[Any], outputs: list[Any]) -> Any:
        """Make the model; names and types of its inputs and outputs are given."""
        helper = self.onnx.helper
        nodes, names = _select_needed(self._nodes, {output.name for output in outputs})
        tensors = [tensor for name, tensor in self._initializers.items() if name in names]
        graph = helper.make_graph(nodes, "sklvision", inputs, outputs, tensors)
        opsets = [helper.make_opsetid(domain, version) for domain, version in DOMAINS.items()]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sklvision"
        )
        return model


def _select_needed(nodes: list[Any], outputs: set[str]) -> tuple[list[Any], set[str]]:
    """Select the nodes that outputs depend on, and the names of all that these take."""
    needed_nodes, names = [], set(outputs)
    for node in reversed(nodes):
        if names.isdisjoint(node.output):
            continue
        needed_nodes.append(node)
        names.update(_list_inputs(node))
    return needed_nodes[::-1], names


def _list_inputs(node: Any) -> Iterator[str]:
    """Yield the inputs of a node, and of nodes in the graphs inside it."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _list_inputs(inner)


def _make_tensor(onnx: Any, array: np.ndarray, name: str) -> Any:
    if array.dtype != object:
        return onnx.numpy_helper.from_array(np.asarray(array, order="C"), name)
    texts = [str(text).encode() for text in array.ravel()]
    return onnx.helper.make_tensor(name, onnx.TensorProto.STRING, array.shape, texts)
