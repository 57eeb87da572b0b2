"""Progress on standard error: a bar where someone watches, lines now and then in a file."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any, Self

# Seconds between two lines.
_INTERVAL = 30.0


def open_progress(
    total: int | None,
    unit: str,
    description: str = "",
    *,
    disable: bool = False,
    initial: int = 0,
) -> Any:
    """Open a bar of tqdm or, where standard error is not a terminal, a log of lines.

    Parameters
    ----------
    total : int or None
        Number of steps; None if it is unknown.
    unit : str
        Name of one step.
    description : str, default=""
        Name of the work.
    disable : bool, default=False
        Show nothing.
    initial : int, default=0
        Number of steps that were done before.

    Returns
    -------
    progress : tqdm or ProgressLog
        Has ``update``, ``set_postfix_str`` and ``close``, and closes at the end of a with block.
    """
    is_notebook = "ipykernel" in sys.modules
    if disable or not (is_notebook or sys.stderr.isatty()):
        return ProgressLog(total, unit, description, disable=disable, initial=initial)
    from tqdm.auto import tqdm

    return tqdm(total=total, unit=unit, desc=description or None, smoothing=0, initial=initial)


class ProgressLog:
    """A line after the first step, after the last, and every ``interval`` seconds in between.

    The other parameters are those of :func:`open_progress`.
    """

    def __init__(
        self,
        total: int | None,
        unit: str,
        description: str = "",
        *,
        disable: bool = False,
        interval: float = _INTERVAL,
        initial: int = 0,
    ) -> None:
        self.total, self.unit, self.description = total, unit, description
        self.disable, self.interval = disable, interval
        self.n_done = self.n_written = initial
        self._has_line = False
        self.postfix = ""
        self.start = self.latest = monotonic()

    def update(self, n: int = 1) -> None:
        """Count steps."""
        self.n_done += n
        is_due = monotonic() - self.latest >= self.interval
        if not self._has_line or self.n_done == self.total or is_due:
            self._write_line()

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Set the end of the next line."""
        self.postfix = text

    def close(self) -> None:
        """Write where the work ended, unless the latest line says it."""
        if self.n_done > self.n_written:
            self._write_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write_line(self) -> None:
        self.n_written, self.latest = self.n_done, monotonic()
        self._has_line = True
        if self.disable:
            return
        begin = f"{self.description}: " if self.description else ""
        end = f", {self.postfix}" if self.postfix else ""
        seconds = self.latest - self.start
        total = "" if self.total is None else f"/{self.total}"
        line = f"{begin}{self.unit} {self.n_done}{total} after {seconds:.0f} s{end}"
        print(line, file=sys.stderr, flush=True)
