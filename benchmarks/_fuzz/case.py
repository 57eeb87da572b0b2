"""A generated case: its seed, its draws, and the calls that are watched."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._fuzz.judge import (
    FaultError,
    RefusalError,
    judge_error,
    make_print,
    read_random_state,
    record_warnings,
)


class Case:
    """Draws of one seed, and calls that are judged.

    Parameters
    ----------
    seed : int
        Seed of everything that is drawn.
    folder : Path
        Empty folder for files.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.folder = folder
        self.random = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        self.notes: list[str] = []
        # A third of the cases have files and arrays without any oddity, to come further.
        self.is_calm = self.random.random() < 0.35
        # Without a seed, scikit-learn's convention is to draw from the global generator.
        self.may_draw = False

    def has_luck(self, probability: float) -> bool:
        """Whether an event of this probability happens."""
        return self.random.random() < probability

    def pick(self, values: Sequence[Any]) -> Any:
        """Pick one of several values."""
        return values[self.random.randrange(len(values))]

    def pick_early(self, values: Sequence[Any]) -> Any:
        """Pick one of several values, in two of three draws one of the first third."""
        first = values[: max(len(values) // 3, 1)]
        return self.pick(first if self.has_luck(0.66) else values)

    def note(self, text: str) -> None:
        """Note what was drawn, for whoever reads a fault."""
        self.notes.append(text)

    def call(
        self,
        function: Callable[..., Any],
        *args: Any,
        may_print: bool = False,
        may_modify: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call a function and judge it.

        Parameters
        ----------
        function : callable
            The function.
        *args, **kwargs : object
            Its arguments, which it must not modify.
        may_print : bool, default=False
            Whether it may print.
        may_modify : bool, default=False
            Whether it may modify its arguments, as functions do that set parameters.

        Returns
        -------
        result : object
            The result.

        Raises
        ------
        RefusalError
            If the function raised a clear error.
        FaultError
            If it raised a raw one, left traces, or gave a warning of another library.
        """
        name = getattr(function, "__qualname__", type(function).__name__)
        prints = make_print([args, kwargs]), read_random_state()
        faults: list[FaultError] = []
        output = io.StringIO()
        error: BaseException | None = None
        with (
            record_warnings(faults),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            try:
                result = function(*args, **kwargs)
            except (FaultError, RefusalError):
                raise
            except Exception as raised_error:
                error = raised_error
        if error is not None:
            raise self._judge(error, name) from None
        for fault in faults:
            raise fault
        new_prints = make_print([args, kwargs]), read_random_state()
        self.check(self.may_draw or prints[1] == new_prints[1], "global generator changed", name)
        self.check(may_modify or prints[0] == new_prints[0], "input modified", name)
        if not may_print:
            self.check(not output.getvalue(), "printed", f"{name}: {output.getvalue()[:200]}")
        return result

    def call_again(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function with what was accepted before: an error is a fault too."""
        try:
            return self.call(function, *args, **kwargs)
        except RefusalError as refusal:
            name = getattr(function, "__qualname__", type(function).__name__)
            raise FaultError("refused what was accepted", f"{name}: {refusal}") from None

    def check(self, condition: Any, kind: str, message: str = "") -> None:
        """Raise a fault unless a condition holds."""
        if not condition:
            raise FaultError(kind, message)

    def check_finite(self, values: Any, name: str) -> None:
        """Raise a fault if numbers are not finite."""
        numbers = to_numbers(values)
        if numbers is not None and not np.isfinite(numbers).all():
            raise FaultError("not finite", f"{name}: {int((~np.isfinite(numbers)).sum())} values")

    def _judge(self, error: BaseException, name: str) -> Exception:
        fault = judge_error(error)
        if fault is None:
            return RefusalError(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        fault.message = f"{name}: {fault.message}"
        return fault


def to_numbers(values: Any) -> np.ndarray | None:
    """Return values as an array of numbers, or None if they are something else."""
    if isinstance(values, pd.DataFrame):
        values = values.select_dtypes("number").to_numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        return None
    if array.dtype.kind == "O":
        try:
            array = array.astype(float)
        except (TypeError, ValueError):
            return None
    return array if array.dtype.kind in "fiu" else None
