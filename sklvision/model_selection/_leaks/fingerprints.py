"""Fingerprints: samples as few numbers, by which copies of them can be recognized."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from pandas.api.types import is_numeric_dtype
from scipy.sparse import issparse

from sklvision.model_selection._leaks.digests import (
    cut_blocks,
    digest_bytes,
    digest_frame,
    digest_rows,
)
from sklvision.model_selection._leaks.thumbnails import (
    choose_thumbnail_sides,
    make_thumbnail,
    read_thumbnail,
)
from sklvision.utils._samples import Samples
from sklvision.utils._threads import map_ahead

MIN_CORRELATION = 0.9  # of adjacent columns: bands of a spectrum correlate more
MIN_BANDS = 16


@dataclass(frozen=True)
class Fingerprints:
    """One row of numbers per sample, of mean square one, and a digest of its exact content."""

    values: np.ndarray  # (n_samples, n_values), float32
    digests: np.ndarray  # (n_samples,), uint64
    is_comparable: np.ndarray  # (n_samples,), False for a constant image or spectrum
    unit: str  # "images", "spectra" or "samples"
    notes: tuple[str, ...] = ()
    files: np.ndarray | None = None
    exif_times: np.ndarray | None = None  # texts, "" if there is none

    def compute_similarity(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return 1 - d² / 2 per value: the correlation of images and of spectra."""
        difference = self.values[first].astype(np.float64) - self.values[second]
        return 1 - (difference**2).mean(axis=1) / 2


def compute_fingerprints(
    samples: Samples, *, n_threads: int = 1, fill_missing: bool = False
) -> Fingerprints:
    """Reduce images to gray thumbnails, spectra to their shape, tables to standard units."""
    if samples.dtype.kind == "c":
        raise ValueError("X must hold real numbers, got complex ones.")
    if samples.is_lazy and samples.is_images:
        return _compute_of_collection(samples, n_threads)
    if samples.is_images:
        return _compute_of_images(samples.to_array())
    return _compute_of_table(samples, fill_missing)


def _compute_of_images(images: np.ndarray) -> Fingerprints:
    sides = choose_thumbnail_sides(images.shape[1], images.shape[2], len(images))
    thumbnails = np.empty((len(images), sides[0] * sides[1]), dtype=np.float32)
    for place in cut_blocks(images):
        block = images[place]
        if block.ndim == 3:  # else three columns would be taken for colors
            block = block[..., np.newaxis]
        thumbnails[place] = make_thumbnail(block, sides).reshape(len(block), -1)
    _refuse_missing(thumbnails, "image")
    values, is_comparable = _standardize_rows(thumbnails)
    return Fingerprints(values, digest_rows(images), is_comparable, "images")


def _compute_of_collection(samples: Samples, n_threads: int) -> Fingerprints:
    collection, files = samples.data, samples.files
    sides = _choose_common_sides(samples)
    exif_times = None
    if files is None or getattr(collection, "functions", None):
        prints = collection.map(partial(_compute_of_pixels, sides))
        rows = np.concatenate(list(prints.batches(256, n_threads=n_threads)))
        thumbnails, digests = rows[:, :-2], np.ascontiguousarray(rows[:, -2:]).view(np.uint64)
    else:
        read = partial(read_thumbnail, collection, sides)
        prints = list(
            map_ahead(read, range(len(samples)), n_threads=n_threads, n_ahead=4 * n_threads)
        )
        thumbnails = np.array([thumbnail for thumbnail, _, _ in prints])
        digests = np.array([digest for _, digest, _ in prints], dtype=np.uint64)
        exif_times = np.array([time for _, _, time in prints])
    _refuse_missing(thumbnails, "image")
    values, is_comparable = _standardize_rows(thumbnails)
    names = None if files is None else np.asarray(files, dtype=object)
    return Fingerprints(
        values, digests.ravel(), is_comparable, "images", files=names, exif_times=exif_times
    )


def _choose_common_sides(samples: Samples) -> tuple[int, int]:
    """Return sides of all thumbnails; where images differ in size, those for a medium one."""
    shape = samples.sample_shape or (128, 128)
    if len(shape) == 1:  # flattened
        return 1, min(shape[0], 1024)
    return choose_thumbnail_sides(shape[0], shape[1], len(samples))


def _compute_of_pixels(sides: tuple[int, int], image: np.ndarray) -> np.ndarray:
    """Return the thumbnail, and the digest as two more numbers of the same width."""
    digest = np.frombuffer(digest_bytes(np.ascontiguousarray(image)), dtype=np.float32)
    return np.concatenate([make_thumbnail(np.atleast_2d(image), sides).ravel(), digest])


