"""Run a benchmark: ``python -m benchmarks speed --repeats 7 --out results/speed.json``."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import memory, precision, spectra, speed
from benchmarks._harness import report


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    fast = commands.add_parser("speed", help=speed.__doc__.splitlines()[0])
    fast.add_argument("--repeats", type=int, default=7, help="default: 7")
    fast.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")
    accurate = commands.add_parser("spectra", help=spectra.__doc__.splitlines()[0])
    accurate.add_argument("--sets", nargs="+", default=list(spectra.SETS), choices=spectra.SETS)
    accurate.add_argument("--seeds", type=int, default=3, help="default: 3")
    accurate.add_argument("--n-jobs", type=int, default=2, help="default: 2")
    small = commands.add_parser("memory", help=memory.__doc__.splitlines()[0])
    small.add_argument("--images", type=int, default=250, help="default: 250, and 20 times more")
    small.add_argument("--repeats", type=int, default=1, help="default: 1; times are medians")
    half = commands.add_parser("precision", help=precision.__doc__.splitlines()[0])
    half.add_argument("--repeats", type=int, default=7, help="default: 7")
    half.add_argument("--threads", type=int, default=1, help="threads of torch; default: 1")
    half.add_argument("--seeds", type=int, default=3, help="0: times alone; default: 3")
    for command in (fast, accurate, small, half):
        command.add_argument("--out", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    if args.name == "speed":
        rows = speed.measure(args.repeats, args.threads)
        report(f"Medians of {args.repeats} interleaved repeats", rows, args.out)
    elif args.name == "memory":
        rows = memory.measure(args.images, args.repeats)
        report("Training on images, each fit in a process of its own", rows, args.out)
    elif args.name == "precision":
        rows = precision.measure(args.repeats, args.threads, args.seeds)
        report(f"Medians of {args.repeats} interleaved repeats", rows, args.out)
    else:
        rows = spectra.measure(args.sets, args.seeds, args.n_jobs)
        report(f"Accuracy over 5 folds, mean of {args.seeds} seeds", rows, args.out)


if __name__ == "__main__":
    main()
