"""Answers to requests that cannot be served: a status and one sentence."""

from __future__ import annotations

import re

_MAX_LENGTH = 300
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z'\"])")


class RequestError(Exception):
    """A request that is refused; the message is one sentence for the client."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(shorten_message(message))
        self.status = status
        self.headers = headers or {}


def make_busy_error(message: str = "The server is busy.") -> RequestError:
    """Make the error of a request that may be tried again a second later."""
    return RequestError(503, message, {"Retry-After": "1"})


def shorten_message(message: str) -> str:
    """Shorten a message to its first sentence, on one line."""
    text = "".join(char if char.isprintable() else " " for char in message)
    sentence = _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]
    if len(sentence) > _MAX_LENGTH:
        sentence = sentence[: _MAX_LENGTH - 1] + "…"
    return sentence if sentence.endswith((".", "…", "!", "?")) else f"{sentence}."
