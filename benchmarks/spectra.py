"""Accuracy on ten real sets of spectra, with other models on the same folds or draws.

    python -m benchmarks spectra
    python -m benchmarks spectra --sizes 20 30 60 120

The settings are the same for all sets: ``recipes.spectra()``, untouched. By default on five
shuffled folds (seed 0), which keep groups together if the set has groups; three seeds of the recipe
and of its net alone, one of each peer. With ``--sizes``, on training sets of so many spectra, drawn
20 times. Classes with fewer than 10 samples and the unlabeled pixels of Salinas-A are left out.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from benchmarks._spectrum_peers import make_peers
from sklvision.datasets import load_spectra
from sklvision.recipes import spectra

SETS = (
    "plastics_nir_avantes",
    "saliva_raman_pd_ad",
    "salinas_a_hsi",
    "milk_nir",
    "milk_powder_nir",
    "coffee_brands_nir",
    "coffee_origin_mir",
    "fruit_puree_mir",
    "fresh_meat_mir",
    "ucr_coffee",
)
# Of a grouped set, training spectra are drawn from this part of the groups; the rest is for tests.
_TRAINING_PART = 0.6
_MAX_TEST = 400
_N_SINGLE = 9  # predictions of one spectrum
# The others are deterministic, or so slow that one seed must do.
_MODELS_WITH_SEEDS = ("recipe", "net alone")


def get_data_home() -> Path:
    """Return the folder of the real data: ``SKLVISION_DATA``, or one next to the checkout."""
    path = os.environ.get("SKLVISION_DATA")
    return Path(path) if path else Path(__file__).parents[2] / "shared" / "data"


def load_spectrum_set(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Load spectra, labels and groups of one set, without rare and unlabeled classes."""
    bunch = load_spectra(get_data_home() / "spectra" / f"{name}.npz")
    y, groups = np.asarray(bunch.target), bunch.groups
    labels, counts = np.unique(y, return_counts=True)
    is_kept = np.isin(y, labels[counts >= 10])
    if name == "salinas_a_hsi":
        is_kept &= y != 0
    return bunch.data[is_kept], y[is_kept], None if groups is None else np.asarray(groups)[is_kept]


