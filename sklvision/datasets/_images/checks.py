"""Checks of image files before they are read for good."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklvision.datasets._images.reader import BACKGROUNDS, MODES, REDUCTIONS, ImageReader
from sklvision.datasets._images.source import Source
from sklvision.utils._files import READING_ADVICE
from sklvision.utils._images import LARGEST_VALUE
from sklvision.utils._threads import map_ahead
from sklvision.utils._validation import is_option


def check_options(mode: Any, reduce: Any, background: Any, white: Any, on_error: Any) -> None:
    """Raise if a parameter of a collection has a value that is not one of its options."""
    if mode is not None and not is_option(mode, MODES):
        raise ValueError(f"mode must be None or one of {', '.join(MODES)}; got {mode!r}.")
    if not is_option(reduce, REDUCTIONS):
        raise ValueError(f"reduce must be 1, 2, 4 or 8; got {reduce!r}.")
    if not is_option(background, BACKGROUNDS):
        raise ValueError(f"background must be 'white' or 'black'; got {background!r}.")
    _check_white(white)
    if not is_option(on_error, {"raise", "skip"}):
        raise ValueError(f"on_error must be 'raise' or 'skip'; got {on_error!r}.")


def _check_white(white: Any) -> None:
    """Raise if a white level is not a number that float32 holds with room."""
    low, high = 1 / LARGEST_VALUE, LARGEST_VALUE
    if white is not None and not (isinstance(white, Real) and low <= float(white) <= high):
        raise ValueError(f"white must be None or a number from {low:g} to {high:g}; got {white!r}.")


def find_bad_files(headers: list[Any], images: list[Any]) -> NDArray[np.bool_]:
    """Find files whose header or image is an error, and warn once about all."""
    errors = [
        next((result for result in results if isinstance(result, OSError)), None)
        for results in zip(headers, images, strict=True)
    ]
    is_bad = np.array([error is not None for error in errors])
    if is_bad.all():
        raise OSError(f"None of the {is_bad.size} files can be read; the first: {errors[0]}")
    if is_bad.any():
        first = "; ".join(str(error).rstrip(".") for error in [*filter(None, errors)][:3])
        warnings.warn(
            f"{is_bad.sum()} of {is_bad.size} images cannot be read and are left out (all "
            f"named in the attribute skipped): {first}{'; …' if is_bad.sum() > 3 else '.'}",
            stacklevel=4,
        )
    return is_bad


def warn_of_left_out(files: NDArray[Any], headers: Iterable[Any]) -> None:
    """Warn of files that hold more channels or pages than are read, naming some."""
    left_out = {
        file: header.left_out
        for file, header in zip(files, headers, strict=False)
        if getattr(header, "left_out", "")
    }
    if left_out:
        first = next(iter(left_out.values()))
        warnings.warn(
            f"{len(left_out)} of {len(files)} images hold {first}: {_list_some([*left_out])}. "
            "Extract the others, and pass them as arrays or files of their own, if a model needs "
            "them.",
            stacklevel=4,
        )


def warn_of_depths(files: NDArray[Any], kinds: list[str], mode: str) -> None:
    """Warn where gray images differ in depth, naming the fewer ones."""
    kind_of_file = dict(zip(files, kinds, strict=False))
    by_kind = {kind: [f for f, k in kind_of_file.items() if k == kind] for kind in ("gray", "deep")}
    if mode == "F" and all(by_kind.values()):
        odd = min(by_kind, key=lambda kind: len(by_kind[kind]))
        bits, other_bits = (8, 16) if odd == "gray" else (16, 8)
        warnings.warn(
            f"{len(by_kind[odd])} of {len(files)} images have {bits} bits of gray, the others "
            f"{other_bits}: {_list_some(by_kind[odd])}. All are read with the same white level.",
            stacklevel=4,
        )
    elif mode != "F" and by_kind["deep"]:
        warnings.warn(
            f"{len(by_kind['deep'])} of {len(files)} images have 16 bits of gray and are read in "
            f"8 bits, because of the mode {mode!r}: {_list_some(by_kind['deep'])}.",
            stacklevel=4,
        )


def _list_some(files: list[str]) -> str:
    return ", ".join(files[:3]) + (", …" if len(files) > 3 else "")


def try_each(function: Callable[[Source], Any], sources: Iterable[Source], on_error: str) -> list:
    """Apply a function to each source; with "skip", its OSError takes the place of a result."""
    attempt = partial(_catch_error, function) if on_error == "skip" else function
    try:
        return list(map_ahead(attempt, sources, n_threads=None, n_ahead=64))
    except OSError as error:
        error.add_note(READING_ADVICE)
        raise


def _catch_error(function: Callable[[Source], Any], source: Source) -> Any:
    try:
        return function(source)
    except OSError as error:
        return error


def decode(reader: ImageReader, source: Source) -> None:
    """Read an image for its errors alone."""
    reader(source)


def read_image(reader: ImageReader, source: Source) -> NDArray[Any]:
    """Read an image; the error of one that cannot be read says what to do."""
    try:
        return reader(source)
    except OSError as error:
        error.add_note(READING_ADVICE)
        raise
