"""Model files that were changed by accident or on purpose: what loading them does.

    python -m benchmarks mutated_files --state mutants.jsonl --out results/mutated_files.json

Small archives and ONNX files of many kinds of models are changed by seed and loaded; models that
load predict. Counted are files that were refused by an error of the package, those that loaded,
and faults: other errors, imports of other modules, forbidden actions (unpickling, processes,
connections, removed files), ends of the process, more than 64 MB above the memory of the
unchanged file, and more than 20 seconds. The same command continues after an interruption.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks._mutations import make_files

_MOST_EXTRA_BYTES = 64 * 2**20
_MOST_SECONDS = 20.0
_CHUNK = 1000  # mutants of one process
_MOST_PRINTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=100_000, help="number of mutants")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--state", type=Path, help="file that keeps every result (JSON lines)")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, Any]]]:
    rows = _read_state(args.state)
    with tempfile.TemporaryDirectory() as name:
        folder = args.state.with_suffix(".files") if args.state else Path(name)
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            make_files(folder)
        seeds = range(args.first, args.first + args.n)
        for start in range(seeds.start, seeds.stop, _CHUNK):
            chunk = range(start, min(start + _CHUNK, seeds.stop))
            while missing := [seed for seed in chunk if seed not in rows]:
                new_rows = _run_worker(folder, missing[0], chunk.stop)
                rows |= new_rows
                _append_state(args.state, new_rows)
            print(f"\r{chunk.stop - seeds.start} of {len(seeds)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    results = [rows[seed] for seed in seeds]
    for row in [row for row in results if has_fault(row)][:_MOST_PRINTED]:
        print(json.dumps(row))
    return f"{len(results):,} mutated model files", summarize(results)


def summarize(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count outcomes and faults by file."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in results:
        groups[row["file"]].append(row)
    groups["all"] = results
    return [
        {
            "file": name,
            "mutants": len(group),
            "refused": sum(row["outcome"] == "refused" for row in group),
            "loaded": sum(row["outcome"] == "loaded" for row in group),
            "other errors": sum(row["outcome"] == "error" for row in group),
            "crashes": sum(row["outcome"] == "crash" for row in group),
            "imports": sum(bool(row["foreign"]) for row in group),
            "actions": sum(bool(row["events"]) for row in group),
            "most MB above": round(max(row["extra_bytes"] for row in group) / 2**20, 1),
            "most seconds": round(max(row["seconds"] for row in group), 2),
        }
        for name, group in groups.items()
    ]


def has_fault(row: dict[str, Any]) -> bool:
    """Whether a mutant did what no file may do."""
    return bool(
        row["outcome"] in ("error", "crash")
        or row["foreign"]
        or row["events"]
        or row["extra_bytes"] > _MOST_EXTRA_BYTES
        or row["seconds"] > _MOST_SECONDS
    )


def _run_worker(folder: Path, start: int, stop: int) -> dict[int, dict[str, Any]]:
    """Run a process over a range of seeds until it ends; the seed that ended it is a crash."""
    command = [
        sys.executable,
        "-m",
        "benchmarks._mutated_worker",
        str(folder),
        str(start),
        str(stop),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    rows: dict[int, dict[str, Any]] = {}
    last: dict[str, Any] = {}
    assert process.stdout is not None
    timer: threading.Timer | None = None
    for line in process.stdout:
        if timer is not None:
            timer.cancel()
        timer = threading.Timer(5 * _MOST_SECONDS, process.kill)
        timer.start()
        row = json.loads(line)
        last = row
        if "outcome" in row:
            rows[row["seed"]] = row
    if timer is not None:
        timer.cancel()
    status = process.wait()
    if status and not last:
        raise RuntimeError(f"The worker ended with status {status} before its first mutant.")
    if last and "outcome" not in last:
        rows[last["seed"]] = last | {
            "outcome": "crash",
            "message": f"status {status}",
            "foreign": [],
            "events": [],
            "extra_bytes": 0.0,
            "seconds": 0.0,
        }
    return rows


def _read_state(path: Path | None) -> dict[int, dict[str, Any]]:
    if path is None or not path.is_file():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["seed"]: row for row in rows}


def _append_state(path: Path | None, rows: dict[int, dict[str, Any]]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows.values())
