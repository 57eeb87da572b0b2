"""Parser of all commands, their errors of one line, and exit statuses."""

from __future__ import annotations

import argparse
import atexit
import io
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from typing import Any, NoReturn

from sklvision._version import __version__
from sklvision.cli._errors import CommandError, name_options
from sklvision.cli._parser import Parser

_SIGNAL_STATUS = 128  # plus the number of the signal, as in shells
# Requests to end, which by default end a process before it can remove temporary files.
_END_SIGNALS = ("SIGTERM", "SIGHUP")

_EXAMPLES = """\
Start with a comparison: it says which model suits the data, and how sure that is.

examples:
  sklvision compare photos/ --out report.html
  sklvision train spectra --data spectra.csv --out model.sklv
  sklvision predict model.sklv new.csv --out predictions.csv
  sklvision serve model.sklv

DATA is a folder with one subfolder of images per class, or a table. --data DATA and --model MODEL
may stand in the place of the words. sklvision COMMAND --help describes a command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0 without an error, 1 if a fit failed, 2 if the arguments or the data are
        wrong, 130 if interrupted, 143 if terminated.

    Examples
    --------
    >>> from sklvision.cli import main
    >>> main(["compare", "missing.npz"])  # prints an error on standard error
    2
    """
    prog = "sklvision"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # "±" on a terminal without it
    try:
        with (
            _convert_signals(),
            redirect_stderr(_Notes(sys.stderr)),
            warnings.catch_warnings(),
        ):
            parser = _make_parser()
            args = parser.parse_args(argv)
            if args.command is None:
                parser.print_help(sys.stderr)
                return 2
            prog = f"{parser.prog} {args.command}"
            warnings.showwarning = _make_warning_printer(prog)
            status = args.run(args)
        sys.stdout.flush()
    except CommandError as error:
        print(f"{prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt as interrupt:
        number = getattr(interrupt, "number", signal.SIGINT)
        word = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
        with suppress(OSError):  # a terminal that was closed
            print(f"\n{prog}: {word}", file=sys.stderr)
        status = _SIGNAL_STATUS + number
        if argv is None:
            _exit_process(status)
        return status
    except BrokenPipeError:  # the reader, such as head, has ended
        _discard(sys.stdout)
        return 0
    return status


class _Notes(io.TextIOBase):
    """Standard error; a command goes on without it where its reader has ended, as of a pipe."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return int(self._stream.write(text))
        except BrokenPipeError:
            _discard(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            _discard(self._stream)

    def isatty(self) -> bool:
        return bool(self._stream.isatty())

    def fileno(self) -> int:
        return int(self._stream.fileno())

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return str(self._stream.encoding)


def _discard(stream: Any) -> None:
    """Discard what is written to a stream from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Termination(KeyboardInterrupt):
    """Request of the system to end, which cleans up as an interrupt does."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self.number = number


def _exit_process(status: int) -> NoReturn:
    """Exit from the process with a status after its exit functions.

    Python itself would end by the signal instead where an import was interrupted, and take half a
    second to unload modules, in which the next interrupt causes a traceback.
    """
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(OSError):
        sys.stdout.flush()
    atexit._run_exitfuncs()
    os._exit(status)


@contextmanager
def _convert_signals() -> Iterator[None]:
    """Raise on requests to end, except where they are ignored, as behind nohup."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _END_SIGNALS if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def stop(number: int, frame: object) -> NoReturn:
        for end_signal in numbers:  # a second one must not break what the first one cleans up
            signal.signal(end_signal, signal.SIG_IGN)
        raise _Termination(signal.Signals(number))

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="sklvision",
        description="Classify small images and spectra, and compare honestly.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sklvision {__version__}")
    # Imported here, where an interrupt is one line.
    from sklvision.cli import _compare, _export, _info, _predict, _serve, _train

    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in (_compare, _train, _predict, _export, _serve, _info):
        command.add_parser(commands)
    return parser


def _make_warning_printer(prog: str) -> Any:
    """Make a function that prints a warning in one line, once whatever the numbers in it are."""
    messages = set()

    def show(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
        text = name_options(" ".join(str(message).split()))
        key = re.sub(r"[\d.e+-]+", "#", text)
        if key not in messages:
            messages.add(key)
            print(f"{prog}: warning: {text}", file=sys.stderr)

    return show
