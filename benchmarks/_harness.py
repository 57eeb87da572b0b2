"""Time functions in turns, and describe the machine they ran on.

Machines are noisy: what is compared runs interleaved in one process, and medians are reported.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
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

__all__ = ["describe_machine", "interleave", "machine", "peak_memory", "plain_net", "report"]


def interleave(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each function, after one warm-up, called in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(repeats + 1):
        for name, function in functions.items():
            start = perf_counter()
            function()
            if repeat:
                seconds[name].append(perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


def plain_net(name: str, input_shape: tuple[int, ...], n_classes: int, **params: Any) -> nn.Module:
    """An architecture made of torch's own layers, as a loop without this package would train it."""
    net = build(name, input_shape, n_classes, **params)
    for module in list(net.modules()):
        for child_name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, child_name, nn.Dropout(child.p))
    return net


def peak_memory() -> float:
    """Most bytes that this process has held, on Linux.

    Not by getrusage: there the peak of a new process may be that of its parent.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def machine() -> dict[str, object]:
    """What the figures depend on."""
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
    """Print the rows as a table; write them beside the machine as JSON when asked to."""
    described = machine()
    print(f"{title}\n{', '.join(f'{name} {value}' for name, value in described.items())}\n")
    names = list(rows[0])
    texts = [[_text(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    for line in [names, *texts]:
        cells = [
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        content = {"title": title, "machine": described, "rows": rows}
        with atomic_write(out, text=True) as file:
            file.write(json.dumps(content, indent=2) + "\n")
        print(f"\nWritten to {out}")


def _text(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
