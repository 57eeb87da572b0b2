"""Findings of find_leaks in public data, and its time relative to a logistic regression.

    python -m benchmarks leaks

Five shuffled, stratified folds, seed 0, without groups. "full" searches every sample as
``find_leaks`` does, "in comparison" as ``compare_estimators`` does; the fit is that of the
baseline of comparisons on the training set of one fold.
"""

from __future__ import annotations

import argparse
import os
import warnings
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.spectra import SETS as SPECTRA
from sklvision.datasets import (
    fetch_cifar10,
    fetch_flowers17,
    fetch_mnist,
    fetch_nails,
    load_spectra,
)
from sklvision.image import FlattenImages, Resize
from sklvision.model_selection import find_leaks
from sklvision.model_selection._leaks.find import inspect_splits
from sklvision.utils._samples import as_samples


def _load_set(name: str) -> tuple[Any, np.ndarray]:
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X.reshape(-1, 8, 8), y
    if name == "nails":
        return fetch_nails(subset="all", return_X_y=True)
    if name == "flowers17":
        return fetch_flowers17(return_X_y=True)
    if name in ("mnist", "cifar10"):
        fetch = fetch_mnist if name == "mnist" else fetch_cifar10
        return fetch(subset="train", return_X_y=True)
    home = Path(os.environ.get("SKLVISION_DATA", "../shared/data"))
    X, y = load_spectra(home / "spectra" / f"{name}.npz", return_X_y=True)
    classes, counts = np.unique(y, return_counts=True)
    is_frequent = np.isin(y, classes[counts >= 5])
    return X[is_frequent], y[is_frequent]


def _measure_seconds(function: Any) -> tuple[float, Any]:
    start = perf_counter()
    result = function()
    return perf_counter() - start, result


def _make_baseline(X: Any) -> Any:
    steps = [StandardScaler(), LogisticRegression(max_iter=1000)]
    if X.ndim != 2:
        steps.insert(0, FlattenImages())
    if X.ndim == 1 or (X.ndim > 2 and X.shape[1] > 256):
        steps.insert(0, Resize(128))
    return make_pipeline(*steps)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    names = ["digits", "nails", "flowers17", *SPECTRA, "mnist", "cifar10"]
    parser.add_argument("--sets", nargs="+", default=names, choices=names)
    parser.add_argument("--no-fit", action="store_true", help="leave out logistic regression")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Find leaks in each set, after a warm-up."""
    rows: list[dict[str, object]] = []
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for name in args.sets:
        X, y = _load_set(name)
        splits = list(folds.split(np.zeros(len(y)), y))
        find_leaks(X[:200], np.arange(len(X[:200])) % 2)
        full_seconds, report = _measure_seconds(partial(find_leaks, X, y, splits))
        comparison_seconds, _ = _measure_seconds(partial(inspect_splits, as_samples(X), y, splits))
        fit_seconds = float("nan")
        if not args.no_fit:
            train = splits[0][0]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit_seconds, _ = _measure_seconds(
                    partial(_make_baseline(X).fit, X[train], y[train])
                )
        counts = report.counts
        rows.append(
            {
                "set": name,
                "samples": len(y),
                "full s": round(full_seconds, 2),
                "in comparison s": round(comparison_seconds, 2),
                "one fit s": round(fit_seconds, 2),
                "copies": counts.get("duplicate", 0),
                "near-duplicates": counts.get("near-duplicate", 0),
                "in series": counts.get("series", 0),
                "conflicts": counts.get("conflict", 0),
            }
        )
        print(f"{name}: {report}\n", flush=True)
    return "Leaks in public data: affected samples, and seconds", rows
