"""Generated cases of every public estimator, function, reader, display and command.

    python -m benchmarks fuzz --state fuzz.jsonl --out results/fuzz.json

A seed draws a target, its parameters, data and files: valid ones, edges, and wrong ones of many
types. A case succeeds with finite numbers, labels that are in `y`, and nothing else changed, or is
refused by an error of the package; everything else is a fault: errors of other libraries, of
plain expressions, warnings of NumPy, NaN, modified input, ends of the process, 4 GiB of memory and
30 seconds. The same command continues after an interruption. ``--seed N`` runs one case and prints
all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

_CHUNK = 4000  # cases of one process
_MOST_SECONDS = 180.0  # until a silent process is ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=100_000, help="number of cases")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--state", type=Path, help="file that keeps every result (JSON lines)")
    parser.add_argument("--only", metavar="TARGET", help="a target or group, such as readers")
    parser.add_argument("--seed", type=int, help="run the case of this seed and print it")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, Any]]] | None:
    if args.seed is not None:
        show_case(args.seed, args.only)
        return None
    rows = _read_state(args.state)
    seeds = range(args.first, args.first + args.n)
    for start in range(seeds.start, seeds.stop, _CHUNK):
        chunk = range(start, min(start + _CHUNK, seeds.stop))
        while missing := [seed for seed in chunk if seed not in rows]:
            for row in _run_worker(missing[0], chunk.stop, args.only):
                rows[row["seed"]] = row
                _append_state(args.state, row)
        n_faults = sum(row["outcome"] == "fault" for row in rows.values())
        print(
            f"\r{chunk.stop - seeds.start} of {len(seeds)}, {n_faults} faults",
            end="",
            file=sys.stderr,
        )
    print(file=sys.stderr)
    results = [rows[seed] for seed in seeds]
    for line in list_faults(results):
        print(line)
    return f"{len(results):,} generated cases", summarize(results)


def show_case(seed: int, target_name: str | None = None) -> None:
    """Run one case in this process, and print everything about it."""
    from benchmarks._fuzz_worker import prepare_process, run_case

    prepare_process()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        row = run_case(seed, Path(name), target_name)
    for key, value in row.items():
        print(f"{key}: {value}")


def summarize(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count outcomes by group of targets."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in results:
        groups[row["group"]].append(row)
    return [
        {
            "group": name,
            "targets": len({row["target"] for row in group}),
            "cases": len(group),
            "succeeded": sum(row["outcome"] == "success" for row in group),
            "refused": sum(row["outcome"] == "refusal" for row in group),
            "faults": sum(row["outcome"] == "fault" for row in group),
            "ms per case": round(1000 * sum(row["seconds"] for row in group) / len(group), 1),
            "most seconds": round(max(row["seconds"] for row in group), 2),
        }
        for name, group in [*sorted(groups.items()), ("all", results)]
    ]


def list_faults(results: list[dict[str, Any]]) -> list[str]:
    """List the kinds of faults, the most frequent first, each with the seed of one."""
    faults = [row for row in results if row["outcome"] == "fault"]
    keys = [(row["kind"], row.get("place") or row["target"]) for row in faults]
    first_rows = dict(zip(keys[::-1], faults[::-1], strict=True))
    return [
        f"{n:5} × {key[0]}, {key[1]} (seed {first_rows[key]['seed']}, "
        f"{first_rows[key]['target']}): {first_rows[key]['message']}"
        for key, n in Counter(keys).most_common()
    ]


def _run_worker(start: int, stop: int, target_name: str | None) -> Iterator[dict[str, Any]]:
    """Run a process over a range of seeds until it ends; the seed that ended it is a crash."""
    command = [sys.executable, "-m", "benchmarks._fuzz_worker", str(start), str(stop)]
    command += [target_name] if target_name else []
    last: dict[str, Any] = {}
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        timer = Timer(_MOST_SECONDS, process.kill)
        timer.start()
        assert process.stdout is not None
        for line in process.stdout:
            timer.cancel()
            timer = Timer(_MOST_SECONDS, process.kill)
            timer.start()
            last = json.loads(line)
            if "outcome" in last:
                yield last
        timer.cancel()
        status = process.wait()
        errors.seek(0)
        text = errors.read()[-3000:]
    if status and not last:
        raise RuntimeError(f"The worker ended with status {status} before its first case.\n{text}")
    if "outcome" not in last:
        message = {"message": f"status {status}", "details": text, "seconds": 0.0}
        yield last | {"outcome": "fault", "kind": "end of the process"} | message


def _read_state(path: Path | None) -> dict[int, dict[str, Any]]:
    if path is None or not path.is_file():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["seed"]: row for row in rows}


def _append_state(path: Path | None, row: dict[str, Any]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
