"""Values and shapes of samples that were read from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_finite(
    path: Path | str, X: NDArray[Any], describe_place: Callable[[Sequence[int]], str]
) -> None:
    """Raise if values are missing or infinite; the message names the place of the first."""
    if X.dtype.kind not in "fc":
        return
    for is_invalid, problem in ((np.isnan, "missing"), (np.isinf, "infinite")):
        places = np.flatnonzero(is_invalid(X))
        if places.size:
            count = "1 value is" if places.size == 1 else f"{places.size} values are"
            row, *place = map(int, np.unravel_index(places[0], X.shape))
            raise ValueError(
                f"{path}: {count} {problem}, the first in sample {row + 1}, "
                f"{describe_place(place)}. Fill them in or drop those samples first."
            )


def describe_pixel(place: Sequence[int]) -> str:
    """Describe the place of a value in an image."""
    return f"pixel {', '.join(map(str, place))}"


def describe_value(place: Sequence[int]) -> str:
    """Describe the place of a value in a row of numbers, counted from 1."""
    return f"value {', '.join(str(index + 1) for index in place)}"


def check_spectra(path: Path, X: NDArray[Any], names: Sequence[str]) -> None:
    """Raise if values are missing or infinite; a message names bands that hold no value at all."""
    is_empty = np.isnan(X).all(axis=0) if X.dtype.kind == "f" else np.zeros(X.shape[1], dtype=bool)
    empty = np.flatnonzero(is_empty).tolist()
    if empty:
        empty_names = [names[place] for place in empty]
        first_names = ", ".join(empty_names[:5]) + (", …" if len(empty) > 5 else "")
        bands = f"band {first_names} is" if len(empty) == 1 else f"bands {first_names} are"
        pronoun = "it" if len(empty) == 1 else "them"
        raise ValueError(
            f"{path}: {bands} empty in all samples. Leave {pronoun} out with drop={empty_names}."
        )
    check_finite(path, X, lambda place: f"band {names[place[0]]!r}")


def convert_rows_to_images(rows: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Convert rows of pixels to images, of one byte per pixel where the values allow it."""
    if rows.dtype.kind == "f" and ((rows == np.rint(rows)) & (rows >= 0) & (rows <= 255)).all():
        rows = rows.astype(np.uint8)
    return rows.reshape(-1, *shape)
