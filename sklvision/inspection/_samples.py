"""What displays are given: fitted estimators, wrapped or not, and samples, read or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklvision.utils._lazy import is_collection


def inner_estimators(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield what does the learning in a fitted estimator, with a name within it ("" if it is one).

    Pipelines, searches, frozen estimators and other wrappers of one are opened, votes and stacks
    give all of their members.
    """
    if isinstance(estimator, Pipeline):
        yield from inner_estimators(estimator.steps[-1][1])
        return
    for attribute in ("best_estimator_", "estimator_"):
        if hasattr(estimator, attribute):
            yield from inner_estimators(getattr(estimator, attribute))
            return
    if type(estimator).__name__ == "FrozenEstimator":
        yield from inner_estimators(estimator.estimator)
    elif hasattr(estimator, "named_estimators_"):
        for name, member in estimator.named_estimators_.items():
            if not isinstance(member, str):
                for inside, inner in inner_estimators(member):
                    yield " ".join(filter(None, [name, inside])), inner
    else:
        yield "", estimator


def fitted_pipeline(estimator: Any) -> tuple[list[Any], Any]:
    """Fitted steps before the last one, and the last one, of a pipeline or what wraps one."""
    check_is_fitted(estimator)
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        before, last = fitted_pipeline(steps[-1])
        return [*steps[:-1], *before], last
    for attribute in ("best_estimator_", "estimator_"):
        if hasattr(estimator, attribute):
            return fitted_pipeline(getattr(estimator, attribute))
    if type(estimator).__name__ == "FrozenEstimator":
        return fitted_pipeline(estimator.estimator)
    return [], estimator


def n_samples(X: Any, name: str = "X") -> int:
    """Count samples, or say that there are none."""
    shape = getattr(X, "shape", None) or np.shape(X)
    if len(shape) == 0 or shape[0] == 0:
        raise ValueError(f"{name} must hold at least one sample, got shape {tuple(shape)}.")
    return int(shape[0])


def choose(X: Any, indices: Any, at_most: int) -> np.ndarray:
    """Indices of the samples to show: those asked for, or the first ones."""
    total = n_samples(X)
    if not isinstance(at_most, (int, np.integer)) or at_most < 1:
        raise ValueError(f"max_samples must be an integer of at least 1, got {at_most!r}.")
    if indices is None:
        return np.arange(min(total, at_most))
    chosen = np.asarray(indices)
    if chosen.ndim != 1 or chosen.size == 0 or chosen.dtype.kind not in "iub":
        raise ValueError(
            f"indices must be a non-empty list of whole numbers or a mask, got {indices!r}."
        )
    if chosen.dtype.kind == "b":
        if len(chosen) != total:
            raise ValueError(f"indices is a mask of length {len(chosen)}; X has {total} samples.")
        return np.flatnonzero(chosen)[:at_most]
    if chosen.max() >= total or chosen.min() < -total:
        raise ValueError(f"indices must be below {total}, the samples of X, got {indices!r}.")
    return np.where(chosen < 0, chosen + total, chosen).astype(int)[:at_most]


def n_asked(X: Any, indices: Any) -> int:
    """How many samples there are to show, before the sheet is full."""
    if indices is None:
        return n_samples(X)
    indices = np.asarray(indices)
    return int(indices.sum()) if indices.dtype.kind == "b" else len(indices)


def take(X: Any, indices: np.ndarray) -> Any:
    """Samples by index; a collection stays one, a table a table."""
    if is_collection(X):
        return X[indices]
    if isinstance(X, pd.DataFrame):
        return X.iloc[indices]
    return np.asarray(X)[indices]


def sample_names(X: Any, names: Sequence[str] | None, indices: np.ndarray) -> list[str]:
    """Names of samples: those given for all of X, the files of a collection, or the indices."""
    if names is not None:
        if len(names) != n_samples(X):
            raise ValueError(
                f"names must have one name per sample: it has {len(names)}, X has {n_samples(X)}."
            )
        return [str(names[i]) for i in indices]
    if is_collection(X) and hasattr(X, "files"):
        return [PurePath(X.files[i]).stem for i in indices]
    return [str(i) for i in indices]


def as_pictures(X: Any, image_shape: tuple[int, ...] | None) -> tuple[list[np.ndarray], bool]:
    """Samples as a list, and whether they are images (else spectra)."""
    if is_collection(X):
        return [np.asarray(X[i]) for i in range(len(X))], True
    values = np.asarray(X)
    if image_shape is not None:
        if values[0].size != np.prod(image_shape):
            raise ValueError(
                f"image_shape={tuple(image_shape)!r} does not fit samples of {values[0].size} "
                "values."
            )
        values = values.reshape(len(values), *image_shape)
    if values.ndim not in (2, 3, 4):
        raise ValueError(
            "X must hold spectra (n, n_bands) or images (n, height, width) or "
            f"(n, height, width, channels), got shape {values.shape}."
        )
    return list(values), values.ndim > 2


def check_wavelengths(wavelengths: Any, X: Any, n_bands: int) -> np.ndarray:
    """Positions of the bands: those given, those in the header of a table, or their numbers."""
    if wavelengths is not None:
        positions = np.asarray(wavelengths, dtype=float)
        if positions.shape != (n_bands,):
            raise ValueError(
                f"wavelengths must have one value per band: it has shape {positions.shape}, X has "
                f"{n_bands} bands."
            )
        return positions
    if isinstance(X, pd.DataFrame):
        try:
            return np.asarray(X.columns, dtype=float)
        except (TypeError, ValueError):
            pass
    return np.arange(n_bands, dtype=float)
