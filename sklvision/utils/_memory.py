"""Errors of memory that ran out, in terms of what a user can lower."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# How torch names it, which raises a plain RuntimeError on a CPU.
_TORCH_ERROR = re.compile(r"can't allocate memory|out of memory", re.IGNORECASE)
_REQUEST = re.compile(r"tried to allocate (\d+) bytes")
_MIB = 2**20
PREDICTION_ADVICE = "Pass fewer samples at a time, or samples in files, which are read in batches."
# Advice where a file does not fit.
FILE_ADVICE = (
    "Read fewer rows or columns, or keep the samples in a format that is read block by block: "
    "zarr, or an array of numpy.load(mmap_mode='r')."
)


class OutOfMemoryError(MemoryError):
    """Memory ran out; the message says what to lower."""


def is_memory_error(error: BaseException) -> bool:
    """Whether an error of Python, NumPy or torch says that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_TORCH_ERROR.search(str(error)))


def make_memory_error(error: BaseException, work: str, advice: str) -> OutOfMemoryError | None:
    """Make a clear error of one of memory; None for any other, and for one that is clear.

    Parameters
    ----------
    error : BaseException
        The error.
    work : str
        Name of what was done, such as "Training".
    advice : str
        Sentence about what to lower.
    """
    if isinstance(error, OutOfMemoryError) or not is_memory_error(error):
        return None
    text = " ".join(str(error).split())
    if match := _REQUEST.search(text):
        text = f"{int(match[1]) / _MIB:,.1f} MiB more were requested"
    detail = f" ({text.rstrip('.')})" if text else ""
    return OutOfMemoryError(f"{work} takes more memory than is free{detail}. {advice}")


@contextmanager
def convert_memory_errors(work: str, advice: str) -> Iterator[None]:
    """Convert errors of memory in this context; the parameters are those of the function above."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        memory_error = make_memory_error(error, work, advice)
        if memory_error is None:
            raise
        raise memory_error from error
