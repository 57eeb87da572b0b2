"""Times in the columns of a table: numbers, and dates in text."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_DAY_FIRST = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}(?:[ T].*)?")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}(?:[ T].*)?")
_ISO = re.compile(r"\d{4}[-/.]?\d{2}[-/.]?\d{2}(?:[ T_].*)?")


def has_dates(values: NDArray[Any]) -> bool:
    """Whether all values are dates in text, at least two of them different."""
    texts = _list_texts(values)
    if len(set(texts)) < 2 or not all(len(text) >= 8 for text in texts):
        return False
    try:
        _parse_dates(texts)
    except ValueError:
        return False
    return True


def parse_times(values: NDArray[Any], path: object, name: str) -> NDArray[Any]:
    """Parse a column of times.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Numbers; or dates as text, in the order of ISO 8601 (2026-03-04), with dots (04.03.2026, the
        day first), or with slashes if the values show which is the day.
    path : Path
        File, for messages.
    name : str
        Name of the column, for messages.

    Returns
    -------
    times : ndarray of shape (n_samples,)
        Floats, or datetime64.

    Raises
    ------
    ValueError
        If a value is missing, or neither a number nor a date, or days and months cannot be told.
    """
    texts = _list_texts(values)
    empty = [row for row, text in enumerate(texts) if text in ("", "nan", "NaT", "None")]
    if empty:
        raise ValueError(f"{path}: column {name!r}, row {empty[0] + 1}: the time is missing.")
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        pass
    try:
        return _parse_dates(texts)
    except ValueError as error:
        raise ValueError(f"{path}: time={name!r}: {error}") from None


def _list_texts(values: NDArray[Any]) -> list[str]:
    return [str(value).strip() for value in np.asarray(values).tolist()]


def _parse_dates(texts: list[str]) -> NDArray[Any]:
    """Parse dates of one kind."""
    if all(map(_ISO.fullmatch, texts)):
        return _convert([re.sub(r"(?<=\d)_(?=\d)", " ", text) for text in texts])
    if all(map(_DAY_FIRST.fullmatch, texts)):
        return _convert(texts, day_first=True)
    matches = [_SLASHES.fullmatch(text) for text in texts]
    if not all(matches):
        unknown = next(
            (text for text in texts if not (_ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text))),
            texts[0],
        )
        raise ValueError(
            f"expected numbers, or dates of one kind such as 2026-03-04, got {unknown!r}."
        )
    first, second = (max(int(match[i]) for match in matches if match) for i in (1, 2))
    if first <= 12 and second <= 12:
        raise ValueError(
            f"{texts[0]!r} may begin with the day or the month; write dates as 2026-03-04."
        )
    return _convert(texts, day_first=first > 12)


def _convert(texts: list[str], *, day_first: bool = False) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about formats that are guessed by row
        times = pd.to_datetime(pd.Series(texts), dayfirst=day_first, format="mixed", utc=True)
    return times.dt.tz_localize(None).to_numpy()
