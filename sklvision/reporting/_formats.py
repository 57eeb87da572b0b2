"""Numbers as text."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

MISSING = "–"


def format_number(value: float) -> str:
    """Format a score to four decimals."""
    return f"{value:.4f}" if np.isfinite(value) else MISSING


def format_score(mean: float, deviation: float) -> str:
    """Format a mean and its standard deviation over folds to four decimals."""
    return f"{mean:.4f} ± {deviation:.4f}" if np.isfinite(mean) else MISSING


def format_time(value: float) -> str:
    """Format a time with two or three significant digits, without an exponent.

    Parameters
    ----------
    value : float
        Seconds, milliseconds or any other unit.

    Returns
    -------
    text : str
        The number without its unit; a dash for NaN.

    Examples
    --------
    >>> from sklvision.reporting import format_time
    >>> format_time(0.01234), format_time(1234.5)
    ('0.012', '1,234')
    """
    if _is_missing(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    decimals = next((d for d, limit in enumerate((100, 10, 1, 0.01, 0.001)) if value >= limit), 5)
    return f"{value:,.{decimals}f}"


def format_count(value: Any) -> str:
    """Format an integer with separated thousands.

    Parameters
    ----------
    value : int or missing value
        The count.

    Returns
    -------
    text : str
        The number; a dash if it is missing.

    Examples
    --------
    >>> from sklvision.reporting import format_count
    >>> format_count(12345)
    '12,345'
    """
    return MISSING if _is_missing(value) else f"{value:,}"


def format_bytes(value: Any) -> str:
    """Format a number of bytes in a decimal unit.

    Parameters
    ----------
    value : int or missing value
        The number of bytes.

    Returns
    -------
    text : str
        The number with its unit, to three significant digits; a dash if it is missing.

    Examples
    --------
    >>> from sklvision.reporting import format_bytes
    >>> format_bytes(123456)
    '123 kB'
    """
    if _is_missing(value):
        return MISSING
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return (
                f"{value / size:.3g} {unit}"
                if value < 999.5 * size
                else f"{value / size:.0f} {unit}"
            )
    return f"{value} B"


def _is_missing(value: Any) -> bool:
    """Whether a number is missing, or raise unless it is one."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if not isinstance(value, Real):
        raise TypeError(f"Expected a number or a missing value, got {value!r}.")
    return bool(np.isnan(float(value)))


def format_p(value: float, level: float = 0.05) -> str:
    """Format a p-value with its sign of comparison.

    Parameters
    ----------
    value : float
        The p-value.
    level : float, default=0.05
        Level of significance, below which no value is rounded to it: it has more digits then.

    Returns
    -------
    text : str
        Such as ``"p = 0.034"``.
    """
    if value < 0.001:
        return "p < 0.001"
    level = round(level, 9)  # 1 - 0.95 is a little more than 0.05
    for decimals in (3, 4, 5):
        text = f"{value:.{decimals}f}"
        if (float(text) < level) == (value < level):
            return f"p = {text}"
    return f"p < {level:g}" if value < level else f"p = {value:.3f}"
