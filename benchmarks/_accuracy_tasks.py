"""The tasks of the accuracy benchmark: a recipe, its data, and the figures it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.spectra import load_spectrum_set
from sklvision import datasets, recipes


@dataclass(frozen=True)
class Split:
    """Training set and test set."""

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any


@dataclass(frozen=True)
class Task:
    """A recipe, the data it is measured on, and the figures it is compared with.

    ``load_splits(seed)`` yields the splits of the data; several splits are folds, whose
    predictions are scored together. ``n_seeds`` is the default number of seeds, 1 where nothing is
    random or a run takes long. ``has_published`` is true where the published system runs on these
    splits as well, and ``make_reference`` builds the baseline.
    """

    name: str
    title: str
    recipe: str
    load_splits: Callable[[int], Iterator[Split]]
    goal: float
    published_score: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    n_seeds: int = 3
    has_published: bool = False
    make_reference: Callable[[], Any] | None = None

    def make_estimator(self, system: str, seed: int, device: str) -> Any:
        """Build the unfitted estimator of "ours", "published" or "reference"."""
        if system == "reference":
            assert self.make_reference is not None
            return self.make_reference()
        options = self.options | ({"published": True} if system == "published" else {})
        return getattr(recipes, self.recipe)(random_state=seed, device=device, **options)


def list_tasks() -> dict[str, Task]:
    """List the tasks by name, in the order of the table."""
    grouping = "folds grouped by capture series (gaps over 300 s)"
    simulated = "make_spectra, 1,500 to train and 10,000 to test drawn by the seed"
    plastics = "plastics_nir_avantes, 5 folds grouped by physical sample"
    flowers = "flowers17, stratified 1156/204 drawn by the seed"
    tasks = [
        Task(
            *("nails", "nails, official split 160/38", "nails", _load_nails, 1.0, 0.77),
            n_seeds=1,
            has_published=True,
        ),
        Task(
            *("nails-grouped", f"nails, {grouping}", "nails", _load_nail_series, 0.97),
            n_seeds=1,
        ),
        Task(
            *("nails-fast", "nails, official split, by their outline", "nails"),
            *(partial(_load_nails, reduce=4), 1.0, 0.77, {"fast": True}),
            n_seeds=1,
        ),
        Task(
            *("nails-fast-grouped", f"nails, by their outline, {grouping}", "nails"),
            *(partial(_load_nail_series, reduce=4), 0.97, None, {"fast": True}),
            n_seeds=1,
        ),
        Task(
            *("flowers17", f"{flowers}, pretrained features", "flowers"),
            *(_load_flowers, 0.98, 0.72),
        ),
        Task(
            *("flowers17-tuned", f"{flowers}, features and a fine-tuned net", "flowers"),
            *(_load_flowers, 0.98, 0.72, {"fine_tune": True}),
        ),
        Task(
            *("flowers17-images", f"{flowers}, images of any kind", "images"),
            *(_load_flowers, 0.96, 0.72),
        ),
        Task(
            *("nails-images", "nails, official split, uncropped, images of any kind", "images"),
            *(_load_nails, 0.9),
            n_seeds=1,
        ),
        Task(
            *("flowers17-scratch", f"{flowers}, from scratch", "flowers"),
            *(_load_flowers, 0.85, 0.72, {"pretrained": False}),
            has_published=True,
        ),
        Task(
            *("flowers17-scratch-vote", f"{flowers}, from scratch, vote", "flowers"),
            *(_load_flowers, 0.95, 0.72, {"pretrained": False, "vote": True}),
        ),
        Task(
            *("mnist", "MNIST, official split, one net", "digits"),
            *(partial(_load_official, datasets.fetch_mnist), 0.9965, 0.9950),
            has_published=True,
        ),
        Task(
            *("mnist-vote", "MNIST, official split, vote", "digits"),
            *(partial(_load_official, datasets.fetch_mnist), 0.9975, 0.99535, {"vote": True}),
            n_seeds=1,
            has_published=True,
        ),
        Task(
            *("cifar10", "CIFAR-10, official split", "cifar10"),
            *(partial(_load_official, datasets.fetch_cifar10), 0.92, 0.8929),
            n_seeds=1,
            has_published=True,
        ),
        Task(
            *("spectra", f"{simulated}, vote", "spectra", _load_simulated_spectra, 0.999),
            has_published=True,
            make_reference=_make_lda,
        ),
        Task(
            *("spectra-net", f"{simulated}, net alone", "spectra", _load_simulated_spectra, 0.999),
            options={"vote": False},
        ),
        Task(
            *("plastics", f"{plastics}, vote", "spectra", _load_plastics, 0.969),
            make_reference=_make_lda,
        ),
        Task(
            *("plastics-net", f"{plastics}, net alone", "spectra", _load_plastics, 0.969),
            options={"vote": False},
        ),
    ]
    return {task.name: task for task in tasks}


def _load_official(fetch: Callable[..., Any], seed: int) -> Iterator[Split]:
    train, test = fetch(subset="train"), fetch(subset="test")
    yield Split(train.data, train.target, test.data, test.target)


def _load_nails(seed: int, reduce: int = 1) -> Iterator[Split]:
    train, test = (_fetch_nails(subset, reduce) for subset in ("train", "test"))
    yield Split(train.data, train.target, test.data, test.target)


def _load_nail_series(seed: int, reduce: int = 1) -> Iterator[Split]:
    nails = _fetch_nails("all", reduce)
    return _split_folds(LeaveOneGroupOut(), nails.data, nails.target, nails.groups)


def _fetch_nails(subset: str, reduce: int) -> Any:
    nails = datasets.fetch_nails(subset=subset)
    if reduce > 1:
        nails.data = datasets.ImageCollection(nails.filenames, reduce=reduce, mode="L")
    return nails


def _load_flowers(seed: int) -> Iterator[Split]:
    X, y = datasets.fetch_flowers17(return_X_y=True)
    train, test = train_test_split(
        np.arange(len(y)), test_size=204, stratify=y, random_state=100 + seed
    )
    yield Split(X[train], y[train], X[test], y[test])


def _load_simulated_spectra(seed: int) -> Iterator[Split]:
    X, y = datasets.make_spectra(11_500, random_state=seed, return_X_y=True)
    yield Split(X[:1500], y[:1500], X[1500:], y[1500:])


def _load_plastics(seed: int) -> Iterator[Split]:
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    return _split_folds(folds, *load_spectrum_set("plastics_nir_avantes"))


def _split_folds(cv: Any, X: Any, y: np.ndarray, groups: np.ndarray | None) -> Iterator[Split]:
    for train, test in cv.split(np.zeros(len(y)), y, groups):
        yield Split(X[train], y[train], X[test], y[test])


def _make_lda() -> Any:
    return make_pipeline(StandardScaler(), PCA(30, random_state=0), LinearDiscriminantAnalysis())
