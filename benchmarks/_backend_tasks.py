"""Recipes with a small training, and the samples that their backends are compared on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.model_selection import train_test_split

from sklvision import datasets, recipes


@dataclass(frozen=True)
class BackendTask:
    """A fitted model, and test samples.

    ``files`` are the same samples as image files, for a service; None for spectra. ``skip_steps``
    are steps that ONNX cannot express.
    """

    model: Any
    X_train: Any
    X_test: Any
    y_test: np.ndarray
    files: list[Path] | None = None
    skip_steps: tuple[str, ...] = ()


def fit_spectra(folder: Path, vote: bool = True) -> BackendTask:
    """Fit the recipe for spectra on 1,000 simulated ones; test on 1,000 others."""
    X, y = datasets.make_spectra(2000, random_state=0, return_X_y=True)
    model = recipes.spectra(vote=vote, random_state=0).fit(X[:1000], y[:1000])
    return BackendTask(model, X[:1000], X[1000:], y[1000:])


def fit_digits(folder: Path) -> BackendTask:
    """Fit the recipe for digits on 6,000 of MNIST in three epochs; test on 1,000."""
    X, y = datasets.fetch_mnist(return_X_y=True)
    X_test, y_test = datasets.fetch_mnist(subset="test", return_X_y=True)
    model = recipes.digits(random_state=0).set_params(max_epochs=3).fit(X[:6000], y[:6000])
    return _make_task(model, X[:500], X_test[:1000], y_test[:1000], folder)


def fit_cifar10(folder: Path) -> BackendTask:
    """Fit the recipe for CIFAR-10 on 6,000 photographs in four epochs; test on 500."""
    X, y = datasets.fetch_cifar10(return_X_y=True)
    X_test, y_test = datasets.fetch_cifar10(subset="test", return_X_y=True)
    model = recipes.cifar10(random_state=0).set_params(estimator__max_epochs=4)
    model.fit(X[:6000], y[:6000])
    return _make_task(model, X[:500], X_test[:500], y_test[:500], folder)


def fit_flowers(folder: Path) -> BackendTask:
    """Fit the recipe for flowers on 20 photographs of each class; test on 6 of each."""
    bunch = datasets.fetch_flowers17()
    train, remainder = train_test_split(
        np.arange(len(bunch.target)), train_size=340, stratify=bunch.target, random_state=0
    )
    test, _ = train_test_split(
        remainder, train_size=102, stratify=bunch.target[remainder], random_state=0
    )
    images = datasets.ImageCollection(bunch.filenames, mode="RGB")
    model = recipes.flowers(random_state=0).fit(images[train], bunch.target[train])
    files = [Path(bunch.filenames[i]) for i in test]
    return BackendTask(model, images[train[:51]], images[test], bunch.target[test], files)


def fit_nails(folder: Path) -> BackendTask:
    """Fit the recipe for nails on the official 160; test on the official 38."""
    train, test = (datasets.fetch_nails(subset=subset) for subset in ("train", "test"))
    model = recipes.nails(random_state=0).fit(train.data, train.target)
    files = [Path(name) for name in test.filenames]
    y_test = np.asarray(test.target)
    return BackendTask(model, train.data[:60], test.data, y_test, files, ("foregroundcrop",))


def _make_task(
    model: Any, X_train: np.ndarray, X_test: np.ndarray, y_test: np.ndarray, folder: Path
) -> BackendTask:
    """Make a task whose test images are written as files as well."""
    files = [folder / f"{i:05}.png" for i in range(len(X_test))]
    for file, image in zip(files, X_test, strict=True):
        Image.fromarray(image).save(file)
    return BackendTask(model, X_train, X_test, y_test, files)


TASKS: dict[str, Callable[[Path], BackendTask]] = {
    "spectra": fit_spectra,
    "spectra-net": partial(fit_spectra, vote=False),
    "digits": fit_digits,
    "flowers": fit_flowers,
    "nails": fit_nails,
    "cifar10": fit_cifar10,
}
