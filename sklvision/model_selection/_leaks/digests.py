"""Digests of the exact content of samples."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

_BLOCK_VALUES = 2**23


def cut_blocks(rows: np.ndarray) -> Iterator[slice]:
    """Yield slices of samples whose values are few enough for copies in float64."""
    step = max(1, _BLOCK_VALUES // max(1, int(np.prod(rows.shape[1:]))))
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def digest_bytes(content: Any) -> bytes:
    """Return eight bytes that differ between different contents."""
    return blake2b(content, digest_size=8).digest()


def digest_rows(rows: np.ndarray) -> np.ndarray:
    """Return an integer for the values of each sample of an array."""
    digests = bytearray()
    for place in cut_blocks(rows):
        block = rows[place]
        if block.dtype.kind == "f":
            block = block + 0  # so that -0.0 is 0.0
        for row in np.ascontiguousarray(block):
            digests += digest_bytes(row)
    return np.frombuffer(bytes(digests), dtype=np.uint64)


def digest_frame(frame: pd.DataFrame) -> np.ndarray:
    """Return an integer for the values of each row of a table of any types."""
    # pandas has no digest of numbers of extended precision.
    wide = [name for name, dtype in frame.dtypes.items() if dtype == np.longdouble]
    if np.dtype(np.longdouble).itemsize > 8 and wide:
        frame = frame.astype(dict.fromkeys(wide, np.float64))
    try:
        return pd.util.hash_pandas_object(frame, index=False).to_numpy(np.uint64)
    except TypeError as error:
        raise ValueError(
            f"X has values that cannot be compared ({error}): leave out columns that hold lists or "
            "arrays."
        ) from error
