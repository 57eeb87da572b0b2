"""One function that accepts an ONNX file, or refuses it, before onnxruntime sees it."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

import numpy as np

from sklvision.export._errors import ModelFileError
from sklvision.export._graph.operators import DOMAINS
from sklvision.export._onnx_check.wire import Value, WireReader

MAX_FILE_BYTES = 2**31 - 1  # of protobuf
_MOST_FIELDS, _MOST_NODES = 20_000_000, 200_000
_MOST_METADATA = 16 * 2**20
_MAX_DEPTH = 4  # of graphs inside graphs
_MAX_RANK, _MAX_ELEMENTS = 16, 2**28
# Operators of other domains that `quantize` writes.
_QUANTIZATION = ("QuantizeLinear", "DequantizeLinear")
# Loops, whose length the data of the file decide, and draws of random numbers.
_REFUSED_OPERATORS = (
    "Loop",
    "Scan",
    "SequenceMap",
    "RandomNormal",
    "RandomUniform",
    "RandomNormalLike",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
)
# Operators that make a tensor of a shape that another tensor holds, and the place of that input.
_SHAPE_INPUTS = {
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "Tile": (1,),
    "Pad": (1,),
    "Resize": (2, 3),
    "Range": (1,),
    "OneHot": (1,),
}
# Bytes of one element by data type: float, uint8, int8, uint16, int16, int32, int64, bool, float16,
# double, uint32, uint64, bfloat16 and the four of 8 bits.
_ITEM_BYTES = {
    **{1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2},
    **dict.fromkeys((17, 18, 19, 20), 1),
}
_TEXT_TYPE, _HALF_BYTE_TYPES = 8, (21, 22)
_NUMBERS = {7: "<i8", 1: "<f4"}  # types of shapes and of factors of resizing
_DATA = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data")


def check_onnx(content: bytes, source: str) -> dict[str, str]:
    """Check an ONNX file, and return its metadata.

    Parameters
    ----------
    content : bytes
        Content of the file.
    source : str
        Name of the file, which begins the errors.

    Returns
    -------
    metadata : dict of str to str
        Metadata of the model.

    Raises
    ------
    ModelFileError
        If the file is not ONNX or damaged; keeps weights in other files; has operators that are not
        in the domains that this package writes; has loops, functions, or graphs nested deeply; or
        declares tensors of other sizes than it holds.
    """
    if len(content) > MAX_FILE_BYTES:
        raise ModelFileError(
            f"{source} has {len(content):,} bytes, expected at most {MAX_FILE_BYTES:,}."
        )
    return _Checker(WireReader(source, _MOST_FIELDS)).check_model(memoryview(content))


class _Checker:
    """Walks the messages of one model."""

    def __init__(self, reader: WireReader) -> None:
        self.reader = reader
        self.n_nodes = 0
        # Small integer tensors by name, and names that decide the shape of another tensor.
        self.sizes: dict[str, list[int]] = {}
        self.shape_names: list[str] = []

    def check_model(self, content: memoryview) -> dict[str, str]:
        metadata: dict[str, str] = {}
        n_graphs = 0
        for value in self.reader.read("Model", content):
            if value.name == "graph":
                n_graphs += 1
                self._check_graph(_get_content(value), 1)
            elif value.name == "opset_import":
                list(self.reader.read("OperatorSet", _get_content(value)))
            elif value.name == "metadata_props":
                key, text = self._read_entry(value)
                if key in metadata:
                    raise self.reader.refuse(f"has the metadata {key[:40]!r} twice")
                metadata[key] = text
        if n_graphs != 1:
            raise self.reader.refuse(f"is not an ONNX file: it has {n_graphs} graphs")
        for name in self.shape_names:
            if _count_elements(self.sizes.get(name, [])) > _MAX_ELEMENTS:
                raise self.reader.refuse(
                    f"makes a tensor of the shape {self.sizes[name]}, of more than "
                    f"{_MAX_ELEMENTS:,} values"
                )
        return metadata

    def _check_graph(self, content: memoryview, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise self.reader.refuse(f"has graphs nested deeper than {_MAX_DEPTH}")
        for value in self.reader.read("Graph", content):
            if value.name == "node":
                self._check_node(_get_content(value), depth)
            elif value.name == "initializer":
                self._check_tensor(_get_content(value))
            elif value.kind == "ValueInfo":
                self._check_shape(_get_content(value))
            elif value.name == "quantization_annotation":
                for part in self.reader.read("Annotation", _get_content(value)):
                    self._read_parts(part)
            else:
                self._read_parts(value)

    def _check_node(self, content: memoryview, depth: int) -> None:
        self.n_nodes += 1
        if self.n_nodes > _MOST_NODES:
            raise self.reader.refuse(f"has more than {_MOST_NODES:,} nodes")
        operator, domain = "", ""
        inputs, outputs, attributes = [], [], []
        for value in self.reader.read("Node", content):
            if value.name == "op_type":
                operator = self._read_text(value)
            elif value.name == "domain":
                domain = self._read_text(value)
            elif value.name == "input":
                inputs.append(self._read_text(value))
            elif value.name == "output":
                outputs.append(self._read_text(value))
            elif value.name == "attribute":
                attributes.append(_get_content(value))
            else:
                self._read_parts(value)
        self._check_operator(operator, domain)
        places = _SHAPE_INPUTS.get(operator, ())
        self.shape_names += [inputs[place] for place in places if place < len(inputs)]
        for attribute in attributes:
            self._check_attribute(attribute, depth, outputs)

    def _check_operator(self, operator: str, domain: str) -> None:
        is_known = domain in (*DOMAINS, "ai.onnx")
        if not is_known and not (domain == "com.microsoft" and operator in _QUANTIZATION):
            raise self.reader.refuse(
                f"has the operator {operator[:40]!r} of the domain {domain[:40]!r}, which is not "
                "one of those that sklvision writes"
            )
        if operator in _REFUSED_OPERATORS:
            raise self.reader.refuse(f"has the operator {operator!r}, which sklvision never writes")

    def _check_attribute(self, content: memoryview, depth: int, outputs: Iterable[str]) -> None:
        name = ""
        numbers: list[int] = []
        for value in self.reader.read("Attribute", content):
            if value.name == "g":
                self._check_graph(_get_content(value), depth + 1)
            elif value.name == "t":
                self._check_tensor(_get_content(value), outputs)
            elif value.name == "name":
                name = self._read_text(value)
            elif value.name in ("i", "ints") and len(numbers) < _MAX_RANK:
                numbers.append(_to_signed(value.number))
            else:
                self._read_parts(value)
        if name in ("value_int", "value_ints"):  # of a constant
            self._note_sizes(outputs, numbers)

    def _note_sizes(self, names: Iterable[str], sizes: list[int]) -> None:
        """Note a few numbers that may become a shape; of two with one name the larger."""
        for name in names:
            if _count_elements(sizes) >= _count_elements(self.sizes.get(name, [])):
                self.sizes[name] = sizes

    def _check_tensor(self, content: memoryview, names: Iterable[str] = ()) -> None:
        """Check that a tensor holds as many values as its shape declares."""
        shape: list[int] = []
        numbers: list[int] = []
        counts = dict.fromkeys(_DATA, 0)
        raw: memoryview | None = None
        data_type, name = 0, ""
        for value in self.reader.read("Tensor", content):
            if value.name == "dims":
                shape.append(_to_signed(value.number))
            elif value.name == "data_type":
                data_type = value.number
            elif value.name == "name":
                name = self._read_text(value)
            elif value.name == "raw_data":
                if raw is not None:
                    raise self.reader.refuse("has a tensor with two contents")
                raw = _get_content(value)
            elif value.name in counts:
                counts[value.name] += value.number if value.kind == "packed" else 1
                if value.name == "int64_data" and len(numbers) < _MAX_RANK:
                    numbers.append(_to_signed(value.number))
            elif value.name in ("external_data", "data_location") and (
                value.content is not None or value.number
            ):
                raise self.reader.refuse(
                    f"keeps the weights {name!r} in another file (external data of ONNX), which "
                    "is not read. Save it as one file, as sklvision.export.to_onnx does"
                )
            else:
                self._read_parts(value)
        self._check_size(name, shape, data_type, counts, raw)
        if data_type in _NUMBERS and prod(shape) <= _MAX_RANK:
            if raw is not None:
                values = np.frombuffer(raw, _NUMBERS[data_type]).tolist()
                numbers = [int(value) if abs(value) < 2**63 else 2**63 for value in values]
            self._note_sizes((name, *names), numbers)

    def _check_size(
        self,
        name: str,
        shape: list[int],
        data_type: int,
        counts: dict[str, int],
        raw: memoryview | None,
    ) -> None:
        n_elements = prod(shape)
        n_values = sum(counts.values())
        if len(shape) > _MAX_RANK or any(size < 0 for size in shape):
            raise self.reader.refuse(f"has a tensor {name[:40]!r} of the shape {shape[:20]}")
        if data_type in _HALF_BYTE_TYPES:  # two values a byte
            expected = (n_elements + 1) // 2
            is_whole = (len(raw) if raw is not None else n_values) == expected
        elif raw is not None:
            is_whole = not n_values and len(raw) == n_elements * _ITEM_BYTES.get(data_type, -1)
        else:
            is_known = data_type in _ITEM_BYTES or data_type == _TEXT_TYPE
            is_whole = is_known and n_values == n_elements
        if not is_whole:
            raise self.reader.refuse(
                f"declares a tensor {name[:40]!r} of the shape {shape} that its data do not fill"
            )

    def _check_shape(self, content: memoryview) -> None:
        """Check the declared shape of an input, an output or a value between."""
        for value in self.reader.read("ValueInfo", content):
            if value.kind != "Type":
                self._read_parts(value)
                continue
            for part in self.reader.read("Type", _get_content(value)):
                if part.kind == "TensorType":
                    self._check_dimensions(_get_content(part))

    def _check_dimensions(self, content: memoryview) -> None:
        sizes = []
        for value in self.reader.read("TensorType", content):
            if value.kind != "Shape":
                continue
            for dimension in self.reader.read("Shape", _get_content(value)):
                for part in self.reader.read("Dimension", _get_content(dimension)):
                    if part.name == "dim_value":
                        sizes.append(_to_signed(part.number))
        if any(size < 0 for size in sizes) or prod(sizes) > _MAX_ELEMENTS:
            raise self.reader.refuse(f"declares a tensor of the shape {sizes[:20]}")

    def _read_parts(self, value: Value) -> None:
        """Read what needs no check of its own: texts are UTF-8, entries have keys."""
        if value.kind == "text":
            self._read_text(value)
        elif value.kind == "Entry":
            self._read_entry(value)

    def _read_entry(self, value: Value) -> tuple[str, str]:
        texts = {"key": "", "value": ""}
        for part in self.reader.read("Entry", _get_content(value)):
            texts[part.name] = self._read_text(part)
        return texts["key"], texts["value"]

    def _read_text(self, value: Value) -> str:
        content = _get_content(value)
        if len(content) > _MOST_METADATA:
            raise self.reader.refuse(f"has a text of {len(content):,} bytes")
        try:
            return content.tobytes().decode()
        except UnicodeDecodeError:
            raise self.reader.refuse(f"is damaged: {value.name} is not a text") from None


def _get_content(value: Value) -> memoryview:
    assert value.content is not None  # of every kind but numbers
    return value.content


def _count_elements(sizes: Iterable[int]) -> int:
    """Return the number of values of a tensor of these sizes, where zeros stand for ones."""
    return prod(abs(size) for size in sizes if size)


def _to_signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number
