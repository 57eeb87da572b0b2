"""Content of members: arrays as .npy without a pickle, texts as JSON, all of bounded size."""

from __future__ import annotations

import json
import re
from io import BytesIO
from math import prod
from typing import Any, NoReturn

import numpy as np

from sklvision.export._archive.container import Buffer
from sklvision.export._errors import ModelFileError

MAX_JSON_BYTES = 64 * 2**20
MAX_DEPTH = 24
_MAX_DIGITS = 400  # of a number: more than any float has
_MAX_HEADER = 2**16
# What numbers, texts and times are stored as: everything but objects.
_KINDS = "biufcSUMmV"
# Texts, also one that never ends, so that no place is scanned twice; beginnings and ends of lists.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|([\[{])|[\]}]', re.DOTALL)
# Empty lists take twenty times as much memory as their text. No list or dict of ours is as short.
_MIN_BYTES_PER_LIST, _FEW_LISTS = 8, 1000


def write_array(array: np.ndarray) -> bytes:
    """Write an array that holds no objects as .npy."""
    file = BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def read_array(content: bytearray, name: str) -> np.ndarray:
    """Read an array, which uses the memory of the content.

    The header is data of others: the type must hold plain values, and the shape must account for
    exactly the bytes that there are, before an array is made.
    """
    file = BytesIO(memoryview(content)[: _MAX_HEADER + 10])
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version of the format")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # the parser of headers raises anything
        raise ModelFileError(f"The array {name} has a header that cannot be read.") from error
    offset = file.tell()
    if not is_plain_dtype(dtype):
        raise ModelFileError(f"The array {name} has the type {dtype}, expected plain values.")
    n_bytes = len(content) - offset
    if len(shape) > 16 or any(n < 0 for n in shape) or prod(shape) * dtype.itemsize != n_bytes:
        raise ModelFileError(
            f"The array {name} has the shape {shape} of {dtype} and {n_bytes} bytes of values, "
            "which do not match."
        )
    if not n_bytes:  # its shape is bounded by nothing
        return np.zeros([min(n, 2**31) for n in shape], dtype)
    values = np.frombuffer(content, dtype, offset=offset)
    return values.reshape(shape, order="F" if is_fortran else "C")


def is_plain_dtype(dtype: np.dtype) -> bool:
    """Whether values of a type are plain: no objects, also in the fields of records."""
    if dtype.names is not None:
        return all(is_plain_dtype(dtype[name]) for name in dtype.names)
    base = dtype.subdtype[0] if dtype.subdtype is not None else dtype
    return base.kind in _KINDS and not base.hasobject and base.itemsize > 0


def write_json(value: Any) -> bytes:
    """Write plain values as JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def read_json(content: Buffer, name: str) -> Any:
    """Read JSON of bounded size and depth, with every key once and finite numbers."""
    if len(content) > MAX_JSON_BYTES:
        raise ModelFileError(
            f"{name} has {len(content):,} bytes, expected at most {MAX_JSON_BYTES:,}."
        )
    _check_nesting(content, name)
    try:
        return json.loads(
            bytes(content).decode(),
            object_pairs_hook=_make_dict,
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
            parse_float=_parse_float,
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is not readable JSON: {error}.") from error


def _check_nesting(content: Buffer, name: str) -> None:
    """Raise if a text has lists too deep, or too many for its size."""
    depth = n_lists = 0
    for match in _TOKENS.finditer(content):
        if match[0][0] in b'"':
            continue
        depth += 1 if match[1] else -1
        n_lists += 1 if match[1] else 0
        if depth > MAX_DEPTH:
            raise ModelFileError(f"{name} is nested deeper than {MAX_DEPTH} levels.")
    if n_lists > _FEW_LISTS + len(content) // _MIN_BYTES_PER_LIST:
        raise ModelFileError(f"{name} has {n_lists:,} lists in {len(content):,} bytes.")


def _make_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key occurs twice")
    return values


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _parse_int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return int(text)


def _parse_float(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError("a number is too large")
    return value
