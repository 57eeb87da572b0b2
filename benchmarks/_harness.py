"""Time functions alternately, and describe the machine.

Machines are noisy: functions to be compared run interleaved in one process, and medians are
reported.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import nn

import sklvision
from sklvision._torch.device import describe_machine, get_processor_name
from sklvision.nets import build
from sklvision.utils._files import atomic_write

__all__ = [
    "build_plain_net",
    "describe_environment",
    "describe_machine",
    "interleave",
    "limit_threads",
    "read_peak_memory",
    "report",
    "run_in_new_process",
]


def interleave(
    functions: dict[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, float]:
    """Call the functions alternately; return the median seconds of each after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(repeats + 1):
        for name, function in functions.items():
            start = clock()
            function()
            if repeat:
                seconds[name].append(clock() - start)
    return {name: median(values) for name, values in seconds.items()}


def build_plain_net(
    name: str, input_shape: tuple[int, ...], n_classes: int, **params: Any
) -> nn.Module:
    """Build an architecture from torch's own layers, for training without this package."""
    net = build(name, input_shape, n_classes, **params)
    for module in list(net.modules()):
        for child_name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, child_name, nn.Dropout(child.p))
    return net


def read_peak_memory() -> float:
    """Return the peak memory of this process in bytes (Linux only).

    getrusage is not used, because it may report the peak of the parent for a new process.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def run_in_new_process(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a process of its own, which is spawned.

    A forked process would start with the memory of its parent.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


@contextmanager
def limit_threads(n_threads: int) -> Iterator[None]:
    """Limit torch to a number of threads, and restore the previous number at the end."""
    previous = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(previous)


def describe_environment() -> dict[str, object]:
    """Return processor, GPU and versions, which the figures depend on."""
    return {
        "processor": get_processor_name(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "sklvision": sklvision.__version__,
        **{name: version(name) for name in ("scikit-learn", "skorch", "torch")},
    }


def report(title: str, rows: list[dict[str, object]], out: Path | None) -> None:
    """Print the rows as a table; with ``out``, also write them and the machine as JSON."""
    environment = describe_environment()
    print(f"{title}\n{', '.join(f'{name} {value}' for name, value in environment.items())}\n")
    names = list(rows[0])
    texts = [[_format_cell(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    for line in [names, *texts]:
        cells = [
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "title": title,
            "date": date.today().isoformat(),
            "machine": environment,
            "rows": rows,
        }
        with atomic_write(out, text=True) as file:
            file.write(json.dumps(content, indent=2) + "\n")
        print(f"\nWritten to {out}")


def _format_cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
