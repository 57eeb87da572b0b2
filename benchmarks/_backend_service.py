"""Requests to a model behind ``sklvision serve``, one sample after another."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

_BOUNDARY = "sklvision-benchmark"
_BATCH = 32


@contextmanager
def start_service(path: Path) -> Iterator[int]:
    """Start a service of a file on one thread, and yield its port."""
    argv = [sys.executable, "-m", "sklvision", "serve", path, "--port", "0", "--quiet"]
    process = subprocess.Popen(
        list(map(str, argv)),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait(30)


def measure_service(path: Path, X: Any, files: list[Path] | None) -> dict[str, Any]:
    """Measure the answers of a service: labels, probabilities, and milliseconds."""
    samples = list(X) if files is None else files
    with start_service(path) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        _send(connection, samples[:1])  # what the first request alone needs
        predictions, seconds = [], []
        for sample in samples:
            start = perf_counter()
            predictions += _send(connection, [sample])
            seconds.append(perf_counter() - start)
        start = perf_counter()
        for i in range(0, len(samples), _BATCH):
            _send(connection, samples[i : i + _BATCH])
        total = perf_counter() - start
        connection.close()
    return {
        "labels": np.array([prediction["label"] for prediction in predictions]),
        "probabilities": np.array(
            [list(prediction["probabilities"].values()) for prediction in predictions]
        ),
        "ms_one": 1000 * median(seconds),
        "ms_per_sample": 1000 * total / len(samples),
    }


def _send(connection: http.client.HTTPConnection, samples: list[Any]) -> list[dict[str, Any]]:
    if isinstance(samples[0], Path):
        body = b"".join(_make_part(file) for file in samples) + f"--{_BOUNDARY}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    else:
        spectra = [spectrum.tolist() for spectrum in samples]
        body, content_type = json.dumps({"spectra": spectra}).encode(), "application/json"
    connection.request("POST", "/predict", body, {"Content-Type": content_type})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"The service answered {answer.status}: {content[:200]!r}")
    return json.loads(content)["predictions"]


def _make_part(file: Path) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{file.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + file.read_bytes() + b"\r\n"
