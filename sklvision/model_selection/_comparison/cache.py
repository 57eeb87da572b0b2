"""Cache of outcomes on disk, so that an interrupted comparison can be resumed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import joblib

from sklvision.utils._files import read_with_digest, remove_leftovers, write_with_digest

# Arguments that a key leaves out, since data_key stands for them.
_DATA_ARGUMENTS = ("samples", "y", "groups")
_FOLDER_NAME = "sklvision_outcomes"
_FILE_NAME = "output.pkl"


@runtime_checkable
class Memory(Protocol):
    """A cache of functions, such as joblib.Memory."""

    def cache(self, func: Callable[..., Any], ignore: list[str]) -> Any: ...


@dataclass(frozen=True)
class CachedRun:
    """A function whose outcomes are files of a directory, each written completely or not at all.

    A file starts with the digest of the rest: one that was damaged is computed again, and never
    taken for an outcome. That, and a disk that is full, is said in the warnings of the outcome,
    which travel to the process that repeats them once per estimator.

    Attributes
    ----------
    run : callable
        Function of a module that returns an `Outcome`.
    directory : Path
        Directory of the files.
    """

    run: Callable[..., Any]
    directory: Path

    def __call__(self, *args: Any) -> Any:
        """Load the outcome for these arguments, or compute and store it."""
        arguments = signature(self.run).bind(*args).arguments
        key = joblib.hash({k: v for k, v in arguments.items() if k not in _DATA_ARGUMENTS})
        path = self.directory / _FOLDER_NAME / str(key) / _FILE_NAME
        outcome, notes = None, []
        try:
            outcome = pickle.loads(read_with_digest(path))
        except FileNotFoundError:
            pass
        except Exception as error:  # damaged pickles raise anything
            reason = " ".join(str(error).split()) or type(error).__name__
            notes.append(f"an outcome kept in memory= was damaged and is computed again ({reason})")
        if outcome is not None:
            return outcome
        outcome = self.run(*args)
        try:
            _save_outcome(outcome, path)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            notes.append(
                f"the outcome could not be kept in memory= ({reason}): after an interruption it "
                "would be computed again"
            )
        return outcome._replace(
            warnings=[*outcome.warnings, *((note, UserWarning) for note in notes)]
        )


def _save_outcome(outcome: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_with_digest(path, pickle.dumps(outcome, protocol=pickle.HIGHEST_PROTOCOL))
    except OSError:
        with suppress(OSError):
            path.parent.rmdir()
        raise


def cache_outcomes(run: Callable[..., Any], memory: Any) -> Callable[..., Any]:
    """Return ``run`` with a cache of its outcomes, whose files are written completely or not."""
    if memory is None:
        return run
    if isinstance(memory, (str, os.PathLike)):
        directory = Path(memory).absolute()  # workers may run in another directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"memory={os.fspath(memory)!r} is not a directory and cannot be created: {error}."
            ) from error
        if not os.access(directory, os.W_OK | os.X_OK):
            raise ValueError(
                f"memory={os.fspath(memory)!r} is a directory without permission to write."
            )
        remove_unfinished(directory)
        return CachedRun(run, directory.resolve())
    if not isinstance(memory, Memory):
        raise TypeError(f"memory must be a directory or a joblib.Memory, got {memory!r}.")
    # The data, by far the largest, are hashed once for all pairs: data_key stands for them.
    return memory.cache(run, ignore=list(_DATA_ARGUMENTS))


def remove_unfinished(memory: Any) -> None:
    """Remove what workers of this machine were writing when they were killed."""
    if not isinstance(memory, (str, os.PathLike)):
        return
    with suppress(OSError):
        for folder in (Path(memory) / _FOLDER_NAME).iterdir():
            remove_leftovers(folder)


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
