"""Time of predictions on this machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from sklvision.export._card.model import Facts

_MOST_SECONDS, _MOST_RUNS = 1.0, 50
_N_BATCH = 256


def measure_latency(model: Any, samples: Any) -> Facts:
    """Measure the time of ``predict`` for one sample and for a batch.

    Parameters
    ----------
    model : classifier
        The fitted classifier.
    samples : Samples
        Samples that it takes.

    Returns
    -------
    facts : dict
        ``one_ms``, milliseconds for one sample; ``batch_ms``, milliseconds per sample in a batch
        of ``n_batch``; medians of repeated calls; ``machine``, the processor in words.
    """
    n_batch = min(len(samples), _N_BATCH)
    return {
        "one_ms": _time_predictions(model, samples.take(np.arange(1)).data),
        "batch_ms": _time_predictions(model, samples.take(np.arange(n_batch)).data) / n_batch,
        "n_batch": n_batch,
        "machine": describe_machine(),
    }


def _time_predictions(model: Any, X: Any) -> float:
    """Return the median milliseconds of one call, after one that does not count."""
    model.predict(X)
    times: list[float] = []
    while len(times) < _MOST_RUNS and (len(times) < 3 or sum(times) < _MOST_SECONDS):
        start = perf_counter()
        model.predict(X)
        times.append(perf_counter() - start)
    return 1000 * median(times)


def describe_machine() -> str:
    """Describe processor and system in words."""
    n_cores = os.cpu_count() or 1
    return f"{n_cores} cores of {_find_processor()}, {platform.system()}"


def _find_processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:  # no Linux
        pass
    return platform.processor() or platform.machine()
