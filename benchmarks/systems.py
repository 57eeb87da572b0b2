"""Comparisons on the data of the five systems, each with its full report as a page.

They are smaller than the benchmark of accuracy, so that all folds of all candidates end in minutes:
they demonstrate the comparison, not the best accuracy.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks.spectra import load_spectrum_set
from sklvision import datasets, recipes
from sklvision.augmentation import RandomFlip, RandomRotation, RandomShift
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import FlattenImages, ForegroundCrop, Resize
from sklvision.model_selection import (
    compare_estimators,
    learning_curve_forecast,
    robustness_curve,
)
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SpectralScaler


@dataclass
class System:
    """Data and candidates of a comparison, and the settings of its report."""

    title: str
    X: Any
    y: Any
    estimators: dict[str, Any]
    groups: Any = None
    cv: int = 5
    baselines: tuple[str, ...] = ()
    forecast: str = "logistic regression"
    most_corrupted: int = 100
    robustness: dict[str, Any] = field(default_factory=lambda: {"severities": 3})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--pages", type=Path, default=Path("docs/reports"), help="folder of pages")
    parser.add_argument("--memory", type=Path, help="folder that caches results, to continue later")
    parser.add_argument("--n-jobs", type=int, default=2, help="default: 2")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Compare the estimators and write the pages."""
    args.pages.mkdir(parents=True, exist_ok=True)
    rows = [_write_page(name, args) for name in args.systems]
    return "The best candidate against the best baseline, on the same folds", rows


def _write_page(name: str, args: argparse.Namespace) -> dict[str, object]:
    system = SYSTEMS[name]()
    result = compare_estimators(
        system.estimators,
        system.X,
        system.y,
        groups=system.groups,
        cv=system.cv,
        baselines=list(system.baselines),
        memory=args.memory,
        n_jobs=args.n_jobs,
        random_state=0,
        verbose=1,
    )
    result = replace(result, description={"Data": system.title, **result.description})
    print(result, flush=True)
    page = args.pages / f"{name}.html"
    result.to_html(page)
    train, test = result.splits[0]
    fitted_estimators = {
        label: clone(estimator).fit(system.X[train], system.y[train])
        for label, estimator in result.estimators.items()
        if label != "majority class"
    }
    test = np.random.default_rng(0).permutation(test)[: system.most_corrupted]
    curves = robustness_curve(
        fitted_estimators, system.X[test], system.y[test], random_state=0, **system.robustness
    )
    print(curves, flush=True)
    forecast = learning_curve_forecast(
        result.estimators[system.forecast],
        system.X,
        system.y,
        groups=system.groups,
        cv=system.cv,
        n_jobs=args.n_jobs,
        random_state=0,
    )
    print(forecast, flush=True)
    result.to_html(page, robustness=curves, forecast={system.forecast: forecast})
    best = result.differences().iloc[0]
    return {
        "system": name,
        "best": str(result.differences().index[0]),
        "baseline": result.differences().attrs["reference"],
        "difference": round(best["difference"], 4),
        "low": round(best["low"], 4),
        "high": round(best["high"], 4),
        "p_holm": round(best["p_holm"], 4),
        "leaks": ", ".join(result.leaks.kinds) if result.leaks else "none found",
    }


def _make_spectra_system() -> System:
    X, y, groups = load_spectrum_set("plastics_nir_avantes")
    return System(
        "plastics by near-infrared spectra; folds keep samples of the same piece together",
        X,
        y,
        {
            "vote": recipes.spectra(),
            "derivative + net": recipes.spectra(vote=False),
            "SNV + net": make_pipeline(SpectralScaler("snv"), SpectrumClassifier()),
            "net": SpectrumClassifier(),
        },
        groups=groups,
        forecast="vote",
    )


def _make_digits_system() -> System:
    mnist = datasets.fetch_mnist(subset="train")
    X, y = mnist.data[:4000], mnist.target[:4000]
    perceptron = make_pipeline(FlattenImages(), SpectrumClassifier(max_epochs=20))
    resnet = ImageClassifier("resnet8", max_epochs=6, augment=[RandomShift(0.07, 0.07)])
    recipe = recipes.digits().set_params(max_epochs=6)
    members = [("perceptron", perceptron), ("resnet8", resnet), ("recipe", recipe)]
    return System(
        "the first 4,000 training images of MNIST; nets trained for fewer epochs than the recipe",
        X,
        y,
        {
            "perceptron": perceptron,
            "resnet8": resnet,
            "recipe, 6 epochs": recipe,
            "ensemble of perceptron + resnet8 + recipe": VotingClassifier(members, voting="soft"),
        },
    )


def _make_flowers_system() -> System:
    flowers = datasets.fetch_flowers17()
    features = make_pipeline(
        PretrainedFeatures(image_size=160),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=1000),
    )
    trained_net = make_pipeline(
        Resize(64),
        FunctionTransformer(np.asarray),
        ImageClassifier(
            "speed_cnn",
            augment=[RandomFlip(), RandomRotation(25)],
            max_epochs=12,
            batch_size=32,
            optimizer="sgd",
            lr=0.1,
            weight_decay=0.005,
            label_smoothing=0.1,
        ),
    )
    return System(
        "Flowers 17: 80 photographs of each of 17 flowers",
        flowers.data,
        flowers.target,
        {"pretrained features": features, "net from scratch": trained_net},
        cv=4,
        most_corrupted=68,
        robustness={"severities": 2},
    )


def _make_nails_system() -> System:
    nails = datasets.fetch_nails(subset="all")
    crop = ForegroundCrop(
        center_crop=(960, 1200),
        threshold="otsu",
        polarity="both",
        align=True,
        output_size=(32, 128),
    )
    pixels = make_pipeline(
        crop, FlattenImages(), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    net = make_pipeline(
        crop,
        FunctionTransformer(np.asarray),
        ImageClassifier("resnet8", augment=[RandomFlip("both")], max_epochs=40, batch_size=16),
    )
    return System(
        "nails, good or bent; folds separate the three capture series",
        nails.data,
        nails.target,
        {"recipe": recipes.nails(), "crop + resnet8": net, "crop + logistic regression": pixels},
        groups=nails.groups,
        cv=3,
        baselines=("crop + logistic regression",),
        forecast="recipe",
        most_corrupted=16,
        robustness={
            "severities": 2,
            "corruptions": ["brightness", "motion_blur", "noise", "rotation"],
        },
    )


def _make_cifar10_system() -> System:
    cifar = datasets.fetch_cifar10(subset="train")
    X, y = cifar.data[:3000], cifar.target[:3000]
    flips = [RandomFlip(), RandomShift(0.1, 0.1)]
    features = make_pipeline(
        PretrainedFeatures(image_size=96), StandardScaler(), LogisticRegression(C=0.01)
    )
    return System(
        "the first 3,000 training images of CIFAR-10; nets trained for 8 epochs",
        X,
        y,
        {
            "cifar_cnn": ImageClassifier("cifar_cnn", augment=flips, max_epochs=8),
            "resnet8": ImageClassifier("resnet8", augment=flips, max_epochs=8),
            "pretrained features": features,
        },
        cv=4,
    )


SYSTEMS: dict[str, Callable[[], System]] = {
    "spectra": _make_spectra_system,
    "digits": _make_digits_system,
    "flowers": _make_flowers_system,
    "nails": _make_nails_system,
    "cifar10": _make_cifar10_system,
}
