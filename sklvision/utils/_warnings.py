"""Records of the warnings of one task, also where several tasks share a process."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Message = tuple[str, type[Warning]]


class _Router:
    """Passes each warning to the records of its own thread, and others to the previous handler.

    ``warnings.catch_warnings(record=True)`` would record the warnings of all threads: workers of
    Dask and of joblib's threads run several tasks in one process. While any task runs, this stands
    in the place of `warnings.showwarning`; what other code replaces in between, it puts back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_tasks = 0
        self._original: Callable[..., None] = warnings.showwarning
        self._threads = threading.local()

    @contextmanager
    def run_task(self) -> Iterator[None]:
        """Take the warnings of the process in this context, for the threads that record."""
        with self._lock:
            if not self._n_tasks:
                self._original = warnings.showwarning
                warnings.showwarning = self.show
            self._n_tasks += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_tasks -= 1
                if not self._n_tasks:
                    warnings.showwarning = self._original

    @contextmanager
    def record(self) -> Iterator[list[Message]]:
        """Record the warnings that this thread raises inside this context."""
        records = self._get_records()
        messages: list[Message] = []
        records.append(messages)
        try:
            with self.run_task():
                yield messages
        finally:
            records.remove(messages)

    def show(self, message: Any, category: type[Warning], *place: Any, **options: Any) -> None:
        """Record a warning, or show it where its thread records none."""
        records = self._get_records()
        if records:
            records[-1].append((str(message), category))
        else:
            self._original(message, category, *place, **options)

    def _get_records(self) -> list[list[Message]]:
        if not hasattr(self._threads, "records"):
            self._threads.records = []
        return self._threads.records


_ROUTER = _Router()
route_warnings = _ROUTER.run_task
record_warnings = _ROUTER.record


def mask_numbers(message: str) -> str:
    """Replace the numbers of a text: warnings that differ in numbers only are one."""
    return re.sub(r"\d[\d.]*", "#", message)


def repeat_warnings(messages: Iterable[Message], stacklevel: int = 2) -> None:
    """Give recorded warnings again, each once, from the place of a caller.

    Parameters
    ----------
    messages : iterable of (str, type) tuples
        Texts and categories, in order.
    stacklevel : int, default=2
        Frame that the warnings are of, counted from this function, as in :func:`warnings.warn`.
    """
    first_texts: dict[tuple[str, type[Warning]], str] = {}
    for text, category in messages:
        first_texts.setdefault((mask_numbers(text), category), text)
    for (_, category), text in first_texts.items():
        try:
            warnings.warn(text, category, stacklevel=stacklevel + 1)
        except TypeError:  # a category that is not made from a text alone
            warnings.warn(text, UserWarning, stacklevel=stacklevel + 1)
