"""The error that ends a command with one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class CommandError(Exception):
    """What is wrong, for the user; ``status`` is the exit status."""

    def __init__(self, message: object, status: int = 2) -> None:
        super().__init__(str(message))
        self.status = status


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors about arguments and data into errors of the command.

    Those that carry notes come from a fit: the data were read and accepted before. Their
    notes tell which.
    """
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError) as error:
        notes = getattr(error, "__notes__", [])
        raise CommandError(" ".join([str(error), *notes]), status=1 if notes else 2) from error
