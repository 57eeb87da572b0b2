"""The recipes on their data: what is trained, what it is tested on, and what came out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from sklvision._version import __version__


@dataclass(frozen=True)
class Split:
    """Samples to train on and samples to be tested on."""

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any


@dataclass(frozen=True)
class Task:
    """A recipe, the data it is measured on, and the figures it is held against.

    ``splits(seed)`` gives the parts of the data; more than one are folds, whose predictions are
    scored together. ``seeds`` is the number of seeds that a run takes by default, 1 where
    nothing is drawn or a run takes long. ``by_hand`` tells that the published system runs on
    these splits as well, and ``reference`` gives what the recipe has to beat.
    """

    name: str
    title: str
    recipe: str
    options: dict[str, Any]
    splits: Callable[[int], Iterator[Split]]
    goal: float
    published: float | None = None
    seeds: int = 3
    by_hand: bool = True
    reference: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Run:
    """What one seed of one task gave; ``system`` is "ours", "published" or "reference"."""

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


def find_tasks() -> dict[str, Task]:
    """The tasks by name, in the order of the table."""
    grouped = "folds grouped by capture series (gaps over 300 s)"
    tasks = [
        Task("nails", "nails, official split 160/38", "nails", {}, _nails, 1.0, 0.77, 1),
        Task(
            "nails-grouped", f"nails, {grouped}", "nails", {}, _nails_series, 0.97, None, 1, False
        ),
        Task(
            "nails-fast",
            "nails, official split, by their outline",
            "nails",
            {"fast": True},
            partial(_nails, reduce=4),
            1.0,
            0.77,
            1,
            False,
        ),
        Task(
            "nails-fast-grouped",
            f"nails, by their outline, {grouped}",
            "nails",
            {"fast": True},
            partial(_nails_series, reduce=4),
            0.97,
            None,
            1,
            False,
        ),
        Task(
            "flowers17",
            "flowers17, stratified 1156/204 drawn by the seed, pretrained features",
            "flowers",
            {},
            _flowers,
            0.98,
            0.72,
            by_hand=False,
        ),
        Task(
            "flowers17-tuned",
            "flowers17, stratified 1156/204 drawn by the seed, features and a fine-tuned net",
            "flowers",
            {"fine_tune": True},
            _flowers,
            0.98,
            0.72,
            by_hand=False,
        ),
        Task(
            "flowers17-scratch",
            "flowers17, stratified 1156/204 drawn by the seed, from scratch",
            "flowers",
            {"pretrained": False},
            _flowers,
            0.85,
            0.72,
        ),
        Task("mnist", "MNIST, official split, one net", "digits", {}, _mnist, 0.9965, 0.9950),
        Task(
            "mnist-vote",
            "MNIST, official split, vote",
            "digits",
            {"vote": True},
            _mnist,
            0.9975,
            0.99535,
            1,
        ),
        Task("cifar10", "CIFAR-10, official split", "cifar10", {}, _cifar10, 0.92, 0.8929, 1),
        Task(
            "spectra",
            "make_spectra, 1,500 to train and 10,000 to test drawn by the seed",
            "spectra",
            {},
            _made_spectra,
            0.999,
            None,
            reference=_lda,
        ),
        Task(
            "plastics",
            "plastics_nir_avantes, 5 folds grouped by physical sample",
            "spectra",
            {},
            _plastics,
            0.969,
            None,
            by_hand=False,
            reference=_lda,
        ),
    ]
    return {task.name: task for task in tasks}


def run_task(task: Task, system: str, seed: int, device: str) -> Run:
    """Train on the training parts of one task, and score the test parts."""
    estimator = make_estimator(task, system, seed, device)
    correct: list[np.ndarray] = []
    seconds = 0.0
    for split in task.splits(seed):
        start = time.perf_counter()
        estimator.fit(split.X_train, split.y_train)
        seconds += time.perf_counter() - start
        correct.append(estimator.predict(split.X_test) == np.asarray(split.y_test))
    from sklvision.model_selection._budgets.costs import count_parameters
    from sklvision.nets._device import describe_machine

    hits = np.concatenate(correct)
    return Run(
        task=task.name,
        system=system,
        seed=seed,
        score=float(hits.mean()),
        n_test=len(hits),
        fit_seconds=round(seconds, 3),
        predict_ms=round(1000 * _seconds_per_sample(estimator, split.X_test), 2),
        n_parameters=count_parameters(estimator),
        estimator=describe(estimator),
        machine=describe_machine(),
    )


def make_estimator(task: Task, system: str, seed: int, device: str) -> Any:
    """The unfitted estimator of a task."""
    if system == "reference":
        assert task.reference is not None
        return task.reference()
    from sklvision import recipes

    options = task.options | ({"published": True} if system == "published" else {})
    return getattr(recipes, task.recipe)(random_state=seed, device=device, **options)


def describe(estimator: Any) -> str:
    """All that decides what an estimator does, on one line."""
    return " ".join(estimator.__repr__(N_CHAR_MAX=100_000).split())


def read_runs(path: Path) -> list[Run]:
    """The runs of an earlier call; none if there is no such file."""
    if not path.exists():
        return []
    try:
        return [Run(**run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"--out {path}: exists, and is no file of this command.") from error


def to_json(runs: list[Run]) -> str:
    """All runs, each of one line."""
    lines = ",\n".join(f"  {json.dumps(asdict(run))}" for run in runs)
    return f'{{"sklvision": "{__version__}", "runs": [\n{lines}\n]}}\n'


def to_markdown(runs: list[Run]) -> str:
    """The table: what was published, what those settings give here, and what ours give."""
    lines = [
        "| task | published | its settings, here | reference | ours | seeds | learned parameters "
        "| fit | one image |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for task in find_tasks().values():
        by_system = {
            system: [run for run in runs if (run.task, run.system) == (task.name, system)]
            for system in ("published", "reference", "ours")
        }
        if not any(by_system.values()):
            continue
        ours = by_system["ours"]
        cells = [
            task.title,
            "–" if task.published is None else f"{task.published:g}",
            _score(by_system["published"]),
            _score(by_system["reference"]),
            f"**{_score(ours)}** (goal {task.goal:g})",
            ", ".join(str(run.seed) for run in ours) or "–",
            f"{ours[0].n_parameters:,}" if ours and ours[0].n_parameters else "–",
            _duration(median(run.fit_seconds for run in ours)) if ours else "–",
            f"{median(run.predict_ms for run in ours):.1f} ms" if ours else "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    machines = sorted({run.machine for run in runs})
    lines += ["", f"Mean accuracy over the seeds. Measured on: {'; '.join(machines)}."]
    return "\n".join(lines) + "\n"


def _score(runs: list[Run]) -> str:
    if not runs:
        return "–"
    mean = fmean(run.score for run in runs)
    text = f"{mean:.4f}"
    if runs[0].n_test < 1000 and len(runs) == 1:
        text += f", {round(mean * runs[0].n_test)} of {runs[0].n_test}"
    if len(runs) > 1:
        text += f" ({', '.join(f'{run.score:.4f}' for run in runs)})"
    return text


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _seconds_per_sample(estimator: Any, X: Any) -> float:
    """Median time of a prediction for one sample alone."""
    seconds = []
    for i in range(min(len(X), 20)):
        start = time.perf_counter()
        estimator.predict(X[i : i + 1])
        seconds.append(time.perf_counter() - start)
    return median(seconds[1:] or seconds)


def _official(fetch: str, seed: int) -> Iterator[Split]:
    from sklvision import datasets

    fetcher = getattr(datasets, fetch)
    train, test = fetcher(subset="train"), fetcher(subset="test")
    yield Split(train.data, train.target, test.data, test.target)


_mnist = partial(_official, "fetch_mnist")
_cifar10 = partial(_official, "fetch_cifar10")


def _nails(seed: int, reduce: int = 1) -> Iterator[Split]:
    train, test = _read_nails("train", reduce), _read_nails("test", reduce)
    yield Split(train.data, train.target, test.data, test.target)


def _nails_series(seed: int, reduce: int = 1) -> Iterator[Split]:
    from sklearn.model_selection import LeaveOneGroupOut

    nails = _read_nails("all", reduce)
    return _folds(LeaveOneGroupOut(), nails.data, nails.target, nails.groups)


def _read_nails(subset: str, reduce: int) -> Any:
    from sklvision.datasets import ImageCollection, fetch_nails

    nails = fetch_nails(subset=subset)
    if reduce > 1:
        nails.data = ImageCollection(nails.filenames, reduce=reduce, mode="L")
    return nails


def _flowers(seed: int) -> Iterator[Split]:
    from sklearn.model_selection import train_test_split

    from sklvision.datasets import fetch_flowers17

    X, y = fetch_flowers17(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(y)), test_size=204, stratify=y, random_state=100 + seed
    )
    yield Split(X[train], y[train], X[test], y[test])


def _made_spectra(seed: int) -> Iterator[Split]:
    from sklvision.datasets import make_spectra

    X, y = make_spectra(11_500, random_state=seed, return_X_y=True)
    yield Split(X[:1500], y[:1500], X[1500:], y[1500:])


def _plastics(seed: int) -> Iterator[Split]:
    from sklearn.model_selection import StratifiedGroupKFold

    from sklvision.datasets import load_spectra
    from sklvision.datasets._download import data_home_path

    spectra = load_spectra(data_home_path(None) / "spectra" / "plastics_nir_avantes.npz")
    y, groups = np.asarray(spectra.target), np.asarray(spectra.groups)
    labels, counts = np.unique(y, return_counts=True)
    kept = np.isin(y, labels[counts >= 10])
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    return _folds(folds, spectra.data[kept], y[kept], groups[kept])


def _folds(cv: Any, X: Any, y: np.ndarray, groups: np.ndarray) -> Iterator[Split]:
    for train, test in cv.split(np.zeros(len(y)), y, groups):
        yield Split(X[train], y[train], X[test], y[test])


def _lda() -> Any:
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), PCA(30, random_state=0), LinearDiscriminantAnalysis())
