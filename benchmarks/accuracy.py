"""Accuracy of the recipes on the data of their tasks, next to the published figures.

    python -m benchmarks accuracy --tasks nails spectra --out accuracy.json

Data are downloaded before the first run where they are missing. The spectra of plastics must be in
the data home (SKLVISION_DATA), as spectra/plastics_nir_avantes.npz; without --tasks, a task whose
data are missing is left out with a warning. Every run is written to --out as it ends, and the same
command continues an interrupted one. A recipe that has changed since is run again. The table is
written next to it as Markdown.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from benchmarks._accuracy_tasks import Task, list_tasks
from benchmarks._harness import describe_machine
from sklvision import __version__
from sklvision.model_selection import parameter_count
from sklvision.utils._files import atomic_write


@dataclass(frozen=True)
class Run:
    """Result of one seed of one task; ``system`` is "ours", "published" or "reference"."""

    task: str
    system: str
    seed: int
    score: float
    n_test: int
    fit_seconds: float
    predict_ms: float
    n_parameters: int | None
    estimator: str
    machine: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Choose tasks, seeds and systems."""
    add = parser.add_argument
    add("--tasks", nargs="+", choices=list(list_tasks()), metavar="TASK", help="default: all")
    add("--list", action="store_true", help="print the tasks, and stop")
    add("--seeds", type=int, help="seeds 0 to N - 1 (default: 3, or 1 where a run takes long)")
    add("--published", action="store_true", help="run the published settings as well (hours)")
    add("--device", default="auto", help="cpu, cuda, cuda:1 or mps (default: a GPU if any)")


def run(args: argparse.Namespace) -> None:
    """Run what is not in the file yet, and print the table."""
    tasks = list_tasks()
    if args.list:
        for name, task in tasks.items():
            print(f"{name:18} {task.title}")
        return
    runs = read_runs(args.out)
    for task in _find_available([tasks[name] for name in args.tasks or tasks], bool(args.tasks)):
        systems = ["ours"]
        systems += ["reference"] if task.make_reference else []
        systems += ["published"] if args.published and task.has_published else []
        for system in systems:
            n_seeds = 1 if system == "reference" else args.seeds or task.n_seeds
            for seed in range(n_seeds):
                runs = _run_once(runs, task, system, seed, args)
    table = format_markdown(runs)
    if args.out is not None:
        _write(args.out.with_suffix(".md"), table)
    print(table)


def run_task(task: Task, system: str, seed: int, device: str) -> Run:
    """Train on the training sets of one task, and score the test sets."""
    estimator = task.make_estimator(system, seed, device)
    is_correct: list[np.ndarray] = []
    seconds = 0.0
    for split in task.load_splits(seed):
        start = time.perf_counter()
        estimator.fit(split.X_train, split.y_train)
        seconds += time.perf_counter() - start
        is_correct.append(estimator.predict(split.X_test) == np.asarray(split.y_test))
    hits = np.concatenate(is_correct)
    n_parameters = parameter_count(estimator)
    return Run(
        task=task.name,
        system=system,
        seed=seed,
        score=float(hits.mean()),
        n_test=len(hits),
        fit_seconds=round(seconds, 3),
        predict_ms=round(1000 * _time_one_sample(estimator, split.X_test), 2),
        n_parameters=None if np.isnan(n_parameters) else int(n_parameters),
        estimator=format_estimator(estimator),
        machine=describe_machine(),
    )


def format_estimator(estimator: Any) -> str:
    """Write all parameters of an estimator on one line."""
    return " ".join(estimator.__repr__(N_CHAR_MAX=100_000).split())


