"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

MISSING = "–"


def format_score(mean: float, std: float) -> str:
    """A mean and its spread over folds, to four decimals."""
    return MISSING if np.isnan(mean) else f"{mean:.4f} ± {std:.4f}"


def format_time(value: float) -> str:
    """Two or three significant digits, without an exponent."""
    if np.isnan(value):
        return MISSING
    if value < 0.0001:
        return "< 0.0001"
    decimals = next((d for d, least in enumerate((100, 10, 1, 0.01, 0.001)) if value >= least), 5)
    return f"{value:,.{decimals}f}"


def format_count(value: Any) -> str:
    """An integer with thousands apart."""
    return MISSING if pd.isna(value) else f"{value:,}"


def format_bytes(value: Any) -> str:
    """Bytes in the decimal unit that suits them."""
    if pd.isna(value):
        return MISSING
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return (
                f"{value / size:.3g} {unit}"
                if value < 999.5 * size
                else f"{value / size:.0f} {unit}"
            )
    return f"{value} B"


def format_p(value: float) -> str:
    """A p-value with its sign of comparison."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
