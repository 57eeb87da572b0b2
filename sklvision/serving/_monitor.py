"""Middleware around every request: a line in the log, metrics, headers of security."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from sklvision.serving._metrics import ServiceMetrics

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Any, Send], Awaitable[None]]

logger = logging.getLogger("sklvision.serving")

# Key under which handlers leave the number of samples for the log.
SAMPLE_COUNT = "sklvision.n_samples"
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
_MAX_PATH = 100


class RequestMonitor:
    """Logs and counts requests, without anything of what they hold.

    Parameters
    ----------
    app : callable
        Application of ASGI.
    metrics : ServiceMetrics
        Counters.
    is_draining : callable
        Whether the server is about to stop, so that answers close their connections.
    """

    def __init__(self, app: App, metrics: ServiceMetrics, is_draining: Callable[[], bool]) -> None:
        self._app, self._metrics, self._is_draining = app, metrics, is_draining

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Pass a request on, and watch its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), *_HEADERS]
                if self._is_draining():
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            seconds = perf_counter() - start
            self._metrics.count_request(scope["method"], scope["path"], status, seconds)
            # The path alone: an address in the query may be private.
            path = ascii(scope["path"][:_MAX_PATH])[1:-1]
            logger.info(
                "%s %s %s %d %.1f ms %d samples",
                (scope.get("client") or ["-"])[0],
                ascii(scope["method"])[1:-1],
                path,
                status,
                seconds * 1000,
                scope.get(SAMPLE_COUNT, 0),
            )
