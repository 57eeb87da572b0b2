"""What a sample looks like in few numbers, by which copies of it can be recognised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from sklvision.utils._lazy import is_collection
from sklvision.utils._optional import import_optional
from sklvision.utils._threads import map_ahead

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
SMOOTH = 0.9  # neighbouring columns that correlate more are bands of a spectrum
MANY = 20_000  # images, of which larger thumbnails would fill the memory
_BLOCK_VALUES = 2**23
_EXIF_IFD, _TAKEN, _CHANGED = 0x8769, 36867, 306


@dataclass(frozen=True)
class Fingerprints:
    """One row of numbers per sample, of mean square one, and a digest of its exact content."""

    values: np.ndarray  # (n_samples, n_values), float32
    digests: np.ndarray  # (n_samples,), uint64
    comparable: np.ndarray  # (n_samples,), False for what is flat, and has nothing to compare
    unit: str  # "images", "spectra" or "samples"
    notes: tuple[str, ...] = ()
    files: np.ndarray | None = None
    taken: np.ndarray | None = None  # what EXIF says of the time, "" where it says nothing

    def similarity(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """1 - d² / 2 per value: the correlation of images and of spectra."""
        difference = self.values[first].astype(np.float64) - self.values[second]
        return 1 - (difference**2).mean(axis=1) / 2


def take_fingerprints(X: Any, *, n_threads: int = 1, fill_missing: bool = False) -> Fingerprints:
    """Reduce images to gray thumbnails, spectra to their shape, tables to standard units."""
    if is_collection(X):
        return _of_collection(X, n_threads)
    if X.ndim > 2:
        return _of_images(np.asarray(X))
    return _of_rows(X, fill_missing)


# ---------------------------------------------------------------- images


def thumbnail_sides(height: int, width: int, n_images: int) -> tuple[int, int]:
    """Detail that is compared: enough for a small thing in a big picture, no more."""
    shorter = min(height, width)
    side = 64 if shorter >= 256 and n_images <= MANY else 32 if shorter >= 64 else 16
    return min(side, height), min(side, width)


def reduce_image(image: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Gray thumbnail of one image or of many, by averaging over areas."""
    if image.ndim == 4 or (image.ndim == 3 and image.shape[-1] in (1, 3, 4)):
        image = _gray(image)
    rows, columns = (
        _area_weights(old, new) for old, new in zip(image.shape[-2:], sides, strict=True)
    )
    with np.errstate(invalid="ignore"):  # infinite pixels are refused later, by name
        return rows @ image.astype(np.float32, copy=False) @ columns.T


def _gray(image: np.ndarray) -> np.ndarray:
    n_channels = image.shape[-1]
    if n_channels == 1:
        return image[..., 0]
    return image[..., :3] @ LUMA if n_channels in (3, 4) else image.mean(axis=-1)


def _area_weights(old: int, new: int) -> np.ndarray:
    """Matrix that averages ``old`` values over ``new`` equal stretches, parts of values too."""
    edges = np.linspace(0, old, new + 1)
    starts = np.arange(old)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (np.clip(overlap, 0, None) * (new / old)).astype(np.float32)


def _of_images(X: np.ndarray) -> Fingerprints:
    sides = thumbnail_sides(X.shape[1], X.shape[2], len(X))
    thumbnails = np.empty((len(X), sides[0] * sides[1]), dtype=np.float32)
    for where in _blocks_of(X):
        block = X[where]
        if block.ndim == 3:  # else three columns would be taken for colours
            block = block[..., np.newaxis]
        thumbnails[where] = reduce_image(block, sides).reshape(len(block), -1)
    _refuse_missing(thumbnails, "image")
    values, comparable = _standardise_rows(thumbnails)
    return Fingerprints(values, _digest_rows(X), comparable, "images")


