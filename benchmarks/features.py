"""Pretrained features: the last layer alone and all layers, under three classifiers.

    python -m benchmarks features

Flowers 17 is drawn fifteen times into 1,156 images to train and 204 to test (stratified, random
states 100 to 114). The classifiers and their settings were chosen by five folds inside the training
images of the draws 100 and 101; the other draws had no part in it. On CIFAR-10, the first 5,000
training images (and subsets of them) and the last 7,000 test images; the other test images took
part in the choice. Features are computed once for all draws: nothing in them is learned.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklvision import datasets, recipes
from sklvision.feature_extraction import PretrainedFeatures

BACKBONES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
N_LAST = 1280  # features of the last layer, which stand behind those of the stages
N_DRAWS, N_TEST = 15, 204
N_CIFAR_TRAIN, N_CIFAR_CHOICE = 5000, 3000

Split = tuple[np.ndarray, np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--draws", type=int, default=N_DRAWS, help="draws of Flowers 17")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, Any]]]:
    """Measure accuracies of classifiers on the same features."""
    X, y = datasets.fetch_flowers17(return_X_y=True)
    draws = list(_draw_flowers(y, args.draws))
    single = _compute_features(X, BACKBONES[:1], average_flips=False)
    rows = [_measure("flowers17, one net", single, y, draws)]
    del single
    joint = _compute_features(X, BACKBONES, average_flips=True)
    rows.append(_measure("flowers17, three nets and mirror images", joint, y, draws))
    del joint
    X_train, y_train = datasets.fetch_cifar10(subset="train", return_X_y=True)
    X_test, y_test = datasets.fetch_cifar10(subset="test", return_X_y=True)
    images = np.concatenate([X_train[:N_CIFAR_TRAIN], X_test[N_CIFAR_CHOICE:]])
    labels = np.concatenate([y_train[:N_CIFAR_TRAIN], y_test[N_CIFAR_CHOICE:]])
    features = _compute_features(images, BACKBONES[:1], average_flips=False)
    new = np.arange(N_CIFAR_TRAIN, len(labels))
    for size in (200, 1000, N_CIFAR_TRAIN):
        # Disjoint parts of the training images, at most five.
        starts = range(0, N_CIFAR_TRAIN, size)[:5]
        parts = [(np.arange(start, start + size), new) for start in starts]
        rows.append(_measure(f"CIFAR-10, {size:,} to train, one net", features, labels, parts))
    return f"Accuracy on pretrained features ({args.draws} draws of Flowers 17)", rows


def _draw_flowers(y: np.ndarray, n_draws: int) -> Iterator[Split]:
    for state in range(100, 100 + n_draws):
        yield tuple(
            train_test_split(np.arange(len(y)), test_size=N_TEST, stratify=y, random_state=state)
        )


def _compute_features(X: Any, backbones: tuple[str, ...], average_flips: bool) -> list[np.ndarray]:
    return [
        PretrainedFeatures(name, layers="all", average_flips=average_flips).fit_transform(X)
        for name in backbones
    ]


def _measure(
    name: str, features: list[np.ndarray], y: np.ndarray, splits: list[Split]
) -> dict[str, Any]:
    """Score the former recipe, and the vote and its members on all layers."""
    last = np.hstack([block[:, -N_LAST:] for block in features]) / len(features) ** 0.5
    every = np.hstack(features)
    vote = recipes.images()[-1]
    members = dict(vote.estimators)
    models: dict[str, tuple[Any, np.ndarray]] = {
        "last layer, logistic regression": (
            LogisticRegression(C=10 if len(features) == 1 else 100, max_iter=1000),
            last,
        ),
        "all layers, discriminant analysis": (members["lda"], every),
        "all layers, logistic regression": (members["logistic"], every),
        "all layers, vote": (vote, every),
    }
    row: dict[str, Any] = {"data": name, "splits": len(splits)}
    for title, (model, samples) in models.items():
        scores = [
            clone(model).fit(samples[train], y[train]).score(samples[test], y[test])
            for train, test in splits
        ]
        row[title] = round(float(np.mean(scores)), 4)
        row[f"{title}: lowest"] = round(min(scores), 4)
    return row
