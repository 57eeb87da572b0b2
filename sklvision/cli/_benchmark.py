"""``sklvision benchmark``: the recipes on the data they are made for."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

from sklvision.cli._arguments import at_least
from sklvision.cli._errors import user_errors
from sklvision.cli._files import check_writable
from sklvision.utils._files import written_whole

_EPILOG = """\
Data are downloaded, before the first run, where they are not there yet. The spectra
of plastics have to be there, as spectra/plastics_nir_avantes.npz in the data home
(SKLVISION_DATA); without --tasks, what cannot be had is left out with a warning.

Every run is written to the file as it ends, and the same call goes on where an
interrupted one stopped. A recipe that has changed since is run anew.

examples:
  sklvision benchmark accuracy --tasks nails spectra
  sklvision benchmark accuracy --tasks cifar10 --published
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "benchmark",
        help="measure the recipes on their data",
        description="Train the recipes on the data they are made for, score them on the test "
        "part, and print the table beside the published figures.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", choices=["accuracy"], help="what is measured")
    add("--tasks", nargs="+", metavar="TASK", help="some of the tasks (default: all; see --list)")
    add("--list", action="store_true", help="print the tasks, and stop")
    add(
        "--seeds",
        type=at_least(1),
        metavar="N",
        help="seeds 0 to N - 1 of each task (default: 3, or 1 where a run takes long)",
    )
    add(
        "--published",
        action="store_true",
        help="run the published settings as well, which takes hours on a processor",
    )
    add(
        "--device", default="auto", help="cpu, cuda, cuda:1 or mps (default: a GPU if there is one)"
    )
    add(
        "--out",
        type=Path,
        default=Path("sklvision_accuracy.json"),
        metavar="RESULTS.json",
        help="all runs; the table goes beside it as Markdown (default: sklvision_accuracy.json)",
    )
    add("--quiet", action="store_true", help="no progress on standard error")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run what is not in the file yet, and print the table."""
    from sklvision.cli import _accuracy

    tasks = _accuracy.find_tasks()
    if args.list:
        for name, task in tasks.items():
            print(f"{name:18} {task.title}")
        return 0
    with user_errors():
        chosen = [_find(tasks, name) for name in args.tasks or tasks]
        markdown = args.out.with_suffix(".md")
        if markdown == args.out:
            raise ValueError(f"--out {args.out}: the table takes this name; end it in .json.")
        for path in (args.out, markdown):
            check_writable(path)
        # Another file, and data that are not there, are found before hours of work.
        _accuracy.read_runs(args.out)
        for task in _with_data(chosen, all_needed=args.tasks is not None):
            systems = ["ours"]
            systems += ["reference"] if task.reference else []
            systems += ["published"] if args.published and task.by_hand else []
            for system in systems:
                n_seeds = 1 if system == "reference" else args.seeds or task.seeds
                for seed in range(n_seeds):
                    _run_one(task, system, seed, args)
        table = _accuracy.to_markdown(_accuracy.read_runs(args.out))
        with written_whole(markdown, text=True) as file:
            file.write(table)
    print(table)
    print(f"Written to {args.out.resolve()} and, the table, {markdown.name}")
    return 0


def _find(tasks: dict[str, Any], name: str) -> Any:
    from sklvision.utils._suggest import did_you_mean

    if name not in tasks:
        raise ValueError(f"--tasks {name}: there is no such task. {did_you_mean(name, tasks)}")
    return tasks[name]


def _with_data(tasks: list[Any], *, all_needed: bool) -> list[Any]:
    """The tasks whose data can be had; the others are told in warnings, or are errors."""
    found = []
    for task in tasks:
        try:
            next(task.splits(0))
        except OSError as error:
            if all_needed:
                raise
            warnings.warn(f"{task.name} is left out: {error}", stacklevel=2)
        else:
            found.append(task)
    return found


def _run_one(task: Any, system: str, seed: int, args: argparse.Namespace) -> None:
    """Run one seed, unless it is in the file already, and write it there at once."""
    from sklvision.cli import _accuracy

    def is_this(run: Any) -> bool:
        return (run.task, run.system, run.seed) == (task.name, system, seed)

    said = _accuracy.describe(_accuracy.make_estimator(task, system, seed, args.device))
    if any(is_this(run) and run.estimator == said for run in _accuracy.read_runs(args.out)):
        return
    if not args.quiet:
        print(f"{task.name}, {system}, seed {seed} ...", file=sys.stderr, flush=True)
    new = _accuracy.run_task(task, system, seed, args.device)
    if not args.quiet:
        print(f"  {new.score:.4f} after {new.fit_seconds:.0f} s of training", file=sys.stderr)
    # Read anew: another call may have written to the same file meanwhile.
    others = [run for run in _accuracy.read_runs(args.out) if not is_this(run)]
    with written_whole(args.out, text=True) as file:
        file.write(_accuracy.to_json([*others, new]))
