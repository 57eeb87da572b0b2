"""Samples to show: selected, named and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from sklvision.utils._images import check_image_shape
from sklvision.utils._samples import Samples, as_samples
from sklvision.utils._validation import check_count, check_list


@dataclass(frozen=True)
class Selection:
    """Samples that a display shows, of those that the user passed.

    Attributes
    ----------
    samples : Samples
        The selected samples.
    indices : ndarray of shape (n,)
        Their indices.
    names : list of str or None
        Their names, where the user or a collection of files gives any.
    n_total : int
        Number of samples that were to be shown, before the sheet is full.
    """

    samples: Samples
    indices: np.ndarray
    names: list[str] | None
    n_total: int

    def get_labels(self) -> list[str]:
        """Return the names of the samples, or else their indices."""
        return [str(i) for i in self.indices] if self.names is None else self.names


def select_samples(
    X: Any, indices: Any, max_samples: int, names: Sequence[str] | None = None
) -> Selection:
    """Select the samples of the user's indices, or the first ones."""
    samples = as_samples(X)
    check_not_empty(samples)
    check_count("max_samples", max_samples)
    selected = np.arange(len(samples)) if indices is None else _check_indices(indices, samples)
    first_ones = selected[:max_samples]
    return Selection(
        samples.take(first_ones), first_ones, _get_names(samples, names, first_ones), len(selected)
    )


def _check_indices(indices: Any, samples: Samples) -> np.ndarray:
    """Return a mask or a list of indices as indices from 0."""
    selected, n = np.asarray(indices), len(samples)
    if selected.ndim != 1 or selected.size == 0 or selected.dtype.kind not in "iub":
        raise ValueError(
            f"indices must be a non-empty list of whole numbers or a mask, got {indices!r}."
        )
    if selected.dtype.kind == "b":
        if len(selected) != n:
            raise ValueError(f"indices is a mask of length {len(selected)}; X has {n} samples.")
        return np.flatnonzero(selected)
    if selected.max() >= n or selected.min() < -n:
        raise ValueError(f"indices must be below {n}, the number of samples in X, got {indices!r}.")
    return np.where(selected < 0, selected + n, selected).astype(int)


def _get_names(
    samples: Samples, names: Sequence[str] | None, indices: np.ndarray
) -> list[str] | None:
    if names is not None:
        names = check_list("names", names)
        if len(names) != len(samples):
            raise ValueError(
                f"names must have one name per sample: it has {len(names)}, X has {len(samples)}."
            )
        return [str(names[i]) for i in indices]
    if samples.files is not None:
        return [PurePath(samples.files[i]).stem for i in indices]
    return None


def check_not_empty(samples: Samples) -> None:
    """Raise unless there are samples."""
    if len(samples) == 0:
        raise ValueError(f"X must hold at least one sample, got shape {samples.shape}.")


def check_one_per_sample(name: str, values: Any, samples: Samples) -> None:
    """Raise unless there is one value per sample."""
    if np.ndim(values) != 1 or len(values) != len(samples):
        raise ValueError(
            f"{name} must have one value per sample: it has shape {np.shape(values)}, X has "
            f"{len(samples)} samples."
        )


def read_values(samples: Samples) -> np.ndarray:
    """Read samples as an array of numbers, also those that a table holds as text or objects."""
    values = samples.to_array()
    if values.dtype.kind in "biuf":
        return values
    samples.check_numbers()
    n_missing = int(pd.isna(values).sum())
    if n_missing:
        raise ValueError(f"X has {n_missing} missing values: fill them in, or leave them out.")
    try:
        return values.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X must hold numbers, got {values.dtype}: {error}.") from error


def read_arrays(samples: Samples, image_shape: tuple[int, ...] | None) -> list[np.ndarray]:
    """Read samples as arrays, which are images or, with one dimension, spectra."""
    if samples.is_lazy:
        return [np.asarray(image) for image in samples.images()]
    values = read_values(samples)
    if image_shape is not None:
        image_shape = check_image_shape("image_shape", image_shape)
        if values[0].size != np.prod(image_shape):
            raise ValueError(
                f"image_shape={image_shape!r} does not fit samples of {values[0].size} values."
            )
        values = values.reshape(len(values), *image_shape)
    if values.ndim not in (2, 3, 4):
        raise ValueError(
            "X must hold spectra (n, n_bands) or images (n, height, width) or "
            f"(n, height, width, channels), got shape {values.shape}."
        )
    return list(values)


def check_wavelengths(wavelengths: Any, samples: Samples, n_bands: int) -> np.ndarray:
    """Return positions of the bands: of the user, of the header of a table, or their numbers."""
    if wavelengths is not None:
        try:
            positions = np.asarray(wavelengths, dtype=float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"wavelengths must hold numbers, got {wavelengths!r}.") from error
        if positions.shape != (n_bands,):
            raise ValueError(
                f"wavelengths must have one value per band: it has shape {positions.shape}, X has "
                f"{n_bands} bands."
            )
        return positions
    header = _get_header(samples.data)
    try:
        return np.arange(n_bands, dtype=float) if header is None else np.array(header, dtype=float)
    except (TypeError, ValueError):  # names that are not numbers
        return np.arange(n_bands, dtype=float)


def _get_header(table: Any) -> list[Any] | None:
    """Return the names of the columns, strings or numbers, of a table of any library."""
    header = getattr(table, "column_names", None)  # of pyarrow, whose `columns` are the values
    header = getattr(table, "columns", None) if header is None else header
    return None if header is None else list(header)
