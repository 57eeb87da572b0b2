"""Judgment of what a call did: of its error, its warnings, and traces that it left.

An error is clear if a ``raise`` statement of the package or of scikit-learn made it, or if the
operating system refused a file. An error that an expression of the package or the code of another
library raised is raw. Both are known by the innermost frame of the traceback. Warnings are judged
in the same way, by the frame that gave them.
"""

from __future__ import annotations

import ast
import contextlib
import dis
import errno
import linecache
import random
import sys
import traceback
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import sklvision
from sklvision.utils._memory import OutOfMemoryError

PACKAGE = str(Path(sklvision.__file__).parent)
_HARNESS = str(Path(__file__).parent)
# Errors of Python's own parser and of the system that name the value and need no other words.
_SYSTEM_ERRORS = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
_SYSTEM_ERRORS = (*_SYSTEM_ERRORS, PermissionError)
_SYSTEM_NUMBERS = {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.ENOSPC}
# What scikit-learn's own checks of data say by the error of NumPy: users know it from every
# estimator of scikit-learn.
_CHECKS_OF_SKLEARN = ("utils/validation.py", "utils/_array_api.py", "utils/multiclass.py")
_KNOWN_WORDS = (
    "could not convert string to float",
    "float() argument must be a string or a real number",
    "setting an array element with a sequence",
    "Sparse data was passed",
)
# Warnings of scikit-learn about the data or the parameters of a user.
_KNOWN_CATEGORIES = ("sklearn.exceptions", "scipy.linalg")


class RefusalError(Exception):
    """A call was refused by a clear error."""


class FaultError(Exception):
    """A call did what no call may do."""

    def __init__(self, kind: str, message: str, place: str = "", details: str = "") -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message, self.place, self.details = kind, message, place, details


class OverTimeError(BaseException):
    """A case took longer than any may; no ``except Exception`` stops it."""


def judge_error(error: BaseException) -> FaultError | None:
    """Return the fault that an error is, or None if it is clear."""
    frames = list(traceback.walk_tb(error.__traceback__))
    path = frames[-1][0].f_code.co_filename
    is_raised = _is_raised_by_statement(error) and not isinstance(error, AssertionError)
    kind = f"raw {type(error).__name__} of {_name_owner(path)}"
    fault = FaultError(kind, _shorten(error), _describe_place(frames), format_trace(error))
    if isinstance(error, OutOfMemoryError):  # which says what to lower
        return None
    if isinstance(error, MemoryError | OverTimeError | RecursionError):
        return fault
    if isinstance(error, OSError) and (
        isinstance(error, _SYSTEM_ERRORS) or error.errno in _SYSTEM_NUMBERS
    ):
        return None
    if str(error) == "embedded null byte":  # of a name, which no file can have
        return None
    if path.startswith(_HARNESS):
        # Python's own error about the arguments of a call, or the file of a case was refused.
        return None if isinstance(error, TypeError) and len(frames) <= 2 else fault
    if not str(error):
        return fault
    if path.startswith(PACKAGE):
        return None if is_raised else fault
    if "/joblib/" in path and str(error).startswith("n_jobs == 0"):  # its parameter, by name
        return None
    if "/sklearn/" in path:
        if is_raised and isinstance(error, ValueError | TypeError | AttributeError):
            return None
        is_known = path.endswith(_CHECKS_OF_SKLEARN) and str(error).startswith(_KNOWN_WORDS)
        return None if is_known else fault
    return fault


