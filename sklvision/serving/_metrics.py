"""Metrics of a service in the text format of Prometheus."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from sklvision.utils._optional import import_optional

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PATHS = {"/", "/predict", "/health", "/model", "/metrics", "/openapi.json"}
_METHODS = {"GET", "POST"}


class ServiceMetrics:
    """Counts of requests and predictions, and times.

    Parameters
    ----------
    count_requests : callable
        Returns the number of requests that are held now.
    """

    def __init__(self, count_requests: Callable[[], int]) -> None:
        client = import_optional("prometheus_client", extra="serve")
        self._generate = client.generate_latest
        self.content_type = client.CONTENT_TYPE_LATEST
        self._registry = client.CollectorRegistry()
        self._requests = client.Counter(
            "sklvision_requests",
            "Answered requests.",
            ["method", "path", "status"],
            registry=self._registry,
        )
        self._seconds = client.Histogram(
            "sklvision_request_seconds",
            "Seconds from the header of a request to its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._predictions = client.Counter(
            "sklvision_predictions", "Predicted samples.", ["label"], registry=self._registry
        )
        self._warnings = client.Counter(
            "sklvision_warnings",
            "Predicted samples that are unlike the training data.",
            registry=self._registry,
        )
        held_requests = client.Gauge(
            "sklvision_held_requests",
            "Requests that are read, wait or are computed.",
            registry=self._registry,
        )
        held_requests.set_function(count_requests)
        process_id = client.Gauge(
            "sklvision_process_id",
            "Process that answers; each worker counts for itself.",
            registry=self._registry,
        )
        process_id.set_function(os.getpid)

    def count_request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count an answered request; unknown paths and methods are counted together."""
        path = path if path in _PATHS else "other"
        method = method if method in _METHODS else "other"
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_predictions(self, answers: Iterable[dict[str, Any]]) -> None:
        """Count predicted samples by their labels."""
        for answer in answers:
            self._predictions.labels(str(answer["label"])).inc()
            if answer["warnings"]:
                self._warnings.inc()

    def format_text(self) -> bytes:
        """Format all metrics as text."""
        return self._generate(self._registry)
