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
    """Turn errors into errors of the command, of status 2 if the arguments or data are wrong.

    Those that carry notes come from a fit: the data were read and accepted before. Their
    notes tell which.
    """
    try:
        yield
    except (CommandError, BrokenPipeError):  # said already, or nobody is left to tell
        raise
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        users = isinstance(error, (ValueError, TypeError, OSError, ImportError))
        said = str(error) if users else f"{type(error).__name__}: {error}"
        status = 2 if users and not notes else 1
        raise CommandError(" ".join([said, *notes]), status=status) from error