def _of_collection(X: Any, n_threads: int) -> Fingerprints:
    files = getattr(X, "files", None)
    if files is None or getattr(X, "functions", None):
        sides = _common_sides(X)
        printed = X.map(partial(_print_of_pixels, sides))
        found = np.concatenate(list(printed.batches(256, n_threads=n_threads)))
        thumbnails, digests = found[:, :-2], np.ascontiguousarray(found[:, -2:]).view(np.uint64)
        taken = None
    else:
        read = partial(_print_of_file, X, _common_sides(X))
        prints = list(map_ahead(read, range(len(X)), n_threads=n_threads, n_ahead=4 * n_threads))
        thumbnails = np.array([thumbnail for thumbnail, _, _ in prints])
        digests = np.array([digest for _, digest, _ in prints], dtype=np.uint64)
        taken = np.array([time for _, _, time in prints])
    _refuse_missing(thumbnails, "image")
    values, comparable = _standardise_rows(thumbnails)
    names = None if files is None else np.asarray(files, dtype=object)
    return Fingerprints(values, digests.ravel(), comparable, "images", files=names, taken=taken)


def _common_sides(X: Any) -> tuple[int, int]:
    """Sides of all thumbnails; where images differ in size, those for a middling picture."""
    if len(X.shape) == 2:  # flattened
        return 1, min(X.shape[1], 1024)
    height, width = X.shape[1:3] if len(X.shape) > 2 else (128, 128)
    return thumbnail_sides(height, width, len(X))


def _print_of_pixels(sides: tuple[int, int], image: np.ndarray) -> np.ndarray:
    """Thumbnail, and the digest as two more numbers of the same width."""
    digest = np.frombuffer(_digest(np.ascontiguousarray(image)), dtype=np.float32)
    return np.concatenate([reduce_image(np.atleast_2d(image), sides).ravel(), digest])


def _print_of_file(X: Any, sides: tuple[int, int], index: int) -> tuple[np.ndarray, int, str]:
    """Thumbnail, digest and time of one file, decoded no finer than needed where JPEG allows."""
    pil = import_optional("PIL.Image", extra="images")
    image_ops = import_optional("PIL.ImageOps", extra="images")
    try:
        content = Path(X.files[index]).read_bytes()
        with pil.open(BytesIO(content)) as image:
            exif = image.getexif()
            taken = exif.get_ifd(_EXIF_IFD).get(_TAKEN) or exif.get(_CHANGED) or ""
            image.draft("L", (2 * sides[1], 2 * sides[0]))
            upright = image_ops.exif_transpose(image)
            deep = upright.mode.startswith("I") or upright.mode == "F"
            gray = pil.fromarray(np.asarray(upright, np.float32)) if deep else upright.convert("L")
            small = gray.convert("F").resize(sides[::-1], pil.Resampling.BOX)
            thumbnail = np.asarray(small, dtype=np.float32).ravel()
            return thumbnail, int.from_bytes(_digest(content), "little"), str(taken)
    except Exception:
        # The collection itself says best what is wrong with a file.
        pixels = np.ascontiguousarray(X[index])
        digest = int.from_bytes(_digest(pixels), "little")
        return reduce_image(pixels, sides).ravel(), digest, ""


# ---------------------------------------------------------------- rows


def _of_rows(X: Any, fill_missing: bool) -> Fingerprints:
    notes: list[str] = []
    if issparse(X):
        X = X.toarray()
    if isinstance(X, pd.DataFrame):
        numbers = X.select_dtypes(include=["number", "bool"])
        if numbers.shape[1] < X.shape[1]:
            notes.append(
                f"{X.shape[1] - numbers.shape[1]} of {X.shape[1]} columns hold no numbers: they "
                "count for exact copies only."
            )
        digests = pd.util.hash_pandas_object(X, index=False).to_numpy(np.uint64)
        rows = numbers.to_numpy(np.float64, na_value=np.nan)
    else:
        rows, digests = _as_numbers(X), None
    if rows.dtype.kind == "f" and not _all_finite(rows):
        if not fill_missing:
            _refuse_missing(rows, "row")
        missing = ~np.isfinite(rows)
        known = np.where(missing, 0, rows).sum(axis=0) / np.maximum((~missing).sum(axis=0), 1)
        rows = np.where(missing, known, rows)
        notes.append(
            f"{int(missing.sum())} missing values were taken for the mean of their column."
        )
    if digests is None:
        digests = _digest_rows(rows)
    if _is_spectral(rows):
        values, comparable = _standardise_rows(rows)
        return Fingerprints(values, digests, comparable, "spectra", tuple(notes))
    values = _standardise_columns(rows)
    comparable = np.full(len(rows), values.shape[1] > 0)
    return Fingerprints(values, digests, comparable, "samples", tuple(notes))


