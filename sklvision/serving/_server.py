"""A server of uvicorn that loses no request when it stops, and drops clients that send nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_STARTUP_TEXT = "sklvision serves on {address}"
# Seconds in which clients that keep their connections may send a last request after SIGTERM.
_GRACE = 0.5
_STOP_TIMEOUT = 60
_N_ACCEPT_ROUNDS = 5
_KEEP_ALIVE = 15


class TimedProtocol(H11Protocol):
    """HTTP/1.1 with a limit of time for the header of a request.

    uvicorn's own timer ends with the first byte, so that a client could keep a connection forever
    by sending one byte now and then.
    """

    header_timeout = 20.0
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first header."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop the timer with a complete header."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_timer()

    def on_response_complete(self) -> None:
        """Start the time for the rest of an unread body and the next header."""
        self._stop_timer()
        self._start_timer()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP in the form of all errors."""
        content = json.dumps({"detail": "The request is not valid HTTP."}).encode()
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()

    def _start_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.header_timeout, self._drop)

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _drop(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


class Server(uvicorn.Server):
    """Server that says where it listens, and answers what it has accepted before it stops.

    Parameters
    ----------
    app : FastAPI
        Application of :func:`create_app`.
    address : str
        Address to print.
    **options : dict
        Further options of uvicorn.
    """

    def __init__(self, app: Any, address: str, **options: Any) -> None:
        self._service, self._address = app.state.service, address
        timeouts = {"header_timeout": self._service.settings.read_timeout}
        config = uvicorn.Config(
            app,
            http=type("Protocol", (TimedProtocol,), timeouts),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_STOP_TIMEOUT,
            **options,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the address once connections are accepted."""
        await super().startup(sockets)
        if self.started:
            print(_STARTUP_TEXT.format(address=self._address), flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, answer what was sent on those there are, and stop.

        A client with an open connection may have sent a request that is not read yet. Such requests
        are read and answered for a while, each with ``Connection: close``.
        """
        for _ in range(_N_ACCEPT_ROUNDS):  # connections that the system has established already
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        # Only now, since clients whose connections are closed open new ones.
        self._service.is_draining = True
        deadline = asyncio.get_running_loop().time() + _GRACE
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and return to the caller instead of ending the process by it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
