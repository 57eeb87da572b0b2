"""Bodies of requests: read within limits, and parsed to the contents of their parts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.serving._errors import RequestError
from sklvision.serving._gate import Ticket
from sklvision.utils._optional import import_optional

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_MAX_PART_HEADERS = 16 * 2**10
# Lines above the names of columns, and columns besides those that a model takes.
_MOST_OTHER_LINES = _MOST_OTHER_COLUMNS = 100


async def read_body(receive: Receive, *, ticket: Ticket, max_bytes: int, timeout: float) -> bytes:
    """Read a body, or refuse it as soon as it is too long or too slow.

    Parameters
    ----------
    receive : callable
        Receives the next message of ASGI.
    ticket : Ticket
        Admission of the request; it counts the bytes that are held.
    max_bytes : int
        Bytes of the longest body that is taken.
    timeout : float
        Seconds for all of the body.
    """
    body, has_more = bytearray(), True
    try:
        async with asyncio.timeout(timeout):
            while has_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestError(400, "The connection was closed before the body ended.")
                chunk, has_more = message.get("body", b""), message.get("more_body", False)
                if len(body) + len(chunk) > max_bytes:
                    raise make_size_error(max_bytes)
                ticket.hold(len(chunk))
                body += chunk
    except TimeoutError:
        raise RequestError(
            408, f"The body of the request did not arrive within {timeout:g} seconds."
        ) from None
    return bytes(body)


def make_size_error(max_bytes: int) -> RequestError:
    """Make the error of a body that is too long."""
    return RequestError(413, f"The request has more than the {max_bytes:,} bytes allowed.")


def parse_files(body: bytes, boundary: str, max_files: int) -> list[bytes]:
    """Parse a multipart form to the contents of its fields ``files``.

    Raises
    ------
    RequestError
        If the form is broken, has other fields, or too many or no files.
    """
    multipart = import_optional("python_multipart.multipart", extra="serve")
    collector = _PartCollector(max_files)
    try:
        parser = multipart.MultipartParser(boundary.encode("latin-1"), collector.callbacks)
        parser.write(body)
        parser.finalize()
    except RequestError:
        raise
    except Exception as error:  # errors of the parser, and of headers that are not text
        raise RequestError(400, "The multipart form of the request is broken.") from error
    if not collector.is_complete:
        raise RequestError(400, "The multipart form of the request ends before its last boundary.")
    if not collector.files:
        raise RequestError(422, "The form has no field 'files' with an image.")
    return [bytes(content) for content in collector.files]


class _PartCollector:
    """Collects the contents of the parts of a form, which a parser announces by callbacks."""

    def __init__(self, max_files: int) -> None:
        self.files: list[bytearray] = []
        self.is_complete = False
        self._max_files = max_files
        self._name, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._n_header_bytes = 0
        self.callbacks = {
            "on_part_begin": self._start_part,
            "on_header_field": self._add_name,
            "on_header_value": self._add_value,
            "on_header_end": self._finish_header,
            "on_headers_finished": self._open_file,
            "on_part_data": self._add_data,
            "on_end": self._complete,
        }

    def _start_part(self) -> None:
        self._disposition, self._n_header_bytes = b"", 0

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def _count(self, n_bytes: int) -> None:
        self._n_header_bytes += n_bytes
        if self._n_header_bytes > _MAX_PART_HEADERS:
            raise RequestError(400, "A part of the form has too long headers.")

    def _finish_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _open_file(self) -> None:
        multipart = import_optional("python_multipart.multipart", extra="serve")
        _, options = multipart.parse_options_header(self._disposition)
        if options.get(b"name") != b"files":
            raise RequestError(422, "The form has a field that is not named 'files'.")
        if len(self.files) >= self._max_files:
            raise make_count_error(self._max_files)
        self.files.append(bytearray())

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self.files[-1] += memoryview(data)[start:end]

    def _complete(self) -> None:
        self.is_complete = True


def make_count_error(max_samples: int) -> RequestError:
    """Make the error of a request with too many samples."""
    return RequestError(413, f"The request has more than the {max_samples:,} samples allowed.")


def parse_spectra(
    body: bytes, max_samples: int, n_values: int | None = None
) -> NDArray[np.float64]:
    """Parse JSON ``{"spectra": [[...], ...]}`` to rows of numbers.

    Parameters
    ----------
    body : bytes
        The body.
    max_samples : int
        Number of rows that is allowed.
    n_values : int or None, default=None
        Length of a row, where it is known.

    Raises
    ------
    RequestError
        If it is something else, or its rows differ in length.
    """
    _check_sizes(body, max_samples, n_values)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise RequestError(400, "The body is not JSON.") from error
    if not isinstance(content, dict) or set(content) != {"spectra"}:
        raise _make_form_error()
    rows = content["spectra"]
    if not isinstance(rows, list) or not rows or not all(map(_is_row, rows)):
        raise RequestError(422, "'spectra' must be a list of lists of numbers.")
    if len(rows) > max_samples:
        raise make_count_error(max_samples)
    if len({len(row) for row in rows}) > 1:
        raise RequestError(422, "The rows of 'spectra' differ in length.")
    try:
        return np.array(rows, dtype=np.float64)
    except OverflowError as error:
        raise RequestError(422, "'spectra' has numbers that are too large.") from error


def _check_sizes(body: bytes, max_samples: int, n_values: int | None) -> None:
    """Refuse JSON that would take many times its own size as objects of Python."""
    if body.count(b"[") > max_samples + 1:
        raise make_count_error(max_samples)
    if body.count(b"{") > 1:
        raise _make_form_error()
    if n_values is not None and body.count(b",") >= max_samples * n_values:
        raise _make_values_error(max_samples)


def check_table_size(body: bytes, max_samples: int, n_values: int | None) -> None:
    """Refuse a table that would take many times its own size as texts of cells."""
    if body.count(b"\n") > max_samples + _MOST_OTHER_LINES:
        raise make_count_error(max_samples)
    n_cells = sum(body.count(delimiter) for delimiter in (b",", b";", b"\t"))
    if n_values is not None and n_cells > 2 * max_samples * (n_values + _MOST_OTHER_COLUMNS):
        raise _make_values_error(max_samples)


def _make_values_error(max_samples: int) -> RequestError:
    return RequestError(413, f"The request has more values than {max_samples:,} samples have.")


def _make_form_error() -> RequestError:
    return RequestError(422, 'The JSON must be {"spectra": [[...], ...]} and nothing more.')


def _is_row(row: Any) -> bool:
    # By type: True is an instance of int.
    return isinstance(row, list) and bool(row) and {type(value) for value in row} <= {int, float}
