"""Mutation testing: the fraction of small faults in a subpackage that its tests detect.

``python -m benchmarks mutation spectral --n 100 --seed 0`` draws mutants of ``sklvision/spectral``
and runs on each the tests that reach it: those of ``tests/spectral``, the conformance tests and the
examples of the docstrings, without slow tests and real data. ``--root`` names another checkout.
Results are written as they come, and an interrupted run continues. Needs the extra ``mutation``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir

from scipy.stats import binomtest

from benchmarks._mutants import draw_mutants, format_survivors

ROOT = Path(__file__).parents[1]
NOT_COPIED = (".git", ".venv*", "__pycache__", ".hypothesis", "*_cache", "results", "dist", "build")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", help="a subpackage, such as spectral")
    parser.add_argument("--n", type=int, default=100, help="number of mutants (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: 0)")
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="the checkout to look at (default: this one)"
    )
    parser.add_argument(
        "--tests", nargs="+", help="test files and folders (default: those of the room)"
    )
    parser.add_argument(
        "--folder", type=Path, help="of the working copy (default: a temporary one)"
    )
    parser.add_argument(
        "--results",
        type=Path,
        help="JSON file; survivors are listed in a .txt next to it (default: in --folder)",
    )


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    folder = args.folder or Path(gettempdir()) / f"mutation-{args.room}"
    copy_project(args.root, folder / "copy")
    package = f"sklvision/{args.room}"
    files = [
        str(path.relative_to(args.root)) for path in sorted((args.root / package).rglob("*.py"))
    ]
    results = args.results or folder / f"results-{args.seed}.json"
    settings = {
        "folder": str(folder.resolve()),
        "package": package,
        "paths": args.tests or find_tests(args.root, args.room),
        "results": str(results.resolve()),
        "mutants": [asdict(m) for m in draw_mutants(args.root, files, args.n, args.seed)],
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    subprocess.run(
        [sys.executable, "-m", "benchmarks._mutation_run", str(folder / "settings.json")],
        check=True,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    )
    records = json.loads(results.read_text())
    print(format_survivors(records))
    return f"Mutants of sklvision.{args.room} detected by its tests", [
        summarize(args.room, records)
    ]


def copy_project(root: Path, copy: Path) -> None:
    """Make a working copy, once, so that an interrupted run continues with the same."""
    if not copy.exists():
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))


def find_tests(root: Path, room: str) -> list[str]:
    conformance = ["tests/test_common.py", "tests/test_image_conformance.py"]
    paths = [f"tests/{room}", *conformance, f"sklvision/{room}"]
    return [path for path in paths if (root / path).exists()]


def summarize(room: str, records: list[dict]) -> dict[str, object]:
    killed = sum(record["outcome"] == "killed" for record in records)
    interval = binomtest(killed, len(records)).proportion_ci(method="wilson")
    return {
        "room": room,
        "killed": killed,
        "mutants": len(records),
        "score": round(killed / len(records), 3),
        "low": round(float(interval.low), 3),
        "high": round(float(interval.high), 3),
    }
