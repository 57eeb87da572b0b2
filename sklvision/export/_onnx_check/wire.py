"""Reading of protobuf messages by a table of the fields that ONNX files may have.

A message is a sequence of keys and values. Only what stands in the table is accepted: so whatever
this reader does not know, no other reader gets to see. It needs no package, and the nesting of
messages is bounded by the number of times that a message type may contain itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sklvision.export._errors import ModelFileError

# Kinds of values: integers, texts, bytes, numbers of four and eight bytes; the name of a message
# otherwise. A list of integers or numbers may be packed into one value.
INT, TEXT, BYTES, FIXED32, FIXED64 = "int", "text", "bytes", "fixed32", "fixed64"
_WIRE_TYPES = {INT: 0, FIXED64: 1, FIXED32: 5}
_LENGTH_DELIMITED = 2

Field = tuple[str, str]
# Numbers and kinds of fields as onnx.proto defines them. What is left out here is refused:
# functions, training, sparse tensors, devices, and types other than tensors.
MESSAGES: dict[str, dict[int, Field]] = {
    "Model": {
        1: ("ir_version", INT),
        2: ("producer_name", TEXT),
        3: ("producer_version", TEXT),
        4: ("domain", TEXT),
        5: ("model_version", INT),
        6: ("doc_string", TEXT),
        7: ("graph", "Graph"),
        8: ("opset_import", "OperatorSet"),
        14: ("metadata_props", "Entry"),
    },
    "OperatorSet": {1: ("domain", TEXT), 2: ("version", INT)},
    "Entry": {1: ("key", TEXT), 2: ("value", TEXT)},
    "Graph": {
        1: ("node", "Node"),
        2: ("name", TEXT),
        5: ("initializer", "Tensor"),
        10: ("doc_string", TEXT),
        11: ("input", "ValueInfo"),
        12: ("output", "ValueInfo"),
        13: ("value_info", "ValueInfo"),
        14: ("quantization_annotation", "Annotation"),
        16: ("metadata_props", "Entry"),
    },
    "Annotation": {1: ("tensor_name", TEXT), 2: ("parameter_names", "Entry")},
    "Node": {
        1: ("input", TEXT),
        2: ("output", TEXT),
        3: ("name", TEXT),
        4: ("op_type", TEXT),
        5: ("attribute", "Attribute"),
        6: ("doc_string", TEXT),
        7: ("domain", TEXT),
        8: ("overload", TEXT),
        9: ("metadata_props", "Entry"),
    },
    "Attribute": {
        1: ("name", TEXT),
        2: ("f", FIXED32),
        3: ("i", INT),
        4: ("s", BYTES),
        5: ("t", "Tensor"),
        6: ("g", "Graph"),
        7: ("floats", FIXED32),
        8: ("ints", INT),
        9: ("strings", BYTES),
        13: ("doc_string", TEXT),
        20: ("type", INT),
    },
    "Tensor": {
        1: ("dims", INT),
        2: ("data_type", INT),
        4: ("float_data", FIXED32),
        5: ("int32_data", INT),
        6: ("string_data", BYTES),
        7: ("int64_data", INT),
        8: ("name", TEXT),
        9: ("raw_data", BYTES),
        10: ("double_data", FIXED64),
        11: ("uint64_data", INT),
        12: ("doc_string", TEXT),
        13: ("external_data", "Entry"),
        14: ("data_location", INT),
        16: ("metadata_props", "Entry"),
    },
    "ValueInfo": {
        1: ("name", TEXT),
        2: ("type", "Type"),
        3: ("doc_string", TEXT),
        4: ("metadata_props", "Entry"),
    },
    "Type": {1: ("tensor_type", "TensorType"), 6: ("denotation", TEXT)},
    "TensorType": {1: ("elem_type", INT), 2: ("shape", "Shape")},
    "Shape": {1: ("dim", "Dimension")},
    "Dimension": {1: ("dim_value", INT), 2: ("dim_param", TEXT), 3: ("denotation", TEXT)},
}
_PACKABLE = (INT, FIXED32, FIXED64)


@dataclass(frozen=True, slots=True)
class Value:
    """Value of one field: ``content`` of texts, bytes and messages, or ``number``."""

    name: str
    kind: str
    content: memoryview | None
    number: int


class WireReader:
    """Reads messages of one file, and counts their fields.

    Parameters
    ----------
    source : str
        Name of the file in errors.
    most_fields : int
        Number of fields that a file may have.
    """

    def __init__(self, source: str, most_fields: int) -> None:
        self.source, self.n_left = source, most_fields

    def refuse(self, problem: str) -> ModelFileError:
        """Make the error about a file."""
        return ModelFileError(f"{self.source} {problem}. It was not run.")

    def read(self, message: str, content: memoryview) -> Iterator[Value]:
        """Yield the values of a message in order; a list that is packed yields each."""
        fields, place, end = MESSAGES[message], 0, len(content)
        while place < end:
            key, place = self._read_int(content, place)
            name, kind = fields.get(key >> 3, ("", ""))
            if not kind:
                raise self.refuse(
                    f"is not an ONNX file that is read here: its {message} has a field {key >> 3}"
                )
            self.n_left -= 1
            if self.n_left < 0:
                raise self.refuse("has too many fields")
            wire_type = key & 7
            if wire_type == _LENGTH_DELIMITED:
                size, place = self._read_int(content, place)
                if size > end - place:
                    raise self.refuse("is damaged: it ends inside a field")
                part = content[place : place + size]
                place += size
                if kind in _PACKABLE:
                    yield from self._read_packed(name, kind, part)
                else:
                    yield Value(name, kind, part, 0)
            elif _WIRE_TYPES.get(kind) != wire_type:
                raise self.refuse(f"is damaged: {name} of a {message} has another type")
            elif kind == INT:
                number, place = self._read_int(content, place)
                yield Value(name, kind, None, number)
            else:
                place += 4 if kind == FIXED32 else 8
                if place > end:
                    raise self.refuse("is damaged: it ends inside a number")
                yield Value(name, kind, None, 0)

    def _read_packed(self, name: str, kind: str, content: memoryview) -> Iterator[Value]:
        if kind != INT:
            width = 4 if kind == FIXED32 else 8
            if len(content) % width:
                raise self.refuse("is damaged: it ends inside a number")
            # Their number counts, their values do not.
            yield Value(name, "packed", None, len(content) // width)
            return
        place = 0
        while place < len(content):
            number, place = self._read_int(content, place)
            self.n_left -= 1
            if self.n_left < 0:
                raise self.refuse("has too many fields")
            yield Value(name, kind, None, number)

    def _read_int(self, content: memoryview, place: int) -> tuple[int, int]:
        """Read an integer of 7 bits a byte, up to 64 bits."""
        number = shift = 0
        while True:
            if place >= len(content) or shift > 63:
                raise self.refuse("is not an ONNX file, or damaged")
            byte = content[place]
            place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number & 0xFFFFFFFFFFFFFFFF, place
            shift += 7
