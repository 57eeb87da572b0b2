"""Work in threads, a few items ahead of what is in use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import joblib


def map_ahead(
    function: Callable[[Any], Any], items: Iterable[Any], *, n_threads: int | None, n_ahead: int
) -> Iterator[Any]:
    """Map in order, in threads that compute up to ``n_ahead`` results before they are needed."""
    if isinstance(items, Sized) and len(items) == 1:  # starting a thread would take longer
        yield from map(function, items)
        return
    pending: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(n_threads or joblib.cpu_count()) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > n_ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
