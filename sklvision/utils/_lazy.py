"""Recognise data that are read when asked for."""

from __future__ import annotations

from typing import Any


def is_collection(X: Any) -> bool:
    """Whether `X` is a collection that reads its images when asked, as ``ImageCollection`` is.

    It is known by what it can do, so that parts of one floor need not import each other.
    """
    return hasattr(X, "map") and hasattr(X, "batches")
