"""Growing subsets of the training parts, each inside the next, for learning curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Split = tuple[np.ndarray, np.ndarray]


def grow_evenly(
    train: np.ndarray, y: np.ndarray, groups: np.ndarray | None, rng: np.random.RandomState
) -> np.ndarray:
    """Put a training part in a random order whose every beginning holds the classes in proportion.

    The k-th of the m samples of a class is put at a random place between the fractions
    (k - 1) / m and k / m of the whole. Groups move as one, in the place of samples, for
    who collects more gets more patients or more parts, and not more of each.
    """
    groups = np.arange(len(y)) if groups is None else groups
    units, first, unit = np.unique(groups[train], return_index=True, return_inverse=True)
    kinds = y[train][first]
    if len(units) < len(train):
        kinds = pd.Series(y[train]).groupby(unit).agg(lambda labels: labels.mode()[0]).to_numpy()
    place = np.empty(len(units))
    for kind in np.unique(kinds):
        (of_kind,) = np.nonzero(kinds == kind)
        rank = rng.permutation(len(of_kind))
        place[of_kind] = (rank + rng.uniform(size=len(of_kind))) / len(of_kind)
    within = rng.permutation(len(train))
    return train[np.lexsort((within, place[unit]))]


def smallest_useful_size(ordered: list[Split], y: np.ndarray, n_each: int = 2) -> int:
    """Samples from which on every beginning holds each class of its part ``n_each`` times."""
    sizes = [1]
    for train, _ in ordered:
        ranks = pd.Series(y[train]).groupby(y[train], sort=False).cumcount().to_numpy()
        counts = pd.Series(y[train]).value_counts()
        wanted = counts.clip(upper=n_each).reindex(y[train]).to_numpy() - 1
        sizes.append(int(np.flatnonzero(ranks == wanted).max()) + 1)
    return max(sizes)


def absolute_sizes(train_sizes: Any, n_most: int) -> np.ndarray:
    """Turn fractions of the smallest training part, or numbers of samples, into sizes."""
    sizes = np.asarray(train_sizes)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iuf" or not np.all(np.isfinite(sizes)):
        raise ValueError(
            f"train_sizes must list numbers of samples, or fractions, got {train_sizes!r}."
        )
    if sizes.dtype.kind == "f":
        if np.any(sizes <= 0) or np.any(sizes > 1):
            raise ValueError(
                "train_sizes given as floats are fractions of the training part, above 0 and at "
                f"most 1; got {sizes.min():g} to {sizes.max():g}. Numbers of samples are integers."
            )
        sizes = np.maximum(1, np.rint(sizes * n_most))
    sizes = np.unique(sizes.astype(np.int64))
    if sizes[0] < 1 or sizes[-1] > n_most:
        raise ValueError(
            f"train_sizes must lie between 1 and the {n_most} samples of the smallest training "
            f"part, got {sizes[0]} to {sizes[-1]}."
        )
    if len(sizes) < 3:
        raise ValueError(
            f"train_sizes must hold at least 3 different sizes for a curve, got {sizes.tolist()}."
        )
    return sizes


def check_classes(sizes: np.ndarray, ordered: list[Split], y: np.ndarray, least: int) -> None:
    """Refuse sizes at which a class would not be trained on."""
    for i, (train, _) in enumerate(ordered):
        absent = np.setdiff1d(y[train], y[train[: sizes[0]]])
        if len(absent):
            raise ValueError(
                f"train_sizes: the first {sizes[0]} training samples of split {i} hold none of "
                f"class {absent.tolist()[0]!r}; begin with {least} samples or more."
            )
