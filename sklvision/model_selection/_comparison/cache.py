"""Outcomes kept on disk, so that an interrupted comparison goes on where it was."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from sklvision.model_selection._comparison.description import package_versions


def keep_outcomes(run: Callable[..., Any], memory: Any) -> Callable[..., Any]:
    """Let joblib keep what ``run`` returns; it writes beside and renames."""
    if memory is None:
        return run
    if isinstance(memory, (str, os.PathLike)):
        folder = Path(memory)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"memory={os.fspath(memory)!r} is no folder: {error}.") from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ValueError(f"memory={os.fspath(memory)!r} is a folder that can't be written to.")
        memory = joblib.Memory(folder, verbose=0)
    if not hasattr(memory, "cache"):
        raise TypeError(f"memory must be a folder or a joblib.Memory, got {memory!r}.")
    # The data, by far the largest, are hashed once for all pairs: data_key stands for them.
    return memory.cache(run, ignore=["X", "y", "groups"])


def check_storable(estimators: dict[str, Any], scorers: dict[str, Any]) -> None:
    """Refuse what has no key, before anything is fitted."""
    for kind, things in (("estimators", estimators), ("scoring", scorers)):
        for name, thing in things.items():
            try:
                joblib.hash(thing)
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                reason = error.args[0] if error.args else error
                raise ValueError(
                    f"memory= keeps outcomes under a key made of pickles, and {kind}[{name!r}] "
                    f"can't be pickled: {reason}. Functions must be defined in a module, not "
                    "as a lambda or within a function."
                ) from error


def hash_data(X: Any, y: np.ndarray, groups: np.ndarray | None) -> str:
    """One key for the data and for what computes; files count by their size and date."""
    stats = [Path(file).stat() for file in getattr(X, "files", ())]
    dates = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
    return str(joblib.hash((package_versions(), X, y, groups, dates)))
