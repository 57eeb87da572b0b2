"""Settings of a service: limits, tokens, and hosts that images may be fetched from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

# Resolver of host names: host and port to addresses, as texts.
Resolver = Callable[[str, int], Sequence[str]]
# Stands for every name of a server.
ANY_NAME = "*"


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Limits of a service, its clients and its host names.

    .. versionadded:: 0.1

    Parameters
    ----------
    max_bytes : int, default=33554432
        Bytes of one request, and of an image that is fetched.
    max_pixels : int, default=50000000
        Pixels of one image, known from its header before anything is decoded. It also limits the
        pixels that are decoded at once.
    max_samples : int, default=4096
        Images or spectra in one request.
    max_requests : int, default=256
        Requests that are read, wait or are computed at one time. Further ones are answered
        with status 503 and ``Retry-After``.
    max_held_bytes : int, default=268435456
        Bytes of all these requests together.
    max_batch : int, default=64
        Samples that the model computes together.
    read_timeout : float, default=20.0
        Seconds in which the header of a request, and then its body, must arrive.
    predict_timeout : float, default=30.0
        Seconds in which a request must be answered after it was read; otherwise it gets status 503.
    tokens : sequence of str, default=()
        Tokens, one of which a client must send as ``Authorization: Bearer TOKEN``. Without tokens,
        everybody may use the service.
    allow_hosts : sequence of str, default=()
        Hosts, as ``name`` or ``name:port``, that ``image_url`` may name. A private or local address
        is used only if it is listed with its port, such as ``10.0.0.7:8080``.
    server_names : sequence of str, default=()
        Host names by which clients may address the service, without a port; other requests get
        status 421. ``"*"`` is any name. Without names, any name is accepted, except that
        :func:`serve_model` on a loopback address accepts only the names of this machine: otherwise
        a page of another site could read answers through a visitor's browser.

    Examples
    --------
    >>> from sklvision.serving import ServiceSettings
    >>> ServiceSettings(max_pixels=4_000_000).max_pixels
    4000000
    >>> ServiceSettings(max_batch=0)
    Traceback (most recent call last):
    ...
    ValueError: max_batch must be an integer of at least 1, got 0.
    """

    max_bytes: int = 32 * 2**20
    max_pixels: int = 50_000_000
    max_samples: int = 4096
    max_requests: int = 256
    max_held_bytes: int = 256 * 2**20
    max_batch: int = 64
    read_timeout: float = 20.0
    predict_timeout: float = 30.0
    tokens: Sequence[str] = ()
    allow_hosts: Sequence[str] = ()
    server_names: Sequence[str] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_number(field.name, getattr(self, field.name))
        for name in ("tokens", "allow_hosts", "server_names"):
            texts = getattr(self, name)
            is_list = np.iterable(texts) and not isinstance(texts, str | bytes)
            if not is_list or not all(_is_word(text) for text in texts):
                raise ValueError(f"{name} must be texts without spaces, got {texts!r}.")
        for entry in self.allow_hosts:
            parse_host(entry)
        for name in self.server_names:
            if name != ANY_NAME and parse_host(name, "server_names")[1] is not None:
                raise ValueError(f"server_names must be names without a port, got {name!r}.")


def _check_number(name: str, value: Any) -> None:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    is_count = is_number and isinstance(value, Integral) and int(value) >= 1
    if name.startswith("max_") and not is_count:
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")
    if name.endswith("_timeout") and not (is_number and 0 < value < math.inf):
        raise ValueError(f"{name} must be a positive number of seconds, got {value!r}.")


def _is_word(text: Any) -> bool:
    is_text = isinstance(text, str) and text.isascii() and text.isprintable()
    return is_text and len(text.split()) == 1


def parse_host(entry: str, field: str = "allow_hosts") -> tuple[str, int | None]:
    """Parse ``name``, ``name:port`` or ``[address]:port`` to a name in lower case and a port.

    Parameters
    ----------
    entry : str
        Text to parse.
    field : str, default="allow_hosts"
        Setting that the error names.

    Raises
    ------
    ValueError
        If the entry is something else, such as an address of a page.
    """
    host, port = entry, ""
    if entry.startswith("["):
        host, bracket, port = entry[1:].partition("]")
        is_valid = bool(bracket) and (port == "" or port.startswith(":"))
        port = port[1:]
    else:
        is_valid = entry.count(":") <= 1
        host, colon, port = entry.partition(":")
        is_valid = is_valid and bool(port) == bool(colon)
    is_port = port == "" or (port.isdecimal() and 0 < int(port) < 65536)
    if not (is_valid and is_port and host) or set(host) & set("/@?#\\%*"):
        raise ValueError(f"{field} must be names of hosts such as cam1:8080, got {entry!r}.")
    return host.lower(), int(port) if port else None
