"""Calls of nested estimators, in which one member at most warns of the new samples."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sklearn.base import BaseEstimator

# Of the last call of each thread with a warning: the estimator that was called, and the members
# that have compared samples since.
_LAST = threading.local()


def has_warned(estimator: Any) -> bool:
    """Whether another member has warned in the same call of the estimator that holds both.

    Parameters
    ----------
    estimator : estimator
        Estimator that is about to compare new samples.

    Returns
    -------
    has_warned : bool
        False where it compared samples before, since that was another call.
    """
    if getattr(_LAST, "is_silent", False):
        return True
    call = getattr(_LAST, "call", None)
    if call is None:
        return False
    outermost, members = call
    if estimator in members or _find_outermost(estimator) is not outermost():
        _LAST.call = None
        return False
    members.add(estimator)
    return True


def note_warning(estimator: Any) -> None:
    """Note that an estimator has warned of the samples of the call that is running."""
    _LAST.call = weakref.ref(_find_outermost(estimator)), weakref.WeakSet([estimator])


@contextmanager
def disable_comparison() -> Iterator[None]:
    """Compare no samples: they are made from others that have been compared."""
    was_silent = getattr(_LAST, "is_silent", False)
    _LAST.is_silent = True
    try:
        yield
    finally:
        _LAST.is_silent = was_silent


def _find_outermost(estimator: Any) -> Any:
    """Find the estimator that a user called: the outermost one with a method on the stack.

    Votes and unions of scikit-learn pass their members nothing by which these could tell.
    """
    outermost = estimator
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_varnames[:1] == ("self",):
            owner = frame.f_locals.get("self")
            if isinstance(owner, BaseEstimator):
                outermost = owner
        frame = frame.f_back
    return outermost