def _compute_of_table(samples: Samples, fill_missing: bool) -> Fingerprints:
    notes: list[str] = []
    frame = samples.to_frame()
    if frame is None:
        rows, digests = _convert_to_numbers(samples), None
    else:
        numbers = frame.loc[:, [is_numeric_dtype(dtype) for dtype in frame.dtypes]]
        if (n_others := frame.shape[1] - numbers.shape[1]) > 0:
            notes.append(
                f"{n_others} of {frame.shape[1]} columns are not numeric: they count for exact "
                "copies only."
            )
        rows, digests = numbers.to_numpy(np.float64, na_value=np.nan), digest_frame(frame)
    if rows.dtype.kind == "f" and not _is_finite(rows):
        if not fill_missing:
            _refuse_missing(rows, "row")
        is_missing = ~np.isfinite(rows)
        sums = np.where(is_missing, 0, rows).sum(axis=0)
        rows = np.where(is_missing, sums / np.maximum((~is_missing).sum(axis=0), 1), rows)
        notes.append(
            f"{int(is_missing.sum())} missing values were replaced by the mean of their column."
        )
    if digests is None:
        digests = digest_rows(rows)
    if _is_spectral(rows):
        values, is_comparable = _standardize_rows(rows)
        return Fingerprints(values, digests, is_comparable, "spectra", tuple(notes))
    values = _standardize_columns(rows)
    is_comparable = np.full(len(rows), values.shape[1] > 0)
    return Fingerprints(values, digests, is_comparable, "samples", tuple(notes))


def _convert_to_numbers(samples: Samples) -> np.ndarray:
    array = samples.data.toarray() if issparse(samples.data) else samples.to_array()
    if array.dtype.kind in "biuf":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X must hold numbers, got {array.dtype}: {error}.") from error


def _is_spectral(rows: np.ndarray) -> bool:
    """Whether adjacent columns correlate, as bands do and features of a table do not."""
    # The median correlation of adjacent columns, over some thousand rows at most.
    if rows.shape[1] < MIN_BANDS:
        return False
    sample = rows[:: max(1, len(rows) // 1000)].astype(np.float64)
    sample -= sample.mean(axis=0)
    # Correlations do not depend on the size of a column, and squares of a large one would overflow.
    sample /= np.maximum(np.abs(sample).max(axis=0, initial=0), np.finfo(np.float64).tiny)
    norms = np.linalg.norm(sample, axis=0)
    products = norms[1:] * norms[:-1]
    # Columns that never change have no correlation; where most are such, nothing is known.
    is_varying = products > 0
    if is_varying.mean() < 0.5:
        return False
    covariances = (sample[:, 1:] * sample[:, :-1]).sum(axis=0)
    correlations = covariances[is_varying] / products[is_varying]
    return float(np.median(correlations)) >= MIN_CORRELATION


def _standardize_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Remove offset and gain of each row; constant rows stay zero and cannot be compared."""
    values = np.empty(rows.shape, dtype=np.float32)
    deviations = np.empty(len(rows))
    for place in cut_blocks(rows):
        block = rows[place] - rows[place].mean(axis=1, keepdims=True, dtype=np.float64)
        # Relative to the largest value of a row: squares of very large ones would overflow.
        sizes = np.maximum(np.abs(block).max(axis=1, initial=0), np.finfo(np.float64).tiny)
        block /= sizes[:, np.newaxis]
        relative_deviations = block.std(axis=1)
        deviations[place] = sizes * relative_deviations
        values[place] = block / np.maximum(relative_deviations, 1e-300)[:, np.newaxis]
    is_comparable = deviations > 1e-6 * max(float(deviations.max(initial=0)), 1e-300)
    values[~is_comparable] = 0
    return values, is_comparable


def _standardize_columns(rows: np.ndarray) -> np.ndarray:
    """Give every column mean 0 and variance 1; constant columns are left out."""
    # Two passes, by blocks: means, then squares about them, relative to the largest value of each
    # column, since those of very large values would overflow.
    mean = rows.mean(axis=0, dtype=np.float64)
    lows, highs = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
    sizes = np.maximum(np.maximum(highs, -lows), np.finfo(np.float64).tiny)
    squares = sum(
        ((((rows[place] - mean) / sizes) ** 2).sum(axis=0) for place in cut_blocks(rows)), 0.0
    )
    deviations = sizes * np.sqrt(squares / max(len(rows), 1))
    # Columns that differ by rounding alone say nothing.
    is_varying = deviations > 1e-12 * np.abs(mean)
    values = np.empty((len(rows), int(is_varying.sum())), dtype=np.float32)
    for place in cut_blocks(rows):
        centered = rows[place][:, is_varying] - mean[is_varying]
        values[place] = centered / deviations[is_varying]
    return values


def _is_finite(rows: np.ndarray) -> bool:
    return all(np.isfinite(rows[place]).all() for place in cut_blocks(rows))


def _refuse_missing(rows: np.ndarray, unit: str) -> None:
    is_bad = ~np.isfinite(rows).all(axis=1)
    if is_bad.any():
        raise ValueError(
            f"X contains NaN or infinity in {int(is_bad.sum())} of {len(rows)} {unit}s, the first "
            f"is {unit} {int(np.argmax(is_bad))}: impute or drop them first."
        )