def _as_numbers(X: Any) -> np.ndarray:
    array = np.asarray(X)
    if array.dtype.kind in "biuf":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X must hold numbers, got {array.dtype}: {error}.") from error


def _is_spectral(rows: np.ndarray) -> bool:
    """Whether neighbouring columns go together, as bands do and features of a table do not."""
    if rows.shape[1] < 16:
        return False
    some = rows[:: max(1, len(rows) // 1000)].astype(np.float64)
    some -= some.mean(axis=0)
    norms = np.linalg.norm(some, axis=0)
    products = norms[1:] * norms[:-1]
    varies = products > 0
    if varies.mean() < 0.5:
        return False
    correlations = (some[:, 1:] * some[:, :-1]).sum(axis=0)[varies] / products[varies]
    return float(np.median(correlations)) >= SMOOTH


def _standardise_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take offset and gain out of each row; what is flat stays zero, and cannot be compared."""
    values = np.empty(rows.shape, dtype=np.float32)
    spread = np.empty(len(rows))
    for where in _blocks_of(rows):
        block = rows[where] - rows[where].mean(axis=1, keepdims=True, dtype=np.float64)
        spread[where] = block.std(axis=1)
        block /= np.maximum(spread[where], 1e-300)[:, np.newaxis]
        values[where] = block
    comparable = spread > 1e-6 * max(float(spread.max(initial=0)), 1e-300)
    values[~comparable] = 0
    return values, comparable


def _standardise_columns(rows: np.ndarray) -> np.ndarray:
    """Give every column mean 0 and variance 1; those that never change are left out."""
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = sum((((rows[where] - mean) ** 2).sum(axis=0) for where in _blocks_of(rows)), 0.0)
    spread = np.sqrt(squares / max(len(rows), 1))
    varies = spread > 1e-12 * np.abs(mean)
    values = np.empty((len(rows), int(varies.sum())), dtype=np.float32)
    for where in _blocks_of(rows):
        values[where] = (rows[where][:, varies] - mean[varies]) / spread[varies]
    return values


def _all_finite(rows: np.ndarray) -> bool:
    return all(np.isfinite(rows[where]).all() for where in _blocks_of(rows))


def _blocks_of(rows: np.ndarray) -> Iterator[slice]:
    """Slices of samples whose values are few enough to be worked on in float64."""
    step = max(1, _BLOCK_VALUES // max(1, int(np.prod(rows.shape[1:]))))
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def _refuse_missing(rows: np.ndarray, what: str) -> None:
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        raise ValueError(
            f"X contains NaN or infinity in {int(bad.sum())} of {len(rows)} {what}s, the first is "
            f"{what} {int(np.argmax(bad))}: impute or drop them first."
        )


def _digest(content: Any) -> bytes:
    return blake2b(content, digest_size=8).digest()


def _digest_rows(rows: np.ndarray) -> np.ndarray:
    digests = bytearray()
    for where in _blocks_of(rows):
        block = rows[where]
        if block.dtype.kind == "f":
            block = block + 0  # so that -0.0 is 0.0
        for row in np.ascontiguousarray(block):
            digests += _digest(row)
    return np.frombuffer(bytes(digests), dtype=np.uint64)
