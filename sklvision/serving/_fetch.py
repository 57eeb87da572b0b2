"""Images fetched from other hosts, without reaching any address that is not meant.

A name is resolved once, all of its addresses are checked, and the connection is opened to one
of these very addresses, so that a second answer of the resolver cannot lead elsewhere. Nothing
is connected to before all checks have passed, redirects are not followed, and proxies of the
environment are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from sklvision.serving._errors import RequestError
from sklvision.serving._settings import Resolver, parse_host

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CHUNK_BYTES = 2**16
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Target(NamedTuple):
    """Place that an URL names."""

    scheme: str
    host: str
    port: int
    path: str


class ImageFetcher:
    """Fetches images from hosts that are allowed by name.

    Parameters
    ----------
    allow_hosts : sequence of str
        Hosts as ``name`` or ``name:port``. An address with its port allows that very address,
        also where it is private.
    max_bytes : int
        Bytes of the largest image.
    timeout : float
        Seconds for all of a fetch.
    resolver : callable, default=None
        Resolves a host name and port to addresses; None takes the system's resolver.
    """

    def __init__(
        self,
        allow_hosts: Sequence[str],
        *,
        max_bytes: int,
        timeout: float,
        resolver: Resolver | None = None,
    ) -> None:
        self._hosts = {parse_host(entry) for entry in allow_hosts}
        self._max_bytes, self._timeout = max_bytes, timeout
        self._resolver = resolver or resolve_host

    def fetch(self, url: str) -> bytes:
        """Fetch an image.

        Raises
        ------
        RequestError
            If the URL, its host or one of the host's addresses is not allowed, or there is no
            file of an allowed size.
        """
        target = self._check_url(url)
        address = self._choose_address(target)
        try:
            with closing(socket.create_connection((address, target.port), self._timeout)) as sock:
                return self._download(target, sock)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RequestError(422, "The image could not be fetched from image_url.") from error

    def _check_url(self, url: str) -> Target:
        if not self._hosts:
            raise RequestError(403, "The parameter image_url is switched off on this server.")
        target = _parse_url(url)
        if target.scheme not in _DEFAULT_PORTS:
            raise RequestError(403, "The scheme of image_url must be http or https.")
        is_default_port = target.port == _DEFAULT_PORTS[target.scheme]
        entries = {(target.host, target.port), *([(target.host, None)] if is_default_port else [])}
        if not entries & self._hosts:
            raise RequestError(403, "The host of image_url is not allowed on this server.")
        return target

    def _choose_address(self, target: Target) -> str:
        """Resolve the host, once, and check every address."""
        try:
            ipaddress.ip_address(target.host)
            addresses: Sequence[str] = [target.host]
        except ValueError:
            try:
                addresses = list(self._resolver(target.host, target.port))
            except (OSError, UnicodeError) as error:
                raise RequestError(422, "The host of image_url is unknown.") from error
        if not addresses:
            raise RequestError(422, "The host of image_url is unknown.")
        if not all(self._is_allowed(address, target.port) for address in addresses):
            raise RequestError(403, "The host of image_url has an address that is not public.")
        return addresses[0]

    def _is_allowed(self, text: str, port: int) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:  # a scope is part of an address of one network only
            return False
        return (str(address), port) in self._hosts or is_public(address)

    def _download(self, target: Target, sock: socket.socket) -> bytes:
        # A socket's own timeout counts from byte to byte: a slow server would never reach it.
        # It is shut down through a second handle, since TLS replaces the first.
        handle = sock.dup()
        timer = threading.Timer(self._timeout, _close_socket, [handle])
        timer.daemon = True
        timer.start()
        try:
            if target.scheme == "https":
                context = ssl.create_default_context()
                sock = context.wrap_socket(sock, server_hostname=target.host)
            connection = http.client.HTTPConnection(target.host, target.port)
            if target.port == _DEFAULT_PORTS[target.scheme]:
                connection.port = connection.default_port  # left out of the header Host
            connection.sock = sock
            connection.auto_open = 0  # it would resolve the name again
            with closing(connection):
                headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
                connection.request("GET", target.path, headers=headers)
                return self._read(connection.getresponse())
        finally:
            timer.cancel()
            handle.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if 300 <= response.status < 400:
            raise RequestError(422, "The address image_url is redirected, which is not followed.")
        if response.status != 200 or response.headers.get("Content-Encoding"):
            raise RequestError(422, "There is no image at image_url.")
        content = bytearray()
        if (response.length or 0) <= self._max_bytes:
            while chunk := response.read1(_CHUNK_BYTES):
                content += chunk
                if len(content) > self._max_bytes:
                    break
            else:
                if response.length:  # of a body with a length that ended before it
                    raise http.client.IncompleteRead(bytes(content), response.length)
                return bytes(content)
        raise RequestError(413, f"The image has more than the {self._max_bytes:,} bytes allowed.")


def resolve_host(host: str, port: int) -> list[str]:
    """Resolve a host name by the system's resolver."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, as are all addresses embedded in it."""
    if isinstance(address, ipaddress.IPv6Address):
        embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address.is_site_local or not all(is_public(inner) for inner in embedded if inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _parse_url(url: str) -> Target:
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(" \\")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        is_plain = False
    if not is_plain or not parts.hostname or "@" in parts.netloc or port == 0:
        raise RequestError(422, "The parameter image_url is not a valid address.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    default_port = _DEFAULT_PORTS.get(parts.scheme, 0)
    return Target(parts.scheme, parts.hostname.lower(), port or default_port, path)


def _close_socket(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed in the meantime
        return