@contextlib.contextmanager
def record_warnings(faults: list[FaultError]) -> Iterator[None]:
    """Collect the warnings that are not of the package or scikit-learn as faults."""

    def note(message: Any, category: Any, file: Any, line: Any, *_: Any, **__: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.endswith("warnings.py"):
            frame = frame.f_back
        assert frame is not None
        path = frame.f_code.co_filename
        has_statement = _is_call_that_warns(path, frame.f_lineno)
        if path.startswith(PACKAGE) and has_statement:
            return
        if category.__module__.startswith(_KNOWN_CATEGORIES):
            return
        if "/sklearn/" in path and has_statement and category is UserWarning:
            return
        frames = [(f, f.f_lineno) for f in _walk_back(frame)][::-1]
        kind = f"{category.__name__} of {_name_owner(path)}"
        details = "".join(traceback.format_stack(frame)[-6:])
        faults.append(FaultError(kind, _shorten(message), _describe_place(frames), details))

    with warnings.catch_warnings():
        # Filters of modules stay in front, such as that of the package for Pillow.
        module_filters = [entry for entry in warnings.filters if entry[3] is not None]
        warnings.simplefilter("always")
        warnings.filters[:0] = module_filters  # type: ignore[index]
        warnings.showwarning = note
        yield


def read_random_state() -> tuple[Any, ...]:
    """Return the states of the global generators of random numbers."""
    _, keys, place, *_ = np.random.get_state()  # noqa: NPY002
    states: list[Any] = [random.getstate(), keys.tobytes(), place]
    torch = sys.modules.get("torch")
    if torch is not None:
        states.append(torch.get_rng_state().numpy().tobytes())
    return tuple(states)


def make_print(value: Any) -> Any:
    """Return what shows whether an input was modified."""
    if hasattr(value, "get_figure") or getattr(value, "dtype", None) == np.longdouble:
        return type(value).__name__  # axes are drawn on; bytes of long doubles have gaps
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [make_print(entry) for entry in value]
    if isinstance(value, dict):
        return [(str(key), make_print(entry)) for key, entry in value.items()]
    if hasattr(value, "get_params"):
        return repr(sorted(map(str, value.get_params(deep=False).items())))
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().cpu().double().numpy().tobytes(), value.requires_grad
    if hasattr(value, "iloc") or isinstance(value, np.ndarray):
        names = str(getattr(value, "columns", "")), str(getattr(value, "index", ""))
        return names, repr(np.asarray(value, dtype=object).tolist())
    return repr(value)


def format_trace(error: BaseException) -> str:
    """Return the last frames of a traceback, with its causes."""
    return "".join(traceback.format_exception(error))[-6000:]


def _walk_back(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _describe_place(frames: list[tuple[FrameType, int]]) -> str:
    """Name the innermost place in the package, by file and function."""
    for frame, _ in reversed(frames):
        path = frame.f_code.co_filename
        if path.startswith(PACKAGE):
            return f"{path[len(PACKAGE) + 1 :]}:{frame.f_code.co_name}"
    return ""


def _name_owner(path: str) -> str:
    """Name the package that a file belongs to."""
    if path.startswith(PACKAGE):
        return "an expression"
    if path.startswith(_HARNESS):
        return "the case"
    _, _, module_path = path.partition("/site-packages/")
    return module_path.split("/")[0] if module_path else Path(path).stem


def _shorten(message: Any) -> str:
    return " ".join(str(message).split())[:300]


def _is_raised_by_statement(error: BaseException) -> bool:
    """Whether a ``raise`` statement made an error, rather than an expression, also one in it."""
    tb = error.__traceback__
    while tb is not None and tb.tb_next is not None:
        tb = tb.tb_next
    if tb is None:
        return False
    operation = tb.tb_frame.f_code.co_code[tb.tb_lasti : tb.tb_lasti + 2]
    # Without an argument, `raise` hands on what another place raised.
    return len(operation) == 2 and operation[0] == dis.opmap["RAISE_VARARGS"] and operation[1] > 0


def _is_call_that_warns(path: str, line: int) -> bool:
    """Whether a line is inside a call that warns."""
    return any(first <= line <= last for first, last in _find_calls(path))


@cache
def _find_calls(path: str) -> list[tuple[int, int]]:
    text = "".join(linecache.getlines(path))
    try:
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError):
        return []
    calls = [node for node in calls if "warn" in ast.unparse(node.func)]
    return [(node.lineno, node.end_lineno or node.lineno) for node in calls]
