"""Run a benchmark: ``python -m benchmarks speed --repeats 7 --out results/speed.json``.

Every module listed here has a docstring, ``add_arguments(parser)`` and ``run(args)``, which
returns a title and the rows of the table, or None if it prints its own report.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    accuracy,
    backends,
    callbacks,
    comparison,
    distributed,
    false_alarms,
    faults,
    features,
    flat_memory,
    forecast,
    fuzz,
    growth,
    leaks,
    memory,
    mutated_files,
    mutation,
    nails,
    precision,
    quantization,
    relatives,
    search,
    segmentation,
    service,
    shuffle,
    spectra,
    spectra_choice,
    speed,
    systems,
    tables,
    versions,
)
from benchmarks._harness import report

BENCHMARKS = {
    "accuracy": accuracy,
    "backends": backends,
    "callbacks": callbacks,
    "comparison": comparison,
    "distributed": distributed,
    "false_alarms": false_alarms,
    "faults": faults,
    "features": features,
    "flat_memory": flat_memory,
    "forecast": forecast,
    "fuzz": fuzz,
    "growth": growth,
    "leaks": leaks,
    "memory": memory,
    "mutated_files": mutated_files,
    "mutation": mutation,
    "nails": nails,
    "precision": precision,
    "quantization": quantization,
    "relatives": relatives,
    "search": search,
    "segmentation": segmentation,
    "service": service,
    "shuffle": shuffle,
    "spectra": spectra,
    "spectra_choice": spectra_choice,
    "speed": speed,
    "systems": systems,
    "tables": tables,
    "versions": versions,
}


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="name", required=True)
    for name, module in BENCHMARKS.items():
        command = commands.add_parser(name, help=module.__doc__.splitlines()[0])
        module.add_arguments(command)
        command.add_argument("--out", type=Path, help="write the figures as JSON")
    args = parser.parse_args(argv)
    result = BENCHMARKS[args.name].run(args)
    if result is not None:
        report(*result, args.out)


if __name__ == "__main__":
    main()
