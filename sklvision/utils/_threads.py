"""Computation in threads, a few items ahead of the consumer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import joblib


def map_ahead(
    function: Callable[[Any], Any], items: Iterable[Any], *, n_threads: int | None, n_ahead: int
) -> Generator[Any, None, None]:
    """Map in order, with threads that compute up to ``n_ahead`` results in advance."""
    if isinstance(items, Sized) and len(items) == 1:  # starting a thread would take longer
        yield from map(function, items)
        return
    futures: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(n_threads or joblib.cpu_count()) as pool:
        try:
            for item in items:
                futures.append(pool.submit(function, item))
                if len(futures) > n_ahead:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()
        finally:
            for future in futures:
                future.cancel()
