"""Accuracy on ten real sets of spectra, compared with LDA on the same folds.

    python -m benchmarks spectra

The settings are the same for all sets: first derivative, SNV, ``SpectrumClassifier()`` with its
defaults. The folds (five, shuffled, seed 0) keep groups together if the set has groups; only the
seed of the net changes. Classes with fewer than 10 samples and the unlabeled pixels of Salinas-A
are left out.
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


def make_derivative() -> tuple[Any, Any]:
    return SavitzkyGolay(11, polyorder=2, deriv=1), SpectralScaler("snv")


def _make_lda(*steps: Any) -> Pipeline:
    return make_pipeline(
        *steps, StandardScaler(), PCA(30, random_state=0), LinearDiscriminantAnalysis()
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument("--n-jobs", type=int, default=2, help="default: 2")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Compare the estimators on the sets."""
    rows = measure_sets(args.sets, args.seeds, args.n_jobs)
    return f"Accuracy over 5 folds, mean of {args.seeds} seeds", rows


def measure_sets(sets: list[str], n_seeds: int, n_jobs: int) -> list[dict[str, object]]:
    """Compare the estimators on every set."""
    rows: list[dict[str, object]] = []
    for name in sets:
        X, y, groups = load_spectrum_set(name)
        estimators = {
            "LDA": _make_lda(),
            "LDA, SNV": _make_lda(SpectralScaler("snv")),
            "LDA, derivative": _make_lda(*make_derivative()),
            **{
                f"net {seed}": make_pipeline(
                    *make_derivative(), SpectrumClassifier(random_state=seed)
                )
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