def read_runs(path: Path | None) -> list[Run]:
    """Read the runs of an earlier call; an empty list if the file does not exist."""
    if path is None or not path.exists():
        return []
    try:
        return [Run(**run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    except (ValueError, TypeError, KeyError) as error:
        raise SystemExit(f"--out {path}: exists, and was not written by this command.") from error


def format_json(runs: list[Run]) -> str:
    """Format all runs as JSON, each on one line."""
    lines = ",\n".join(f"  {json.dumps(asdict(run))}" for run in runs)
    today = date.today().isoformat()
    return f'{{"sklvision": "{__version__}", "date": "{today}", "runs": [\n{lines}\n]}}\n'


def format_markdown(runs: list[Run]) -> str:
    """Format the table: the published figure, those settings here, the reference, and ours."""
    lines = [
        "| task | published | its settings, here | reference | ours | seeds | learned parameters "
        "| fit | one image |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for task in list_tasks().values():
        by_system = {
            system: [run for run in runs if (run.task, run.system) == (task.name, system)]
            for system in ("published", "reference", "ours")
        }
        if not any(by_system.values()):
            continue
        own_runs = by_system["ours"]
        cells = [
            task.title,
            "–" if task.published_score is None else f"{task.published_score:g}",
            _format_score(by_system["published"]),
            _format_score(by_system["reference"]),
            f"**{_format_score(own_runs)}** (goal {task.goal:g})",
            ", ".join(str(run.seed) for run in own_runs) or "–",
            f"{own_runs[0].n_parameters:,}" if own_runs and own_runs[0].n_parameters else "–",
            _format_duration(median(run.fit_seconds for run in own_runs)) if own_runs else "–",
            f"{median(run.predict_ms for run in own_runs):.1f} ms" if own_runs else "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    machines = sorted({run.machine for run in runs})
    lines += ["", f"Mean accuracy over the seeds. Measured on: {'; '.join(machines)}."]
    return "\n".join(lines) + "\n"


def _find_available(tasks: list[Task], all_required: bool) -> list[Task]:
    """Find the tasks whose data are there; the others cause warnings, or errors if required."""
    available = []
    for task in tasks:
        try:
            next(task.load_splits(0))
        except OSError as error:
            if all_required:
                raise SystemExit(str(error)) from error
            warnings.warn(f"{task.name} is left out: {error}", stacklevel=2)
        else:
            available.append(task)
    return available


def _run_once(
    runs: list[Run], task: Task, system: str, seed: int, args: argparse.Namespace
) -> list[Run]:
    """Run one seed unless it is among the runs already, and write the file at once."""

    def is_same(run: Run) -> bool:
        return (run.task, run.system, run.seed) == (task.name, system, seed)

    estimator = format_estimator(task.make_estimator(system, seed, args.device))
    if any(is_same(run) and run.estimator == estimator for run in runs):
        return runs
    print(f"{task.name}, {system}, seed {seed} ...", flush=True)
    new = run_task(task, system, seed, args.device)
    print(f"  {new.score:.4f} after {new.fit_seconds:.0f} s of training", flush=True)
    # Read again: another call may have written to the same file meanwhile.
    other_runs = [run for run in (read_runs(args.out) or runs) if not is_same(run)]
    if args.out is not None:
        _write(args.out, format_json([*other_runs, new]))
    return [*other_runs, new]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, text=True) as file:
        file.write(text)


def _format_score(runs: list[Run]) -> str:
    if not runs:
        return "–"
    mean = fmean(run.score for run in runs)
    text = f"{mean:.4f}"
    if runs[0].n_test < 1000 and len(runs) == 1:
        text += f", {round(mean * runs[0].n_test)} of {runs[0].n_test}"
    if len(runs) > 1:
        text += f" ({', '.join(f'{run.score:.4f}' for run in runs)})"
    return text


def _format_duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _time_one_sample(estimator: Any, X: Any) -> float:
    """Measure the median seconds of a prediction for one sample alone."""
    seconds = []
    for i in range(min(len(X), 20)):
        start = time.perf_counter()
        estimator.predict(X[i : i + 1])
        seconds.append(time.perf_counter() - start)
    return median(seconds[1:] or seconds)
