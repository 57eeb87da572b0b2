"""Check of the name by which clients address the service.

A page of another site can make its own name resolve to this machine in a visitor's browser, and
then read the answers of a service that only this machine may reach (DNS rebinding). The browser
still sends that name as Host, which tells such requests apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sklvision.serving._monitor import App, Message, Send
from sklvision.serving._settings import parse_host

# Names of this machine for itself.
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class HostCheck:
    """Refuses requests that address the service by another name.

    Parameters
    ----------
    app : callable
        Application of ASGI.
    names : iterable of str
        Names of the service.
    """

    def __init__(self, app: App, names: Iterable[str]) -> None:
        self._app, self._names = app, {parse_host(name)[0] for name in names}

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Pass a request on, or answer it with status 421."""
        if scope["type"] != "http" or _read_name(scope["headers"]) in self._names:
            await self._app(scope, receive, send)
            return
        detail = "The service is not known by the host name of this request."
        body = json.dumps({"detail": detail}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _read_name(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the host name of a request, or None where it has none, or several."""
    hosts = [value for key, value in headers if key == b"host"]
    if len(hosts) != 1:
        return None
    try:
        return parse_host(hosts[0].decode("latin-1"))[0]
    except ValueError:
        return None
