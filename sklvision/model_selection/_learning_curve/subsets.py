"""Growing subsets of the training sets, each inside the next, for learning curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sklvision.model_selection._splits import Split


def order_evenly(
    train: np.ndarray, y: np.ndarray, groups: np.ndarray | None, rng: np.random.RandomState
) -> np.ndarray:
    """Order a training set at random so that every beginning has the classes in proportion.

    The k-th of the m samples of a class is put at a random place between the fractions
    (k - 1) / m and k / m of the whole. Groups move as one, in the place of samples, since
    collecting more data brings more patients or parts, and not more samples of each.
    """
    # Stratified random places in [0, 1] for every unit, a sample or a group, within its class.
    groups = np.arange(len(y)) if groups is None else groups
    units, first, unit = np.unique(groups[train], return_index=True, return_inverse=True)
    labels = y[train][first]
    if len(units) < len(train):
        labels = pd.Series(y[train]).groupby(unit).agg(lambda values: values.mode()[0]).to_numpy()
    place = np.empty(len(units))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank = rng.permutation(len(members))
        place[members] = (rank + rng.uniform(size=len(members))) / len(members)
    # Samples of one group share their place: a random order within it.
    tie_breaker = rng.permutation(len(train))
    return train[np.lexsort((tie_breaker, place[unit]))]


def find_smallest_size(
    splits: list[Split], y: np.ndarray, groups: np.ndarray | None = None, n_each: int = 2
) -> int:
    """Return the size from which on every beginning has each class ``n_each`` times.

    With groups, every class is in as many groups, so that inner splits can keep them together.
    """
    sizes = [1]
    for train, _ in splits:
        # By numbers of classes: pandas does not take every text, such as a lone surrogate.
        classes = np.unique(y[train], return_inverse=True)[1]
        places = np.arange(len(train))
        if groups is not None:  # the first sample of every class in every group counts
            numbers = np.unique(groups[train], return_inverse=True)[1]
            pairs = pd.DataFrame({"class": classes, "group": numbers})
            places = np.flatnonzero(~pairs.duplicated())
        classes = classes[places]
        ranks = pd.Series(classes).groupby(classes, sort=False).cumcount().to_numpy()
        last_rank = np.minimum(np.bincount(classes), n_each)[classes] - 1
        sizes.append(int(places[ranks == last_rank].max()) + 1)
    return max(sizes)


def resolve_sizes(train_sizes: Any, n_max: int) -> np.ndarray:
    """Return sizes of fractions of the smallest training set, or of numbers of samples."""
    sizes = np.asarray(train_sizes)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iuf" or not np.all(np.isfinite(sizes)):
        raise ValueError(
            f"train_sizes must list numbers of samples, or fractions, got {train_sizes!r}."
        )
    if sizes.dtype.kind == "f":
        if np.any(sizes <= 0) or np.any(sizes > 1):
            raise ValueError(
                "train_sizes given as floats are fractions of the training set, above 0 and at "
                f"most 1; got {sizes.min():g} to {sizes.max():g}. Numbers of samples are integers."
            )
        sizes = np.maximum(1, np.rint(sizes * n_max))
    sizes = np.unique(sizes.astype(np.int64))
    if sizes[0] < 1 or sizes[-1] > n_max:
        raise ValueError(
            f"train_sizes must be between 1 and the {n_max} samples of the smallest training "
            f"set, got {sizes[0]} to {sizes[-1]}."
        )
    if len(sizes) < 3:
        raise ValueError(
            f"train_sizes must hold at least 3 different sizes for a curve, got {sizes.tolist()}."
        )
    return sizes


def check_classes(sizes: np.ndarray, splits: list[Split], y: np.ndarray, n_min: int) -> None:
    """Refuse sizes at which a class would not be trained on."""
    for i, (train, _) in enumerate(splits):
        missing_classes = np.setdiff1d(y[train], y[train[: sizes[0]]])
        if len(missing_classes):
            raise ValueError(
                f"train_sizes: the first {sizes[0]} training samples of split {i} hold none of "
                f"class {missing_classes.tolist()[0]!r}; begin with {n_min} samples or more."
            )
