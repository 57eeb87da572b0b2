"""Values as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def to_plain(value: Any) -> Any:
    """Return a value as JSON can hold it: missing and infinite numbers become None."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    elif isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(part) for part in value]
    text = str(value)
    return None if text in ("<NA>", "NaT") else text
