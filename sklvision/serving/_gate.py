"""Admission of requests: how many are held at one time, and how many bytes they have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sklvision.serving._errors import make_busy_error


class Ticket:
    """Admission of one request, which counts the bytes that it holds."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.n_bytes = 0

    def hold(self, n_bytes: int) -> None:
        """Count bytes that are held until the request is answered.

        Raises
        ------
        RequestError
            If all requests together hold too many.
        """
        if self._gate.n_bytes + n_bytes > self._gate.max_bytes:
            raise make_busy_error()
        self._gate.n_bytes += n_bytes
        self.n_bytes += n_bytes


class Gate:
    """Limit of the requests that a service holds.

    Parameters
    ----------
    max_requests : int
        Number of requests at one time.
    max_bytes : int
        Bytes of their bodies together.
    """

    def __init__(self, max_requests: int, max_bytes: int) -> None:
        self.max_requests, self.max_bytes = max_requests, max_bytes
        self.n_requests = self.n_bytes = 0

    @contextmanager
    def admit(self) -> Iterator[Ticket]:
        """Admit a request for as long as this context lasts.

        Raises
        ------
        RequestError
            If there are too many.
        """
        if self.n_requests >= self.max_requests:
            raise make_busy_error()
        self.n_requests += 1
        ticket = Ticket(self)
        try:
            yield ticket
        finally:
            self.n_requests -= 1
            self.n_bytes -= ticket.n_bytes
