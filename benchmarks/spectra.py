"""Accuracy on ten real sets of spectra, against linear discriminant analysis on the same folds.

    python -m benchmarks spectra

One setting for all sets: first derivative, SNV, ``SpectrumClassifier()`` as it comes. The folds
(five, shuffled, seed 0) keep groups together where the set has groups; only the seed of the net
changes. Classes of fewer than 10 samples and the unlabelled pixels of Salinas-A are left out.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import load_spectra
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

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


def data_home() -> Path:
    """Folder of the real data: ``SKLVISION_DATA``, else beside the checkout."""
    named = os.environ.get("SKLVISION_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data"


def load(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Spectra, labels and groups of one set, without what the baselines left out."""
    bunch = load_spectra(data_home() / "spectra" / f"{name}.npz")
    y, groups = np.asarray(bunch.target), bunch.groups
    labels, counts = np.unique(y, return_counts=True)
    kept = np.isin(y, labels[counts >= 10])
    if name == "salinas_a_hsi":
        kept &= y != 0
    return bunch.data[kept], y[kept], None if groups is None else np.asarray(groups)[kept]


def derivative() -> tuple[Any, Any]:
    return SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv")


def _lda(*steps: Any) -> Pipeline:
    return make_pipeline(
        *steps, StandardScaler(), PCA(30, random_state=0), LinearDiscriminantAnalysis()
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--n-jobs", type=int, default=2, help="default: 2")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Compare on the sets."""
    rows = measure(args.sets, args.seeds, args.n_jobs)
    return f"Accuracy over 5 folds, mean of {args.seeds} seeds", rows


def measure(sets: list[str], n_seeds: int, n_jobs: int) -> list[dict[str, object]]:
    """Compare on every set."""
    rows: list[dict[str, object]] = []
    for name in sets:
        X, y, groups = load(name)
        estimators = {
            "LDA": _lda(),
            "LDA, SNV": _lda(SpectralScaler("snv")),
            "LDA, derivative": _lda(*derivative()),
            **{
                f"net {seed}": make_pipeline(*derivative(), SpectrumClassifier(random_state=seed))
                for seed in range(n_seeds)
            },
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = compare_estimators(
                estimators, X, y, groups=groups, cv=5, n_jobs=n_jobs, random_state=0
            )
        mean = result.to_frame()["mean_accuracy"]
        seeds = [float(mean[f"net {seed}"]) for seed in range(n_seeds)]
        row: dict[str, object] = {"set": name, "n": len(y), "grouped": groups is not None}
        for baseline in ("LDA", "LDA, SNV", "LDA, derivative", "logistic regression"):
            row[baseline] = round(float(mean[baseline]), 4)
        row["net"] = round(float(np.mean(seeds)), 4)
        row["net, seeds"] = " ".join(f"{value:.4f}" for value in seeds)
        rows.append(row)
        print(row, flush=True)
    return rows