def split_folds(
    X: np.ndarray, y: np.ndarray, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split into five shuffled folds, which keep groups together."""
    if groups is None:
        return list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    return list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(X, y, groups))


def draw_training_set(
    y: np.ndarray, groups: np.ndarray | None, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Draw training and test places; None where the set is too small.

    Every class has two training spectra, or one if there are too many classes for two. No group is
    on both sides.
    """
    if size > 0.7 * len(y):
        return None
    # Groups of the training pool first, drawn again until every class is in it; then a few spectra
    # of every class, and any others up to the size.
    rng = np.random.RandomState(1000 * size + seed)
    labels = np.unique(y)
    while True:
        is_pool = np.ones(len(y), bool)
        if groups is not None:
            names = rng.permutation(np.unique(groups))
            is_pool = np.isin(groups, names[: round(_TRAINING_PART * len(names))])
        pool = rng.permutation(np.flatnonzero(is_pool))
        if len(np.unique(y[pool])) == len(labels) and len(pool) >= size:
            break
    # A few spectra of every class.
    n_each = 2 if 2 * len(labels) <= size else 1
    first = np.concatenate([pool[y[pool] == label][:n_each] for label in labels])
    # The others, in the order of the draw.
    remainder = pool[~np.isin(pool, first)]
    train = np.concatenate([first, remainder[: size - len(first)]])
    is_test = ~is_pool if groups is not None else ~np.isin(np.arange(len(y)), train)
    test = np.flatnonzero(is_test)
    return train, rng.permutation(test)[:_MAX_TEST]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--sizes", nargs="+", type=int, help="numbers of training spectra")
    parser.add_argument("--draws", type=int, default=20, help="of each size; default: 20")
    parser.add_argument("--n-jobs", type=int, default=2, help="default: 2")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Measure the recipe and its peers on the sets."""
    if args.sizes:
        rows = measure_sizes(args.sets, args.sizes, args.draws, args.n_jobs)
        return f"Accuracy with few training spectra, mean of {args.draws} draws", rows
    rows = measure_sets(args.sets, args.seeds, args.n_jobs)
    return f"Accuracy over 5 folds, mean of {args.seeds} seeds", rows


def _make_models(*, has_slow: bool) -> dict[str, Callable[[int], Any]]:
    return {
        "recipe": lambda seed: spectra(random_state=seed),
        "net alone": lambda seed: spectra(vote=False, random_state=seed),
        **make_peers(has_slow=has_slow),
    }


def measure_sets(sets: list[str], n_seeds: int, n_jobs: int) -> list[dict[str, object]]:
    """Measure every model on the folds of every set, then the means of all sets."""
    models = _make_models(has_slow=True)
    rows: list[dict[str, object]] = []
    fit_seconds: dict[str, list[float]] = defaultdict(list)
    row_seconds: dict[str, list[float]] = defaultdict(list)
    for name in sets:
        X, y, groups = load_spectrum_set(name)
        folds = split_folds(X, y, groups)
        row: dict[str, object] = {"set": name, "n": len(y), "grouped": groups is not None}
        for model in models:
            is_seeded = model in _MODELS_WITH_SEEDS
            tasks = [
                (model, True, seed, X, y, fold)
                for seed in range(n_seeds if is_seeded else 1)
                for fold in folds
            ]
            results = Parallel(n_jobs)(delayed(_score)(*task) for task in tasks)
            row[model] = round(float(np.mean([accuracy for accuracy, *_ in results])), 4)
            fit_seconds[model] += [seconds for _, seconds, _ in results]
            row_seconds[model] += [seconds for *_, seconds in results]
        rows.append(row)
        print(row, flush=True)
    empty = {"n": "", "grouped": ""}
    rows.append({"set": "mean", **empty, **_average(rows, list(models))})
    for text, seconds, factor in (
        ("seconds of a fit, median", fit_seconds, 1),
        ("ms of one spectrum, median", row_seconds, 1000),
    ):
        medians = {model: factor * float(np.median(seconds[model])) for model in models}
        rows.append({"set": text, **empty, **{m: round(v, 3) for m, v in medians.items()}})
    return rows


def measure_sizes(
    sets: list[str], sizes: list[int], n_draws: int, n_jobs: int
) -> list[dict[str, object]]:
    """Measure every model on small training sets, with the means of each size."""
    models = _make_models(has_slow=False)
    rows: list[dict[str, object]] = []
    for size in sizes:
        size_rows: list[dict[str, object]] = []
        for name in sets:
            X, y, groups = load_spectrum_set(name)
            draws = [draw_training_set(y, groups, size, seed) for seed in range(n_draws)]
            splits = [(seed, split) for seed, split in enumerate(draws) if split is not None]
            if not splits:
                continue
            row: dict[str, object] = {"n training": size, "set": name}
            for model in models:
                results = Parallel(n_jobs)(
                    delayed(_score)(model, False, seed, X, y, split) for seed, split in splits
                )
                row[model] = round(float(np.mean([accuracy for accuracy, *_ in results])), 4)
            size_rows.append(row)
            print(row, flush=True)
        mean_row = {"n training": size, "set": "mean", **_average(size_rows, list(models))}
        rows += [*size_rows, mean_row]
    return rows


def _average(rows: list[dict[str, object]], models: list[str]) -> dict[str, object]:
    means = {model: np.mean([float(str(row[model])) for row in rows]) for model in models}
    return {model: round(float(mean), 4) for model, mean in means.items()}


def _score(
    model: str, has_slow: bool, seed: int, X: np.ndarray, y: np.ndarray, split: Any
) -> tuple[float, float, float]:
    """Fit a model on the training part, and predict the test part.

    Returns
    -------
    accuracy, fit_seconds, row_seconds : float
        Accuracy, seconds of the fit, and median seconds of one spectrum alone.
    """
    train, test = split
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = perf_counter()
        estimator = _make_models(has_slow=has_slow)[model](seed).fit(X[train], y[train])
        fit_seconds = perf_counter() - start
        accuracy = float(estimator.score(X[test], y[test]))
        times = []
        for _ in range(_N_SINGLE):
            start = perf_counter()
            estimator.predict(X[test[:1]])
            times.append(perf_counter() - start)
        return accuracy, fit_seconds, float(np.median(times))


def iterate_splits(
    sizes: list[int], n_draws: int
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield the set, "folds" or the number of training spectra, and the places of every split."""
    for name in SETS:
        X, y, groups = load_spectrum_set(name)
        for train, test in split_folds(X, y, groups):
            yield name, "folds", train, test
        for size in sizes:
            for seed in range(n_draws):
                split = draw_training_set(y, groups, size, seed)
                if split is not None:
                    yield name, str(size), *split
