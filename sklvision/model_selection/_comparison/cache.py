"""Cache of outcomes on disk, so that an interrupted comparison can be resumed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import joblib
import numpy as np

from sklvision.utils._samples import Samples
from sklvision.utils._versions import collect_versions


@runtime_checkable
class Memory(Protocol):
    """A cache of functions, such as joblib.Memory."""

    def cache(self, func: Callable[..., Any], ignore: list[str]) -> Any: ...


def cache_outcomes(run: Callable[..., Any], memory: Any) -> Callable[..., Any]:
    """Return ``run`` with a cache of its outcomes, whose files are written completely or not."""
    if memory is None:
        return run
    if isinstance(memory, (str, os.PathLike)):
        directory = Path(memory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"memory={os.fspath(memory)!r} is not a directory and cannot be made one: {error}."
            ) from error
        if not os.access(directory, os.W_OK | os.X_OK):
            raise ValueError(
                f"memory={os.fspath(memory)!r} is a directory without permission to write."
            )
        memory = joblib.Memory(directory, verbose=0)
    if not isinstance(memory, Memory):
        raise TypeError(f"memory must be a directory or a joblib.Memory, got {memory!r}.")
    # The data, by far the largest, are hashed once for all pairs: data_key stands for them.
    return memory.cache(run, ignore=["samples", "y", "groups"])


def check_hashable(estimators: dict[str, Any], scorers: dict[str, Any]) -> None:
    """Raise where an estimator or scorer has no key, before anything is fitted."""
    for kind, objects in (("estimators", estimators), ("scoring", scorers)):
        for name, value in objects.items():
            try:
                joblib.hash(value)
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                reason = error.args[0] if error.args else error
                raise ValueError(
                    f"memory= stores outcomes under a key made of pickles, and {kind}[{name!r}] "
                    f"can't be pickled: {reason}. Functions must be defined in a module, not "
                    "as a lambda or within a function."
                ) from error


def hash_data(samples: Samples, y: np.ndarray, groups: np.ndarray | None) -> str:
    """Return one key for data and versions; files count by their size and date."""
    stats = [Path(file).stat() for file in (samples.files if samples.files is not None else ())]
    dates = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
    return str(joblib.hash((collect_versions(), samples.data, y, groups, dates)))
