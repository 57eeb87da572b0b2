"""Time of this version relative to another one, in a folder of its own.

    git worktree add ../before COMMIT
    python -m benchmarks versions ../before

One process for each version runs the same case in turn, so that other load of the machine hits
both alike.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks._harness import describe_machine

_ROOT = Path(__file__).parents[1]
_WORKER = _ROOT / "benchmarks" / "_version_worker.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the other version and the number of repeats."""
    parser.add_argument("other", type=Path, help="checkout of the other version")
    parser.add_argument("--repeats", type=int, default=9, help="default: 9")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Time every case that both versions have."""
    if not (args.other / "sklvision").is_dir():
        raise SystemExit(f"{args.other}: is not a checkout of sklvision.")
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(folder)) for folder in (args.other.resolve(), _ROOT)]
        reference, current = workers
        names = [name for name in current.names if name in reference.names]
        rows = [_measure_row(name, reference, current, args.repeats) for name in names]
    title = f"Medians of {args.repeats} runs in turn, one thread, {describe_machine()}"
    return title, rows


class _Worker:
    """A process that times cases of the version in a folder."""

    def __init__(self, folder: Path) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)
        self._process = subprocess.Popen(
            [sys.executable, "-P", _WORKER, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.names = self._read_line().split("\t")

    def measure(self, name: str) -> float:
        """Run a case; return its seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return float(self._read_line())

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"The process of a version ended with {self._process.wait()}.")
        return line.rstrip("\n")

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.kill()
        self._process.wait()


def _measure_row(
    name: str, reference: _Worker, current: _Worker, repeats: int
) -> dict[str, object]:
    seconds: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):  # the first is a warm-up
        for worker, durations in zip((reference, current), seconds, strict=True):
            duration = worker.measure(name)
            if repeat:
                durations.append(duration)
    reference_seconds, current_seconds = median(seconds[0]), median(seconds[1])
    ratio = current_seconds / reference_seconds
    print(f"{name}: {ratio:.3f}", file=sys.stderr, flush=True)
    return {
        "case": name,
        "other_s": reference_seconds,
        "this_s": current_seconds,
        "ratio": round(ratio, 3),
    }
