"""Time to control after an interrupt, and work that is done again after a kill.

    python -m benchmarks faults

Every command runs as a process of its own, and is interrupted in the midst of its work; seconds
count until it has ended. Then a comparison is killed, and the same call counts the outcomes that
it finds and those that it computes.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.datasets import load_digits

from sklvision.export import save
from sklvision.neural_network import SpectrumClassifier

# Of every command: its arguments, what it prints in the midst of its work, seconds from there.
_COMMANDS: dict[str, tuple[list[str], str, float]] = {
    "train": (
        ["spectrum_mlp", "--data", "rows.npz", "--no-estimate", "--epochs", "1000000"],
        "epoch [1-9]",
        1,
    ),
    "compare, 2 jobs": (["rows.npz", "--n-jobs", "2", "--models", "spectrum_cnn"], r"fit [1-9]", 1),
    "predict": (["model.sklv", *["rows.npz"] * 3000, "--out", "labels.csv"], "sample [1-9]", 0.5),
    "info --leaks": (["many.npz", "--leaks"], "", 3),
    "export": (["model.sklv", "--onnx", "--int8", "--samples", "rows.npz"], "", 4),
}
_OUTPUTS = {"train": ["--out", "new.sklv"], "compare, 2 jobs": ["--out", "report.html"]}
_PATIENCE = 120.0


def _start(folder: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], list[bytes]]:
    """Start a command, whose errors are read as they come."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sklvision", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    parts: list[bytes] = []

    def read() -> None:
        while part := os.read(process.stderr.fileno(), 4096):
            parts.append(part)

    threading.Thread(target=read, daemon=True).start()
    return process, parts


def _wait(process: subprocess.Popen[bytes], is_due: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_due():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The command {process.args} ended before it was interrupted.")
        time.sleep(0.01)


def _measure_interrupt(folder: Path, name: str, number: signal.Signals) -> tuple[float, int]:
    """Measure seconds from an interrupt to the end of a command; return its status, too."""
    arguments, pattern, delay = _COMMANDS[name]
    process, parts = _start(folder, re.split("[ ,]", name)[0], *arguments, *_OUTPUTS.get(name, []))
    _wait(process, lambda: re.search(pattern.encode(), b"".join(parts)))
    time.sleep(delay)
    start = time.monotonic()
    os.killpg(process.pid, number)
    status = process.wait(_PATIENCE)
    return time.monotonic() - start, status


def _measure_resuming(folder: Path, memory: str) -> dict[str, object]:
    """Measure what a comparison that is killed when a third is done computes again."""
    command = ["compare", "rows.npz", "--models", "spectrum_cnn", "--n-jobs", "2"]
    command += ["--memory", memory, "--out", "report.html"]

    def list_outcomes() -> set[Path]:
        return set((folder / memory).rglob("output.pkl"))

    process, _ = _start(folder, *command)
    _wait(process, lambda: len(list_outcomes()) >= 5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept_times = {path: path.stat().st_mtime_ns for path in list_outcomes()}
    process, _ = _start(folder, *command)
    status = process.wait(10 * _PATIENCE)
    n_repeated = sum(path.stat().st_mtime_ns != kept_times[path] for path in kept_times)
    return {
        "case": "compare killed by SIGKILL, and repeated",
        "status": status,
        "outcomes kept": len(kept_times),
        "of them computed again": n_repeated,
        "outcomes in all": len(list_outcomes()),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=5, help="interrupts of each command")
    parser.add_argument("--only", nargs="+", choices=list(_COMMANDS), help="commands to interrupt")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure interrupts of every command, and a comparison that is killed."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        X, y = load_digits(return_X_y=True)
        np.savez(folder / "rows.npz", X=X[:600], y=y[:600])
        rng = np.random.default_rng(0)
        np.savez(folder / "many.npz", X=rng.normal(size=(60_000, 64)), y=np.arange(60_000) % 3)
        model = SpectrumClassifier("spectrum_mlp", max_epochs=1, random_state=0).fit(X, y)
        save(model, folder / "model.sklv", data=(X, y))
        for command in args.only or _COMMANDS:
            for number in (signal.SIGINT, signal.SIGTERM):
                results = [_measure_interrupt(folder, command, number) for _ in range(args.repeats)]
                seconds = [result[0] for result in results]
                rows.append(
                    {
                        "case": f"{command}, {number.name}",
                        "status": "/".join(sorted({str(status) for _, status in results})),
                        "median s": median(seconds),
                        "longest s": max(seconds),
                        "temporary files": len(list(folder.rglob("*.tmp"))),
                    }
                )
        if not args.only:
            rows.append(_measure_resuming(folder, "kept"))
    names = dict.fromkeys(name for row in rows for name in row)
    rows = [{name: row.get(name, "") for name in names} for row in rows]
    return "Time to control, and work done again", rows
